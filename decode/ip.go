package decode

import (
	"encoding/binary"

	"simplecap/decode/stream"
)

// IP protocol numbers (IANA; the IPv6 extension headers share them).
const (
	protoHopByHop = 0
	protoICMP     = 1
	protoIPv4     = 4
	protoTCP      = 6
	protoUDP      = 17
	protoIPv6     = 41
	protoRouting  = 43
	protoFragment = 44
	protoGRE      = 47
	protoESP      = 50
	protoAH       = 51
	protoICMPv6   = 58
	protoDstOpts  = 60
	protoSCTP     = 132
	protoMPLS     = 137
)

// ipHeader is what an IPv4 or IPv6 header says, extension headers included.
type ipHeader struct {
	id      uint32 // identification; in IPv6 that of the Fragment header, or 0
	offset  int    // of a fragment, in bytes
	more    bool   // more fragments
	v6      bool
	ah      bool   // an Authentication Header was passed over
	next    uint8  // protocol of the payload
	payload []byte // without link-layer padding
	length  int    // of the payload as the header claims it, noLength where it does not
}

// noLength stands for a length field of 0: a packet that the network card was
// to segment (TSO), or a jumbogram (RFC 2675).
const noLength = -1

// be16 reads a field of a header; the caller has checked that it is there.
func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }

func (h *ipHeader) isFragment() bool { return h.more || h.offset > 0 }

// readIPv4 reads an IPv4 header (RFC 791 3.1). It reports false where it is no
// header or not all there; a payload that is cut is none of its business.
func readIPv4(data []byte, h *ipHeader) bool {
	if len(data) < 20 || data[0]>>4 != 4 {
		return false
	}
	header, total := int(data[0]&0x0f)*4, int(be16(data[2:]))
	if header < 20 || header > len(data) || total > 0 && total < header {
		return false
	}
	h.id = uint32(be16(data[4:]))
	flags := be16(data[6:])
	h.more, h.offset = flags&0x2000 != 0, int(flags&0x1fff)*8
	h.next = data[9]
	h.setPayload(data[header:], total-header)
	if total == 0 {
		h.length = noLength
	}
	return true
}

// readIPv6 reads the fixed IPv6 header (RFC 8200 3).
func readIPv6(data []byte, h *ipHeader) bool {
	if len(data) < 40 || data[0]>>4 != 6 {
		return false
	}
	h.v6 = true
	h.next = data[6]
	length := int(be16(data[4:]))
	h.setPayload(data[40:], length)
	if length == 0 {
		h.length = noLength
	}
	return true
}

// setPayload sets the payload and cuts off padding after it. A length below 1
// leaves the payload as it is.
func (h *ipHeader) setPayload(payload []byte, length int) {
	h.payload, h.length = payload, length
	if length > 0 && length < len(payload) {
		h.payload = payload[:length]
	}
}

// addresses sets the endpoints to the addresses of a header that has been read,
// with no ports.
func (h *ipHeader) addresses(data []byte, src, dst *Endpoint) {
	if h.v6 {
		src.IP, dst.IP = [16]byte(data[8:24]), [16]byte(data[24:40])
	} else {
		src.setIPv4(data[12:16])
		dst.setIPv4(data[16:20])
	}
	src.Port, dst.Port = 0, 0
}

// setIPv4 sets an IPv4 address in its IPv6-mapped form.
func (e *Endpoint) setIPv4(ip []byte) {
	binary.BigEndian.PutUint64(e.IP[:8], 0)
	binary.BigEndian.PutUint64(e.IP[8:], 0xffff<<32|uint64(binary.BigEndian.Uint32(ip)))
}

// skipExtensions goes over at most limit extension headers, up to what is not
// one, or to a fragment. It reports false where one is cut or there are more.
// In IPv4 only the Authentication Header is such a header (RFC 4302).
func (h *ipHeader) skipExtensions(limit int) bool {
	for ; h.isExtension(); limit-- {
		if limit == 0 || len(h.payload) < 8 {
			return false
		}
		next, size := h.payload[0], extensionSize(h.next, h.payload)
		if size > len(h.payload) {
			return false
		}
		fragment := h.next == protoFragment
		h.ah = h.ah || h.next == protoAH
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

func (h *ipHeader) isExtension() bool {
	switch h.next {
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
func (h *ipHeader) readFragment() {
	field := be16(h.payload[2:])
	h.more, h.offset = field&1 != 0, int(field&^7)
	h.id = binary.BigEndian.Uint32(h.payload[4:])
}

// skip moves the start of the payload over a header of the given size.
func (h *ipHeader) skip(next uint8, size int) {
	h.next, h.payload = next, h.payload[size:]
	if h.length != noLength {
		h.length -= size
	}
}

func (d *Decoder) ipv4(p *packet, data []byte) {
	var h ipHeader
	if !readIPv4(data, &h) {
		d.broken()
		return
	}
	h.addresses(data, &p.src, &p.dst)
	d.ip(p, &h)
}

func (d *Decoder) ipv6(p *packet, data []byte) {
	var h ipHeader
	if !readIPv6(data, &h) {
		d.broken()
		return
	}
	h.addresses(data, &p.src, &p.dst)
	d.ip(p, &h)
}

// ip goes on with the payload, or keeps it where it is a fragment. The innermost
// length decides whether the packet is cut: a frame may have lost no more than
// its padding.
func (d *Decoder) ip(p *packet, h *ipHeader) {
	if !h.isFragment() && !h.skipExtensions(d.limits.ExtHeaders) {
		d.broken()
		return
	}
	p.ipID = h.id
	if h.ah {
		p.carriage |= stream.IPsec
	}
	if h.length != noLength {
		p.cut = h.length > len(h.payload)
	}
	if h.isFragment() {
		d.fragment(p, h)
		return
	}
	d.transport(p, h.next, h.payload)
}

// transport hands the payload to the protocol that carries it.
func (d *Decoder) transport(p *packet, protocol uint8, payload []byte) {
	switch protocol {
	case protoUDP:
		d.udp(p, payload)
	case protoTCP:
		d.tcp(p, payload)
	case protoICMP, protoICMPv6:
		d.icmp(p, protocol, payload)
	case protoIPv4, protoIPv6, protoGRE, protoMPLS:
		d.ipTunnel(p, protocol, payload)
	case protoSCTP:
		d.sctp(p, payload)
	case protoESP:
		d.esp(p, payload)
	default:
		d.census(p, ClassOtherIP)
	}
}
