package decode

import (
	"strings"

	"simplecap/capture"
	"simplecap/capture/made"
)

// Hidden reports whether other programs cannot read the message in the frames that
// carried it, or only some can: it was in TLS, WebSocket, SCTP or IPsec.
func (m *Message) Hidden() bool {
	return m.Agent == 0 && (m.Transport != UDP && m.Transport != TCP || m.Carriage&IPsec != 0)
}

// Plain is the message as packets are made of it that other programs read. What kept
// messages apart by itself, as WebSocket, needs no Content-Length (RFC 7118 5.1):
// where that is not right the message is a datagram, and where Wireshark would take a
// connection for HTTP by its port.
func (m *Message) Plain() made.Message {
	p := made.Message{
		Src: m.Src.AddrPort(), Dst: m.Dst.AddrPort(), Stream: m.Conn, SCTP: m.Transport == SCTP, Begins: m.Carriage&MidStream == 0,
		Time: m.Time, HasTime: m.HasTime, From: m.Frame, Payload: m.Raw,
	}
	if m.Transport == SCTP {
		return p
	}
	apart := m.ContentLength != int64(m.Body.Len) || portOfHTTP(m.Src.Port) || portOfHTTP(m.Dst.Port)
	if !m.Transport.Reliable() || m.Transport.Framed() && apart && len(m.Raw) <= longestDatagram {
		p.Stream = 0
	}
	if m.Carriage&Cut != 0 {
		p.Lost = uint32(min(max(1, m.ContentLength-int64(m.Body.Len)), unknownLoss))
	}
	return p
}

// portOfHTTP reports whether Wireshark reads TCP on a port as HTTP, whatever it is. For TLS,
// whose ports it has too, it looks at the bytes.
func portOfHTTP(port uint16) bool {
	switch port {
	case 80, 1900, 2710, 2869, 3128, 3132, 5985, 8080, 8088, 11371:
		return true
	}
	return false
}

// unknownLoss stands for a part of a stream that is missing, nobody knows how long.
const unknownLoss = 1 << 20

// longestDatagram is what UDP over IPv4 holds.
const longestDatagram = 65507

// Plain is what ends a connection, as Message.Plain is what is in it.
func (e *ConnEvent) Plain() (p made.Message, reset bool) {
	return made.Message{
		Src: e.Src.AddrPort(), Dst: e.Dst.AddrPort(), Stream: e.Conn,
		Time: e.Time, HasTime: e.HasTime, From: e.Frame,
	}, e.Kind == ConnReset
}

// MadeOf says of a packet that was made of the message that it is none that was captured,
// and where it comes from.
func (m *Message) MadeOf() string {
	return madeOf(m.Transport, m.Carriage, m.Frame)
}

func madeOf(transport Transport, carriage Carriage, frame capture.Ref) string {
	inside := strings.ToUpper(transport.String())
	if carriage&IPsec != 0 {
		inside += " in IPsec"
	}
	return "made of a message over " + inside + " in frame " + frame.String() + ", not captured"
}

// Hidden is Message.Hidden of MSRP.
func (m *MSRP) Hidden() bool { return m.Transport != TCP || m.Carriage&IPsec != 0 }

// Plain is Message.Plain of MSRP. What has no end has lost nobody knows how much.
func (m *MSRP) Plain() made.Message {
	p := made.Message{
		Src: m.Src.AddrPort(), Dst: m.Dst.AddrPort(), Stream: m.Conn, Begins: m.Carriage&MidStream == 0,
		Time: m.Time, HasTime: m.HasTime, From: m.Frame, Payload: m.Raw,
	}
	if m.Flag == 0 {
		p.Lost = unknownLoss
	}
	return p
}

// MadeOf is MadeOf of a message, of MSRP.
func (m *MSRP) MadeOf() string { return madeOf(m.Transport, m.Carriage, m.Frame) }

// MadeOf is MadeOf of a message, of a packet that ends a connection.
func (e *ConnEvent) MadeOf() string {
	return "made of the end of a connection in frame " + e.Frame.String() + ", not captured"
}
