package packet

import "simplecap/internal/inetsum"

// Checksums verifies UDP and TCP checksums (RFC 768, RFC 9293 3.1) of what would be
// read as SIP, where all of the packet is there: the receiver drops a packet whose
// checksum is wrong, so it is no evidence of anything. A capture on the sending
// host has packets whose checksum the network card was to fill in; those are read:
//
//   - what holds the sum of the pseudo-header, which is what a kernel leaves there;
//   - what comes from a host whose checksums are hardly ever right: one in 65,536 is
//     by chance.
type Checksums struct {
	Hosts  int    // hosts told apart, at most
	Errors uint64 // packets with a wrong checksum, which are no evidence
	Wrong  uint64 // those from hosts that hardly send a right one, which are read
	Right  uint16 // the right checksum of the packet accepted last, as far as it is known

	hosts map[Addr]tally
}

// Offsets of the checksum in the headers.
const (
	udpChecksum = 6
	tcpChecksum = 16
)

// Accepts reports whether the receiver would take the UDP datagram or TCP segment that a
// Walk has stopped at, as far as can be known.
func (c *Checksums) Accepts(w *Walk) bool {
	at, b := checksumAt(w.Protocol), w.Data
	if c.Right = 0; len(b) < at+2 {
		return true
	}
	if c.Right = be16(b[at:]); w.Cut {
		return true
	}
	field := c.Right
	if field == 0 { // none in UDP (RFC 768); in TCP that of what nobody has filled in
		return true
	}
	pseudo := pseudoSum(&w.Src, &w.Dst, w.Protocol, len(b))
	sum := inetsum.Fold(inetsum.Add(pseudo, b))
	if sum == 0xffff {
		c.learn(w.Src.IP, true)
		return true
	}
	c.Right = ^inetsum.Fold(uint64(sum) + uint64(^field))
	if isPartial(field, pseudo, len(b)) {
		return true
	}
	if !c.learn(w.Src.IP, false) {
		c.Wrong++
		return true
	}
	c.Errors++
	return false
}

// checksumAt is the offset of the checksum in the header of UDP or TCP.
func checksumAt(protocol uint8) int {
	if protocol == ProtoTCP {
		return tcpChecksum
	}
	return udpChecksum
}

// Checksum returns where the checksum of the UDP datagram or TCP segment that a Walk has
// stopped at is in Data. It reports false where it does not cover the data: the network
// card was to compute it.
func (w *Walk) Checksum() (at int, covers bool) {
	at = checksumAt(w.Protocol)
	return at, !isPartial(be16(w.Data[at:]), pseudoSum(&w.Src, &w.Dst, w.Protocol, len(w.Data)), len(w.Data))
}

// pseudoSum is the sum of the pseudo header of a packet with length bytes of UDP or TCP.
func pseudoSum(src, dst *Endpoint, protocol uint8, length int) uint64 {
	sum := inetsum.AddUint64(inetsum.AddUint64(0, src.IP.High), src.IP.Low)
	sum = inetsum.AddUint64(inetsum.AddUint64(sum, dst.IP.High), dst.IP.Low) // the prefix of a mapped IPv4 address adds ffff, which is 0
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
func (c *Checksums) learn(host Addr, right bool) bool {
	t, there := c.hosts[host]
	if !there && len(c.hosts) >= c.Hosts {
		return false
	}
	if c.hosts == nil {
		c.hosts = make(map[Addr]tally)
	}
	if right {
		t.right++
	} else {
		t.wrong++
	}
	c.hosts[host] = t
	return t.right*wrongPerRight > t.wrong
}
