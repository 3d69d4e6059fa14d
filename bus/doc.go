// Package bus carries what many hosts saw to those who join it.
//
// An Agent is the analyze.LegHandler of a run: it puts legs into batches, one partition
// each, and those into a Spool, from which a Publisher takes them when the bus is there.
// A Collector reads batches, keeps the clocks of the agents together and hands the legs
// to an analyze.Joiner. What the bus itself is, package jet knows: nothing here opens a
// connection.
//
// A batch is a byte with the version, and a zstd frame of a protobuf message (by
// protowire, without generated code): see batch.go for its fields. Fields that are not
// known are passed over, so that an agent may be newer than its collector. Evidence of
// deliveries that fail goes by a Witness and a spool of its own.
package bus

import (
	"time"

	"simplecap/internal/preset"
)

// Limits are the bounds of the package. A zero field means the default.
type Limits struct {
	BatchLegs  int           // legs of a batch (default 500)
	BatchBytes int           // bytes of a batch before compression, and of one that is read (default 4 MiB)
	BatchWait  time.Duration // how long a leg waits for others (default 200 ms)
	BeatLegs   int           // legs of a file after which its agent says how far it is, however fast it goes by (default 5,000)
	Queue      int           // batches that wait to be compressed and spooled; beyond them they are lost and counted (default 256)
	Segment    int           // bytes of a segment of the spool (default 16 MiB)
	Memory     int64         // bytes of a spool without a directory (default 64 MiB)
	Agents     int           // agents that a collector tells apart (default 4,096)
	Lists      int           // frames, statuses and findings of a leg that are read (default 256)
	Counts     int           // methods and statuses counted of an agent (default 256)
	Aliases    int           // Call-IDs that B2BUAs have given calls, and that are remembered (default 65,536)

	EvidenceRate  int   // bytes of packets of failing deliveries that an agent publishes a second (default 64 KiB)
	EvidenceBurst int   // and at once, after a time without any (default 1 MiB)
	EvidencePiece int   // bytes of the packets of one delivery; those of a larger one are held back (default 512 KiB)
	EvidenceSpool int64 // most bytes of the spool for them; without a directory an eighth of it (default 64 MiB)
}

// DefaultLimits are the bounds used where zero stands.
var DefaultLimits = Limits{BatchLegs: 500, BatchBytes: 4 << 20, BatchWait: 200 * time.Millisecond, BeatLegs: 5000, Queue: 256, Segment: 16 << 20, Memory: 64 << 20,
	Agents: 4096, Lists: 256, Counts: 256, Aliases: 65536,
	EvidenceRate: 64 << 10, EvidenceBurst: 1 << 20, EvidencePiece: 512 << 10, EvidenceSpool: 64 << 20}

func (l Limits) withDefaults() Limits {
	preset.Numbers(&l, DefaultLimits)
	return l
}
