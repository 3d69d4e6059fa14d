package packet

import "encoding/binary"

// ICMP message types that report an error (RFC 792, RFC 4443 3).
const (
	icmpUnreachable   = 3
	icmpTimeExceeded  = 11
	icmpParameter     = 12
	icmp6Unreachable  = 1
	icmp6TooBig       = 2
	icmp6TimeExceeded = 3
	icmp6Parameter    = 4
)

// unreachable are the codes of ICMP type 3 (RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1).
var unreachable = [...]string{
	"network unreachable", "host unreachable", "protocol unreachable", "port unreachable",
	"fragmentation needed", "source route failed", "network unknown", "host unknown", "source host isolated",
	"network administratively prohibited", "host administratively prohibited",
	"network unreachable for this type of service", "host unreachable for this type of service",
	"administratively prohibited", "host precedence violation", "precedence cutoff in effect",
}

// unreachable6 are the codes of ICMPv6 type 1 (RFC 4443 3.1).
var unreachable6 = [...]string{
	"no route to destination", "administratively prohibited", "beyond scope of source address",
	"address unreachable", "port unreachable", "source address failed policy", "reject route to destination",
}

// icmpReason says in words what the message reports; it is empty for one that is no error.
func icmpReason(kind, code uint8) string {
	switch kind {
	case icmpUnreachable:
		return codeName(unreachable[:], code, "destination unreachable")
	case icmpTimeExceeded:
		return timeExceeded(code)
	case icmpParameter:
		return "parameter problem"
	}
	return ""
}

// icmp6Reason is icmpReason for ICMPv6.
func icmp6Reason(kind, code uint8) string {
	switch kind {
	case icmp6Unreachable:
		return codeName(unreachable6[:], code, "destination unreachable")
	case icmp6TooBig:
		return "packet too big"
	case icmp6TimeExceeded:
		return timeExceeded(code)
	case icmp6Parameter:
		return "parameter problem"
	}
	return ""
}

func codeName(names []string, code uint8, other string) string {
	if int(code) < len(names) {
		return names[code]
	}
	return other
}

// FragmentsLost is the reason of an error about a packet of which not all fragments came.
const FragmentsLost = "fragment reassembly time exceeded"

func timeExceeded(code uint8) string {
	if code == 1 {
		return FragmentsLost
	}
	return "time exceeded"
}

// Quote is a packet that an ICMP error quotes, as far as it does.
type Quote struct {
	Reason   string // what the error reports: "port unreachable", "host unreachable", "time exceeded", ...
	Src, Dst Endpoint
	Protocol uint8  // ProtoUDP or ProtoTCP
	Payload  []byte // what is quoted of the packet's payload, often cut; may be empty
	ID       uint32 // IP identification, 0 where there is none
	Length   uint16 // of UDP: the length in its header
	Checksum uint16 // of UDP, as quoted
	Seq      uint32 // of TCP: the sequence number
}

// Quoted reads the ICMP or ICMPv6 message that the Walk has stopped at. It reports false
// for one that is no error, or quotes no packet that shows the ports of UDP or TCP.
func (w *Walk) Quoted(q *Quote) bool {
	data := w.Data
	if len(data) < 8 {
		return false
	}
	// The length of the quote, where extensions follow it (RFC 4884 3 to 5).
	reason, length := icmpReason(data[0], data[1]), int(data[5])*4
	if w.Protocol == protoICMPv6 {
		reason, length = icmp6Reason(data[0], data[1]), int(data[4])*8
		if data[0] == icmp6TooBig || data[0] == icmp6Parameter {
			length = 0
		}
	}
	quote := data[8:]
	if length > 0 && length < len(quote) {
		quote = quote[:length]
	}
	*q = Quote{Reason: reason}
	return reason != "" && q.read(quote, w.Limits.ExtHeaders)
}

// read reads as much of a packet as an error quotes, and reports whether it
// shows the ports of UDP or TCP; a later fragment does not.
func (q *Quote) read(data []byte, extensions int) bool {
	var h Header
	if !readIPv4(data, &h) && !readIPv6(data, &h) {
		return false
	}
	if !h.skipExtensions(extensions) || h.Offset > 0 || len(h.Payload) < 8 {
		return false
	}
	h.addresses(data, &q.Src, &q.Dst)
	q.Src.Port, q.Dst.Port, q.ID, q.Protocol = be16(h.Payload), be16(h.Payload[2:]), h.ID, h.Next
	switch h.Next {
	case ProtoUDP:
		q.Payload = quotedDatagram(h.Payload)
		q.Length, q.Checksum = be16(h.Payload[4:]), be16(h.Payload[udpChecksum:])
	case ProtoTCP:
		q.Payload = quotedSegment(h.Payload)
		q.Seq = binary.BigEndian.Uint32(h.Payload[4:])
	default:
		return false
	}
	return true
}

// quotedDatagram is the payload of a UDP datagram, as far as it is quoted.
func quotedDatagram(b []byte) []byte {
	if length := int(be16(b[4:])); length >= 8 && length < len(b) {
		b = b[:length]
	}
	return b[8:]
}

// quotedSegment is the payload of a TCP segment, as far as it is there; nil where its
// header is not.
func quotedSegment(b []byte) []byte {
	if len(b) < 20 {
		return nil
	}
	header := int(b[12]>>4) * 4
	if header < 20 || header > len(b) {
		return nil
	}
	return b[header:]
}
