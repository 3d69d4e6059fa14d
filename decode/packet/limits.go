package packet

import "time"

// Limits bound what is read of packets and held of them. No field may be 0.
type Limits struct {
	TunnelDepth   int           // tunnels inside each other
	ExtHeaders    int           // IPv6 extension headers in a packet; one with more is Broken
	Datagrams     int           // datagrams whose fragments are waited for
	DatagramBytes int           // bytes held for them
	FragmentTime  time.Duration // how long, by the capture's clock
	CopyTime      time.Duration // how long fragments of a complete datagram are taken for copies of it
	FrameList     int           // frames named in a list
}
