package packet

import (
	"encoding/binary"

	"simplecap/decode/stream"
)

// IP protocol numbers (IANA; the IPv6 extension headers share them).
const (
	protoHopByHop = 0
	protoICMP     = 1
	protoIPv4     = 4
	ProtoTCP      = 6
	ProtoUDP      = 17
	protoIPv6     = 41
	protoRouting  = 43
	protoFragment = 44
	protoGRE      = 47
	protoESP      = 50
	protoAH       = 51
	protoICMPv6   = 58
	protoDstOpts  = 60
	protoEtherIP  = 97
	protoSCTP     = 132
	protoMPLS     = 137
	protoEthernet = 143
)

// Header is what an IPv4 or IPv6 header says, extension headers included.
type Header struct {
	ID      uint32 // identification; in IPv6 that of the Fragment header, or 0
	Offset  int    // of a fragment, in bytes
	more    bool   // more fragments
	v6      bool
	ah      bool // an Authentication Header was passed over
	routed  bool // a Routing header or a source route says that the packet goes on to final
	final   Addr
	Next    uint8  // protocol of the payload
	Payload []byte // without link-layer padding
	length  int    // of the payload as the header claims it, NoLength where it does not
}

// noLength stands for a length field of 0: a packet that the network card was
// to segment (TSO), or a jumbogram (RFC 2675).
const noLength = -1

// be16 reads a field of a header; the caller has checked that it is there.
func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }

// isFragment reports whether the payload is a part of one.
func (h *Header) isFragment() bool { return h.more || h.Offset > 0 }

// readIPv4 reads an IPv4 header (RFC 791 3.1). It reports false where it is no
// header or not all there; a payload that is cut is none of its business.
func readIPv4(data []byte, h *Header) bool {
	if len(data) < 20 || data[0]>>4 != 4 {
		return false
	}
	header, total := int(data[0]&0x0f)*4, int(be16(data[2:]))
	if header < 20 || header > len(data) || total > 0 && total < header {
		return false
	}
	h.ID = uint32(be16(data[4:]))
	flags := be16(data[6:])
	h.more, h.Offset = flags&0x2000 != 0, int(flags&0x1fff)*8
	h.Next = data[9]
	if header > ipv4Bytes {
		h.readSourceRoute(data[ipv4Bytes:header])
	}
	h.setPayload(data[header:], total-header)
	if total == 0 {
		h.length = noLength
	}
	return true
}

// readSourceRoute looks for a source route, loose or strict, among IPv4 options (RFC 791
// 3.1). Where it has not come to its end, its last address is the destination that the
// sender and the checksum mean.
func (h *Header) readSourceRoute(b []byte) {
	const end, noOperation, loose, strict = 0, 1, 131, 137
	for len(b) > 2 && b[0] != end {
		size := int(b[1])
		switch kind := b[0]; {
		case kind == noOperation:
			size = 1
		case size < 2 || size > len(b):
			return
		case (kind == loose || kind == strict) && size >= 7 && int(b[2]) <= size-3:
			h.routed, h.final = true, addrFrom4(b[size-4:])
			return
		}
		b = b[size:]
	}
}

// readIPv6 reads the fixed IPv6 header (RFC 8200 3).
func readIPv6(data []byte, h *Header) bool {
	if len(data) < 40 || data[0]>>4 != 6 {
		return false
	}
	h.v6 = true
	h.Next = data[6]
	length := int(be16(data[4:]))
	h.setPayload(data[40:], length)
	if length == 0 {
		h.length = noLength
	}
	return true
}

// setPayload sets the payload and cuts off padding after it. A length below 1
// leaves the payload as it is.
func (h *Header) setPayload(payload []byte, length int) {
	h.Payload, h.length = payload, length
	if length > 0 && length < len(payload) {
		h.Payload = payload[:length]
	}
}

// addresses sets the endpoints to the addresses of a header that has been read,
// with no ports.
func (h *Header) addresses(data []byte, src, dst *Endpoint) {
	if h.v6 {
		src.IP, dst.IP = AddrFrom16([16]byte(data[8:24])), AddrFrom16([16]byte(data[24:40]))
	} else {
		src.IP, dst.IP = addrFrom4(data[12:16]), addrFrom4(data[16:20])
	}
	h.route(dst)
	src.Port, dst.Port = 0, 0
}

// route sets the destination to where a packet goes that has been sent over others.
func (h *Header) route(dst *Endpoint) {
	if h.routed {
		dst.IP = h.final
	}
}

// skipExtensions goes over at most limit extension headers, up to what is not
// one, or to a fragment. It reports false where one is cut or there are more.
// In IPv4 only the Authentication Header is such a header (RFC 4302).
func (h *Header) skipExtensions(limit int) bool {
	for ; h.isExtension(); limit-- {
		if limit == 0 || len(h.Payload) < 8 {
			return false
		}
		next, size := h.Payload[0], extensionSize(h.Next, h.Payload)
		if size > len(h.Payload) {
			return false
		}
		if h.Next == protoRouting {
			h.readRouting(h.Payload[:size])
		}
		fragment := h.Next == protoFragment
		h.ah = h.ah || h.Next == protoAH
		if fragment {
			h.readFragment()
		}
		h.skip(next, size)
		if fragment && h.isFragment() {
			return true
		}
	}
	return true
}

func (h *Header) isExtension() bool {
	switch h.Next {
	case protoAH:
		return true
	case protoHopByHop, protoRouting, protoDstOpts, protoFragment:
		return h.v6
	}
	return false
}

// extensionSize is the size of an extension header in bytes (RFC 8200 4, RFC 4302 2).
func extensionSize(kind uint8, header []byte) int {
	switch kind {
	case protoFragment:
		return 8
	case protoAH:
		return (int(header[1]) + 2) * 4
	}
	return (int(header[1]) + 1) * 8
}

// readFragment reads an IPv6 Fragment header (RFC 8200 4.5).
func (h *Header) readFragment() {
	field := be16(h.Payload[2:])
	h.more, h.Offset = field&1 != 0, int(field&^7)
	h.ID = binary.BigEndian.Uint32(h.Payload[4:])
}

// Types of Routing headers that name where a packet goes in the end (RFC 2460 4.4, RFC
// 6275 6.4, RFC 8754 2).
const (
	routeSource  = 0
	routeHome    = 2
	routeSegment = 4
)

// readRouting reads a Routing header (RFC 8200 4.4). Where it has segments left, the last
// of them is the destination that the sender and the checksum mean (8.1).
func (h *Header) readRouting(b []byte) {
	const first, address = 8, 16
	kind, left, n := b[2], b[3], (len(b)-first)/address
	if left == 0 || n < 1 {
		return
	}
	at := first
	switch {
	case kind == routeSource:
		at += (n - 1) * address
	case kind == routeSegment && int(b[4]) < n, kind == routeHome:
	default:
		return
	}
	h.routed, h.final = true, AddrFrom16([16]byte(b[at:]))
}

// skip moves the start of the payload over a header of the given size.
func (h *Header) skip(next uint8, size int) {
	h.Next, h.Payload = next, h.Payload[size:]
	if h.length != noLength {
		h.length -= size
	}
}

func (w *Walk) ipv4(data []byte) {
	w.IP = Header{}
	if !readIPv4(data, &w.IP) {
		w.end(Broken)
		return
	}
	w.ip(data)
}

func (w *Walk) ipv6(data []byte) {
	w.IP = Header{}
	if !readIPv6(data, &w.IP) {
		w.end(Broken)
		return
	}
	w.ip(data)
}

// ip goes on with the payload, or stops where it is a fragment. The innermost
// length decides whether the packet is cut: a frame may have lost no more than
// its padding.
func (w *Walk) ip(data []byte) {
	h := &w.IP
	h.addresses(data, &w.Src, &w.Dst)
	if !h.isFragment() && !h.skipExtensions(w.Limits.ExtHeaders) {
		w.end(Broken)
		return
	}
	h.route(&w.Dst)
	w.At.IPID = h.ID
	if h.ah {
		w.At.Carriage |= stream.IPsec
	}
	if h.length != noLength {
		w.Cut = h.length > len(h.Payload)
	}
	if h.isFragment() {
		w.end(Fragment)
		return
	}
	w.transport(h.Next, h.Payload)
}

// whole goes on with a datagram that was put together of fragments, and with what its
// last one is inside of.
func (w *Walk) whole(h *Header) {
	w.IP = *h
	w.At.Carriage |= stream.Fragmented
	w.Cut = len(h.Payload) < h.length
	if !w.IP.skipExtensions(w.Limits.ExtHeaders) || w.IP.isFragment() {
		w.end(Broken)
		return
	}
	w.transport(w.IP.Next, w.IP.Payload)
}

// Opened goes on with what was inside a packet of ESP.
func (w *Walk) Opened(protocol uint8, payload []byte) {
	w.At.Carriage |= stream.IPsec
	w.transport(protocol, payload)
}

// transport stops at the protocol that carries the payload, or enters a tunnel.
func (w *Walk) transport(protocol uint8, payload []byte) {
	w.Protocol, w.Data = protocol, payload
	switch protocol {
	case ProtoUDP:
		w.udp(payload)
	case ProtoTCP:
		w.tcp(payload)
	case protoICMP, protoICMPv6:
		w.end(ICMP)
	case protoIPv4, protoIPv6, protoGRE, protoMPLS, protoEtherIP, protoEthernet:
		w.ipTunnel(protocol, payload)
	case protoSCTP:
		w.end(SCTP)
	case protoESP:
		w.end(ESP)
	default:
		w.Unread = unreadIP(protocol)
		w.end(OtherIP)
	}
}
