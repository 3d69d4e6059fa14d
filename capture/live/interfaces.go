package live

import (
	"fmt"
	"net"
	"net/netip"
	"simplecap/capture"
)

// Interface is a network interface of this host.
type Interface struct {
	Name      string
	Addresses []netip.Prefix
	Up        bool
	Loopback  bool
	Link      capture.LinkType // of the frames when it is captured alone
}

// Interfaces lists the network interfaces of this host, in the order of their indexes.
func Interfaces() ([]Interface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list the network interfaces: %w", err)
	}
	var list []Interface
	for _, i := range all {
		list = append(list, Interface{
			Name: i.Name, Addresses: interfaceAddresses(i), Link: interfaceLink(i.Name),
			Up: i.Flags&net.FlagUp != 0, Loopback: i.Flags&net.FlagLoopback != 0,
		})
	}
	return list, nil
}

// interfaceAddresses are the addresses of an interface; one that has just gone has none.
func interfaceAddresses(i net.Interface) (list []netip.Prefix) {
	addresses, _ := i.Addrs()
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, p)
		}
	}
	return list
}
