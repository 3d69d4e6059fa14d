package tcp

import (
	"simplecap/decode/stream"
	"simplecap/internal/order"
)

// What is kept for reuse.
const (
	maxSpareStreams = 1024
	spareSegments   = 4 // of one stream, which does not count them
)

// half is what is held of one direction of a connection before its Reader has it:
// segments behind a hole.
type half struct {
	flow *Flow
	dir  stream.Side // which direction of flow
	held holdQueue
	far  *far

	tailMark stream.Mark // of the segment that shows that bytes have not come which were sent last
	cost     int         // bytes counted in Flows.bytes

	wait  order.Place[half] // in Flows.short or long, by when it began to wait, or among the free streams
	since int64             // the capture's clock when it began to wait
	hole  int64             // position of the hole that is waited for, 0 for none
}

// stream returns the stream of a direction, which it makes on first use.
func (s *Flows) stream(f *Flow, dir stream.Side) *half {
	d := &f.dirs[dir]
	if d.stream != nil {
		return d.stream
	}
	st := s.freeStreams.Newest()
	if st != nil {
		st.wait.Remove()
		s.spareStreams--
	} else {
		st = new(half)
	}
	segs := st.held.segs[:0]
	*st = half{flow: f, dir: dir}
	st.held.segs = segs
	d.stream = st
	if f.reader == nil {
		f.reader = s.Open(f)
	}
	f.reader.Begin(dir, !d.syn)
	return st
}

// unfinished reports whether the Reader holds a part of something.
func (st *half) unfinished() bool {
	held, _ := st.flow.reader.Waiting(st.dir)
	return held > 0
}

// release gives up the stream of a direction and what it still holds.
func (s *Flows) release(f *Flow, dir stream.Side) {
	d := &f.dirs[dir]
	st := d.stream
	if st == nil {
		return
	}
	d.stream = nil
	if f.dirs[1-dir].stream == nil {
		f.reader.Close()
		f.reader = nil
	}
	st.wait.Remove()
	s.bytes -= st.cost
	clear(st.held.segs)
	if cap(st.held.segs) > spareSegments {
		st.held.segs = nil
	}
	st.held = holdQueue{segs: st.held.segs[:0]}
	st.flow, st.far = nil, nil
	if s.spareStreams < maxSpareStreams {
		s.freeStreams.Push(&st.wait, st)
		s.spareStreams++
	}
}

// ask is settle with what the Reader says now.
func (s *Flows) ask(st *half) {
	held, wait := st.flow.reader.Waiting(st.dir)
	s.settle(st, held, wait)
}

// settle decides what a stream waits for, whose Reader holds so many bytes and waits for
// something itself, and counts what it holds.
func (s *Flows) settle(st *half, held int, wait stream.Wait) {
	d := &st.flow.dirs[st.dir]
	switch {
	case len(st.held.segs) > 0 || d.tail():
		if st.hole != d.next {
			st.hole = d.next
			s.wait(st, &s.short)
		}
	case wait == stream.ForSilence:
		s.wait(st, &s.short)
	case wait == stream.ForRest, st.far != nil && !st.far.passed:
		s.wait(st, &s.long)
	default:
		st.wait.Remove()
	}
	if len(st.held.segs) == 0 && !d.tail() {
		st.hole = 0
	}
	s.bytes -= st.cost
	st.cost = held + st.held.cost + st.far.cost()
	s.bytes += st.cost
}

// wait puts a stream at the end of a list.
func (s *Flows) wait(st *half, l *order.List[half]) {
	if l.Newest() != st {
		st.wait.Remove()
		l.Push(&st.wait, st)
	}
	st.since = s.clock
}

// Advance moves the capture's clock and ends what has waited for too long.
func (s *Flows) Advance(now int64) {
	if now <= s.clock {
		return
	}
	s.clock = now
	limits := &s.Limits
	for st := s.short.Oldest(); st != nil && st.since < now-int64(limits.GapTime); st = s.short.Oldest() {
		s.expire(st, stream.Silence)
	}
	for st := s.long.Oldest(); st != nil && st.since < now-int64(limits.StallTime); st = s.long.Oldest() {
		s.expire(st, stream.Over)
	}
}

// expire ends what a stream waits for: its first holes, or the rest of a message.
func (s *Flows) expire(st *half, why stream.End) {
	st.wait.Remove()
	if d := &st.flow.dirs[st.dir]; len(st.held.segs) == 0 && !d.tail() {
		st.flow.reader.End(st.dir, why)
		s.settleFar(st, why)
	}
	for len(st.held.segs) > 0 && (why != stream.Silence || st.held.segs[0].mark.Time < s.clock-int64(s.Limits.GapTime)) {
		s.giveUpHole(st)
	}
	if len(st.held.segs) == 0 {
		s.giveUpTail(st)
	}
	st.hole = 0
	s.ask(st)
	s.endAtFIN(st.flow, st.dir)
}

// makeRoom ends waiting, longest first, until Limits.StreamBytes is kept.
func (s *Flows) makeRoom() {
	for s.bytes > s.Limits.StreamBytes {
		st := s.short.Oldest()
		if long := s.long.Oldest(); st == nil || long != nil && long.since < st.since {
			st = long
		}
		if st == nil {
			return
		}
		s.stats.Evicted++
		s.end(st, stream.Missing)
	}
}

// end hands on everything that a stream holds.
func (s *Flows) end(st *half, why stream.End) {
	for len(st.held.segs) > 0 {
		s.giveUpHole(st)
	}
	s.giveUpTail(st)
	st.flow.reader.End(st.dir, why)
	s.settleFar(st, why)
	s.ask(st)
}
