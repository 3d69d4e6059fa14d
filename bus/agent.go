package bus

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/decode"
)

// AgentOptions say who an agent is.
type AgentOptions struct {
	Name    string            // of the host; two agents must not have the same
	Epoch   uint64            // when it began, ns since 1970 UTC
	Related []string          // header fields that name the Call-ID of the other leg (analyze.Options.Correlate)
	Replay  bool              // the times are those of a file, not of now
	Notify  func(line string) // told by Run's goroutine that batches were lost, once a minute at most; nil for nobody
	Limits  Limits
}

// Agent puts the legs of a run into batches, and these into a spool. Run's goroutine
// calls it as an analyze.LegHandler; it never waits: what the spool is too slow for is
// dropped and counted.
type Agent struct {
	options AgentOptions
	spool   *Spool
	open    [Heartbeats]batchInWork
	hearts  uint64
	clock   int64 // of the last Mark
	low     int64
	flushed time.Time // when all batches were last handed on
	beaten  time.Time // when a heartbeat was
	since   int       // legs since then
	told    time.Time // when it was said that batches are lost
	saidOf  uint64    // so many were
	ready   chan sealedBatch
	lost    atomic.Uint64
	writing sync.WaitGroup
	leg     []byte         // scratch
	head    decode.Message // likewise
	aliases named
	input   Input // what was read
}

// batchInWork is a batch that legs are still put into.
type batchInWork struct {
	plain []byte // encoded
	legs  int
	seq   uint64
}

// sealedBatch is a batch that no leg will be put into.
type sealedBatch struct {
	Batch
	plain []byte
}

// beatEvery is how often an agent says how far it is.
const beatEvery = time.Second

// NewAgent returns an agent that writes to spool. Close it.
func NewAgent(options AgentOptions, spool *Spool) *Agent {
	options.Limits = options.Limits.withDefaults()
	if options.Related == nil {
		options.Related = analyze.DefaultCorrelate
	}
	a := &Agent{options: options, spool: spool, ready: make(chan sealedBatch, options.Limits.Queue)}
	a.writing.Go(a.write)
	return a
}

// Leg implements analyze.LegHandler.
func (a *Agent) Leg(l *analyze.Leg) {
	a.since++
	partition := PartitionOf(l, a.options.Related)
	a.leg = appendLeg(a.leg[:0], l, &a.head)
	a.put(partition, batchLeg, a.leg)
	if alias, partition := a.aliases.of(l, a.options.Related); alias.Call != "" {
		a.leg = appendAlias(a.leg[:0], alias)
		a.put(partition, batchAlias, a.leg)
	}
}

// put puts a field into the batch of a partition.
func (a *Agent) put(partition int, number protowire.Number, field []byte) {
	b := &a.open[partition]
	if len(b.plain)+len(field) > a.options.Limits.BatchBytes/2 {
		a.flush(partition)
	}
	if b.legs == 0 {
		b.seq++
		b.plain = appendHead(b.plain, &Batch{Agent: a.options.Name, Epoch: a.options.Epoch, Partition: partition, Seq: b.seq})
	}
	b.plain = protowire.AppendBytes(protowire.AppendTag(b.plain, number, protowire.BytesType), field)
	if b.legs++; b.legs >= a.options.Limits.BatchLegs {
		a.flush(partition)
	}
}

// Mark implements analyze.LegHandler.
func (a *Agent) Mark(clock, low int64) {
	a.clock, a.low = clock, low
	now := time.Now()
	if now.Sub(a.flushed) >= a.options.Limits.BatchWait {
		a.flushed = now
		a.flushAll()
	}
	// A file goes by faster than the clock: who joins it would hold all of it until the next
	// second.
	if now.Sub(a.beaten) >= beatEvery || a.options.Replay && a.since >= a.options.Limits.BeatLegs {
		a.beaten, a.since = now, 0
		a.beat(now, false)
		a.tellLost(now)
	}
}

// Read implements analyze.LegHandler.
func (a *Agent) Read(inputs []capture.Input, stats decode.Stats) {
	in := Input{TCPGaps: stats.TCPGaps, SCTPGaps: stats.SCTP.Missing, Fragments: stats.FragmentsIncomplete, SnaplenCut: stats.SnaplenCut, Malformed: stats.Malformed, Evicted: stats.Evicted,
		Checksums: stats.ChecksumErrors, WebSocketLost: stats.WebSocketLost, Messages: stats.Messages, Mentions: stats.Mentions, Contradictions: stats.Contradictions,
		Unread: stats.UnreadPackets(), BrokenHeaders: stats.DecodeErrors,
		Requests: stats.RequestCounts(), Responses: stats.ResponseCounts()}
	for i := range inputs {
		in.read(&inputs[i])
	}
	a.input = in
}

// read adds what was read of an input of the agent.
func (in *Input) read(one *capture.Input) {
	if in.Name != "" {
		in.Name += ", "
	}
	in.Name += one.Name
	in.Packets += one.Packets
	in.Bytes += one.Bytes
	in.KernelDrops += one.KernelDrops
	in.OutOfOrder += one.OutOfOrder
	if one.First.IsZero() {
		return
	}
	if first := one.First.UnixNano(); in.First == 0 || first < in.First {
		in.First = first
	}
	in.Last = max(in.Last, one.Last.UnixNano())
}

// flushAll hands all batches on.
func (a *Agent) flushAll() {
	for partition := range a.open {
		a.flush(partition)
	}
}

// flush hands the batch of a partition on.
func (a *Agent) flush(partition int) {
	b := &a.open[partition]
	if b.legs == 0 {
		return
	}
	a.hand(sealedBatch{Batch{Agent: a.options.Name, Epoch: a.options.Epoch, Partition: partition, Seq: b.seq}, b.plain})
	b.plain, b.legs = make([]byte, 0, cap(b.plain)), 0
}

func (a *Agent) hand(b sealedBatch) {
	select {
	case a.ready <- b:
	default:
		a.lost.Add(1)
	}
}

// beat says how far the agent is: everything before that is in batches before it.
func (a *Agent) beat(now time.Time, ended bool) {
	a.flushAll()
	a.hearts++
	h := &Heart{Sent: now.UnixNano(), Clock: a.clock, Low: a.low, Ended: ended, Lost: a.Lost()}
	if a.options.Replay {
		h.Sent = 0
	}
	h.Input = a.input
	b := Batch{Agent: a.options.Name, Epoch: a.options.Epoch, Partition: Heartbeats, Seq: a.hearts, Heart: h}
	plain := appendHead(nil, &b)
	plain = protowire.AppendBytes(protowire.AppendTag(plain, batchHeart, protowire.BytesType), appendHeart(nil, h))
	a.hand(sealedBatch{b, plain})
}

// tellEvery is how often it is said, at most, that batches are lost.
const tellEvery = time.Minute

// tellLost says that batches were lost since that was last said, and why.
func (a *Agent) tellLost(now time.Time) {
	lost := a.Lost()
	if a.options.Notify == nil || lost == a.saidOf || now.Sub(a.told) < tellEvery {
		return
	}
	a.told, a.saidOf = now, lost
	why := "the spool is too small, or the bus was away for too long"
	if err := a.spool.Failed(); err != nil {
		why = "the spool cannot be written: " + err.Error()
	}
	a.options.Notify(fmt.Sprintf("%d batches are lost so far: %s", lost, why))
}

// Lost is how many batches were dropped for want of room.
func (a *Agent) Lost() uint64 { return a.lost.Load() + a.spool.Dropped() }

// write compresses batches and spools them.
func (a *Agent) write() {
	for b := range a.ready {
		data, err := seal(b.plain)
		if err == nil {
			err = a.spool.Put(Message{Partition: b.Partition, ID: b.ID(), Data: data})
		}
		if err != nil {
			a.lost.Add(1)
		}
	}
}

// Close hands on what is left, says that the agent has ended, and waits until all of it
// is in the spool. The run has ended.
func (a *Agent) Close() {
	a.flushAll()
	a.beat(time.Now(), true)
	close(a.ready)
	a.writing.Wait()
}
