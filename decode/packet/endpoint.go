package packet

import (
	"encoding/binary"
	"net/netip"
)

// Endpoint is an IP address and a port, without pointers so that it is cheap to
// keep and to compare. IPv4 addresses are held in their IPv6-mapped form.
type Endpoint struct {
	IP   [16]byte
	Port uint16
}

// AddrPort converts the endpoint to the standard library's form.
func (e Endpoint) AddrPort() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(e.IP).Unmap(), e.Port)
}

// String returns "192.0.2.1:5060" or "[2001:db8::1]:5060".
func (e Endpoint) String() string { return e.AddrPort().String() }

// Host returns the address without the port and without brackets.
func (e Endpoint) Host() string { return e.AddrPort().Addr().String() }

// IsZero reports whether the endpoint is unset.
func (e Endpoint) IsZero() bool { return e == Endpoint{} }

// setIPv4 sets an IPv4 address in its IPv6-mapped form.
func (e *Endpoint) setIPv4(ip []byte) {
	binary.BigEndian.PutUint64(e.IP[:8], 0)
	binary.BigEndian.PutUint64(e.IP[8:], 0xffff<<32|uint64(binary.BigEndian.Uint32(ip)))
}
