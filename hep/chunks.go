package hep

import (
	"encoding/binary"
	"iter"
)

// Chunk is a chunk of a packet of version 3, where it stands.
type Chunk struct {
	Vendor, Kind uint16
	From, To     int // its value in the packet; its header is the HeaderBytes before
}

// numberBytes are the sizes of the values that are numbers or addresses, by kind.
var numberBytes = map[uint16]int{
	chunkFamily: 1, chunkProtocol: 1, chunkSrc4: 4, chunkDst4: 4, chunkSrc6: 16, chunkDst6: 16, chunkSrcPort: 2, chunkDstPort: 2,
	chunkSeconds: 4, chunkMicros: 4, chunkType: 1, chunkAgentID: 4, chunkVLAN: 2,
}

// IsNumber reports whether the value is known to be a number or an address, and has
// the size of one.
func (c *Chunk) IsNumber() bool {
	size, known := numberBytes[c.Kind]
	return known && c.Vendor == 0 && c.To-c.From == size
}

// HeaderOf returns how many bytes come before the message in a packet of version 1
// or 2: version, protocol, ports, addresses and time. It is 0 for what is no such
// packet.
func HeaderOf(b []byte) int {
	if len(b) == 0 || b[0] != 1 && b[0] != 2 {
		return 0
	}
	return oldHeader(b)
}

// Chunks yields the chunks of the packet that b begins with, as far as their lengths
// can be believed.
func Chunks(b []byte) iter.Seq[Chunk] {
	return func(yield func(Chunk) bool) {
		total, _ := Length(b)
		b := b[:min(total, len(b))]
		for at := headerBytes; len(b)-at >= headerBytes; {
			size := int(binary.BigEndian.Uint16(b[at+4:]))
			if size < headerBytes || at+size > len(b) {
				return
			}
			c := Chunk{binary.BigEndian.Uint16(b[at:]), binary.BigEndian.Uint16(b[at+2:]), at + headerBytes, at + size}
			if !yield(c) {
				return
			}
			at += size
		}
	}
}
