//go:build !linux

package live

import "net"

// prepareUDP gives a socket room for size bytes.
func prepareUDP(conn *net.UDPConn, size int) { _ = conn.SetReadBuffer(size) }

// socketDrops is not known on this system.
func socketDrops(*net.UDPConn) (uint32, bool) { return 0, false }
