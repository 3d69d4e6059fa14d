package live

import (
	"encoding/binary"

	"simplecap/capture"
)

// bpfLayout is how a system lays packets out in what a read of /dev/bpf returns
// (struct bpf_hdr of net/bpf.h, bpf(4)).
type bpfLayout struct {
	half  int // bytes of the seconds, and of the microseconds behind them
	align int // packets begin at multiples of it (BPF_ALIGNMENT)
}

// The layouts of 64-bit systems.
var (
	bpfDarwin  = bpfLayout{half: 4, align: 4} // struct timeval32
	bpfFreeBSD = bpfLayout{half: 8, align: 8} // struct timeval
)

// bpfBuffer is what one read returned and has not been handed on of it. Packets lie in
// it one behind the other, each behind a header that says its own length.
type bpfBuffer struct {
	bpfLayout
	rest []byte
}

// next makes a frame of the next packet. Its Data lies in the buffer. It returns false
// at the end, and where a header contradicts the buffer: what follows it cannot be found.
func (b *bpfBuffer) next(f *capture.Frame) bool {
	lengths := 2 * b.half // where they stand: behind the time
	if len(b.rest) < lengths+10 {
		return false
	}
	captured := uint64(binary.NativeEndian.Uint32(b.rest[lengths:]))
	whole := binary.NativeEndian.Uint32(b.rest[lengths+4:])
	header := uint64(binary.NativeEndian.Uint16(b.rest[lengths+8:]))
	end := header + captured
	if header < uint64(lengths+10) || end > uint64(len(b.rest)) {
		b.rest = nil
		return false
	}
	*f = capture.Frame{
		Data: b.rest[header:end:end], Length: int(whole), File: 1,
		Time: b.number(0)*1e9 + b.number(b.half)*1e3, HasTime: true,
	}
	b.rest = b.rest[min(b.aligned(int(end)), len(b.rest)):]
	return true
}

// number is half of the time, at its offset in the header.
func (b *bpfBuffer) number(at int) int64 {
	if b.half == 4 {
		return int64(int32(binary.NativeEndian.Uint32(b.rest[at:])))
	}
	return int64(binary.NativeEndian.Uint64(b.rest[at:]))
}

// aligned is BPF_WORDALIGN.
func (l bpfLayout) aligned(n int) int { return (n + l.align - 1) &^ (l.align - 1) }
