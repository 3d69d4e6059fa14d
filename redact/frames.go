package redact

import (
	"bytes"
	"iter"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/packet"
	"simplecap/decode/sip"
	"simplecap/hep"
)

// Frames takes names and texts out of captured frames. What is no SIP message in
// a payload is hidden, and a payload of which it cannot be known what it is a
// part of is left out: nothing is kept that was not looked at.
//
// Messages over TCP and in IP fragments have to be learned before: they are
// known by their place in the stream or packet, and by their bytes, so that
// copies and segments that were sent again change alike.
type Frames struct {
	redactor *Redactor
	inner    *Redactor // for bodies, which are hidden where nobody asks for pseudonyms too
	locator  *Locator
	texts    Texts
	parts    map[window][]*part
}

// direction is who sends a part to whom, and in which packet.
type direction struct {
	src, dst decode.Endpoint
	packet   bool   // not a stream: the endpoints have no ports
	id       uint32 // of the packet
}

// window is a stretch of what one end sends to another, so that a segment is compared
// with the parts that lie where it does, and not with all.
type window struct {
	direction
	number uint32
}

// windowBits are those of a sequence number or offset that tell windows apart not.
const windowBits = 12

// windows yields the windows that n bytes from at touch.
func (d direction) windows(at uint32, n int) iter.Seq[window] {
	return func(yield func(window) bool) {
		last := (at + uint32(max(n, 1)) - 1) >> windowBits
		for number := at >> windowBits; yield(window{d, number}) && number != last; {
			number = (number + 1) & (1<<(32-windowBits) - 1) // sequence numbers begin again
		}
	}
}

// part is a piece of a stream or packet, as it was and as it is to be.
type part struct {
	at       uint32 // sequence number, or offset in the packet
	old, new []byte
}

// NewFrames returns Frames that use the pseudonyms of a Redactor, which may be
// nil; the options are those of the Decoder that reads the same frames.
func NewFrames(r *Redactor, options decode.Options) *Frames {
	inner := r
	if inner == nil {
		inner, _ = New(All, nil, nil) // a key of its own is long enough
	}
	return &Frames{redactor: r, inner: inner, locator: NewLocator(options), parts: map[window][]*part{}}
}

// udpHeader is the size of a UDP header.
const udpHeader = 8

// Learn learns a message that came over TCP or in IP fragments. Others need not
// be learned.
func (f *Frames) Learn(m *decode.Message) {
	switch {
	case m.Agent != 0: // HEP in fragments or over TCP is hidden
	case m.Transport == decode.TCP:
		f.add(direction{src: m.Src, dst: m.Dst}, part{at: m.Seq, old: m.Raw, new: f.Message(m).Raw})
	case m.Transport == decode.UDP && m.Carriage&decode.Fragmented != 0:
		src, dst := m.Src, m.Dst
		src.Port, dst.Port = 0, 0
		hidden := bytes.Clone(m.Payload)
		at := bytes.Index(m.Payload, m.Raw)
		f.hideAround(hidden, 0, at, at+len(m.Raw))
		copy(hidden[at:], f.Message(m).Raw)
		f.add(direction{src, dst, true, m.IPID}, part{at: udpHeader, old: m.Payload, new: hidden})
	}
}

// add keeps a part, unless it is known.
func (f *Frames) add(d direction, p part) {
	for _, known := range f.near(window{d, p.at >> windowBits}) {
		if known.at == p.at && bytes.Equal(known.old, p.old) {
			return
		}
	}
	p.old = bytes.Clone(p.old)
	for w := range d.windows(p.at, len(p.old)) {
		f.parts[w] = append(f.parts[w], &p)
	}
}

// near are the parts of a window: the last Limits.Parts of them, where somebody sends
// other bytes in the same place again and again.
func (f *Frames) near(w window) []*part {
	parts := f.parts[w]
	return parts[max(0, len(parts)-DefaultLimits.Parts):]
}

// Message returns a copy of a message with nothing in it that must not be seen.
func (f *Frames) Message(m *decode.Message) *decode.Message {
	c := m.Clone()
	f.change(&c.Message)
	return c
}

func (f *Frames) change(m *sip.Message) {
	bodies{r: f.inner, texts: &f.texts, heads: f.redactor != nil}.message(m)
	f.redactor.head(m)
}

// hideAround hides what is behind a header of numbers, and not between from and to.
func (f *Frames) hideAround(b []byte, header, from, to int) {
	HideText(b[header:from])
	HideText(b[to:])
}

// Rewrite returns the data of a frame as it may be seen: a copy, with checksums
// that are right where they were right. It is shorter where a part had to be
// left out, and empty where nothing could be placed.
func (f *Frames) Rewrite(frame *capture.Frame) []byte {
	changed := *frame
	changed.Data = bytes.Clone(frame.Data)
	p := f.locator.Locate(&changed)
	if !p.Stuffed {
		return f.rewrite(p, frame.Data)
	}
	stuffed, ok := packet.Restuffed(frame, f.rewrite(p, bytes.Clone(p.Data)))
	if !ok {
		return nil
	}
	return stuffed
}

// rewrite changes the data of a place, which was before, and returns what of it may be
// seen.
func (f *Frames) rewrite(p *Place, before []byte) []byte {
	data, known := p.Data, true
	var sum uint16
	switch p.Kind {
	case DatagramPlace:
		f.datagram(data[p.From:p.To], p.Message)
	case SegmentPlace:
		f.segment(data[p.From:p.To], p)
	case FragmentPlace:
		sum, known = f.fragment(data[p.From:p.To], p)
	case QuotePlace:
		f.cut(data[p.From:p.To], true)
	default:
		return nil
	}
	if !known {
		return data[:p.From]
	}
	if p.Kind == FragmentPlace && p.Offset == 0 && p.To-p.From >= udpHeader {
		addSum(data[p.From+6:], sum, true)
	}
	if p.Kind != QuotePlace {
		clear(data[p.To:]) // padding holds what was in the sender's memory
	}
	for i := len(p.Checks) - 1; i >= 0; i-- {
		mend(before, data, p.Checks[i])
	}
	return data
}

// datagram changes the payload of a datagram; m is the message in it, nil for none.
func (f *Frames) datagram(b []byte, m *sip.Message) {
	if _, isHEP := hep.Length(b); isHEP && hep.Looks(b) {
		f.hep(b, m)
		return
	}
	if m == nil {
		HideText(b)
		return
	}
	from := cap(b) - cap(m.Raw)
	if from < 0 || from+len(m.Raw) > len(b) || &b[from] != &m.Raw[0] {
		from = bytes.Index(b, m.Raw)
	}
	if from < 0 { // it does not stand there as it is
		HideText(b)
		return
	}
	f.hideAround(b, min(from, hep.HeaderOf(b)), from, from+len(m.Raw))
	f.change(m)
}

// segment changes the payload of a TCP segment: what belongs to messages that
// were learned becomes a part of them, and the rest is hidden.
func (f *Frames) segment(b []byte, p *Place) {
	old := bytes.Clone(b)
	HideText(b)
	d := direction{src: p.Src, dst: p.Dst}
	for w := range d.windows(p.Seq, len(b)) {
		for _, part := range f.near(w) {
			part.lay(b, old, p.Seq)
		}
	}
}

// lay puts the bytes of a part in their place in b, which begins at an offset or
// sequence number and was old. It reports whether all of b is from the part.
func (p *part) lay(b, old []byte, at uint32) (all bool) {
	skip := int(int32(p.at - at)) // bytes of b before the part
	from, to := max(skip, 0), min(skip+len(p.old), len(b))
	if from >= to || !bytes.Equal(old[from:to], p.old[from-skip:to-skip]) {
		return false
	}
	copy(b[from:to], p.new[from-skip:])
	return from == 0 && to == len(b)
}

// fragment changes the payload of an IP fragment. It returns by how much the sum
// of the whole datagram changes, and whether the datagram is known.
func (f *Frames) fragment(b []byte, p *Place) (sum uint16, known bool) {
	src, dst := p.Src, p.Dst
	src.Port, dst.Port = 0, 0
	at := uint32(p.Offset)
	if p.Offset == 0 { // the header of UDP comes first
		if len(b) < udpHeader {
			return 0, false
		}
		b, at = b[udpHeader:], udpHeader
	}
	old := bytes.Clone(b)
	d := direction{src, dst, true, p.ID}
	for w := range d.windows(at, len(b)) {
		for _, part := range f.near(w) {
			if part.lay(b, old, at) {
				return difference(part.old, part.new), true
			}
		}
	}
	if p.UDP { // a datagram that the capture does not hold whole
		f.cut(b, p.Offset == 0)
	}
	return 0, p.UDP
}

// cut changes a payload whose end is missing; begins says whether it has its
// beginning.
func (f *Frames) cut(b []byte, begins bool) {
	var m sip.Message
	if !begins || !m.Scan(b) {
		HideText(b)
		return
	}
	f.datagram(b, &m)
}
