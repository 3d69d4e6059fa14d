package check

import (
	"bytes"
	"strings"

	"simplecap/capture"
	"simplecap/capture/made"
	"simplecap/decode"
	"simplecap/redact"
)

// make notes that in place of a frame others are made of what was in its connection.
func (e *evidence) make(frame capture.Ref, conn uint64) {
	if e.made == nil {
		e.made, e.hides = map[capture.Ref]bool{}, map[uint64]bool{}
	}
	e.made[frame] = true
	if conn != 0 {
		e.hides[conn] = true
	}
}

// withSecrets lets a decoder use what secrets have come before a frame.
func withSecrets(d *decode.Decoder, f func(*capture.Frame) error) func(*capture.Frame) error {
	return func(frame *capture.Frame) error {
		d.UseSecrets()
		return f(frame)
	}
}

// plainEvidence is a decode.Handler that writes the messages in hidden transports as
// packets that other programs read.
type plainEvidence struct {
	*evidence
	packets made.Packets
	err     error
}

// writePlain writes the frames of the evidence, and decodes them once more for those
// that are made.
func (e *evidence) writePlain(open func() (capture.Source, error), options decode.Options) error {
	p := &plainEvidence{evidence: e}
	d := decode.NewDecoder(p, options)
	err := eachFrame(open, d, func(f *capture.Frame) error {
		if err := e.write(f); err != nil {
			return err
		}
		d.Frame(f)
		return p.err
	})
	if err == nil {
		d.Flush()
		err = p.err
	}
	return err
}

// Message implements decode.Handler.
func (p *plainEvidence) Message(m *decode.Message) {
	if !m.Hidden() || !p.made[m.Frame] {
		return
	}
	how := m.MadeOf()
	if p.hidden != nil {
		m = p.hidden.Message(m)
	}
	plain := m.Plain()
	p.frames(p.packets.Message(&plain), m.Frame, how)
}

// MSRP implements decode.MSRPHandler. Where texts are hidden all that is said is: nothing
// in it was learned.
func (p *plainEvidence) MSRP(m *decode.MSRP) {
	if !p.made[m.Frame] {
		return
	}
	plain := m.Plain()
	if p.hidden != nil {
		plain.Payload = bytes.Clone(m.Raw)
		redact.HideText(plain.Payload)
	}
	p.frames(p.packets.Message(&plain), m.Frame, m.MadeOf())
}

// ICMP implements decode.ICMPHandler.
func (p *plainEvidence) ICMP(*decode.ICMPError) {}

// Connection implements decode.ConnHandler.
func (p *plainEvidence) Connection(c *decode.ConnEvent) {
	if !p.made[c.Frame] || !c.Kind.Explains() {
		return
	}
	plain, reset := c.Plain()
	p.frames(p.packets.End(&plain, reset, c.Acked), c.Frame, c.MadeOf())
}

// frames writes frames that were made of what was in another.
func (p *plainEvidence) frames(frames []capture.Frame, of capture.Ref, how string) {
	comment := "simplecap: " + strings.Join(p.reasons[of], ", ") + "; " + how
	for i := range frames {
		if p.err == nil {
			p.err = p.out.Commented(&frames[i], "", comment)
		}
	}
}
