package decode

import (
	"net/netip"
	"strconv"

	"simplecap/capture"
)

// FrameRef names a frame: the 1-based index of its file and its number there.
type FrameRef = capture.Ref

// MakeFrameRef packs a file index (1 to 1,048,575) and a frame number (1 to 2^44-1).
func MakeFrameRef(file int, number uint64) FrameRef { return capture.MakeRef(file, number) }

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

// Transport is what carried a SIP message.
type Transport uint8

// The transports, named as in a Via header field.
const (
	UDP Transport = iota + 1
	TCP
)

// String returns the transport in lower case, as the report shows it.
func (t Transport) String() string {
	switch t {
	case UDP:
		return "udp"
	case TCP:
		return "tcp"
	}
	return "transport " + strconv.Itoa(int(t))
}

// Reliable reports whether the transport retransmits by itself, so that SIP
// must not (RFC 3261 17.1.2.2).
func (t Transport) Reliable() bool { return t != UDP }
