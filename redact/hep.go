package redact

import (
	"bytes"

	"simplecap/decode/sip"
	"simplecap/hep"
)

// hep changes a HEP packet of version 3; m is the message in it, nil for none. Its
// structure stays, and so do numbers and addresses; keys, names and whatever else is
// in it are hidden. A compressed message is hidden as well: what it would be made of
// it has another length.
func (f *Frames) hep(b []byte, m *sip.Message) {
	old := bytes.Clone(b)
	at, changed := -1, []byte(nil)
	if m != nil {
		at = bytes.Index(old, m.Raw)
		f.change(m)
		changed = bytes.Clone(m.Raw)
	}
	HideText(b)
	copy(b, old[:hep.HeaderBytes])
	for c := range hep.Chunks(old) {
		from := c.From - hep.HeaderBytes
		to := c.From
		if c.IsNumber() {
			to = c.To
		}
		copy(b[from:to], old[from:to])
	}
	if at >= 0 {
		copy(b[at:], changed)
	}
}
