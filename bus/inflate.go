package bus

import (
	"errors"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// newDecompressor makes the one decompressor of the process, which any number may use at
// once: it has as many states as there are processors, and not one for each partition.
var newDecompressor = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(64<<20), zstd.WithDecodeAllCapLimit(true))
})

// leastPlain is how much room there is for a batch that does not say how large it is, and
// mostPlain how much is kept for the next one.
const (
	leastPlain = 64 << 10
	mostPlain  = 1 << 20
)

// rooms are what batches are decompressed into. A partition has one only while it decodes.
var rooms = sync.Pool{New: func() any { return new(room) }}

type room struct {
	all   []byte
	plain []byte // the batch in it
}

// leave gives the room back.
func (r *room) leave() {
	if r.plain = nil; cap(r.all) <= mostPlain {
		rooms.Put(r)
	}
}

// inflated decompresses what came over the bus, as far as it may grow. Who asks for it gives
// the room back.
func (d *Decoder) inflated(data []byte) (*room, error) {
	if len(data) == 0 || data[0] != Version {
		return nil, errVersion
	}
	data = data[1:]
	most := d.limits.BatchBytes
	size := min(leastPlain, most)
	var header zstd.Header
	if err := header.Decode(data); err != nil {
		return nil, err
	}
	if header.HasFCS {
		if header.FrameContentSize > uint64(most) {
			return nil, zstd.ErrDecoderSizeExceeded
		}
		size = int(header.FrameContentSize)
	}
	r := rooms.Get().(*room)
	err := r.inflate(d.zstd, data, size)
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) && !header.HasFCS && size < most {
		err = r.inflate(d.zstd, data, most)
	}
	if err != nil {
		r.leave()
		return nil, err
	}
	return r, nil
}

func (r *room) inflate(z *zstd.Decoder, data []byte, size int) (err error) {
	if cap(r.all) < size {
		r.all = make([]byte, 0, size)
	}
	r.plain, err = z.DecodeAll(data, r.all[:0:size])
	return err
}
