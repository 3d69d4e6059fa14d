package capture

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// A file from several interfaces is not in order of time: each has a buffer of its own in
// the kernel, which is emptied now and then. So the frames of one that shows disorder, or a
// second interface, are held for a while and sorted. The beginning of every file is, because
// the first frame that is late would come too late; the others are handed out where they lie.
const (
	sortedHead = 64 << 10    // captured bytes at the beginning of a file that are sorted
	sortedTime = time.Second // how late a frame may be that finds its place
	sortChunk  = 32 << 10    // memory for several frames
)

// sorter sorts frames by time, those of one time in the order in which they came. Frames
// that are later than sortedTime, and those without a time, keep their place.
type sorter struct {
	limit  int // bytes that held may take
	held   lateFrames
	ready  []Frame // that are in order, behind which nothing finds a place
	bytes  int     // of the chunks that the data of held is in
	latest int64   // largest time that has come since the order was broken last
	chunk  *sortedChunk
	err    error // why no more frames come
}

// sortedChunk is memory for the data of several frames. All of it stays for as long as one of
// them is held.
type sortedChunk struct {
	data []byte
	held int // frames
}

// lateFrame is a frame that is held.
type lateFrame struct {
	Frame
	chunk *sortedChunk
}

// lateFrames is a heap of frames by time.
type lateFrames []lateFrame

func (l lateFrames) Len() int           { return len(l) }
func (l lateFrames) Less(i, j int) bool { return compareFrames(&l[i].Frame, &l[j].Frame) < 0 }
func (l lateFrames) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *lateFrames) Push(f any)        { *l = append(*l, f.(lateFrame)) }
func (l *lateFrames) Pop() any {
	last := len(*l) - 1
	f := (*l)[last]
	(*l)[last] = lateFrame{}
	*l = (*l)[:last]
	return f
}

func compareFrames(a, b *Frame) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Number, b.Number))
}

// add takes a copy of a frame; sort says whether it may find a place before others.
func (s *sorter) add(f *Frame, sort bool) {
	one := *f
	one.Data = s.keep(f.Data)
	if !sort || !f.HasTime {
		s.release()
		s.ready = append(s.ready, one)
		if f.HasTime {
			s.latest = max(s.latest, f.Time)
		}
		return
	}
	if f.Time < s.latest-int64(sortedTime) {
		s.release()
		s.latest = f.Time
	}
	s.hold(one)
	s.latest = max(s.latest, f.Time)
	for len(s.held) > 0 && (s.held[0].Time < s.latest-int64(sortedTime) || s.bytes+len(s.held)*frameBytes > s.limit) {
		s.next()
	}
}

// frameBytes is about what a frame takes beside its data.
const frameBytes = 128

// hold holds a frame whose data is in the chunk at hand.
func (s *sorter) hold(f Frame) {
	if s.chunk.held == 0 {
		s.bytes += cap(s.chunk.data)
	}
	s.chunk.held++
	heap.Push(&s.held, lateFrame{f, s.chunk})
}

// keep returns a copy of a frame's data.
func (s *sorter) keep(data []byte) []byte {
	if s.chunk == nil || len(data) > cap(s.chunk.data)-len(s.chunk.data) {
		s.chunk = &sortedChunk{data: make([]byte, 0, max(sortChunk, len(data)))}
	}
	b := append(s.chunk.data, data...)
	start := len(s.chunk.data)
	s.chunk.data = b
	return b[start:len(b):len(b)]
}

// next makes the earliest frame ready.
func (s *sorter) next() {
	f := heap.Pop(&s.held).(lateFrame)
	if f.chunk.held--; f.chunk.held == 0 {
		s.bytes -= cap(f.chunk.data)
	}
	s.ready = append(s.ready, f.Frame)
}

// release makes all frames ready.
func (s *sorter) release() {
	for len(s.held) > 0 {
		s.next()
	}
}

// take hands out frames that are ready. Their data is valid as long as somebody has it.
func (s *sorter) take(frames []Frame) int {
	n := copy(frames, s.ready)
	s.ready = slices.Delete(s.ready, 0, n)
	return n
}
