package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"simplecap/analyze"
)

// Options say how to draw, and what the Model asks of the command for. The functions may
// be nil.
type Options struct {
	Live     bool            // it has no end of its own
	Analysis analyze.Options // how the run is made, for what one delivery breaks
	Zone     *time.Location  // of times (default UTC)
	Bodies   bool            // texts are shown and searched
	Limits   Limits

	View    View                                                      // of the list at first
	Compile func(of View, expression string) (func(*Row) bool, error) // the language of --where
	Ask     func()                                                    // asks for a report of the run so far, which comes to Store.Snapshot
	Save    func(Saving) (string, error)                              // writes deliveries to a file, and says what it wrote
}

// Model is the screen: a tea.Model.
type Model struct {
	store   *Store
	options Options
	width   int
	height  int

	list   *list        // the one that is shown
	lists  [views]*list // those that have been shown
	detail *detail      // the delivery that is open, nil for the list
	popup  popup        // what lies over both, nil for nothing
	prompt *prompt      // a line that is typed, nil for none
	status string       // the answer to the last key
	drawn  uint64       // version of the store that was drawn
	last   string       // the frame
	dirty  bool         // something else changed
	asked  int          // ticks since a report was asked for
	quits  bool
	light  bool // the terminal's background
	frozen bool // paused: the list stays as it is
}

// NewModel makes the screen of a Store.
func NewModel(s *Store, o Options) *Model {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	o.Limits = o.Limits.withDefaults()
	m := &Model{store: s, options: o, width: 80, height: 24, dirty: true}
	m.show(o.View)
	return m
}

// show shows the list of a view. Each has its own filter, order, marks and place.
func (m *Model) show(v View) {
	if m.lists[v] == nil {
		m.lists[v] = newList(m, v)
	}
	m.list = m.lists[v]
	m.list.resize()
	m.list.take()
}

// nextView goes on to the next view.
func (m *Model) nextView() {
	m.show((m.list.by + 1) % views)
	m.say("a row for each " + m.list.by.one())
}

type tick struct{}

func (m *Model) tick() tea.Cmd {
	return tea.Tick(m.options.Limits.Repaint, func(time.Time) tea.Msg { return tick{} })
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd { return tea.Batch(m.tick(), tea.RequestBackgroundColor) }

// Update implements tea.Model.
func (m *Model) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	switch e := message.(type) {
	case tick:
		m.pulse()
		return m, m.tick()
	case tea.WindowSizeMsg:
		m.width, m.height, m.dirty = e.Width, e.Height, true
		m.list.resize()
		if m.detail != nil {
			m.detail.redraw()
		}
	case tea.BackgroundColorMsg:
		m.light, m.dirty = !e.IsDark(), true
	case tea.KeyPressMsg:
		m.dirty = true
		return m, m.key(e)
	case tea.PasteMsg:
		if m.dirty = true; m.prompt != nil {
			m.prompt.insert(e.Content)
		}
	case tea.MouseWheelMsg:
		m.dirty = true
		m.wheel(e)
	case tea.MouseClickMsg:
		m.dirty = true
		m.click(e)
	}
	return m, nil
}

// askEvery is how many ticks lie between two reports.
const askEvery = 10

// pulse takes in what the store has new.
func (m *Model) pulse() {
	if m.asked++; m.asked >= askEvery && m.options.Ask != nil {
		m.asked = 0
		m.options.Ask()
	}
	version := m.store.version()
	if !m.frozen && (version != m.drawn || m.list.behind()) {
		m.drawn = version
		m.list.take()
		if m.detail != nil {
			m.detail.refresh()
		}
		m.dirty = true
	}
}

// View implements tea.Model. The frame is made anew only where something changed.
func (m *Model) View() tea.View {
	if m.dirty {
		m.last, m.dirty = m.frame(), false
		if m.light {
			m.last = forLight.Replace(m.last)
		}
	}
	v := tea.NewView(m.last)
	v.AltScreen, v.MouseMode, v.WindowTitle = true, tea.MouseModeCellMotion, "simplecap"
	return v
}

// The smallest screen that is drawn.
const (
	leastWidth  = 40
	leastHeight = 8
)

// frame draws everything.
func (m *Model) frame() string {
	if m.quits {
		return ""
	}
	if m.width < leastWidth || m.height < leastHeight {
		return trim("simplecap needs 40 columns and 8 lines", m.width)
	}
	lines := m.body(m.height - 2)
	if m.popup != nil {
		lines = m.over(lines, m.popup)
	}
	all := append([]string{m.header()}, lines...)
	for len(all) < m.height-1 {
		all = append(all, "")
	}
	all = append(all[:m.height-1], m.footer())
	for i := range all {
		all[i] = trim(all[i], m.width)
	}
	return strings.Join(all, "\n")
}

// body is what lies between header and last line.
func (m *Model) body(height int) []string {
	if m.detail != nil {
		return m.detail.view(height)
	}
	return m.list.view(height)
}

// say shows an answer in the last line until the next key.
func (m *Model) say(text string) { m.status = text }

// wheel scrolls.
func (m *Model) wheel(e tea.MouseWheelMsg) {
	const step = 3
	by := step
	if e.Button == tea.MouseWheelUp {
		by = -step
	}
	m.move(by)
}

// move moves in what is on top.
func (m *Model) move(by int) {
	switch {
	case m.popup != nil:
		m.popup.move(by)
	case m.detail != nil:
		m.detail.move(by)
	default:
		m.list.move(by)
	}
}

// click chooses the row that the mouse points at, and opens it the second time.
func (m *Model) click(e tea.MouseClickMsg) {
	const above = 2 // header and titles
	if m.popup != nil || m.detail != nil || e.Button != tea.MouseLeft || e.Y < above || e.Y >= m.height-1 {
		return
	}
	at := m.list.top + e.Y - above
	if at == m.list.at {
		m.open()
		return
	}
	m.list.move(at - m.list.at)
}

// open shows what the chosen row is about.
func (m *Model) open() {
	if id, ok := m.list.current(); ok {
		m.detail = newDetail(m, m.list.by, id)
	}
}
