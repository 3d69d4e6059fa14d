package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"simplecap/analyze/result"
	"simplecap/report"
)

// prompt is a line that is typed at the bottom.
type prompt struct {
	label   string
	text    []rune
	problem string                      // what is wrong with the text so far
	change  func(text string) string    // called with each text; returns what is wrong with it
	enter   func(text string) (ok bool) // called at the end
	cancel  func()
	names   func(before string) []string // what may follow
}

// maxPrompt is how long a text may be.
const maxPrompt = 1000

func (p *prompt) insert(s string) {
	for _, r := range s {
		if r >= ' ' && r != 0x7f && len(p.text) < maxPrompt {
			p.text = append(p.text, r)
		}
	}
	p.changed()
}

func (p *prompt) changed() {
	if p.change != nil {
		p.problem = p.change(string(p.text))
	}
}

// view draws the line with what is wrong at its end.
func (p *prompt) view(width int) string {
	line := paint(p.label, strong) + report.Clean(string(p.text), 0) + paint(" ", turned)
	if p.problem != "" {
		line += "  " + paint(report.Clean(p.problem, max(width-report.Width(bare(line))-2, 10)), red)
	}
	if p.names != nil && len(p.text) > 0 {
		if names := p.names(lastWord(string(p.text))); len(names) > 0 {
			line += "  " + paint("Tab: "+strings.Join(names[:min(len(names), 5)], " "), faint)
		}
	}
	return line
}

// key takes a key and reports whether the prompt is over.
func (p *prompt) key(e tea.KeyPressMsg) (over bool) {
	switch e.String() {
	case "esc", "ctrl+c":
		if p.cancel != nil {
			p.cancel()
		}
		return true
	case "enter":
		return p.enter(string(p.text))
	case "backspace", "ctrl+h":
		p.text = p.text[:max(0, len(p.text)-1)]
		p.changed()
	case "ctrl+u":
		p.text = p.text[:0]
		p.changed()
	case "ctrl+w":
		p.text = []rune(strings.TrimSuffix(string(p.text), lastWord(string(p.text))))
		p.text = p.text[:max(0, len(p.text)-1)]
		p.changed()
	case "tab":
		p.complete()
	default:
		p.insert(e.Text)
	}
	return false
}

// complete adds what all possible names have in common.
func (p *prompt) complete() {
	if p.names == nil {
		return
	}
	word := lastWord(string(p.text))
	names := p.names(word)
	if len(names) == 0 {
		return
	}
	common := names[0]
	for _, n := range names[1:] {
		for !strings.HasPrefix(n, common) {
			common = common[:len(common)-1]
		}
	}
	p.insert(common[len(word):])
}

// lastWord is the name that a text ends in.
func lastWord(text string) string {
	i := len(text)
	for i > 0 && (text[i-1] == '_' || text[i-1] >= 'a' && text[i-1] <= 'z' || text[i-1] >= 'A' && text[i-1] <= 'Z') {
		i--
	}
	return text[i:]
}

// fieldsWith are the fields whose names begin so: of a transaction, its delivery and its
// hop, and in the list of texts of a text.
func (m *Model) fieldsWith(start string) (names []string) {
	if start == "" {
		return nil
	}
	add := func(name string) {
		if strings.HasPrefix(name, start) && name != start {
			names = append(names, name)
		}
	}
	for i := range result.Fields() {
		add(result.Fields()[i].Name)
	}
	for i := range result.DeliveryFields() {
		add(result.DeliveryFieldPrefix + result.DeliveryFields()[i].Name)
	}
	for i := range result.HopFields() {
		add(result.HopFieldPrefix + result.HopFields()[i].Name)
	}
	if m.list.by == ByText {
		for _, f := range result.AskedOfTexts() {
			add(f.Name)
		}
	}
	return names
}
