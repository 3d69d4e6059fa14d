package decode

import (
	"bytes"

	"simplecap/decode/packet"
	"simplecap/decode/stream"
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

// hepBegins is the probe of HEP on a stream.
func hepBegins(b []byte, _ bool) stream.Match {
	if beginsWith(b, hepMagic) == stream.No && beginsWith(b, []byte("EEP1")) == stream.No {
		return stream.No
	}
	switch _, ok := hep.Length(b); {
	case ok && hep.Looks(b):
		return stream.Yes
	case len(b) < hep.HeaderBytes:
		return stream.Maybe
	}
	return stream.No
}

// hepConnection is the Conn of HEP.
type hepConnection struct {
	session *session
	sides   [2]hepSide
}

// hepSide is one direction of it.
type hepSide struct {
	stream.Buffer
	*hepConnection
	side   stream.Side
	unsure bool // where a packet begins is not known
}

func openHEP(s *session) stream.Conn {
	h := &hepConnection{session: s}
	for i := range h.sides {
		h.sides[i].hepConnection, h.sides[i].side = h, stream.Side(i)
		h.sides[i].unsure = s.text.Unsure(stream.Side(i))
	}
	return h
}

// Step reads one HEP packet, and what is before it where framing was lost.
func (h *hepSide) Step(b []byte) (int, bool) {
	n, ok := hep.Length(b)
	if !ok && len(b) >= hep.HeaderBytes {
		return h.find(b)
	}
	if !ok || len(b) < n {
		return 0, false
	}
	h.unsure = false
	s := h.session
	s.found(h.side)
	at := h.Mark(n)
	parts := s.d.framesOf(&at)
	p := s.from(h.side, &at, parts)
	p.Carriage, p.IPID = 0, 0 // of the report, not of the message in it
	s.d.hep(p, b[:n], parts[0])
	return n, n < len(b)
}

// find skips bytes until the next packet begins.
func (h *hepSide) find(b []byte) (int, bool) {
	if i := hepInside(b[1:]); i >= 0 {
		return i + 1, true
	}
	if !h.unsure {
		h.session.d.stats.HEP.Broken++
		h.unsure = true
	}
	return len(b) - (hep.HeaderBytes - 1), false
}

// Feed implements stream.Conn.
func (h *hepConnection) Feed(side stream.Side, b []byte, at *stream.Mark) {
	h.sides[side].Buffer.Feed(b, at, &h.sides[side])
}

// Gap implements stream.Conn.
func (h *hepConnection) Gap(side stream.Side, _ uint64, _ stream.End) {
	h.sides[side].Clear()
	h.sides[side].unsure = true
}

// End implements stream.Conn.
func (h *hepConnection) End(side stream.Side, why stream.End) {
	if why != stream.Silence {
		h.Gap(side, 0, why)
	}
}

// Waiting implements stream.Conn.
func (h *hepConnection) Waiting(side stream.Side) (held int, wait stream.Wait) {
	return h.sides[side].Buffer.Waiting()
}

// Close implements stream.Conn.
func (h *hepConnection) Close() {}

// readHEP reads a datagram.
func readHEP(d *Decoder, w *packet.Walk, b []byte) bool {
	return hep.Looks(b) && d.hep(d.from(w), b, 0)
}

// isHEP recognises what calls itself HEP and cannot be read.
func isHEP(b []byte, _, _ uint16) bool {
	return beginsWith(b, hepMagic) == stream.Yes || beginsWith(b, []byte("EEP1")) == stream.Yes
}

// hepJoins is the probe of HEP in the middle of a stream.
func hepJoins(b []byte) bool { return hepInside(b) >= 0 }

// hepFirst: packets of version 3 begin with a name, those of the old versions with
// their number.
func hepFirst(c byte) bool { return c == hepMagic[0] || c == 'E' || c == 1 || c == 2 }
