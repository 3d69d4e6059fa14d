package decode

import "simplecap/capture"

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
// change it. All offsets are into the frame's data.
type Place struct {
	Kind     PlaceKind
	From, To int // the payload
	Src, Dst Endpoint
	Seq      uint32     // of a segment
	ID       uint32     // IP identification of a fragment
	Offset   int        // of a fragment in its packet
	UDP      bool       // the packet of a fragment is a datagram
	Message  *Message   // the SIP message of a datagram, in the frame's own bytes; nil where there is none
	Checks   []Checksum // that cover the payload, the innermost last

	end int // capacity of the data: the distance to it gives the offset of a part
}

// Checksum is a checksum of UDP, TCP or ICMP (RFC 1071).
type Checksum struct {
	At       int  // where it is
	From, To int  // what it covers, beside a pseudo header
	Optional bool // 0 stands for none, as in UDP over IPv4
}

// Locator finds the places of payloads. It is used by one goroutine.
type Locator struct {
	decoder *Decoder
	place   Place
	data    []byte
}

// NewLocator returns a Locator; the options are those of the Decoder that reads
// the same frames.
func NewLocator(options Options) *Locator {
	l := &Locator{}
	l.decoder = NewDecoder(l, options)
	l.decoder.place = &l.place
	return l
}

// Locate finds the place of a frame's payload. The Place is valid until the next
// call. It follows no connection and puts no fragments together.
func (l *Locator) Locate(f *capture.Frame) *Place {
	l.place = Place{Checks: l.place.Checks[:0]}
	l.data = f.Data[:len(f.Data):len(f.Data)]
	whole := *f
	whole.Data = l.data
	l.place.end = cap(l.data)
	l.decoder.Frame(&whole)
	if l.place.To > len(l.data) || l.place.From < 0 || l.place.From > l.place.To {
		l.place = Place{}
	}
	return &l.place
}

// Message implements Handler: it is called for datagrams only.
func (l *Locator) Message(m *Message) { l.place.Message = m }

// ICMP implements ICMPHandler.
func (l *Locator) ICMP(e *ICMPError) {
	p := &l.place
	p.Kind, p.Src, p.Dst = QuotePlace, e.Src, e.Dst
	p.set(e.Quoted)
	if e.Transport == UDP {
		p.Checks = append(p.Checks, Checksum{At: p.From - 2, From: p.From - 8, To: p.To, Optional: true})
	}
}

// set makes b, a part of the frame's data, the payload.
func (p *Place) set(b []byte) { p.From, p.To = p.end-cap(b), p.end-cap(b)+len(b) }

// checkTransport notes the checksum of UDP or TCP, unless it does not cover the data yet.
func (p *Place) checkTransport(data []byte, at int, protocol uint8) {
	if !isPartial(be16(data[at:]), pseudoSum(p.Src, p.Dst, protocol, len(data)), len(data)) {
		p.check(data, at, protocol == protoUDP)
	}
}

// check notes a checksum at an offset in what it covers.
func (p *Place) check(covered []byte, at int, optional bool) {
	from := p.end - cap(covered)
	p.Checks = append(p.Checks, Checksum{At: from + at, From: from, To: from + len(covered), Optional: optional})
}

// datagram notes a UDP datagram, whose header is complete.
func (p *Place) datagram(src, dst Endpoint, data []byte) {
	p.Kind, p.Src, p.Dst = DatagramPlace, src, dst
	p.checkTransport(data, udpChecksum, protoUDP)
	p.set(data[8:])
}

// segment notes a TCP segment.
func (p *Place) segment(src, dst Endpoint, data []byte, seg *segment) {
	p.Kind, p.Src, p.Dst, p.Seq = SegmentPlace, src, dst, seg.seq
	if seg.flags&flagSYN != 0 {
		p.Seq++
	}
	p.checkTransport(data, tcpChecksum, protoTCP)
	p.set(seg.payload)
}

// fragment notes an IP fragment.
func (p *Place) fragment(src, dst Endpoint, h *ipHeader) {
	p.Kind, p.Src, p.Dst, p.ID, p.Offset = FragmentPlace, src, dst, h.id, h.offset
	p.UDP = h.next == protoUDP
	p.set(h.payload)
}

// message notes an ICMP message. Unless it is an error that quotes UDP or TCP,
// all of it counts as payload.
func (p *Place) message(src, dst Endpoint, data []byte) {
	p.Kind, p.Src, p.Dst = QuotePlace, src, dst
	p.check(data, 2, false)
	p.set(data[8:])
}
