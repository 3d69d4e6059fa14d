package decode

import (
	"bytes"

	"simplecap/hep"
)

// This file cuts a TCP connection that carries HEP into its packets.

var hepMagic = []byte("HEP3")

// hepInside returns where a HEP packet begins in b, -1 for nowhere.
func hepInside(b []byte) int {
	for from := 0; ; from++ {
		i := bytes.Index(b[from:], hepMagic)
		if i < 0 {
			return -1
		}
		if from += i; hep.Looks(b[from:]) {
			return from
		}
	}
}

// isHEP reports whether the connection carries HEP, of which b is the beginning, or a
// part where the capture joins it in the middle.
func (f *framer) isHEP(b []byte) bool {
	flow := f.flow
	if flow.class != ClassHEP && !flow.sip {
		_, begins := hep.Length(b)
		if f.phase == phaseFirst && begins && hep.Looks(b) || f.unsure && hepInside(b) >= 0 {
			flow.class = ClassHEP
		}
	}
	return flow.class == ClassHEP
}

// hep reads one HEP packet, and what is before it where framing was lost.
func (f *framer) hep(b []byte) (int, bool) {
	n, ok := hep.Length(b)
	if !ok && len(b) >= hep.HeaderBytes {
		return f.findHEP(b)
	}
	if !ok || len(b) < n {
		return 0, false
	}
	last, parts := f.span(f.base, f.base+int64(n), f.d.parts[:0])
	f.d.parts = parts
	f.found, f.unsure, f.afterGap = true, false, false
	f.d.streams.hep(f, b[:n], last, parts)
	return n, n < len(b)
}

// findHEP skips bytes until the next packet begins.
func (f *framer) findHEP(b []byte) (int, bool) {
	if i := hepInside(b[1:]); i >= 0 {
		return i + 1, true
	}
	if !f.unsure {
		f.d.stats.HEP.Broken++
		f.unsure = true
	}
	return len(b) - (hep.HeaderBytes - 1), false
}

// hep hands a HEP packet on that a framer has read.
func (s *streams) hep(fr *framer, b []byte, last mark, parts []FrameRef) {
	f := fr.flow
	if !f.sip {
		s.carriesSIP(f, 1-fr.dir)
	}
	s.packet = packet{ref: last.ref, time: last.time, hasTime: last.hasTime, src: f.ends[fr.dir], dst: f.ends[1-fr.dir], parts: parts}
	s.d.hep(&s.packet, b, parts[0])
}
