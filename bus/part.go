package bus

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
)

// Rows is what a Part finds, on its way to where it is kept.
type Rows interface {
	analyze.Handler
	analyze.DeliveryHandler
	analyze.TextHandler
	// At says because of which message of the bus comes what is handed on next. What is
	// muted has been kept before: it is only to be known of.
	At(seq uint64, muted bool)
	// Pending reports how much is to be kept, about, in bytes.
	Pending() int
	// Commit keeps for good what was handed on since the last time, and these findings: of
	// the messages from first to last; of none, and what was open at the end, where first is
	// the one behind last. Where it is called again with the same by another
	// process, that keeps the same in the same place.
	Commit(first, last uint64, findings []result.Finding) error
}

// PartOptions say how a Part works.
type PartOptions struct {
	Number    int // of the partition: see PartitionOf
	Analyze   analyze.Options
	Collector CollectorOptions
	Rows      Rows
	// Keep keeps a checkpoint if nobody else has kept one since; otherwise it returns an
	// error and somebody else goes on.
	Keep func(*Checkpoint) error
	// Hand puts a message on the bus: legs that belong to another partition, whose Hear is
	// given what any has put there for it. nil is for all of them joined at once.
	Hand   func(Message) error
	Notify func(line string) // is told what happens to the partition; may be nil
	Every  time.Duration     // how often what was found is kept (default 1 min)
	Most   int               // bytes of Rows.Pending at which it is kept sooner (default 1 MiB)
}

// Checkpoint is how far a partition has come: what one who goes on has to know.
type Checkpoint struct {
	Seq        uint64     // rows because of messages up to this one are kept
	From       uint64     // from where on to read, for what is open
	Cut        uint64     // rows up to this message are about to be kept, and those only; 0 for none
	End        bool       // behind Cut, what was open was closed
	At         int64      // the clock of the bus before From, ns since 1970 UTC
	Clock      int64      // the clock of the rows before From
	Due        []Due      // what the clock of the rows is to be, as it was known before From
	Agents     []Seen     // as they were before From
	Forwarders [][16]byte // hosts that forward requests
}

// Part makes the rows of one partition, and of nothing but the messages of it and of
// heartbeats in the order of the stream: so one who reads them again from a Checkpoint on
// comes to the same rows. It is used by one goroutine.
type Part struct {
	options   PartOptions
	collector *Collector
	joiner    *analyze.Joiner
	base      Checkpoint
	seq       uint64 // of the latest message
	at        int64  // when the bus had it
	marks     []mark // the oldest first
	handed    int    // batches because of the message at hand
	others    *handover
	late      uint64 // of others.late what has been said
	kept      time.Time
}

// mark is what everybody was like behind a message.
type mark struct {
	seq       uint64
	at, clock int64
	due       []Due
	agents    []Seen
}

// markEvery is how often a mark is made, by the clock of the bus.
const markEvery = int64(5 * time.Second)

// mostMarks bounds those of a Part.
const mostMarks = 512

// PartHold is CollectorOptions.Hold of a Part where nothing else is said. What a host saw
// first is joined before what others saw of it later, which names it: a host that comes
// onto the bus some seconds after the others, since it is new there or its connection came
// back later, is not known to be waited for. Nobody looks at the rows of a Part meanwhile.
const PartHold = 10 * time.Second

// lingering is how long a delivery that has closed is held for legs that come again.
const lingering = 2 * time.Minute

// forwardersKept bounds those in a checkpoint.
const forwardersKept = 1024

// NewPart returns a Part that goes on from a checkpoint; the zero one is the beginning.
// Close it.
func NewPart(from Checkpoint, o PartOptions) (*Part, error) {
	if o.Every <= 0 {
		o.Every = time.Minute
	}
	if o.Most <= 0 {
		o.Most = 1 << 20
	}
	o.Collector.Hold = cmp.Or(o.Collector.Hold, PartHold)
	p := &Part{options: o, base: from, at: from.At, kept: time.Now()}
	gone := &moved{number: o.Number, hands: o.Hand != nil, related: o.Analyze.Correlate}
	if gone.related == nil {
		gone.related = analyze.DefaultCorrelate
	}
	p.joiner = analyze.NewJoiner(o.Analyze, elsewhere{o.Rows, gone})
	p.joiner.Linger(lingering+o.Analyze.Profile.Timers(o.Analyze.T1).F(), o.Analyze.Receipts)
	var err error
	if p.collector, err = NewCollector(p.joiner, o.Collector); err != nil {
		p.joiner.Close()
		return nil, err
	}
	p.collector.moved, gone.limits = gone, &p.collector.options.Limits
	p.others = &handover{number: o.Number}
	p.collector.restore(from.Agents, from.Clock)
	p.collector.ticked = time.Unix(0, from.At)
	p.collector.later, p.collector.now, p.collector.due = gone.hands, from.At, slices.Clone(from.Due)
	p.joiner.Begin(from.Clock, from.Forwarders)
	p.seq = max(from.From, 1) - 1
	p.marks = []mark{{p.seq, from.At, from.Clock, from.Due, from.Agents}}
	if p.base.Cut <= p.seq {
		p.base.Cut, p.base.End = 0, false // nothing is open, so that nothing was lost
	}
	return p, nil
}

// From is the number of the first message to take.
func (p *Part) From() uint64 { return p.seq + 1 }

// Close gives back what is held. What has not been kept is forgotten.
func (p *Part) Close() { p.joiner.Close() }

// Take takes a message, which must be Ready, and what it was held for.
func (p *Part) Take(data []byte, seq uint64, by Arrival) error {
	if seq <= p.seq {
		return nil
	}
	if cut := p.base.Cut; cut > 0 && seq > cut {
		if err := p.atCut(); err != nil { // that message is gone
			return err
		}
	}
	if p.seq <= p.base.Seq && seq > p.base.Seq {
		p.joiner.Findings() // they were kept
	}
	p.seq, p.handed = seq, 0
	p.options.Rows.At(seq, seq <= p.base.Seq)
	p.collector.seq = seq
	p.effect(p.Time(by.At))
	p.collector.turn(p.Time(by.At))
	p.collector.Take(data, by)
	if err := p.hand(p.Time(by.At)); err != nil {
		return err
	}
	p.tick(by.At.UnixNano())
	if p.base.Cut == seq {
		return p.atCut()
	}
	return nil
}

// tick says what time it is: once in a second of the clock of the bus, so that it is a
// matter of the messages alone who is silent.
func (p *Part) tick(at int64) {
	if at <= p.at {
		return
	}
	before := p.at
	if p.at = at; at/int64(time.Second) == before/int64(time.Second) {
		return
	}
	p.collector.Tick(time.Unix(0, at))
	if last := &p.marks[len(p.marks)-1]; at-last.at >= markEvery {
		p.mark()
	}
	if len(p.marks) == mostMarks { // every other one goes, but for the first
		for i := range mostMarks / 2 {
			p.marks[i] = p.marks[2*i]
		}
		p.marks = p.marks[:mostMarks/2]
	}
}

// mark makes a mark.
func (p *Part) mark() {
	c := p.collector
	p.marks = append(p.marks, mark{p.seq, p.at, c.clock, slices.Clone(c.due), c.seen()})
}

// Due reports whether it is time to keep what was found.
func (p *Part) Due() bool {
	if p.base.Cut > 0 || p.seq <= p.base.Seq {
		return false
	}
	return time.Since(p.kept) >= p.options.Every || p.options.Rows.Pending() >= p.options.Most
}

// Idle reports whether every agent that was heard of has ended.
func (p *Part) Idle() bool { return p.collector.Ended() }

// atCut keeps what somebody else was about to keep.
func (p *Part) atCut() error {
	if p.base.End {
		return p.End()
	}
	return p.Commit()
}

// Commit keeps what was found up to the latest message, unless somebody was about to keep
// more: that is not cut in two.
func (p *Part) Commit() error {
	if p.seq <= p.base.Seq || p.seq < p.base.Cut {
		return nil
	}
	return p.commit(p.base.Seq+1, false)
}

// End closes what is open, since nothing will come, and keeps it.
func (p *Part) End() error {
	if p.seq < p.base.Seq || p.seq < p.base.Cut {
		return errBehind
	}
	if p.seq == p.base.Seq {
		p.joiner.Findings()
	}
	p.options.Rows.At(p.seq, false)
	p.effect(forever)
	p.collector.End()
	return p.commit(p.base.Seq+1, true) // of no message where all are kept: no range that was kept before has that name
}

var errBehind = errors.New("bus: what was kept has not been read again yet")

// commit says what it is about to keep, keeps it, and says that it has.
func (p *Part) commit(first uint64, end bool) error {
	findings := p.joiner.Findings()
	if p.options.Rows.Pending() > 0 || len(findings) > 0 {
		if p.base.Cut != p.seq {
			plan := p.base
			plan.Cut, plan.End = p.seq, end
			if err := p.options.Keep(&plan); err != nil {
				return err
			}
		}
		if err := p.options.Rows.Commit(first, p.seq, findings); err != nil {
			return err
		}
	}
	p.tellLate()
	next := p.next(end)
	if err := p.options.Keep(&next); err != nil {
		return err
	}
	p.base, p.kept = next, time.Now()
	return nil
}

// next is the checkpoint behind the latest message.
func (p *Part) next(end bool) Checkpoint {
	from := p.joiner.Floor(p.seq + 1)
	if end {
		from = p.seq + 1
		p.mark()
	}
	n := len(p.marks) - 1
	for n > 0 && p.marks[n].seq >= from {
		n--
	}
	p.marks = append(p.marks[:0], p.marks[n:]...)
	m := &p.marks[0]
	return Checkpoint{Seq: p.seq, From: m.seq + 1, At: m.at, Clock: m.clock, Due: m.due, Agents: m.agents, Forwarders: p.joiner.Forwarders(forwardersKept)}
}
