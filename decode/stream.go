package decode

// half is what is held of one direction of a connection: segments behind a
// hole, and what framing needs to go on.
type half struct {
	framer
	held holdQueue
	cost int // bytes counted in streams.bytes

	waits          *waitList // which list it waits in, nil for none
	before, behind *half     // in that list, or behind in the list of free streams
	since          int64     // the capture's clock when it began to wait
	hole           int64     // position of the hole that is waited for, 0 for none
}

// waitList orders streams by when they began to wait.
type waitList struct{ first, last *half }

func (l *waitList) push(st *half) {
	st.waits, st.before, st.behind = l, l.last, nil
	if l.last != nil {
		l.last.behind = st
	} else {
		l.first = st
	}
	l.last = st
}

func (l *waitList) remove(st *half) {
	if st.before != nil {
		st.before.behind = st.behind
	} else {
		l.first = st.behind
	}
	if st.behind != nil {
		st.behind.before = st.before
	} else {
		l.last = st.before
	}
	st.waits, st.before, st.behind = nil, nil, nil
}

// What is kept for reuse, in bytes and pieces.
const (
	maxSpareBuffer  = 64 << 10
	maxSpareBuffers = 64
	maxSpareStreams = 1024
	spareSegments   = 4  // of one stream, which does not count them
	spareMarks      = 4  // likewise
	markCost        = 64 // the size of a mark
	smallestHeld    = 256
)

// stream returns the stream of a direction, which it makes on first use.
func (s *streams) stream(f *flow, dir int) *half {
	d := &f.dirs[dir]
	if d.stream != nil {
		return d.stream
	}
	st := s.freeStreams
	if st != nil {
		s.freeStreams, s.spareStreams = st.behind, s.spareStreams-1
	} else {
		st = new(half)
	}
	marks, segs := st.marks[:0], st.held.segs[:0]
	*st = half{framer: framer{d: s.d, flow: f, dir: dir, unsure: !d.syn}}
	st.marks, st.held.segs = marks, segs
	d.stream = st
	return st
}

// release gives up the stream of a direction and what it still holds.
func (s *streams) release(d *direction) {
	st := d.stream
	if st == nil {
		return
	}
	d.stream = nil
	s.unwait(st)
	s.bytes -= st.cost
	s.giveBuffer(&st.buf)
	if cap(st.marks) > spareMarks {
		st.marks = nil
	}
	clear(st.held.segs)
	if cap(st.held.segs) > spareSegments {
		st.held.segs = nil
	}
	st.held = holdQueue{segs: st.held.segs[:0]}
	st.flow = nil
	if s.spareStreams < maxSpareStreams {
		st.behind, s.freeStreams = s.freeStreams, st
		s.spareStreams++
	}
}

// takeBuffer returns an empty buffer for an unfinished message of which size
// bytes are there. Few are large, so a new one has little room beside them.
func (s *streams) takeBuffer(size int) []byte {
	n := len(s.buffers) - 1
	if n < 0 {
		return make([]byte, 0, max(smallestHeld, size))
	}
	b := s.buffers[n]
	s.buffers = s.buffers[:n]
	return b
}

// giveBuffer takes a buffer back.
func (s *streams) giveBuffer(b *[]byte) {
	if *b != nil && cap(*b) <= maxSpareBuffer && len(s.buffers) < maxSpareBuffers {
		s.buffers = append(s.buffers, (*b)[:0])
	}
	*b = nil
}

// settle decides what a stream waits for now, and counts what it holds.
func (s *streams) settle(st *half) {
	if len(st.buf) == 0 {
		s.giveBuffer(&st.buf)
	}
	d := &st.flow.dirs[st.dir]
	holds, forSilence := st.waiting()
	switch {
	case len(st.held.segs) > 0:
		if st.hole != d.next {
			st.hole = d.next
			s.wait(st, &s.short)
		}
	case forSilence:
		s.wait(st, &s.short)
	case holds:
		s.wait(st, &s.long)
	default:
		s.unwait(st)
	}
	if len(st.held.segs) == 0 {
		st.hole = 0
	}
	st.shrink()
	s.bytes -= st.cost
	st.cost = cap(st.buf) + st.held.cost
	if holds {
		st.cost += markCost * cap(st.marks)
	}
	s.bytes += st.cost
}

// shrink gives back memory of a stream that holds far less than it did.
func (st *half) shrink() {
	if c := cap(st.buf); c > maxSpareBuffer && len(st.buf) < c/4 {
		st.buf = append(make([]byte, 0, 2*len(st.buf)), st.buf...)
	}
	if c := cap(st.marks); c > spareMarks && len(st.marks) < c/4 {
		st.marks = append(make([]mark, 0, 2*len(st.marks)), st.marks...)
	}
}

// wait puts a stream at the end of a list.
func (s *streams) wait(st *half, l *waitList) {
	if st.waits != l || l.last != st {
		s.unwait(st)
		l.push(st)
	}
	st.since = s.clock
}

func (s *streams) unwait(st *half) {
	if st.waits != nil {
		st.waits.remove(st)
	}
}

// advance moves the capture's clock and ends what has waited for too long.
func (s *streams) advance(now int64) {
	if now <= s.clock {
		return
	}
	s.clock = now
	limits := &s.d.limits
	for st := s.short.first; st != nil && st.since < now-int64(limits.GapTime); st = s.short.first {
		s.expire(st, endSilence)
	}
	for st := s.long.first; st != nil && st.since < now-int64(limits.StallTime); st = s.long.first {
		s.expire(st, endStream)
	}
}

// expire ends what a stream waits for: its first holes, or the rest of a message.
func (s *streams) expire(st *half, why ending) {
	s.unwait(st)
	if len(st.held.segs) == 0 {
		st.finish(why)
	}
	for len(st.held.segs) > 0 && (why != endSilence || st.held.segs[0].mark.time < s.clock-int64(s.d.limits.GapTime)) {
		s.giveUpHole(st)
	}
	st.hole = 0
	s.settle(st)
	s.endAtFIN(st.flow, st.dir)
}

// makeRoom ends waiting, longest first, until Limits.StreamBytes is kept.
func (s *streams) makeRoom() {
	for s.bytes > s.d.limits.StreamBytes {
		st := s.short.first
		if long := s.long.first; st == nil || long != nil && long.since < st.since {
			st = long
		}
		if st == nil {
			return
		}
		s.d.stats.Evicted++
		s.end(st, endGap)
	}
}

// end hands on everything that a stream holds.
func (s *streams) end(st *half, why ending) {
	for len(st.held.segs) > 0 {
		s.giveUpHole(st)
	}
	st.finish(why)
	s.settle(st)
}
