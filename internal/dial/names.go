// Package dial connects to hosts whose names have been looked up before: a live capture
// gives up the rights that this takes, and connections have to be made again.
package dial

import (
	"context"
	"net"
	"time"
)

// Names has the addresses of hosts by their names.
type Names map[string][]string

// LookUp looks hosts up. The error is that of the first one that is not found; the others
// are looked up all the same.
func LookUp(ctx context.Context, hosts ...string) (names Names, err error) {
	names = make(Names)
	for _, host := range hosts {
		addresses, failed := net.DefaultResolver.LookupHost(ctx, host)
		if names[host] = addresses; err == nil {
			err = failed
		}
	}
	return names, err
}

// Of returns the addresses of a host, or its name where it was not looked up or not found.
func (n Names) Of(host string) []string {
	if addresses := n[host]; len(addresses) > 0 {
		return addresses
	}
	return []string{host}
}

// patience is how long one address may take.
const patience = 10 * time.Second

// Dial connects to the first address of a host that takes the connection; address is
// host:port.
func (n Names) Dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: patience}
	for _, one := range n.Of(host) {
		if conn, err = dialer.DialContext(ctx, network, net.JoinHostPort(one, port)); err == nil {
			return conn, nil
		}
	}
	return nil, err
}
