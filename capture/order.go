package capture

import (
	"encoding/binary"
	"math/bits"
)

// byteOrder is the byte order of a file or section. It is not binary.ByteOrder,
// because a call through an interface for every field would cost more than the
// rest of a packet header.
type byteOrder struct{ big bool }

func (o byteOrder) uint16(b []byte) uint16 {
	v := binary.LittleEndian.Uint16(b)
	if o.big {
		return bits.ReverseBytes16(v)
	}
	return v
}

func (o byteOrder) uint32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if o.big {
		return bits.ReverseBytes32(v)
	}
	return v
}

func (o byteOrder) uint64(b []byte) uint64 {
	v := binary.LittleEndian.Uint64(b)
	if o.big {
		return bits.ReverseBytes64(v)
	}
	return v
}
