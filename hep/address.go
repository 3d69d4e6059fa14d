package hep

import (
	"fmt"
	"net"
	"strings"
)

// DefaultPort is where collectors listen by custom.
const DefaultPort = "9060"

// The networks of addresses, as package net names them.
const (
	UDP = "udp"
	TCP = "tcp"
)

// ParseAddress takes an address such as "udp://192.0.2.1:9060" or "tcp://[::1]" apart
// into what package net wants. Without a host it is the loopback, without a port
// DefaultPort.
func ParseAddress(text string) (network, address string, err error) {
	network, rest, ok := strings.Cut(text, "://")
	if !ok || network != UDP && network != TCP {
		return "", "", fmt.Errorf("%q: want udp://HOST:PORT or tcp://HOST:PORT", text)
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		host, port = strings.Trim(rest, "[]"), DefaultPort
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if port == "" {
		port = DefaultPort
	}
	if strings.ContainsAny(host, "/[]@ ") || strings.ContainsAny(port, "/:@ ") {
		return "", "", fmt.Errorf("%q: want udp://HOST:PORT or tcp://HOST:PORT", text)
	}
	return network, net.JoinHostPort(host, port), nil
}
