package bus

import (
	"fmt"
	"math"
	"time"
)

// forever is beyond every time.
const forever = math.MaxInt64

// Time is the clock of the partition at a message that the bus had at a time, ns since 1970
// UTC: it does not go back. The zero time is for no message.
func (p *Part) Time(at time.Time) int64 {
	if at.IsZero() {
		return p.at
	}
	return max(p.at, at.UnixNano())
}

// Hear takes a message of those that say how far partitions have handed on, and of those
// that were handed on to this one, in the order of the stream. Who goes on from a
// checkpoint begins with those that the bus had a minute before Since.
func (p *Part) Hear(data []byte) {
	b, err := p.collector.decoder.Decode(data)
	if err != nil {
		p.collector.counts.Unread++
		return
	}
	for _, one := range b.Promises {
		p.others.promised(one)
	}
	if b.Handed != nil && b.Partition == p.options.Number {
		p.others.add(b, p.at)
	}
}

// Since is when the bus had the message before the first one to take; zero for the beginning.
func (p *Part) Since() time.Time {
	if p.at == 0 {
		return time.Time{}
	}
	return time.Unix(0, p.at)
}

// Ready reports whether a message may be taken that the bus had at a time: whether all has
// been heard that others hand on before it.
func (p *Part) Ready(at time.Time) bool {
	return !p.collector.moved.hands || p.others.least() > p.Time(at)-int64(Lookahead)
}

// Behind are the partitions because of which such a message is not Ready.
func (p *Part) Behind(at time.Time) []int { return p.others.behind(p.Time(at)) }

// LeftOut reports whether a partition is not waited for, since others did for long enough.
func (p *Part) LeftOut(number int) bool { return p.others.leftOut(number) }

// Heard is how many batches wait that others have handed on.
func (p *Part) Heard() int { return len(p.others.waiting) }

// effect takes what others have handed on up to a time.
func (p *Part) effect(until int64) {
	for b := p.others.next(until); b != nil; b = p.others.next(until) {
		p.collector.handedOn(b)
	}
}

// hand puts legs on the bus that belong to other partitions, because of the message at
// hand. Put there again by one who goes on, they are the same.
func (p *Part) hand(at int64) error {
	out := p.collector.moved.out
	p.collector.moved.out = out[:0]
	for i, b := range out {
		p.handed++
		b.Handed = &Handed{From: p.options.Number, Seq: p.seq, Count: p.handed, At: at + int64(Lookahead)}
		data, err := EncodeBatch(b)
		if err != nil {
			return err
		}
		if err := p.options.Hand(Message{Partition: b.Partition, ID: fmt.Sprintf("hand-%d-%d-%d", p.options.Number, p.seq, p.handed), Data: data}); err != nil {
			return err
		}
		out[i] = nil
	}
	return nil
}

// Round reports how often all other partitions have handed on all that had come, since every
// agent has ended. Where that was more than MostRounds times, nothing comes any more.
func (p *Part) Round() int { return p.others.round() }

// MostRounds is how often what was handed on may be handed on.
const MostRounds = mostRounds

// Drain takes what others have handed on so far, since no message comes any more, and hands
// on what belongs elsewhere.
func (p *Part) Drain() error {
	p.options.Rows.At(p.seq, p.seq <= p.base.Seq)
	p.effect(forever)
	return p.hand(p.at)
}

// tellLate says how much was handed on when it was not waited for any more.
func (p *Part) tellLate() {
	if n := p.others.late - p.late; n > 0 && p.options.Notify != nil {
		p.options.Notify(fmt.Sprintf("partition %d: %d legs that other partitions handed on came when those were not waited for any more: some are in rows of their own", p.options.Number, n))
	}
	p.late = p.others.late
}
