package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"simplecap/report"
)

func (l *list) turn() {
	l.newest = !l.newest
	l.at = max(len(l.shown)-1-l.at, 0)
	l.scroll()
	l.m.say(map[bool]string{true: "newest first", false: "oldest first"}[l.newest])
}

func (l *list) nextColumns() {
	l.columns = (l.columns + 1) % columnSets
	l.resize()
}

func (l *list) toggleFailures() {
	l.failures = !l.failures
	l.again()
	l.m.say(map[bool]string{true: "failures and what waits", false: "all"}[l.failures])
}

func (l *list) toggleFollow() {
	if l.follow = !l.follow; l.follow {
		l.end()
	}
}

func (l *list) mark() {
	id, ok := l.current()
	if !ok {
		return
	}
	if l.marks[id] {
		delete(l.marks, id)
	} else {
		l.marks[id] = true
	}
	delete(l.lines, id)
	l.move(1)
}

func (l *list) unmark() {
	clear(l.marks)
	clear(l.lines)
}

// clear takes away what leaves rows out.
func (l *list) clear() {
	if !l.filtered() {
		l.m.say("q quits")
		return
	}
	l.failures, l.match, l.expression, l.facet = false, nil, "", facet{}
	l.again()
}

// nextFailure goes to the next row that failed or waits.
func (l *list) nextFailure(step int) {
	for at := l.at + step; at >= 0 && at < len(l.shown); at += step {
		if l.m.store.stateOf(l.by, l.shown[l.place(at)]).failed() {
			l.move(at - l.at)
			return
		}
	}
	l.m.say("no further failure in this direction")
}

// searchTime is how long a search may take.
const searchTime = 2 * time.Second

// find goes to the next row that the query is in; here looks at the chosen one, too.
func (l *list) find(step int, here bool) bool {
	if l.query == "" {
		return false
	}
	want, begun := strings.ToLower(l.query), time.Now()
	at := l.at
	if !here {
		at += step
	}
	for n := 0; at >= 0 && at < len(l.shown); at += step {
		if l.contains(l.shown[l.place(at)], want) {
			l.follow = l.follow && at == l.at
			l.move(at - l.at)
			return true
		}
		if n++; n%256 == 0 && time.Since(begun) > searchTime {
			l.m.say(fmt.Sprintf("not in %d rows; n goes on from there", n))
			l.move(at - l.at)
			return false
		}
	}
	l.m.say("not found in this direction: " + report.Clean(l.query, 40))
	return false
}

// contains reports whether a row has a word in what can be searched.
func (l *list) contains(id uint32, want string) bool {
	row, ok := l.m.store.Row(l.by, id)
	if !ok {
		return false
	}
	texts := append([]string{row.Sender, row.Recipient}, row.CallIDs...)
	if l.m.options.Bodies {
		for i := range row.Transactions {
			texts = append(texts, string(row.Transactions[i].Body))
		}
		if row.Text != nil && row.Text.Content != nil {
			texts = append(texts, row.Text.Content.Text)
		}
	}
	if row.Text != nil {
		texts = append(texts, row.Text.From, row.Text.To)
	}
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(strings.ToLower(s), want) })
}

// askSearch reads what to search for, and searches with each character.
func (m *Model) askSearch() {
	at, top := m.list.at, m.list.top
	p := &prompt{label: "search: ", enter: func(string) bool { return true }}
	m.prompt = p
	if d := m.detail; d != nil {
		p.change = func(text string) string {
			if text != "" && !d.search(text, d.top, 1) && !d.search(text, 0, 1) {
				return "not on this page"
			}
			return ""
		}
		return
	}
	p.change = func(text string) string {
		m.list.at, m.list.top, m.list.query = at, top, text
		found := text == "" || m.list.find(1, true) || m.list.find(-1, true)
		m.status = "" // what find said
		if !found {
			return "not found"
		}
		return ""
	}
	p.cancel = func() { m.list.at, m.list.top = at, top }
}

// again goes to the next hit in a delivery.
func (d *detail) again(step int) {
	if d.query == "" || !d.search(d.query, d.hit+step, step) {
		d.m.say("no further hit")
	}
}

// askFilter reads an expression; what is wrong with it is shown while it is typed.
func (m *Model) askFilter() {
	if m.options.Compile == nil {
		return
	}
	m.prompt = &prompt{
		label: "filter: ", text: []rune(m.list.expression), names: m.fieldsWith,
		change: func(text string) string {
			if strings.TrimSpace(text) == "" {
				return ""
			}
			if _, err := m.options.Compile(m.list.by, text); err != nil {
				return err.Error()
			}
			return ""
		},
		enter: m.filter,
	}
}

// filter leaves out what an expression is not true for. It reports false where there is
// something wrong with the expression.
func (m *Model) filter(text string) bool {
	if strings.TrimSpace(text) == "" {
		m.list.match, m.list.expression = nil, ""
		m.list.again()
		return true
	}
	match, err := m.options.Compile(m.list.by, text)
	if err != nil {
		m.prompt.problem = err.Error()
		return false
	}
	m.list.match, m.list.expression = match, text
	m.list.again()
	return true
}
