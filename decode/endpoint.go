package decode

import (
	"net/netip"
	"strconv"
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

// Transport is the carrier of a SIP message. Who judges asks for its properties, not
// for its name.
type Transport uint8

// The transports, named as in a Via header field.
const (
	UDP Transport = iota + 1
	TCP
	TLS
	WS  // WebSocket (RFC 7118)
	WSS // WebSocket in TLS
	SCTP
	transports
)

// carriedBy is what is known of a transport.
type carriedBy struct {
	name                     string
	reliable, framed, secure bool
}

var carriers = [transports]carriedBy{
	UDP:  {"udp", false, true, false},
	TCP:  {"tcp", true, false, false},
	TLS:  {"tls", true, false, true},
	WS:   {"ws", true, true, false},
	WSS:  {"wss", true, true, true},
	SCTP: {"sctp", true, true, false},
}

// of returns what is known of a transport; nothing of a value that is none.
func (t Transport) of() carriedBy {
	if t < transports {
		return carriers[t]
	}
	return carriedBy{}
}

// String returns the transport in lower case, as the report shows it.
func (t Transport) String() string {
	if name := t.of().name; name != "" {
		return name
	}
	return "transport " + strconv.Itoa(int(t))
}

// Reliable reports whether the transport retransmits by itself, so that SIP
// must not (RFC 3261 17.1.2.2).
func (t Transport) Reliable() bool { return t != UDP }

// Framed reports whether the transport keeps messages apart by itself, so that no
// Content-Length is needed (RFC 3261 18.3, RFC 7118 5).
func (t Transport) Framed() bool { return t.of().framed }

// Secure reports whether the transport encrypts.
func (t Transport) Secure() bool { return t.of().secure }

// WebSocket returns what a WebSocket on this transport is.
func (t Transport) WebSocket() Transport {
	if t.Secure() {
		return WSS
	}
	return WS
}
