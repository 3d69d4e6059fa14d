package tcp

import "simplecap/decode/stream"

// early takes what comes of bytes before the first that was seen of a direction: its
// beginning was captured in another order, or not at all. Behind a SYN there are none.
func (s *Flows) early(f *Flow, dir stream.Side, pos int64, payload []byte) {
	d := &f.dirs[dir]
	left := d.begin - pos
	n := min(left, int64(len(payload)))
	if n <= 1 { // one keeps an idle connection alive, see keepAlive
		return
	}
	d.begin = pos
	if left > n {
		s.countGap(f, dir, uint64(left-n), &s.mark)
	}
	end := uint32(pos + n)
	r := f.reader
	if r == nil { // the connection is over
		r = s.Open(f)
		defer r.Close()
	}
	if !r.Early(dir, payload[:n], &s.mark, end) {
		s.countGap(f, dir, uint64(n), &s.mark)
	}
}
