package stream

import (
	"sort"

	"simplecap/capture"
)

// Carriage says what happened to bytes on their way to the capture.
type Carriage uint16

// The ways bytes may have come.
const (
	Fragmented    Carriage = 1 << iota // in IP fragments
	Cut                                // their end is not in the capture, or over a limit
	AfterGap                           // their connection has a hole before them
	MidStream                          // their connection began before the capture
	Tunneled                           // inside a tunnel
	IPsec                              // in ESP or AH
	TextFrame                          // in a WebSocket frame that says that it holds UTF-8 (RFC 6455 5.6)
	NoSubprotocol                      // their sender did not name the subprotocol sip when the WebSocket began (RFC 7118 4)
	Contradicted                       // other bytes came in the place of some of them; these came first
	ShortFrame                         // their connection ended inside their WebSocket frame, which announces more
	WrongMask                          // in a WebSocket frame that the receiver must not accept: a client's without a mask, or a server's with one (RFC 6455 5.1)
)

// Mark says which frame carried bytes. Where several did, it is the one that holds
// the last of them: in that frame a reader of the capture finds their end, also where
// one before it came later.
type Mark struct {
	Frame    capture.Ref
	Time     int64 // of Frame, in nanoseconds since 1970 UTC
	IPID     uint32
	Carriage Carriage // what happened to any of them
	HasTime  bool
	Also     []capture.Ref // the other frames that hold the bytes, in their order; valid as long as the bytes
}

// piece is the mark of a part of what a Trail covers.
type piece struct {
	end      int64 // offset after its last byte
	frame    capture.Ref
	time     int64
	ipID     uint32
	carriage Carriage
	hasTime  bool
	also     bool // it has no bytes: its frame holds some of those of the next piece
}

// maxPieces bounds the marks of one unit. Beyond it the last mark stands for all
// further frames, so that one byte a segment does not fill the memory.
const maxPieces = 4096

const (
	pieceBytes  = 32 // the size of a piece
	sparePieces = 4  // that are kept for the next unit, and not counted
)

// Trail is the marks of the bytes that a reader has been given and still needs.
type Trail struct {
	pieces []piece
	end    int64 // bytes given so far
}

// Reset forgets everything and keeps the memory, unless it is much.
func (t *Trail) Reset() {
	pieces := t.pieces[:0]
	if cap(pieces) > sparePieces {
		pieces = nil
	}
	*t = Trail{pieces: pieces}
}

// Given returns how many bytes have been noted so far.
func (t *Trail) Given() int64 { return t.end }

// Held returns the memory of the marks in bytes.
func (t *Trail) Held() int { return pieceBytes * cap(t.pieces) }

// Add notes that the next n bytes came as at says.
func (t *Trail) Add(n int, at *Mark) {
	for _, ref := range at.Also {
		if len(t.pieces) < maxPieces-1 {
			t.pieces = append(t.pieces, piece{end: t.end, frame: ref, also: true})
		}
	}
	t.end += int64(n)
	last, before := len(t.pieces)-1, Carriage(0)
	if last >= 0 && !t.pieces[last].also && (t.pieces[last].frame == at.Frame || last+1 == maxPieces) {
		before = t.pieces[last].carriage
	} else {
		t.pieces = append(t.pieces, piece{})
		last++
	}
	p := &t.pieces[last]
	p.end, p.frame, p.time, p.ipID = t.end, at.Frame, at.Time, at.IPID
	p.carriage, p.hasTime, p.also = at.Carriage|before, at.HasTime, false
}

// index returns which piece covers the byte at offset pos.
func (t *Trail) index(pos int64) int {
	if len(t.pieces) == 1 {
		return 0
	}
	i := sort.Search(len(t.pieces), func(i int) bool { return t.pieces[i].end > pos })
	return min(i, len(t.pieces)-1)
}

// withAlso goes back from a piece to the first of those that belong to it.
func (t *Trail) withAlso(i int) int {
	for i > 0 && t.pieces[i-1].also {
		i--
	}
	return i
}

// Drop forgets what is known of the bytes before offset pos.
func (t *Trail) Drop(pos int64) {
	n := 0
	for n < len(t.pieces) && t.pieces[n].end <= pos {
		n++
	}
	if n = t.withAlso(n); n > 0 {
		t.pieces = t.pieces[:copy(t.pieces, t.pieces[n:])]
	}
	if c := cap(t.pieces); c > 16*sparePieces && len(t.pieces) < c/4 {
		t.pieces = append(make([]piece, 0, 2*len(t.pieces)), t.pieces...)
	}
}

// Span describes the bytes from one offset up to another: the mark of the last byte,
// which has all that happened to any and no Also, and the frames that carried them,
// appended to parts.
func (t *Trail) Span(from, to int64, parts []capture.Ref) (last Mark, _ []capture.Ref) {
	i, j := t.withAlso(t.index(from)), t.index(to-1)
	p := &t.pieces[j]
	last = Mark{Frame: p.frame, Time: p.time, IPID: p.ipID, Carriage: p.carriage, HasTime: p.hasTime}
	for ; i <= j; i++ {
		last.Carriage |= t.pieces[i].carriage
		parts = append(parts, t.pieces[i].frame)
	}
	return last, parts
}

// Piece returns the mark of the byte at offset pos and up to where it holds. What Also
// holds is appended to also, as far as it is of that piece.
func (t *Trail) Piece(pos int64, also []capture.Ref) (at Mark, end int64) {
	j := t.index(pos)
	for i := t.withAlso(j); i < j; i++ {
		also = append(also, t.pieces[i].frame)
	}
	p := &t.pieces[j]
	return Mark{Frame: p.frame, Time: p.time, IPID: p.ipID, Carriage: p.carriage, HasTime: p.hasTime, Also: also}, p.end
}
