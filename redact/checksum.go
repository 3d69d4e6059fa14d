package redact

import (
	"encoding/binary"

	"simplecap/internal/inetsum"
)

// mend changes a checksum by as much as what it covers has changed (RFC 1624):
// one that was wrong, as where the network card was to compute it, stays as
// wrong as it was.
func mend(before, after []byte, c Checksum) {
	if c.At < c.From || c.At+2 > c.To || c.To > len(after) {
		return
	}
	was, is := onesSum(before[c.From:c.To]), onesSum(after[c.From:c.To])
	addSum(after[c.At:], subtract(is, was), c.Optional)
}

// addSum changes the checksum at the beginning of b by the difference of the
// sums of what it covers.
func addSum(b []byte, difference uint16, optional bool) {
	sum := binary.BigEndian.Uint16(b)
	if optional && sum == 0 || difference == 0 || difference == 0xffff {
		return
	}
	sum = ^inetsum.Fold(uint64(^sum) + uint64(difference))
	if optional && sum == 0 {
		sum = 0xffff // 0 would mean that there is none
	}
	binary.BigEndian.PutUint16(b, sum)
}

// difference is by how much the sum of a datagram changes.
func difference(before, after []byte) uint16 { return subtract(onesSum(after), onesSum(before)) }

// subtract is a-b in ones' complement.
func subtract(a, b uint16) uint16 { return inetsum.Fold(uint64(a) + uint64(^b)) }

// onesSum is the ones' complement sum of b in words of 16 bits (RFC 1071).
func onesSum(b []byte) uint16 { return inetsum.Fold(inetsum.Add(0, b)) }
