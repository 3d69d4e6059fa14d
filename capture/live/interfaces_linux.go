package live

import (
	"fmt"
	"simplecap/capture"

	"golang.org/x/sys/unix"
)

// TakesAny reports whether [Open] can capture on every interface at once.
func TakesAny() bool { return true }

// MayCapture returns an error, which wraps fs.ErrPermission, if this process has
// no right to capture. The right is the same for all interfaces.
func MayCapture() error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a packet socket: %w", err)
	}
	return unix.Close(fd)
}

func interfaceLink(name string) capture.LinkType {
	if isEthernet(hardwareType(name)) {
		return capture.LinkEthernet
	}
	return capture.LinkSLL2
}
