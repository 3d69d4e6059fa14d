// Package made makes IP packets of payloads that did not come in one, or that nobody else
// could read in those they came in.
package made

import (
	"encoding/binary"
	"net/netip"

	"simplecap/internal/inetsum"
)

// Sizes of headers without options, in bytes.
const (
	IPv4Header   = 20
	IPv6Header   = 40
	UDPHeader    = 8
	tcpHeader    = 20
	MaxIPHeaders = IPv6Header + tcpHeader
	Longest      = 1<<16 - 1 - MaxIPHeaders // payload that every IP packet holds
)

// Numbers of protocols.
const (
	ipTCP = 6
	ipUDP = 17
)

// AppendUDP appends a UDP datagram in an IP packet. One that is too long for the
// length fields has 0 there, as RFC 2675 has it.
func AppendUDP(b []byte, src, dst netip.AddrPort, payload []byte) []byte {
	b, sum := appendIP(b, src.Addr(), dst.Addr(), ipUDP, UDPHeader+len(payload))
	at := len(b)
	b = binary.BigEndian.AppendUint16(b, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = binary.BigEndian.AppendUint16(b, fits16(UDPHeader+len(payload)))
	b = append(append(b, 0, 0), payload...)
	sum = checksum(sum, b[at:])
	if sum == 0 {
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(b[at+6:], sum)
	return b
}

// Flags of a TCP segment (RFC 9293 3.1).
const (
	FIN = 1 << iota
	SYN
	rst
	PSH
	ACK
)

// AppendTCP appends a TCP segment in an IP packet.
func AppendTCP(b []byte, src, dst netip.AddrPort, seq, ack uint32, flags byte, payload []byte) []byte {
	const window = 0xffff
	b, sum := appendIP(b, src.Addr(), dst.Addr(), ipTCP, tcpHeader+len(payload))
	at := len(b)
	b = binary.BigEndian.AppendUint16(b, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = binary.BigEndian.AppendUint32(b, seq)
	b = binary.BigEndian.AppendUint32(b, ack)
	b = append(b, tcpHeader/4<<4, flags)
	b = binary.BigEndian.AppendUint16(b, window)
	b = append(append(b, 0, 0, 0, 0), payload...)
	binary.BigEndian.PutUint16(b[at+16:], checksum(sum, b[at:]))
	return b
}

// appendIP appends an IP header, and returns what the checksum of the payload begins
// with: the pseudo header (RFC 768, RFC 8200 8.1).
func appendIP(b []byte, src, dst netip.Addr, protocol uint8, length int) ([]byte, uint16) {
	at := len(b)
	const hops = 64
	pseudo := [...]byte{byte(length >> 24), byte(length >> 16), byte(length >> 8), byte(length), 0, protocol}
	src, dst = src.Unmap(), dst.Unmap()
	if !src.Is6() && !dst.Is6() {
		src, dst := as4(src), as4(dst)
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, fits16(IPv4Header+length))
		b = append(b, 0, 0, 0, 0, hops, protocol, 0, 0)
		b = append(append(b, src[:]...), dst[:]...)
		binary.BigEndian.PutUint16(b[at+10:], checksum(0, b[at:]))
		return b, ^checksum(^checksum(0, pseudo[:]), b[at+12:])
	}
	from, to := as16(src), as16(dst)
	b = append(b, 0x60, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, fits16(length))
	b = append(append(append(b, protocol, hops), from[:]...), to[:]...)
	return b, ^checksum(^checksum(0, pseudo[:]), b[at+8:])
}

// as4 is the bytes of an IPv4 address, of 0.0.0.0 where there is none.
func as4(a netip.Addr) (b [4]byte) {
	if a.Is4() {
		b = a.As4()
	}
	return b
}

// as16 is the bytes of an address as IPv6 has them, of :: where there is none.
func as16(a netip.Addr) (b [16]byte) {
	if a.IsValid() {
		b = a.As16()
	}
	return b
}

// fits16 is n, or 0 where it has more than 16 bits.
func fits16(n int) uint16 {
	if n > 1<<16-1 {
		return 0
	}
	return uint16(n)
}

// checksum is the Internet checksum (RFC 1071) of b behind what has the sum before.
func checksum(before uint16, b []byte) uint16 { return ^inetsum.Fold(inetsum.Add(uint64(before), b)) }
