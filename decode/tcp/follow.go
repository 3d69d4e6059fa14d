package tcp

import (
	"simplecap/decode/stream"
	"simplecap/internal/order"
)

// This file decides which directions of a TCP connection are followed, and tells of what
// happens to those that carry SIP.

// afterData looks at what a connection has turned out to be, and at what it holds.
func (s *Flows) afterData(st *half) {
	f, side := st.flow, st.dir
	d, peer := &f.dirs[st.dir], &f.dirs[1-st.dir]
	held, wait := f.reader.Waiting(side)
	followed := wait != stream.Done && (f.SIP || d.searched <= f.reader.Patience())
	peerDone := false
	if peer.ignored || !followed { // otherwise nobody needs to ask
		_, peerWait := f.reader.Waiting(side.Other())
		if peerDone = peerWait == stream.Done; peer.ignored && !peerDone && peer.searched <= f.reader.Patience() {
			s.again(f, 1-st.dir)
		}
	}
	switch {
	case followed:
		s.settle(st, held, wait)
		s.endAtFIN(f, st.dir)
		s.makeRoom()
	case peerDone:
		s.ignore(f, 1-st.dir)
		fallthrough
	default:
		s.ignore(f, st.dir)
	}
	s.other = d.ignored || !f.SIP && f.Label != 0
}

// ignore leaves a direction alone from now on.
func (s *Flows) ignore(f *Flow, dir stream.Side) {
	f.dirs[dir].ignored = true
	s.release(f, dir)
}

// again looks at a direction that was left alone.
func (s *Flows) again(f *Flow, dir stream.Side) {
	d := &f.dirs[dir]
	s.recalls.forget(d.recall)
	*d = direction{ended: d.ended, next: d.next, searched: d.searched}
}

// Found notes that a side of a flow carries SIP, and looks again at the other one if that
// was left alone. Of a Ghost it tells what was known when the connection ended.
func (s *Flows) Found(f *Flow, side stream.Side) {
	other := side.Other()
	f.SIP = true
	s.countGaps(f)
	if f.doubt != nil {
		s.contradicted(f, *f.doubt)
		f.doubt = nil
	}
	if f.Gone {
		return
	}
	s.rank(f, &s.table.sip)
	if f.dirs[other].ignored {
		s.again(f, other)
	}
}

// rank moves a flow to the end of an order of use.
func (s *Flows) rank(f *Flow, l *order.List[Flow]) {
	f.use.Remove()
	l.Push(&f.use, f)
}

// EventKind says what happened to a TCP connection.
type EventKind uint8

// What can happen to a TCP connection.
const (
	Reset        EventKind = iota + 1 // RST
	Close                             // FIN
	Gap                               // bytes are missing in the capture
	Refused                           // a SYN was answered by an RST
	Silent                            // a SYN was sent again: nobody has answered it
	Opened                            // a SYN that was sent again has its answer
	Contradicted                      // bytes came again and differ from what was read in their place
	Lacking                           // bytes have not come that the other side has acknowledged
	Caught                            // they have come, or are given up as a Gap
	Stuck                             // bytes were sent again that the other side has not acknowledged
	Moved                             // it has acknowledged more
)

// Event is what happened to a connection that carries SIP, or that does not come about.
// It is valid until Flows.Event returns.
type Event struct {
	Kind  EventKind
	Flow  *Flow
	Side  stream.Side  // who sent the RST or FIN, the side with the gap or whose bytes they are, or the one that was to answer the SYN
	Bytes uint64       // size of the gap
	Acked bool         // all bytes that Side sent before an RST or FIN were acknowledged
	At    *stream.Mark // of the segment that says so
	Of    *stream.Mark // of Contradicted: of the bytes that were read
	Since int64        // of Stuck: what was sent from then on is not acknowledged
}

// event tells of something that happened to a connection that carries SIP.
func (s *Flows) event(f *Flow, dir stream.Side, kind EventKind, size uint64, mk *stream.Mark) {
	if s.Event == nil {
		return
	}
	d := &f.dirs[dir]
	acked := kind != Gap && d.started && d.ackSeen && d.acked == uint32(d.next)
	s.Event(&Event{Kind: kind, Flow: f, Side: dir, Bytes: size, Acked: acked, At: mk, Since: d.sentAt})
}
