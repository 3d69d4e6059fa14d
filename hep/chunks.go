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

// IsNumber reports whether the value is known to be a number or an address.
func (c *Chunk) IsNumber() bool {
	return c.Vendor == 0 && (c.Kind >= chunkFamily && c.Kind <= chunkAgentID || c.Kind == chunkVLAN) && c.To-c.From <= 16
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
