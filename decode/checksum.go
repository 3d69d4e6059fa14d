package decode

import "simplecap/internal/inetsum"

// checksums verifies UDP and TCP checksums (RFC 768, RFC 9293 3.1) of what would be
// read as SIP, where all of the packet is there: the receiver drops a packet whose
// checksum is wrong, so it is no evidence of anything. A capture on the sending
// host has packets whose checksum the network card was to fill in; those are read:
//
//   - what holds the sum of the pseudo-header, which is what a kernel leaves there;
//   - what comes from a host whose checksums are hardly ever right: one in 65,536 is
//     by chance.
type checksums struct {
	limits *Limits
	stats  *Stats
	hosts  map[[16]byte]tally
	right  uint16 // the right checksum of the packet accepted last, as far as it is known
}

func (c *checksums) init(limits *Limits, stats *Stats) {
	c.limits, c.stats, c.hosts = limits, stats, make(map[[16]byte]tally)
}

// Offsets of the checksum in the headers.
const (
	udpChecksum = 6
	tcpChecksum = 16
)

// accepts reports whether the receiver would take the packet of which b is the UDP
// datagram or TCP segment, as far as can be known.
func (c *checksums) accepts(p *packet, protocol uint8, b []byte) bool {
	at := udpChecksum
	if protocol == protoTCP {
		at = tcpChecksum
	}
	if c.right = 0; len(b) < at+2 {
		return true
	}
	if c.right = be16(b[at:]); p.cut {
		return true
	}
	field := c.right
	if field == 0 { // none in UDP (RFC 768); in TCP that of what nobody has filled in
		return true
	}
	pseudo := pseudoSum(p.src, p.dst, protocol, len(b))
	sum := inetsum.Fold(inetsum.Add(pseudo, b))
	if sum == 0xffff {
		c.learn(p.src.IP, true)
		return true
	}
	c.right = ^inetsum.Fold(uint64(sum) + uint64(^field))
	if isPartial(field, pseudo, len(b)) {
		return true
	}
	if !c.learn(p.src.IP, false) {
		c.stats.ChecksumsWrong++
		return true
	}
	c.stats.ChecksumErrors++
	return false
}

// pseudoSum is the sum of the pseudo header of a packet with length bytes of UDP or TCP.
func pseudoSum(src, dst Endpoint, protocol uint8, length int) uint64 {
	sum := inetsum.Add(inetsum.Add(0, src.IP[:]), dst.IP[:]) // the prefix of a mapped IPv4 address adds ffff, which is 0
	return sum + uint64(protocol) + uint64(length)
}

// isPartial reports whether a checksum holds the sum of the pseudo header alone, which
// the kernel leaves for the network card to complete. It says nothing of the data.
func isPartial(field uint16, pseudo uint64, length int) bool {
	return field == inetsum.Fold(pseudo) || field == inetsum.Fold(pseudo-uint64(length))
}

// tally counts the checksums of one host.
type tally struct{ right, wrong uint64 }

// wrongPerRight is how many wrong checksums a right one makes up for.
const wrongPerRight = 64

// learn notes a packet from a host and reports whether the host sends right checksums.
func (c *checksums) learn(host [16]byte, right bool) bool {
	t, there := c.hosts[host]
	if !there && len(c.hosts) >= c.limits.Hosts {
		return false
	}
	if right {
		t.right++
	} else {
		t.wrong++
	}
	c.hosts[host] = t
	return t.right*wrongPerRight > t.wrong
}
