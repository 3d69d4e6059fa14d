package bus

import (
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protowire"

	"simplecap/analyze"
	"simplecap/decode/sip"
)

// Version is the first byte of everything on the bus. Another one is not read.
const Version = 1

// Batch is what an agent publishes at once: legs of one partition, or a heartbeat.
type Batch struct {
	Agent     string // name of the host, as it says itself
	Epoch     uint64 // tells the runs of an agent apart: when it began, ns since 1970 UTC
	Partition int    // see PartitionOf; Heartbeats for a Heart
	Seq       uint64 // counts the batches of an epoch and a partition from 1
	Legs      []*analyze.Leg
	Heart     *Heart // nil in a batch of legs
	Aliases   []Alias
	Tick      bool // of nobody: a collector says that time goes on, where no agent does

	// Of a batch that a partition hands on, where Handed is not nil: of each leg the Call-ID
	// in whose partition it is now, "" where it goes by what it is about, and how often it was
	// handed on, from 1.
	Handed *Handed
	Of     []string
	Times  int

	Promises []Promise // of nobody
}

// Alias says that legs of a call belong to another partition than they say themselves: a
// B2BUA has given the call Of another Call-ID, or, where Of is "", a host knows by what it
// saw before which text they are about.
type Alias struct {
	Call, Of  string
	Partition int // that they belong to
}

// ID names the batch among all: the bus drops a second one with the same.
func (b *Batch) ID() string { return fmt.Sprintf("%s-%x-%d-%d", b.Agent, b.Epoch, b.Partition, b.Seq) }

// The fields of a batch.
const (
	batchAgent     protowire.Number = 1
	batchEpoch     protowire.Number = 2
	batchPartition protowire.Number = 3
	batchSeq       protowire.Number = 4
	batchLeg       protowire.Number = 5
	batchHeart     protowire.Number = 6
	batchTick      protowire.Number = 7
	batchAlias     protowire.Number = 8 // repeated: the two Call-IDs
	batchOf        protowire.Number = 9 // of the legs behind it
	batchTimes     protowire.Number = 10
	batchHanded    protowire.Number = 11
	batchPromise   protowire.Number = 12 // repeated
)

var (
	errVersion = errors.New("bus: of another version")
	errBroken  = errors.New("bus: not a batch")
)

// newCompressor makes the one compressor of the process: it holds tables of a megabyte.
var newCompressor = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
})

// seal compresses an encoded batch.
func seal(plain []byte) ([]byte, error) {
	compressor, err := newCompressor()
	if err != nil {
		return nil, err
	}
	return compressor.EncodeAll(plain, []byte{Version}), nil
}

// TickAt is what a collector publishes at a second since 1970 UTC: the bus has it once,
// however many collectors do.
func TickAt(second int64) (Message, error) {
	data, err := seal(appendFlag(nil, batchTick, true))
	return Message{Partition: Heartbeats, ID: fmt.Sprint("tick-", second), Data: data}, err
}

// appendHead appends the fields of a batch before its legs.
func appendHead(dst []byte, b *Batch) []byte {
	dst = appendText(dst, batchAgent, b.Agent)
	dst = appendNumber(dst, batchEpoch, b.Epoch)
	dst = appendNumber(dst, batchPartition, uint64(b.Partition))
	return appendNumber(dst, batchSeq, b.Seq)
}

// Decoder reads batches. It is used by one goroutine.
type Decoder struct {
	limits  Limits
	zstd    *zstd.Decoder
	headers []sip.Header // scratch
}

// NewDecoder returns a Decoder with these limits.
func NewDecoder(limits Limits) (*Decoder, error) {
	limits = limits.withDefaults()
	z, err := newDecompressor()
	return &Decoder{limits: limits, zstd: z}, err
}

// Decode reads what came over the bus. Nothing in the batch points into data.
func (d *Decoder) Decode(data []byte) (*Batch, error) {
	in, err := d.inflated(data)
	if err != nil {
		return nil, err
	}
	defer in.leave()
	b, of := &Batch{}, ""
	err = eachField(in.plain, func(f *field) bool {
		switch f.number {
		case batchAgent:
			b.Agent = f.text()
		case batchEpoch:
			b.Epoch = f.value
		case batchPartition:
			b.Partition = int(min(f.value, Heartbeats))
		case batchSeq:
			b.Seq = f.value
		case batchLeg:
			l, ok := d.leg(f.bytes)
			if !ok || len(b.Legs) == 4*d.limits.BatchLegs {
				return false
			}
			b.Legs = append(b.Legs, l)
			if b.Handed != nil {
				b.Of = append(b.Of, of)
			}
		case batchHeart:
			h, ok := d.heart(f.bytes)
			b.Heart = h
			return ok
		case batchAlias:
			alias, ok := readAlias(f.bytes)
			b.Aliases = append(b.Aliases, alias)
			return ok && len(b.Aliases) <= 4*d.limits.BatchLegs
		case batchOf:
			of = f.text()
		case batchTimes:
			b.Times = int(min(f.value, mostTimes+1))
		case batchHanded:
			handed, ok := readHanded(f.bytes)
			b.Handed = handed
			return ok && len(b.Legs) == 0
		case batchPromise:
			one, ok := readPromise(f.bytes)
			b.Promises = append(b.Promises, one)
			return ok && len(b.Promises) <= Calls
		case batchTick:
			b.Tick = f.flag()
		}
		return true
	})
	if err == nil && b.Agent == "" && !b.Tick && b.Promises == nil {
		err = errBroken
	}
	return b, err
}
