package live

import (
	"net"
	"unsafe"

	"golang.org/x/sys/unix"
)

// prepareUDP gives a socket room for size bytes, as far as the right to do so goes.
func prepareUDP(conn *net.UDPConn, size int) {
	control(conn, func(fd int) {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, size)
		}
	})
}

func control(conn *net.UDPConn, do func(fd int)) {
	if raw, err := conn.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { do(int(fd)) })
	}
}

// socketDrops returns how many packets the kernel has dropped of a socket because it
// had no room for them, modulo 2^32; false where it does not say. It is asked for with
// SO_MEMINFO and not, as SO_RXQ_OVFL does, told with each packet: behind the last one
// no other may come.
func socketDrops(conn *net.UDPConn) (drops uint32, ok bool) {
	const words, dropsWord = 9, 8 // SK_MEMINFO_VARS, SK_MEMINFO_DROPS
	control(conn, func(fd int) {
		var info [words]uint32
		size := uint32(unsafe.Sizeof(info))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		drops, ok = info[dropsWord], errno == 0 && size == uint32(unsafe.Sizeof(info))
	})
	return drops, ok
}
