// Package inetsum is the sum that the checksums of IP, UDP, TCP and ICMP are made of
// (RFC 1071).
package inetsum

import "encoding/binary"

// Add adds the 16-bit words of b to sum, a last odd byte as if a zero followed it. What
// was added before has to be of an even number of bytes.
func Add(sum uint64, b []byte) uint64 {
	for len(b) >= 8 { // four words at a time
		sum = AddUint64(sum, binary.BigEndian.Uint64(b))
		b = b[8:]
	}
	for len(b) >= 2 {
		sum += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 8
	}
	return sum
}

// AddUint64 is Add for eight bytes that are at hand as a number.
func AddUint64(sum, w uint64) uint64 {
	return sum + w>>48 + w>>32&0xffff + w>>16&0xffff + w&0xffff
}

// Fold adds the carries of a sum. That of what has its right checksum in it is 0xffff;
// the checksum to write is the complement of that with zeros in its place.
func Fold(sum uint64) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
