//go:build !linux

package live

import (
	"net"

	"simplecap/capture"
)

// MayCapture returns nil: on this system only the attempt shows it.
func MayCapture() error { return nil }

// interfaceLink is what loopbacks and tunnels have on these systems, which have no
// hardware address, and Ethernet of others.
func interfaceLink(name string) capture.LinkType {
	if i, err := net.InterfaceByName(name); err == nil && len(i.HardwareAddr) == 0 {
		return capture.LinkNull
	}
	return capture.LinkEthernet
}
