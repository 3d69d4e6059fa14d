//go:build !linux

package capture

import (
	"net"
	"sync/atomic"
)

// prepareUDP gives a socket room for size bytes. This system does not say what it drops.
func prepareUDP(conn *net.UDPConn, size int) { _ = conn.SetReadBuffer(size) }

// dropCounter counts nothing.
type dropCounter struct{ total *atomic.Uint64 }

func (c *dropCounter) count([]byte) {}
