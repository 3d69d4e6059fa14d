package hep

import (
	"encoding/binary"
	"net/netip"
)

// Versions 1 and 2 have a fixed header: version, its length, address family, IP
// protocol, ports and addresses. In version 2 the time and the agent's number
// follow, in the byte order of the agent.
const (
	oldBytes4 = 8 + 2*4
	oldBytes6 = 8 + 2*16
	timeBytes = 4 + 4 + 2 + 2 // the last two are padding
)

// oldHeader returns how many bytes come before the payload, 0 where b begins with no
// header of version 1 or 2.
func oldHeader(b []byte) int {
	if len(b) < 8 {
		return 0
	}
	size := int(b[1])
	switch family := b[2]; {
	case size == oldBytes4 && family == 2:
	case size == oldBytes6 && (family == 10 || family == 24 || family == 28 || family == 30): // as for loopback headers
	default:
		return 0
	}
	if b[0] == 2 {
		size += timeBytes
	}
	if len(b) <= size {
		return 0
	}
	return size
}

// parseOld reads a packet of version 1 or 2. Its payload is SIP.
func (p *Packet) parseOld(b []byte) error {
	size := oldHeader(b)
	if size == 0 {
		return ErrNotHEP
	}
	p.Version, p.Protocol, p.Type, p.Payload = b[0], b[3], TypeSIP, b[size:]
	half := (int(b[1]) - 8) / 2
	src, _ := netip.AddrFromSlice(b[8 : 8+half])
	dst, _ := netip.AddrFromSlice(b[8+half : 8+2*half])
	p.Src = netip.AddrPortFrom(src, binary.BigEndian.Uint16(b[4:]))
	p.Dst = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(b[6:]))
	if p.Version == 2 {
		p.oldTime(b[size-timeBytes:])
	}
	return nil
}

// oldTime reads the time of version 2. Microseconds have to be less than a second,
// which tells the byte order.
func (p *Packet) oldTime(b []byte) {
	const second = 1e6
	var order binary.ByteOrder = binary.LittleEndian
	if order.Uint32(b[4:]) >= second && binary.BigEndian.Uint32(b[4:]) < second {
		order = binary.BigEndian
	}
	p.Time = int64(order.Uint32(b))*1e9 + int64(order.Uint32(b[4:]))*1e3
	p.AgentID, p.HasTime = uint32(order.Uint16(b[8:])), true
}
