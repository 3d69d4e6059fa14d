package capture

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// MayCapture returns an error, which wraps fs.ErrPermission, if this process has
// no right to capture. The right is the same for all interfaces.
func MayCapture() error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a packet socket: %w", err)
	}
	return unix.Close(fd)
}

func interfaceLink(name string) LinkType {
	if isEthernet(hardwareType(name)) {
		return LinkEthernet
	}
	return LinkSLL2
}
