package websocket

import "simplecap/decode/stream"

// This file has what becomes of a message whose rest does not come: the connection or the
// capture ends inside its frame, or bytes are missing there.

// gap notes that n bytes are missing here, 0 where it is not known how many. Where the
// hole lies inside a frame whose length is known, the next frame is known too.
func (s *side) gap(n uint64) {
	if s.state == stateHTTP {
		s.Clear()
		return
	}
	had := s.skip
	if had == 0 {
		had = s.missing()
	}
	s.handOnRest(stream.Cut)
	s.lose()
	if s.skip = 0; n > 0 && had >= n {
		s.skip = had - n
		return
	}
	s.state = stateJoin
}

// lose forgets the message at hand and what later ones may refer to.
func (s *side) lose() {
	s.conn.lost(min(s.parts, 1))
	s.reset()
	s.forgetWindow()
}

// missing returns how many bytes the frame lacks of which a part is kept; 0 where that
// is not known.
func (s *side) missing() uint64 {
	kept := s.Kept()
	f, known, valid := readFrame(kept)
	if !known || !valid || len(kept) == 0 {
		return 0
	}
	return uint64(f.header) + f.length - uint64(len(kept))
}

// end hands on what is held when nothing more comes, and why says what ended.
func (s *side) end(why stream.End) {
	if s.state == stateHTTP {
		s.Clear()
		return
	}
	how := stream.Cut
	if why == stream.Over {
		how = stream.ShortFrame
	}
	s.handOnRest(how)
	s.lose()
	s.skip, s.state = 0, stateJoin
}

// handOnRest hands on what has come of the message that is not whole, with how said of it,
// and keeps nothing. A compressed one cannot be read without its rest, and is counted as lost.
func (s *side) handOnRest(how stream.Carriage) {
	kept := s.Kept()
	f, known, valid := readFrame(kept)
	if len(kept) > 0 && known && valid && f.opcode < opControl {
		f.fin = false
		at := s.Mark(len(kept))
		s.data(&f, kept[f.header:], &at)
	}
	if s.parts > 0 && !s.broken && !s.compressed && len(s.message) > 0 {
		at, refs := s.marks.Span(0, s.marks.Given(), nil)
		at.Also = refs[:len(refs)-1]
		at.Carriage |= how
		s.unit(s.message, &at)
		s.reset()
	}
	s.Clear()
}
