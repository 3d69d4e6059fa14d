package packet

import "encoding/binary"

// udp reads a UDP header (RFC 768). A length of 0 means all of the payload: a jumbogram
// (RFC 2675 4), or one that the network card was to fill in.
func (w *Walk) udp(data []byte) {
	if len(data) < 8 {
		w.end(Broken)
		return
	}
	w.Src.Port, w.Dst.Port = be16(data), be16(data[2:])
	length := int(be16(data[4:]))
	switch {
	case length == 0:
	case length < 8:
		w.end(Broken)
		return
	case length <= len(data):
		data, w.Cut = data[:length], false
	default:
		w.Cut = true
	}
	w.Data, w.Payload = data, data[8:]
	w.end(UDP)
}

// Segment is the part of a TCP header that matters here (RFC 9293 3.1).
type Segment struct {
	Seq, Ack uint32
	Flags    uint8
}

// The flags that matter.
const (
	FlagFIN = 1 << iota
	FlagSYN
	FlagRST
	_
	FlagACK
)

// tcp reads a TCP header. One that the snapshot length cut is Nothing.
func (w *Walk) tcp(b []byte) {
	payload := quotedSegment(b)
	switch {
	case payload == nil && w.Cut:
		w.end(Nothing)
		return
	case payload == nil:
		w.end(Broken)
		return
	}
	w.Src.Port, w.Dst.Port = be16(b), be16(b[2:])
	w.Segment = Segment{binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), b[13]}
	w.Payload = payload
	w.end(TCP)
}

// Ports of tunnels over UDP.
const (
	portL2TP       = 1701 // of one end at least
	portGTPU       = 2152
	portTeredo     = 3544 // of one end at least
	portLISP       = 4341
	portVXLAN      = 4789
	portVXLANGPE   = 4790
	portMPLS       = 6635
	portGeneve     = 6081
	portVXLANLinux = 8472 // Linux's default, from before the assignment
	portTZSP       = 37008
)

// Ports of what is inside UDP so that address translators let it pass.
const (
	PortNATT = 4500 // ESP and IKE (RFC 3948)
	PortSCTP = 9899 // SCTP (RFC 6951)
)

// Inside goes on inside the UDP datagram at hand, if that is one of a tunnel, and reports
// whether it is. The first byte of GTP-U is a digit, but none of the tunnels begins with
// two characters of a start line.
func (w *Walk) Inside() bool {
	switch w.Dst.Port {
	case portVXLAN, portVXLANLinux:
		return w.vxlan(w.Payload)
	case portGeneve:
		return w.geneve(w.Payload)
	case portGTPU:
		return w.gtpU(w.Payload)
	case portTZSP:
		return w.tzsp(w.Payload)
	case portVXLANGPE:
		return w.vxlanGPE(w.Payload)
	case portLISP:
		return w.lisp(w.Payload)
	case portMPLS:
		return w.mplsUDP(w.Payload)
	}
	if w.Dst.Port == portTeredo || w.Src.Port == portTeredo {
		return w.teredo(w.Payload)
	}
	return (w.Dst.Port == portL2TP || w.Src.Port == portL2TP) && w.l2tp(w.Payload)
}
