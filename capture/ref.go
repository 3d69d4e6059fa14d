package capture

import "strconv"

// Ref names a frame: the 1-based index of its file and its number there, packed into
// one word so that state kept for millions of messages stays small. The zero Ref names
// no frame.
type Ref uint64

const refNumberBits = 44

// MakeRef packs a file index (1 to 1,048,575) and a frame number (1 to 2^44-1).
func MakeRef(file int, number uint64) Ref {
	return Ref(uint64(file)<<refNumberBits | number&(1<<refNumberBits-1))
}

// File is the 1-based index of the frame's file in the capture's inputs.
func (r Ref) File() int { return int(r >> refNumberBits) }

// Number is the frame's number in its file, from 1, as Wireshark counts.
func (r Ref) Number() uint64 { return uint64(r) & (1<<refNumberBits - 1) }

// String returns file and frame as "1#3".
func (r Ref) String() string {
	return strconv.Itoa(r.File()) + "#" + strconv.FormatUint(r.Number(), 10)
}
