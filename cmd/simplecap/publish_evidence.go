package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
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
	for i := range frames {
		frames[i].name = e.name(0)
	}
	var piece bytes.Buffer
	if err := writeHeld(&piece, cutMiddle(frames, e.pieces.Most())); err == nil { // a Buffer takes all
		e.pieces.Put(d.Verdict.String(), piece.Bytes())
	}
}

// writeHeld writes frames as pcapng, in the order of their times.
func writeHeld(to io.Writer, frames []heldFrame) error {
	byTime(frames)
	w := capture.NewPcapngWriter(to, "simplecap "+version())
	for i := range frames {
		if err := w.Commented(&frames[i].Frame, frames[i].name, frames[i].comment); err != nil {
			return err
		}
	}
	return w.Flush()
}

func byTime(frames []heldFrame) {
	slices.SortStableFunc(frames, func(a, b heldFrame) int { return cmp.Compare(a.Time, b.Time) })
}

// blockCost is what a frame takes in a pcapng beside its bytes and its comment, and what
// stands before all, at most.
const blockCost = 256

// cutMiddle leaves the first and the last frames where all of them take more than so many
// bytes as pcapng: how it began and how it ended. The comment of the first one behind the
// gap says how many are left out.
func cutMiddle(frames []heldFrame, most int) []heldFrame {
	byTime(frames)
	size := func(f *heldFrame) int { return len(f.Data) + len(f.comment) + len(f.name) + blockCost }
	all := blockCost
	for i := range frames {
		all += size(&frames[i])
	}
	if all <= most {
		return frames
	}
	room, begin, end := most-2*blockCost, 0, len(frames)
	for turn := 0; begin < end; turn++ {
		next := begin
		if turn%2 == 1 {
			next = end - 1
		}
		if room -= size(&frames[next]); room < 0 {
			break
		}
		if turn%2 == 0 {
			begin++
		} else {
			end--
		}
	}
	gap := fmt.Sprintf("; %d packets before it are left out, since all are more than %d KiB", end-begin, most>>10)
	kept := append(frames[:begin:begin], frames[end:]...)
	if n := len(kept); n > 0 {
		kept[min(begin, n-1)].comment += gap
	}
	return kept
}
