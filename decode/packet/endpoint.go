package packet

import (
	"cmp"
	"encoding/binary"
	"net/netip"
)

// Addr is an IP address, IPv4 in its IPv6-mapped form (RFC 4291 2.5.5.2), as two numbers: an
// array of bytes would be copied through memory wherever it is passed on, and that in pieces
// which overlap. The zero Addr is none.
type Addr struct{ High, Low uint64 }

// AddrFrom16 returns the address with these bytes, in network order.
func AddrFrom16(b [16]byte) Addr {
	return Addr{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

// addrFrom4 returns the IPv4 address that b begins with.
func addrFrom4(b []byte) Addr {
	return Addr{Low: 0xffff<<32 | uint64(binary.BigEndian.Uint32(b))}
}

// As16 returns the bytes of the address in network order.
func (a Addr) As16() (b [16]byte) {
	binary.BigEndian.PutUint64(b[:8], a.High)
	binary.BigEndian.PutUint64(b[8:], a.Low)
	return b
}

// Compare orders addresses as their bytes are.
func (a Addr) Compare(b Addr) int {
	return cmp.Or(cmp.Compare(a.High, b.High), cmp.Compare(a.Low, b.Low))
}

// NetIP converts the address to the standard library's form, an IPv4 one to that of IPv4.
func (a Addr) NetIP() netip.Addr { return netip.AddrFrom16(a.As16()).Unmap() }

// Endpoint is an IP address and a port, without pointers so that it is cheap to
// keep and to compare.
type Endpoint struct {
	IP   Addr
	Port uint16
}

// AddrPort converts the endpoint to the standard library's form.
func (e Endpoint) AddrPort() netip.AddrPort {
	return netip.AddrPortFrom(e.IP.NetIP(), e.Port)
}

// String returns "192.0.2.1:5060" or "[2001:db8::1]:5060".
func (e Endpoint) String() string { return e.AddrPort().String() }

// Host returns the address without the port and without brackets.
func (e Endpoint) Host() string { return e.AddrPort().Addr().String() }

// IsZero reports whether the endpoint is unset.
func (e Endpoint) IsZero() bool { return e == Endpoint{} }
