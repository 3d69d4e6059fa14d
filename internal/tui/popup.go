package tui

import (
	"fmt"
	"slices"
	"strings"

	"simplecap/analyze/result"
	"simplecap/report"
)

// popup lies over the screen until it is closed.
type popup interface {
	title() string
	lines(width int) []string
	chosen() int // index of the chosen line, -1 for none
	move(by int)
	choose()
	keys() [][2]string
}

// page is a popup that can be scrolled, and of which a line may be chosen.
type page struct {
	name  string
	rows  []string
	picks []func() // what choosing a row does; nil for rows that cannot be chosen
	at    int
}

func (p *page) title() string      { return p.name }
func (p *page) lines(int) []string { return p.rows }
func (p *page) keys() [][2]string {
	if p.picks == nil {
		return [][2]string{{"Esc", "back"}, {"↑↓", "scroll"}}
	}
	return [][2]string{{"Enter", "show only these"}, {"↑↓", "choose"}, {"Esc", "back"}}
}

func (p *page) chosen() int {
	if p.picks == nil {
		return -1
	}
	return p.at
}

// move goes on to the next row that can be chosen, or scrolls.
func (p *page) move(by int) {
	step := 1
	if by < 0 {
		step = -1
	}
	at := min(max(p.at+by, 0), max(len(p.rows)-1, 0))
	for p.picks != nil && at > 0 && at < len(p.picks)-1 && p.picks[at] == nil {
		at += step
	}
	p.at = at
}

func (p *page) choose() {
	if p.picks != nil && p.at < len(p.picks) && p.picks[p.at] != nil {
		p.picks[p.at]()
	}
}

func (p *page) add(row string, pick func()) {
	p.rows = append(p.rows, row)
	p.picks = append(p.picks, pick)
}

// over draws a popup in place of the lines.
func (m *Model) over(lines []string, p popup) []string {
	rows := p.lines(m.width)
	height := max(len(lines), m.height-2)
	out := []string{paint(fit(" "+p.title(), m.width), turned)}
	at, top := p.chosen(), 0
	room := height - 1
	if page, ok := p.(*page); ok {
		top = max(0, min(page.at-room/2, len(rows)-room))
		if page.picks == nil {
			top = max(0, min(page.at, len(rows)-room))
			page.at = top
		}
	}
	for i := top; i < min(top+room, len(rows)); i++ {
		line := "  " + rows[i]
		if i == at {
			line = paint(fit(bare(line), m.width), turned)
		}
		out = append(out, line)
	}
	return out
}

// newHelp shows every key.
func newHelp(m *Model) popup {
	p := &page{name: "Keys"}
	show := func(title string, bindings []binding) {
		p.rows = append(p.rows, "", paint(title, strong))
		for _, b := range bindings {
			p.rows = append(p.rows, fit(strings.Join(keyNames(b.keys), " "), 26)+b.help)
		}
	}
	if m.detail != nil {
		show("In what is open", detailKeys())
		show("In the list", listKeys())
	} else {
		show("In the list", listKeys())
		show("In what is open", detailKeys())
	}
	p.rows = append(p.rows, "", paint("Signs", strong),
		"✓ delivered or accepted", "✗ it did not arrive", "⋯ it waits for an answer", "· neither: challenged, sent elsewhere, not sent, or no receipt was asked for",
		"? the capture does not show what became of it", "• marked")
	return p
}

// keyNames are keys as people call them.
func keyNames(keys []string) (names []string) {
	known := map[string]string{"enter": "Enter", "esc": "Esc", "up": "↑", "down": "↓", "left": "←", "right": "→", "pgup": "PgUp", "pgdown": "PgDn",
		"home": "Home", "end": "End", "space": "Space", "tab": "Tab", "shift+tab": "Shift+Tab", "backspace": "Backspace", "f1": "F1"}
	for _, k := range keys {
		if name, ok := known[k]; ok {
			k = name
		}
		names = append(names, strings.Replace(k, "ctrl+", "Ctrl+", 1))
	}
	return names
}

// newNotes shows what would have gone to standard error.
func newNotes(m *Model) popup {
	p := &page{name: "What the program said"}
	for _, note := range m.store.Notes() {
		p.rows = append(p.rows, report.Clean(note, 0))
	}
	if len(p.rows) == 0 {
		p.rows = []string{"nothing"}
	}
	return p
}

// facet leaves out all rows but those of one count.
type facet struct {
	name   string
	passes func(r *Row) bool
}

// newCounts counts the rows by what became of them, transactions by status, and findings
// by rule.
func newCounts(m *Model) popup {
	p := &page{name: "Counts: Enter shows only these"}
	m.store.mu.Lock()
	r, tally := m.store.report, m.store.views[m.list.by].tally
	m.store.mu.Unlock()
	only := func(name string, passes func(r *Row) bool) func() {
		return func() {
			m.list.facet = facet{name, passes}
			m.list.again()
		}
	}
	p.add(paint([views]string{"Deliveries by verdict", "Texts by end", "Transactions by outcome"}[m.list.by], strong), nil)
	for i, n := range tally {
		if s := state(i); n > 0 {
			sign, style := s.sign()
			p.add(fmt.Sprintf("%8d  %s", n, paint(sign+" "+s.name(), style)), only(s.name(), func(r *Row) bool { return r.State == s }))
		}
	}
	if r != nil {
		countStatuses(p, r, only)
		countRules(p, r, only)
	}
	p.at = min(1, len(p.rows)-1)
	return p
}

type onlyFunc func(name string, passes func(r *Row) bool) func()

func countStatuses(p *page, r *result.Report, only onlyFunc) {
	var statuses []int
	for status := range r.Summary.Statuses {
		statuses = append(statuses, status)
	}
	slices.Sort(statuses)
	p.add("", nil)
	p.add(paint("Closed transactions by final status", strong), nil)
	for _, status := range statuses {
		p.add(fmt.Sprintf("%8d  %d", r.Summary.Statuses[status], status), only(fmt.Sprint(status), func(r *Row) bool {
			return slices.ContainsFunc(r.Transactions, func(t result.Transaction) bool { return t.Status == status })
		}))
	}
}

func countRules(p *page, r *result.Report, only onlyFunc) {
	counts, severities := make(map[string]uint64), make(map[string]result.Severity)
	var rules []string
	for i := range r.Findings {
		f := &r.Findings[i]
		if counts[f.Rule] == 0 {
			rules = append(rules, f.Rule)
		}
		counts[f.Rule] += f.Count
		severities[f.Rule] = max(severities[f.Rule], f.Severity)
	}
	slices.SortStableFunc(rules, func(a, b string) int { return int(severities[b]) - int(severities[a]) })
	p.add("", nil)
	p.add(paint("Findings by rule", strong), nil)
	for _, rule := range rules {
		p.add(fmt.Sprintf("%8d  %-7s %s", counts[rule], severities[rule], rule), only(rule, func(r *Row) bool {
			return slices.ContainsFunc(r.Transactions, func(t result.Transaction) bool { return slices.Contains(t.Findings, rule) }) || r.State.name() == rule || r.Text != nil && slices.Contains(r.Text.Findings, rule)
		}))
	}
}

// newPeers lists peers with their round-trip times.
func newPeers(m *Model) popup {
	p := &page{name: "Peers: closed transactions, and how long their answers took"}
	m.store.mu.Lock()
	r := m.store.report
	m.store.mu.Unlock()
	if r == nil || len(r.Peers) == 0 {
		p.rows = []string{"no transaction has closed yet"}
		return p
	}
	only := func(name string, passes func(r *Row) bool) func() {
		return func() {
			m.list.facet = facet{name, passes}
			m.list.again()
		}
	}
	const others = 69 // columns
	name := min(max(m.width-others, 15), 47)
	p.add(paint(fit("peer", name)+fmt.Sprintf(" %7s %7s %6s %9s %9s  %s", "all", "success", "no 200", "p50", "p99", spreadScale), strong), nil)
	for i := range r.Peers {
		peer := &r.Peers[i]
		row := fmt.Sprintf("%s %7d %7d %6d ", fit(new(report.Cutter).Middle(report.Clean(peer.Address, 0), name), name), peer.Transactions, peer.Success, peer.Missing200)
		if peer.RTT.Count > 0 {
			row += right(report.Human(peer.RTT.P50), 9) + " " + right(report.Human(peer.RTT.P99), 9) + "  " + drawSpread(&peer.Spread)
		}
		address := peer.Address
		p.add(row, only(report.Clean(address, 30), func(r *Row) bool {
			return slices.ContainsFunc(r.Hops, func(h result.Hop) bool { return h.Dst.String() == address })
		}))
	}
	p.at = 1
	return p
}

// spreadScale stands above the histograms of round-trip times, whose columns are twice as
// long each as the one before: where 0.1 ms end, and where 1 ms, 10 ms, 1 s and 10 s are.
const spreadScale = "│<.1 1  10ms   1s 10s│"

// drawSpread draws a histogram of round-trip times.
func drawSpread(s *result.Spread) string { return "│" + spark(s[:], slices.Max(s[:])) + "│" }
