package tui

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
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
	ids, what := m.toSave()
	if len(ids) == 0 || m.options.Save == nil {
		m.say("there is nothing to save")
		return
	}
	if len(ids) > m.options.Limits.Saved {
		m.say(fmt.Sprintf("%d deliveries are more than are saved at once (%d): filter first", len(ids), m.options.Limits.Saved))
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

// toSave is the delivery that is open, or the marked ones, or all that are shown.
func (m *Model) toSave() (ids []uint32, what string) {
	switch {
	case m.detail != nil:
		return []uint32{m.detail.id}, fmt.Sprintf("delivery %d", m.detail.id)
	case len(m.list.marks) > 0:
		for id := range m.list.marks {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return ids, fmt.Sprintf("%d marked", len(ids))
	}
	ids = slices.Clone(m.list.shown)
	slices.Sort(ids)
	return ids, fmt.Sprintf("the %d shown", len(ids))
}
