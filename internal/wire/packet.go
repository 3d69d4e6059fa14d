// Package wire makes packets for tests, samples and benchmarks: SIP exchanges
// written as readable text, and streams of them of any size.
package wire

import (
	"encoding/binary"
	"net/netip"
)

// Packet is what an Ethernet frame is built from.
type Packet struct {
	Src, Dst netip.AddrPort
	Protocol byte   // 17 UDP, 6 TCP, 1 ICMP, 58 ICMPv6
	ID       uint16 // IPv4 identification
	Seq, Ack uint32 // TCP
	Flags    byte   // TCP: 1 FIN, 2 SYN, 4 RST, 16 ACK
	Payload  []byte
}

// The protocol numbers of Packet.Protocol.
const (
	ICMP   = 1
	TCP    = 6
	UDP    = 17
	ICMPv6 = 58
)

// The TCP flags of Packet.Flags.
const (
	FIN = 1
	SYN = 2
	RST = 4
	ACK = 16
)

// AppendFrame appends the packet as an Ethernet frame. Checksums are left zero:
// nothing that reads captures insists on them.
func (p *Packet) AppendFrame(b []byte) []byte {
	b = append(b, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1)
	if p.Src.Addr().Is4() {
		b = append(b, 0x08, 0x00)
		b = p.appendIPv4(b)
	} else {
		b = append(b, 0x86, 0xdd)
		b = p.appendIPv6(b)
	}
	return p.appendTransport(b)
}

func (p *Packet) transportHeader() int {
	switch p.Protocol {
	case UDP:
		return 8
	case TCP:
		return 20
	}
	return 0
}

func (p *Packet) appendIPv4(b []byte) []byte {
	b = append(b, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(20+p.transportHeader()+len(p.Payload)))
	b = binary.BigEndian.AppendUint16(b, p.ID)
	b = append(b, 0, 0, 64, p.Protocol, 0, 0)
	src, dst := p.Src.Addr().As4(), p.Dst.Addr().As4()
	return append(append(b, src[:]...), dst[:]...)
}

func (p *Packet) appendIPv6(b []byte) []byte {
	b = append(b, 0x60, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(p.transportHeader()+len(p.Payload)))
	b = append(b, p.Protocol, 64)
	src, dst := p.Src.Addr().As16(), p.Dst.Addr().As16()
	return append(append(b, src[:]...), dst[:]...)
}

func (p *Packet) appendTransport(b []byte) []byte {
	switch p.Protocol {
	case UDP:
		b = binary.BigEndian.AppendUint16(b, p.Src.Port())
		b = binary.BigEndian.AppendUint16(b, p.Dst.Port())
		b = binary.BigEndian.AppendUint16(b, uint16(8+len(p.Payload)))
		b = append(b, 0, 0)
	case TCP:
		b = binary.BigEndian.AppendUint16(b, p.Src.Port())
		b = binary.BigEndian.AppendUint16(b, p.Dst.Port())
		b = binary.BigEndian.AppendUint32(b, p.Seq)
		b = binary.BigEndian.AppendUint32(b, p.Ack)
		b = append(b, 5<<4, p.Flags, 0xff, 0xff, 0, 0, 0, 0)
	}
	return append(b, p.Payload...)
}
