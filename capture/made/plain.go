package made

import (
	"net/netip"

	"simplecap/capture"
)

// Packets makes IP packets of messages that were read out of what hides them, as
// TLS: with the addresses, ports and times that they had, so that other programs read
// them. Those of a connection lie in one of TCP that is made up for them, those of
// SCTP in an association, since an answer may take another path there.
// The zero value is ready; it is used by one goroutine.
type Packets struct {
	streams map[uint64]*stream
	frames  []capture.Frame
	data    []byte // of the frames of one call
	at      Message
}

// Message is a message of which packets are made.
type Message struct {
	Src, Dst netip.AddrPort
	Stream   uint64 // number of its connection, 0 for a datagram
	SCTP     bool   // the connection is an association of SCTP
	Begins   bool   // the beginning of the connection was seen: it gets one
	Time     int64  // as in Frame
	HasTime  bool
	From     capture.Ref // the frame that it was read from
	Payload  []byte
	Lost     uint32 // bytes of its connection behind it that are not there
}

// stream is a TCP connection, or an association of SCTP, that is made up.
type stream struct {
	number uint64
	sctp   bool
	first  netip.AddrPort // who sent first
	second netip.AddrPort // and to whom
	next   [2]uint32      // the next sequence number, of who sent first and of the other
	sent   [2]uint64      // messages over SCTP
}

const (
	interfaceNumber = 1<<16 - 1 // of the frames that are made
	maxStreams      = 1 << 16
)

// InterfaceName names the interface of the packets that are made.
const InterfaceName = "decrypted"

// Message makes the packets of a message. What it returns is valid until the next call.
func (p *Packets) Message(m *Message) []capture.Frame {
	p.begin(m)
	if m.Stream == 0 {
		p.packet(AppendUDP(p.data, m.Src, m.Dst, m.Payload))
		return p.frames
	}
	s, from := p.stream(m)
	if s.sctp {
		p.userMessage(s, from, m.Payload)
		return p.frames
	}
	for rest := m.Payload; len(rest) > 0; {
		n := min(len(rest), Longest)
		p.segment(s, from, PSH|ACK, rest[:n])
		rest = rest[n:]
	}
	s.next[from] += m.Lost
	return p.frames
}

// End makes the packet that ends a connection which packets were made for: Src reset or
// closed it. acked says that what Src had sent was acknowledged. Without packets before
// there are none.
func (p *Packets) End(m *Message, reset, acked bool) []capture.Frame {
	p.begin(m)
	s := p.streams[m.Stream]
	if s == nil {
		return nil
	}
	from := s.side(m.Src)
	switch {
	case s.sctp:
		p.abort(s, from)
		delete(p.streams, m.Stream)
		return p.frames
	case acked:
		p.at.Src, p.at.Dst = m.Dst, m.Src
		p.segment(s, 1-from, ACK, nil)
		p.at.Src, p.at.Dst = m.Src, m.Dst
	}
	if reset {
		p.segment(s, from, rst|ACK, nil)
		delete(p.streams, m.Stream)
	} else {
		p.segment(s, from, FIN|ACK, nil)
	}
	return p.frames
}

func (p *Packets) begin(m *Message) {
	p.frames, p.data, p.at = p.frames[:0], p.data[:0], *m
}

// stream returns the connection of a message, and which side of it sends. A new one
// begins with a handshake.
func (p *Packets) stream(m *Message) (*stream, int) {
	s := p.streams[m.Stream]
	if s != nil {
		return s, s.side(m.Src)
	}
	if p.streams == nil || len(p.streams) >= maxStreams {
		p.streams = make(map[uint64]*stream)
	}
	first := uint32(m.Stream * 0x9e3779b97f4a7c15 >> 32) // so that those of one pair of ports differ
	s = &stream{number: m.Stream, sctp: m.SCTP, first: m.Src, second: m.Dst, next: [2]uint32{first, ^first}}
	p.streams[m.Stream] = s
	if m.SCTP {
		p.association(s)
	} else if m.Begins {
		p.segment(s, 0, SYN, nil)
		p.at.Src, p.at.Dst = m.Dst, m.Src
		p.segment(s, 1, SYN|ACK, nil)
		p.at.Src, p.at.Dst = m.Src, m.Dst
	}
	return s, 0
}

// side is who sends. An end of an association may have several addresses.
func (s *stream) side(src netip.AddrPort) int {
	if src == s.first || s.sctp && src.Port() == s.first.Port() && src != s.second {
		return 0
	}
	return 1
}

// segment makes a TCP segment.
func (p *Packets) segment(s *stream, from int, flags byte, payload []byte) {
	ack := s.next[1-from]
	if flags&ACK == 0 {
		ack = 0
	}
	p.packet(AppendTCP(p.data, p.at.Src, p.at.Dst, s.next[from], ack, flags, payload))
	s.next[from] += uint32(len(payload))
	if flags&(SYN|FIN) != 0 {
		s.next[from]++
	}
}

// packet makes a frame of what data has become longer by.
func (p *Packets) packet(data []byte) {
	packet := data[len(p.data):len(data):len(data)]
	p.data = data
	p.frames = append(p.frames, capture.Frame{
		Data: packet, Length: len(packet), Time: p.at.Time, HasTime: p.at.HasTime, Link: capture.LinkRaw,
		File: p.at.From.File(), Number: p.at.From.Number(), Interface: interfaceNumber,
	})
}
