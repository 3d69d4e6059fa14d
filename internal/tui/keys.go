package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"simplecap/report"
)

// binding is a key and what it does. One table is what the keys do and what ? shows.
type binding struct {
	keys []string
	help string
	do   func(m *Model) tea.Cmd
}

// act makes an action that needs no command.
func act(f func(m *Model)) func(m *Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		f(m)
		return nil
	}
}

// listKeys are the keys of the list.
func listKeys() []binding {
	return []binding{
		{[]string{"enter", "right", "l"}, "open the row", act((*Model).open)},
		{[]string{"b"}, "a row for each delivery, text or transaction", act((*Model).nextView)},
		{[]string{"down", "j"}, "next row", act(func(m *Model) { m.list.move(1) })},
		{[]string{"up", "k"}, "row before", act(func(m *Model) { m.list.move(-1) })},
		{[]string{"pgdown", "ctrl+f", "ctrl+d"}, "page down", act(func(m *Model) { m.list.move(m.height - 4) })},
		{[]string{"pgup", "ctrl+b", "ctrl+u"}, "page up", act(func(m *Model) { m.list.move(4 - m.height) })},
		{[]string{"home", "g"}, "first row", act(func(m *Model) { m.list.move(-len(m.list.shown)) })},
		{[]string{"end", "G"}, "last row", act(func(m *Model) { m.list.move(len(m.list.shown)) })},
		{[]string{"]"}, "next row that failed or waits", act(func(m *Model) { m.list.nextFailure(1) })},
		{[]string{"["}, "the one before", act(func(m *Model) { m.list.nextFailure(-1) })},
		{[]string{"x"}, "failures only, or all", act(func(m *Model) { m.list.toggleFailures() })},
		{[]string{"f"}, "filter, in the language of --where", act((*Model).askFilter)},
		{[]string{"/"}, "search in From, To and Call-ID; with --bodies in texts", act((*Model).askSearch)},
		{[]string{"n"}, "next hit", act(func(m *Model) { m.list.find(1, false) })},
		{[]string{"N"}, "hit before", act(func(m *Model) { m.list.find(-1, false) })},
		{[]string{"t"}, "counts by verdict, status and rule; Enter makes one a filter", act(func(m *Model) { m.popup = newCounts(m) })},
		{[]string{"p"}, "peers with their RTT", act(func(m *Model) { m.popup = newPeers(m) })},
		{[]string{"s"}, "sort by number, took, result or sender", act(func(m *Model) { m.list.nextSort() })},
		{[]string{"r"}, "newest first, or oldest", act(func(m *Model) { m.list.turn() })},
		{[]string{"c"}, "other columns: people, hosts, Call-IDs", act(func(m *Model) { m.list.nextColumns() })},
		{[]string{"space"}, "mark, or take the mark away", act(func(m *Model) { m.list.mark() })},
		{[]string{"u"}, "take all marks away", act(func(m *Model) { m.list.unmark() })},
		{[]string{"F"}, "follow the latest row", act(func(m *Model) { m.list.toggleFollow() })},
		{[]string{"z"}, "pause the screen, or go on", act((*Model).pause)},
		{[]string{"w"}, "save the marked rows, or all that are shown", act((*Model).askSave)},
		{[]string{"y"}, "copy a Wireshark filter for this row", (*Model).copy},
		{[]string{"m"}, "what the program said", act(func(m *Model) { m.popup = newNotes(m) })},
		{[]string{"esc"}, "take filter and counts away", act(func(m *Model) { m.list.clear() })},
		{[]string{"?", "f1", "h"}, "all keys", act(func(m *Model) { m.popup = newHelp(m) })},
		{[]string{"q", "ctrl+c"}, "quit; the summary is printed", (*Model).quit},
	}
}

// detailKeys are the keys of what is open.
func detailKeys() []binding {
	keys := []binding{
		{[]string{"esc", "q", "left", "backspace"}, "back to the list", act(func(m *Model) { m.detail = nil })},
		{[]string{"tab"}, "next part", act(func(m *Model) { m.detail.show(m.detail.part + 1) })},
		{[]string{"shift+tab"}, "part before", act(func(m *Model) { m.detail.show(m.detail.part - 1) })},
		{[]string{"down", "j"}, "down", act(func(m *Model) { m.detail.move(1) })},
		{[]string{"up", "k"}, "up", act(func(m *Model) { m.detail.move(-1) })},
		{[]string{"pgdown", "space", "ctrl+f", "ctrl+d"}, "page down", act(func(m *Model) { m.detail.move(m.height - 4) })},
		{[]string{"pgup", "ctrl+b", "ctrl+u"}, "page up", act(func(m *Model) { m.detail.move(4 - m.height) })},
		{[]string{"home", "g"}, "begin", act(func(m *Model) { m.detail.top = 0 })},
		{[]string{"end", "G"}, "end", act(func(m *Model) { m.detail.top = len(m.detail.lines) })},
		{[]string{"]"}, "next row that failed or waits", act(func(m *Model) { m.step(func(l *list) { l.nextFailure(1) }) })},
		{[]string{"["}, "the one before", act(func(m *Model) { m.step(func(l *list) { l.nextFailure(-1) }) })},
		{[]string{"."}, "next row", act(func(m *Model) { m.step(func(l *list) { l.move(1) }) })},
		{[]string{","}, "row before", act(func(m *Model) { m.step(func(l *list) { l.move(-1) }) })},
		{[]string{"/"}, "search in what is shown", act((*Model).askSearch)},
		{[]string{"n"}, "next hit", act(func(m *Model) { m.detail.again(1) })},
		{[]string{"N"}, "hit before", act(func(m *Model) { m.detail.again(-1) })},
		{[]string{"y"}, "copy a Wireshark filter", (*Model).copy},
		{[]string{"w"}, "save what is open", act((*Model).askSave)},
		{[]string{"?", "f1", "h"}, "all keys", act(func(m *Model) { m.popup = newHelp(m) })},
		{[]string{"ctrl+c"}, "quit; the summary is printed", (*Model).quit},
	}
	for i, p := range detailParts {
		keys = append(keys, binding{[]string{string(rune('1' + i))}, p.name, act(func(m *Model) { m.detail.show(i) })})
	}
	return keys
}

// key takes a key.
func (m *Model) key(e tea.KeyPressMsg) tea.Cmd {
	if m.prompt != nil {
		if p := m.prompt; p.key(e) && m.prompt == p {
			m.prompt = nil
		}
		return nil
	}
	m.status = ""
	if m.popup != nil {
		return m.popupKey(e)
	}
	bindings := listKeys()
	if m.detail != nil {
		bindings = detailKeys()
	}
	name := e.String()
	for i := range bindings {
		if slices.Contains(bindings[i].keys, name) {
			return bindings[i].do(m)
		}
	}
	m.say("? shows all keys")
	return nil
}

// popupKey takes a key while something lies over the screen.
func (m *Model) popupKey(e tea.KeyPressMsg) tea.Cmd {
	switch e.String() {
	case "down", "j":
		m.popup.move(1)
	case "up", "k":
		m.popup.move(-1)
	case "pgdown", "space":
		m.popup.move(m.height - 6)
	case "pgup":
		m.popup.move(6 - m.height)
	case "enter":
		popup := m.popup
		m.popup = nil
		popup.choose()
	case "ctrl+c":
		return m.quit()
	default:
		m.popup = nil
	}
	return nil
}

func (m *Model) quit() tea.Cmd {
	m.quits = true
	return tea.Quit
}

// step opens the row that the list goes on to.
func (m *Model) step(move func(l *list)) {
	part, before := m.detail.part, m.detail.id
	move(m.list)
	if id, ok := m.list.current(); ok && id != before {
		m.detail = newDetail(m, m.list.by, id)
		m.detail.show(part)
	}
}

func (m *Model) pause() {
	if m.frozen = !m.frozen; m.frozen {
		m.say("paused: the capture goes on, z shows it again")
	}
}

// copy puts a filter for Wireshark into the clipboard of the terminal (OSC 52).
func (m *Model) copy() tea.Cmd {
	id, ok := m.list.current()
	if m.detail != nil {
		id, ok = m.detail.id, true
	}
	row, found := m.store.Row(m.list.by, id)
	if !ok || !found || len(row.Transactions) == 0 {
		m.say("no SIP message is known of this row")
		return nil
	}
	filter := report.DisplayFilter(row.Transactions)
	m.say("copied: " + filter)
	return tea.SetClipboard(filter)
}
