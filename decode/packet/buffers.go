package packet

import "math/bits"

// Buffers are powers of two from 2 KiB, so that most datagrams fit the smallest
// that is twice an Ethernet frame; some of each size are kept.
const (
	smallestBuffer = 11 // bits
	buffersKept    = 16
)

// bufferPool keeps buffers for use again.
type bufferPool [17 - smallestBuffer][][]byte

// get returns a buffer of size bytes, at most maxDatagram.
func (b *bufferPool) get(size int) []byte {
	class := max(bits.Len(uint(size-1)), smallestBuffer) - smallestBuffer
	kept := b[class]
	if len(kept) == 0 {
		return make([]byte, size, 1<<(class+smallestBuffer))
	}
	b[class] = kept[:len(kept)-1]
	return kept[len(kept)-1][:size]
}

// put takes back what get returned; nil is nothing.
func (b *bufferPool) put(buffer []byte) {
	if cap(buffer) == 0 {
		return
	}
	class := bits.Len(uint(cap(buffer)-1)) - smallestBuffer
	if len(b[class]) < buffersKept {
		b[class] = append(b[class], buffer)
	}
}
