package redact

import (
	"errors"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/packet"
	"simplecap/decode/sip"
	"simplecap/decode/stream"
	"simplecap/hep"
)

// PlaceKind says what the payload is that a Place is about.
type PlaceKind uint8

// The kinds of place.
const (
	NoPlace       PlaceKind = iota // nothing that a Decoder reads
	DatagramPlace                  // the payload of a UDP datagram
	SegmentPlace                   // the payload of a TCP segment
	FragmentPlace                  // the payload of an IP fragment
	QuotePlace                     // what an ICMP error quotes of a payload
)

// Place says where the innermost payload of a frame is, for whoever wants to
// change it. All offsets are into Data.
type Place struct {
	Data     []byte // the frame's, or what Stuffed says
	Stuffed  bool   // the octets of the frame are stuffed: Data is it as packet.Unstuffed has it
	Kind     PlaceKind
	From, To int // the payload
	Src, Dst decode.Endpoint
	Seq      uint32       // of a segment
	ID       uint32       // IP identification of a fragment
	Offset   int          // of a fragment in its packet
	UDP      bool         // the packet of a fragment is a datagram
	Message  *sip.Message // the SIP message of a datagram, in the frame's own bytes; nil where there is none
	Checks   []Checksum   // that cover the payload, the innermost last

	end int // capacity of the data: the distance to it gives the offset of a part
}

// Checksum is a checksum of UDP, TCP or ICMP (RFC 1071).
type Checksum struct {
	At       int  // where it is
	From, To int  // what it covers, beside a pseudo header
	Optional bool // 0 stands for none, as in UDP over IPv4
}

// Locator finds the places of payloads: it is what walks through a packet as a Decoder
// does, and reads nothing that it finds there but SIP. It is used by one goroutine.
type Locator struct {
	walk      packet.Walk
	checksums packet.Checksums
	trust     decode.HEPTrust
	limits    sip.Limits
	place     Place
	message   sip.Message
	plain     []byte // scratch of frames whose octets are stuffed
}

// NewLocator returns a Locator; the options are those of the Decoder that reads
// the same frames.
func NewLocator(options decode.Options) *Locator {
	limits := options.Limits.WithDefaults()
	l := &Locator{limits: limits.SIP(), trust: options.HEP}
	l.walk.Limits, l.checksums.Hosts = limits.Packet(), limits.Hosts
	return l
}

// Locate finds the place of a frame's payload. The Place is valid until the next
// call. It follows no connection and puts no fragments together. Where a frame holds
// several packets there is no one place.
func (l *Locator) Locate(f *capture.Frame) *Place {
	var stuffed bool
	data := f.Data
	if l.plain, stuffed = packet.Unstuffed(l.plain[:0], f); stuffed {
		data = l.plain
	}
	data = data[:len(data):len(data)]
	l.place = Place{Data: data, Stuffed: stuffed, Checks: l.place.Checks[:0], end: cap(data)}
	if _, _, _, media := packet.Media(f.Link, data); media {
		return &l.place
	}
	w := &l.walk
	for w.Frame(f.Link, data, &stream.Mark{}, f.Cut()); l.layer(f); {
	}
	if p := &l.place; w.Stuffed || w.Next() || p.To > len(data) || p.From < 0 || p.From > p.To {
		*p = Place{}
	}
	return &l.place
}

// layer notes what the Walk has stopped at, and reports whether that goes on from there.
func (l *Locator) layer(f *capture.Frame) (more bool) {
	w, p := &l.walk, &l.place
	switch w.Kind {
	case packet.UDP:
		p.Kind = DatagramPlace
		p.transport(w)
		if w.Inside() {
			return true
		}
		p.Message = l.datagram(f.Interface >= capture.FirstHEPAgent)
	case packet.TCP:
		p.Kind, p.Seq = SegmentPlace, w.Segment.Seq
		if w.Segment.Flags&packet.FlagSYN != 0 {
			p.Seq++
		}
		p.transport(w)
	case packet.Fragment:
		p.Kind, p.Src, p.Dst, p.ID, p.Offset = FragmentPlace, w.Src, w.Dst, w.IP.ID, w.IP.Offset
		p.UDP = w.IP.Next == packet.ProtoUDP
		p.set(w.IP.Payload)
	case packet.ICMP:
		p.quote(w)
	}
	return false
}

// datagram returns the SIP message in the datagram that the Walk has stopped at, nil for
// none that a Decoder would hand on; listened says that it was sent to a HEP listener.
func (l *Locator) datagram(listened bool) *sip.Message {
	b, m := l.walk.Payload, &l.message
	var h hep.Packet
	if hep.Looks(b) && !errors.Is(hep.Parse(b, &h), hep.ErrNotHEP) {
		switch {
		case l.report(&h, listened):
			return m
		case h.Version >= 3: // the bytes of the old headers are not rare enough
			return nil
		}
	}
	if !m.ScanUnit(b, l.walk.Cut, &l.limits) || !l.checksums.Accepts(&l.walk) {
		return nil
	}
	return m
}

// report reads the message in a HEP packet that is trusted. One that is compressed does
// not stand in the frame.
func (l *Locator) report(h *hep.Packet, listened bool) bool {
	return l.trust.Trusts(h, listened) && (h.Type == 0 || h.Type == hep.TypeSIP) && !h.Compressed && l.message.ScanUnit(h.Payload, h.Cut, &l.limits)
}

// set makes b, a part of the frame's data, the payload.
func (p *Place) set(b []byte) { p.From, p.To = p.end-cap(b), p.end-cap(b)+len(b) }

// transport notes the datagram or segment that a Walk has stopped at, and its checksum,
// unless that does not cover the data yet.
func (p *Place) transport(w *packet.Walk) {
	p.Src, p.Dst = w.Src, w.Dst
	if at, covers := w.Checksum(); covers {
		p.check(w.Data, at, w.Protocol == packet.ProtoUDP)
	}
	p.set(w.Payload)
}

// check notes a checksum at an offset in what it covers.
func (p *Place) check(covered []byte, at int, optional bool) {
	from := p.end - cap(covered)
	p.Checks = append(p.Checks, Checksum{At: from + at, From: from, To: from + len(covered), Optional: optional})
}

// quote notes an ICMP message. Unless it is an error that quotes UDP or TCP,
// all of it counts as payload.
func (p *Place) quote(w *packet.Walk) {
	if len(w.Data) < 8 {
		return
	}
	p.Kind, p.Src, p.Dst = QuotePlace, w.Src, w.Dst
	p.check(w.Data, 2, false)
	p.set(w.Data[8:])
	var q packet.Quote
	if !w.Quoted(&q) {
		return
	}
	p.Src, p.Dst = q.Src, q.Dst
	p.set(q.Payload)
	if q.Protocol == packet.ProtoUDP {
		p.Checks = append(p.Checks, Checksum{At: p.From - 2, From: p.From - 8, To: p.To, Optional: true})
	}
}
