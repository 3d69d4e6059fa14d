package bus

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Packets stands for a partition in a Message that is Evidence: it goes to a stream of its
// own, so that legs never wait for packets nor go for them.
const Packets = Heartbeats + 1

// Evidence is the packets of a delivery that failed, as one host saw them.
type Evidence struct {
	Agent   string // name of the host, as it says itself
	Epoch   uint64 // tells the runs of an agent apart, as in a Batch
	seq     uint64 // counts the pieces of an epoch from 1
	Verdict string // of the delivery, as far as the host can tell
	Pcapng  []byte // its packets as a section of pcapng, at most Limits.EvidencePiece bytes
	Held    uint64 // deliveries of the epoch until then whose packets were held back for the rate, or did not fit a piece
	Lost    uint64 // pieces of the epoch until then that there was no room for
}

// id names the piece among all, as Batch.ID does.
func (e *Evidence) id() string { return fmt.Sprintf("%s-%x-%d-%d", e.Agent, e.Epoch, Packets, e.seq) }

const (
	evidenceAgent protowire.Number = iota + 1
	evidenceEpoch
	evidenceSeq
	evidenceVerdict
	evidencePcapng
	evidenceHeld
	evidenceLost
)

func appendEvidence(dst []byte, e *Evidence) []byte {
	dst = appendText(dst, evidenceAgent, e.Agent)
	dst = appendNumber(dst, evidenceEpoch, e.Epoch)
	dst = appendNumber(dst, evidenceSeq, e.seq)
	dst = appendText(dst, evidenceVerdict, e.Verdict)
	dst = appendText(dst, evidencePcapng, e.Pcapng)
	dst = appendNumber(dst, evidenceHeld, e.Held)
	return appendNumber(dst, evidenceLost, e.Lost)
}

// Evidence reads a piece that came over the bus. Nothing in it points into data.
func (d *Decoder) Evidence(data []byte) (*Evidence, error) {
	in, err := d.inflated(data)
	if err != nil {
		return nil, err
	}
	defer in.leave()
	e := &Evidence{}
	err = eachField(in.plain, func(f *field) bool {
		switch f.number {
		case evidenceAgent:
			e.Agent = f.text()
		case evidenceEpoch:
			e.Epoch = f.value
		case evidenceSeq:
			e.seq = f.value
		case evidenceVerdict:
			e.Verdict = f.text()
		case evidencePcapng:
			e.Pcapng = bytes.Clone(f.bytes)
		case evidenceHeld:
			e.Held = f.value
		case evidenceLost:
			e.Lost = f.value
		}
		return true
	})
	if err == nil && e.Agent == "" {
		err = errBroken
	}
	return e, err
}

// Witness publishes the packets of deliveries that fail, at a bounded rate. One goroutine
// calls it; it never waits.
type Witness struct {
	name       string
	epoch      uint64
	rate       float64 // bytes a second
	limits     Limits
	spool      *Spool
	credit     float64 // bytes that may be published now
	clock      int64   // until when credit was given
	seq        uint64
	held, lost atomic.Uint64
	ready      chan *Evidence
	writing    sync.WaitGroup
}

// NewWitness returns the Witness of an agent, which writes to a spool that holds nothing
// else. Close it.
func NewWitness(options AgentOptions, spool *Spool) *Witness {
	limits := options.Limits.withDefaults()
	w := &Witness{name: options.Name, epoch: options.Epoch, rate: float64(limits.EvidenceRate), limits: limits, spool: spool,
		credit: float64(limits.EvidenceBurst), ready: make(chan *Evidence, limits.Queue)}
	w.writing.Go(w.write)
	return w
}

// Room reports whether packets of a delivery may be published at a time of the capture, ns
// since 1970 UTC. Where they may not, they count as held back.
func (w *Witness) Room(now int64) bool {
	if now > w.clock {
		if w.clock > 0 {
			w.credit = min(float64(w.limits.EvidenceBurst), w.credit+w.rate*time.Duration(now-w.clock).Seconds())
		}
		w.clock = now
	}
	if w.credit <= 0 {
		w.held.Add(1)
		return false
	}
	return true
}

// Most is how many bytes a Put takes: what is larger is held back.
func (w *Witness) Most() int { return w.limits.EvidencePiece }

// Put publishes the packets of a delivery. pcapng is the witness's from now on.
func (w *Witness) Put(verdict string, pcapng []byte) {
	if len(pcapng) > w.limits.EvidencePiece {
		w.held.Add(1)
		return
	}
	w.credit -= float64(len(pcapng))
	w.seq++
	e := &Evidence{Agent: w.name, Epoch: w.epoch, seq: w.seq, Verdict: verdict, Pcapng: pcapng, Held: w.Held(), Lost: w.Lost()}
	select {
	case w.ready <- e:
	default:
		w.lost.Add(1)
	}
}

// Held is how many deliveries were held back.
func (w *Witness) Held() uint64 { return w.held.Load() }

// Lost is how many pieces there was no room for.
func (w *Witness) Lost() uint64 { return w.lost.Load() + w.spool.Dropped() }

// write compresses pieces and spools them.
func (w *Witness) write() {
	for e := range w.ready {
		data, err := seal(appendEvidence(nil, e))
		if err == nil {
			err = w.spool.Put(Message{Partition: Packets, ID: e.id(), Data: data})
		}
		if err != nil {
			w.lost.Add(1)
		}
	}
}

// Close waits until all pieces are in the spool.
func (w *Witness) Close() {
	close(w.ready)
	w.writing.Wait()
}
