package hdlc

import (
	"encoding/binary"
	"hash/crc32"
)

// mendCheck puts the right frame check sequence at the end of octets if it was right at
// the end of old. Most lines have one of 16 bits, some one of 32.
func mendCheck(old, octets []byte) {
	switch n := len(old); {
	case n > 2 && fcs16(old[:n-2]) == binary.LittleEndian.Uint16(old[n-2:]):
		binary.LittleEndian.PutUint16(octets[n-2:], fcs16(octets[:n-2]))
	case n > 4 && crc32.ChecksumIEEE(old[:n-4]) == binary.LittleEndian.Uint32(old[n-4:]):
		binary.LittleEndian.PutUint32(octets[n-4:], crc32.ChecksumIEEE(octets[:n-4]))
	}
}

// fcs16 is the frame check sequence of 16 bits (RFC 1662 C.2), as it is sent.
func fcs16(b []byte) uint16 {
	sum := uint16(0xffff)
	for _, c := range b {
		sum ^= uint16(c)
		for range 8 {
			sum = sum>>1 ^ 0x8408&-(sum&1)
		}
	}
	return ^sum
}
