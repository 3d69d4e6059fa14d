package bus

import (
	"context"
	"io"
	"slices"
)

// Reader takes messages out of a spool, the oldest first. Several may be on their way to
// the bus at once: Taken says in any order which ones have arrived.
type Reader struct {
	spool   *Spool
	segment *segment
	at      int64
	read    int
	put     *Sending // put back
}

// Taken is called when the bus has a message for good.
type Taken func()

// NewReader returns a Reader of what is in the spool.
func (s *Spool) NewReader() *Reader { return &Reader{spool: s} }

// Next waits for the next message. It returns io.EOF at the end of a closed spool.
func (r *Reader) Next(ctx context.Context) (Message, Taken, error) {
	for {
		m, taken, ok := r.try()
		if ok {
			return m, taken, nil
		}
		select {
		case <-ctx.Done():
			return m, nil, ctx.Err()
		case _, open := <-r.spool.grown:
			if open {
				continue
			}
			if m, taken, ok := r.try(); ok {
				return m, taken, nil
			}
			return m, nil, io.EOF
		}
	}
}

// Sending is a message on its way: Taken is called when the bus has it.
type Sending struct {
	Message
	Taken
}

// Window waits for a message and returns it with those behind it that are there, at most
// n: none behind a heartbeat, which must not overtake what comes before it.
func (r *Reader) Window(ctx context.Context, n int) (all []Sending, err error) {
	m, taken, err := r.Next(ctx)
	if err != nil {
		return nil, err
	}
	all = append(all, Sending{m, taken})
	for len(all) < n && all[0].Partition != Heartbeats {
		m, taken, ok := r.try()
		if !ok {
			break
		}
		if m.Partition == Heartbeats {
			r.put = &Sending{m, taken} // it comes by itself
			break
		}
		all = append(all, Sending{m, taken})
	}
	return all, nil
}

// try returns the next message if there is one.
func (r *Reader) try() (Message, Taken, bool) {
	if one := r.put; one != nil {
		r.put = nil
		return one.Message, one.Taken, true
	}
	s := r.spool
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for {
		if !r.find() {
			return Message{}, nil, false
		}
		g := r.segment
		if r.at >= g.size {
			return Message{}, nil, false
		}
		m, next, err := g.read(r.at)
		if err != nil { // the rest of the segment cannot be read
			s.dropped.Add(uint64(max(0, g.records-r.read)))
			r.at = g.size
			continue
		}
		r.at = next
		r.read++
		m.Data = append([]byte(nil), m.Data...)
		return m, func() { s.taken(g) }, true
	}
}

// find goes to the segment that has more to read, and reports whether there is one.
func (r *Reader) find() bool {
	for _, g := range r.spool.segments {
		switch {
		case r.segment == nil || g.number > r.segment.number:
			r.segment, r.at, r.read = g, 0, 0
			if g.size > 0 {
				return true
			}
		case g == r.segment && r.at < g.size:
			return true
		}
	}
	return r.segment != nil && r.at < r.segment.size
}

// taken counts a message that has arrived, and removes a segment that is of no use.
func (s *Spool) taken(g *segment) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	g.taken++
	if last := len(s.segments) - 1; g.taken >= g.records && last >= 0 && slices.Contains(s.segments[:last], g) { // the last one grows
		s.remove(g)
	}
}
