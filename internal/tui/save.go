package tui

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"simplecap/report"
)

// Saving is what is to be saved: deliveries, in the format that the name's end says.
type Saving struct {
	Name       string
	Deliveries []uint32
}

// Formats are the ends of names, and what they stand for.
var formats = []string{".pcapng", ".json", ".md"}

// askSave reads the name of a file.
func (m *Model) askSave() {
	if n := len(m.list.shown); m.detail == nil && len(m.list.marks) == 0 && n > m.options.Limits.Saved {
		m.say(fmt.Sprintf("%d rows are more than are saved at once (%d): filter first", n, m.options.Limits.Saved))
		return
	}
	ids, what := m.toSave()
	if len(ids) == 0 || m.options.Save == nil {
		m.say("there is nothing to save")
		return
	}
	m.prompt = &prompt{
		label: "save " + what + " as (.pcapng, .json or .md): ", text: []rune("simplecap.pcapng"),
		change: func(name string) string {
			if !slices.Contains(formats, filepath.Ext(name)) {
				return "the name must end in " + strings.Join(formats, ", ")
			}
			return ""
		},
		enter: func(name string) bool {
			if !slices.Contains(formats, filepath.Ext(name)) {
				return false
			}
			text, err := m.options.Save(Saving{Name: name, Deliveries: ids})
			if err != nil {
				text = "not saved: " + err.Error()
			}
			m.say(text)
			return true
		},
	}
}

// toSave are the deliveries of what is open, or of the marked rows, or of all that are
// shown.
func (m *Model) toSave() (ids []uint32, what string) {
	rows := slices.Collect(maps.Keys(m.list.marks))
	what = fmt.Sprintf("%d marked", len(rows))
	switch {
	case m.detail != nil:
		rows, what = []uint32{m.detail.id}, fmt.Sprintf("%s %d", m.detail.by.one(), m.detail.id)
	case len(rows) == 0:
		rows, what = slices.Clone(m.list.shown), fmt.Sprintf("the %d shown", len(m.list.shown))
	}
	ids = m.store.Deliveries(m.list.by, rows)
	if m.list.by != ByDelivery {
		what = report.Count(uint64(len(ids)), "delivery", "deliveries") + " of " + what
	}
	return ids, what
}
