package esp

import (
	"encoding/binary"
	"net/netip"

	"simplecap/internal/inetsum"
)

// confidence says how much a payload looks like what its next header says.
type confidence uint8

const (
	impossible confidence = iota
	unlikely              // its header could be one
	likely                // a length or a checksum in it is right
	certain               // both are
)

// plausible looks at what would be the payload of a packet between two addresses.
func plausible(src, dst netip.Addr, next uint8, b []byte) confidence {
	switch next {
	case protoUDP:
		return plausibleUDP(src, dst, b)
	case protoTCP:
		return plausibleTCP(src, dst, b)
	case protoIPv4:
		return plausibleIPv4(b)
	case protoIPv6:
		return plausibleIPv6(b)
	case protoICMP, protoICMPv6, protoSCTP:
		if len(b) >= 8 && (next == protoSCTP || checksum(src, dst, next, b) == 0xffff || inetsum.Fold(inetsum.Add(0, b)) == 0xffff) {
			return likely
		}
	case protoNoNext:
		return unlikely
	}
	return impossible
}

func plausibleUDP(src, dst netip.Addr, b []byte) confidence {
	if len(b) < 8 || int(binary.BigEndian.Uint16(b[4:])) != len(b) {
		return impossible
	}
	if binary.BigEndian.Uint16(b[6:]) != 0 && checksum(src, dst, protoUDP, b) == 0xffff {
		return certain
	}
	return likely
}

// plausibleTCP wants a right checksum, but behind an address translator it is wrong.
func plausibleTCP(src, dst netip.Addr, b []byte) confidence {
	if len(b) < 20 {
		return impossible
	}
	offset := int(b[12]>>4) * 4
	flags := b[13] & 0x17 // FIN, SYN, RST, ACK
	if offset < 20 || offset > len(b) || b[12]&0x0e != 0 || flags == 0 || flags&3 == 3 {
		return impossible
	}
	if checksum(src, dst, protoTCP, b) == 0xffff {
		return certain
	}
	return unlikely
}

func plausibleIPv4(b []byte) confidence {
	if len(b) < 20 || b[0]>>4 != 4 {
		return impossible
	}
	size, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if size < 20 || size > len(b) || total < size || total > len(b) || inetsum.Fold(inetsum.Add(0, b[:size])) != 0xffff {
		return impossible
	}
	if total == len(b) {
		return certain
	}
	return likely // padding against traffic analysis (RFC 4303 2.7)
}

func plausibleIPv6(b []byte) confidence {
	if len(b) < 40 || b[0]>>4 != 6 {
		return impossible
	}
	switch total := 40 + int(binary.BigEndian.Uint16(b[4:])); {
	case total == len(b):
		return certain
	case total < len(b):
		return unlikely
	}
	return impossible
}

// checksum adds up a payload with its pseudo header (RFC 9293 3.1, RFC 8200 8.1):
// 0xffff where it is right.
func checksum(src, dst netip.Addr, protocol uint8, b []byte) uint16 {
	sum := uint64(protocol) + uint64(len(b))
	return inetsum.Fold(inetsum.Add(inetsum.Add(inetsum.Add(sum, src.AsSlice()), dst.AsSlice()), b))
}
