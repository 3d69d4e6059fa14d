package decode

import "sort"

// mark says which frame carried a piece of a stream. A message has the frame and
// time of the piece that holds its last byte, also where a segment before it came
// later: that is the frame in which a reader finds its end.
type mark struct {
	end      int64    // offset in the stream after the piece's last byte
	ref      FrameRef // that carried the bytes
	time     int64    // of ref
	ipID     uint32
	carriage Carriage
	hasTime  bool
}

// maxMarks bounds the marks of one message. Beyond it the last mark stands for
// all further frames, so that one byte a segment does not fill the memory.
const maxMarks = 4096

// trail is the marks of the bytes that a framer has been given and still needs.
type trail struct {
	marks []mark
	end   int64 // bytes given so far
}

// add notes that the next n bytes came as mk says.
func (t *trail) add(n int, mk mark) {
	t.end += int64(n)
	mk.end = t.end
	last := len(t.marks) - 1
	if last >= 0 && (t.marks[last].ref == mk.ref || last+1 == maxMarks) {
		t.marks[last] = mk
		return
	}
	t.marks = append(t.marks, mk)
}

// index returns which mark covers the byte at offset pos.
func (t *trail) index(pos int64) int {
	if len(t.marks) == 1 {
		return 0
	}
	i := sort.Search(len(t.marks), func(i int) bool { return t.marks[i].end > pos })
	return min(i, len(t.marks)-1)
}

// drop forgets what is known of the bytes before offset pos.
func (t *trail) drop(pos int64) {
	n := 0
	for n < len(t.marks) && t.marks[n].end <= pos {
		n++
	}
	if n > 0 {
		t.marks = t.marks[:copy(t.marks, t.marks[n:])]
	}
}

// span describes the bytes from one offset up to another: the mark of the last
// byte, which has all that happened to any, and the frames that carried them,
// appended to parts.
func (t *trail) span(from, to int64, parts []FrameRef) (last mark, _ []FrameRef) {
	i, j := t.index(from), t.index(to-1)
	last = t.marks[j]
	for ; i <= j; i++ {
		last.carriage |= t.marks[i].carriage
		parts = append(parts, t.marks[i].ref)
	}
	return last, parts
}
