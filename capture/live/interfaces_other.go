//go:build !linux

package live

import (
	"net"

	"simplecap/capture"
)

// TakesAny reports whether [Open] can capture on every interface at once.
func TakesAny() bool { return false }

// interfaceLink is what loopbacks and tunnels have on these systems, which have no
// hardware address, and Ethernet of others.
func interfaceLink(name string) capture.LinkType {
	if i, err := net.InterfaceByName(name); err == nil && len(i.HardwareAddr) == 0 {
		return capture.LinkNull
	}
	return capture.LinkEthernet
}
