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
	bytes  int     // captured bytes in held
	latest int64   // largest time that has come since the order was broken last
	chunk  []byte
	err    error // why no more frames come
}

// lateFrames is a heap of frames by time.
type lateFrames []Frame

func (l lateFrames) Len() int           { return len(l) }
func (l lateFrames) Less(i, j int) bool { return compareFrames(l[i], l[j]) < 0 }
func (l lateFrames) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *lateFrames) Push(f any)        { *l = append(*l, f.(Frame)) }
func (l *lateFrames) Pop() any {
	last := len(*l) - 1
	f := (*l)[last]
	(*l)[last] = Frame{}
	*l = (*l)[:last]
	return f
}

func compareFrames(a, b Frame) int {
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
	heap.Push(&s.held, one)
	s.bytes += len(one.Data)
	s.latest = max(s.latest, f.Time)
	for len(s.held) > 0 && (s.held[0].Time < s.latest-int64(sortedTime) || s.bytes+len(s.held)*frameBytes > s.limit) {
		s.next()
	}
}

// frameBytes is about what a frame takes beside its data.
const frameBytes = 128

// keep returns a copy of a frame's data.
func (s *sorter) keep(data []byte) []byte {
	if len(data) > cap(s.chunk)-len(s.chunk) {
		s.chunk = make([]byte, 0, max(sortChunk, len(data)))
	}
	start := len(s.chunk)
	s.chunk = append(s.chunk, data...)
	return s.chunk[start:len(s.chunk):len(s.chunk)]
}

// next makes the earliest frame ready.
func (s *sorter) next() {
	f := heap.Pop(&s.held).(Frame)
	s.bytes -= len(f.Data)
	s.ready = append(s.ready, f)
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
