package capture

import (
	"encoding/binary"
	"net"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// prepareUDP gives a socket room for size bytes, as far as the right to do so goes,
// and makes the kernel say what it drops.
func prepareUDP(conn *net.UDPConn, size int) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, size)
		}
		unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
	})
}

// dropCounter adds up what the kernel dropped of a UDP socket.
type dropCounter struct {
	total *atomic.Uint64
	last  uint32
}

// count reads the control messages of a packet: with the first drop on, each tells how
// many packets were dropped before it.
func (c *dropCounter) count(control []byte) {
	if len(control) == 0 {
		return
	}
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_RXQ_OVFL && len(m.Data) >= 4 {
			dropped := binary.NativeEndian.Uint32(m.Data)
			c.total.Add(uint64(dropped - c.last))
			c.last = dropped
		}
	}
}
