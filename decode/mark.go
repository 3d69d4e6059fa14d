package decode

import "sort"

// mark says which frame brought a piece of a stream. Two frames matter: the one
// that carried the bytes, and the one at whose arrival they could be read. They
// differ where a late segment fills a hole before bytes that came earlier.
type mark struct {
	end      int64    // offset in the stream after the piece's last byte
	arrival  uint64   // counts segments, to order frames of several files
	ref      FrameRef // at whose arrival the bytes could be read
	own      FrameRef // that carried them
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
	if last >= 0 && (t.marks[last].arrival == mk.arrival && t.marks[last].own == mk.own || last+1 == maxMarks) {
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
// byte, the frame that carried the first, and all that happened to any.
func (t *trail) span(from, to int64) (last mark, first FrameRef) {
	i, j := t.index(from), t.index(to-1)
	last, first = t.marks[j], t.marks[i].own
	for ; i < j; i++ {
		last.carriage |= t.marks[i].carriage
	}
	return last, first
}
