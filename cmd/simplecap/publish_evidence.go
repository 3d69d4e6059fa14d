package main

import (
	"bytes"
	"cmp"
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/redact"
)

// evidenceFor chooses the packets of failing deliveries for the bus; nil where nobody
// asked. Texts stay at the host, as those of legs do, and so do keys: what they read is
// written as packets that are plain.
func (f *commonFlags) evidenceFor(p *publishing, agent string, limits evidenceLimits, options *analyze.Options) *evidence {
	if p == nil || p.pieces == nil {
		return nil
	}
	e := chooser(writeFindings, limits, func(int) string { return agent })
	e.pieces, e.live, e.made = p.pieces, options.Live, new(plainFrames)
	if !f.bodies {
		var names *redact.Redactor
		if f.redactor != nil {
			names = f.redactor.Another()
		}
		e.made.names = redact.NewFrames(names, decode.Options{Ports: options.Ports, Limits: options.Limits.Decode})
	}
	return e
}

// publish publishes the packets of a delivery, as far as their rate allows.
func (e *evidence) publish(d *result.Delivery, frames []heldFrame) {
	now := d.FirstRequest // that of a file is not by how far it happens to have been read
	if e.live {
		now = e.last.Time
	}
	if len(frames) == 0 || !e.pieces.Room(now) {
		return
	}
	slices.SortStableFunc(frames, func(a, b heldFrame) int { return cmp.Compare(a.Time, b.Time) })
	var piece bytes.Buffer
	w := capture.NewPcapngWriter(&piece, "simplecap "+version())
	for i := range frames {
		if err := w.Commented(&frames[i].Frame, e.name(0), frames[i].comment); err != nil {
			return // a Buffer takes all
		}
	}
	if err := w.Flush(); err == nil {
		e.pieces.Put(d.Verdict.String(), piece.Bytes())
	}
}
