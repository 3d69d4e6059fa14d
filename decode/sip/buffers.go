package sip

// What is kept for reuse, in bytes and pieces.
const (
	maxSpareBuffer  = 64 << 10
	maxSpareBuffers = 64
	smallestHeld    = 256
)

// takeBuffer returns an empty buffer for an unfinished message of which size
// bytes are there. Few are large, so a new one has little room beside them.
func (f *Framing) takeBuffer(size int) []byte {
	n := len(f.buffers) - 1
	if n < 0 {
		return make([]byte, 0, max(smallestHeld, size))
	}
	b := f.buffers[n]
	f.buffers = f.buffers[:n]
	return b
}

// giveBuffer takes a buffer back.
func (f *Framing) giveBuffer(b *[]byte) {
	if *b != nil && cap(*b) <= maxSpareBuffer && len(f.buffers) < maxSpareBuffers {
		f.buffers = append(f.buffers, (*b)[:0])
	}
	*b = nil
}
