package decode

import (
	"strconv"

	"simplecap/decode/packet"
)

// Endpoint is an IP address and a port.
type Endpoint = packet.Endpoint

// Addr is an IP address, see packet.Addr.
type Addr = packet.Addr

// AddrFrom16 returns the address with these bytes, in network order.
func AddrFrom16(b [16]byte) Addr { return packet.AddrFrom16(b) }

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
	0:    {reliable: true}, // not known: nobody is blamed for what was not sent again
	UDP:  {"udp", false, true, false},
	TCP:  {"tcp", true, false, false},
	TLS:  {"tls", true, false, true},
	WS:   {"ws", true, true, false},
	WSS:  {"wss", true, true, true},
	SCTP: {"sctp", true, true, false},
}

// TransportNames lists the transports as String names them.
func TransportNames() (names []string) {
	for t := UDP; t < transports; t++ {
		names = append(names, t.String())
	}
	return names
}

// of returns what is known of a transport; a value that is none is not known.
func (t Transport) of() *carriedBy {
	if t < transports {
		return &carriers[t]
	}
	return &carriers[0]
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
func (t Transport) Reliable() bool { return t.of().reliable }

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
