package decode

import (
	"simplecap/decode/stream"
	"simplecap/internal/order"
)

// This file decides which directions of a TCP connection are followed, and tells of what
// happens to those that carry SIP.

// afterData looks at what a connection has turned out to be, and at what it holds.
func (s *streams) afterData(st *half) {
	f, side := st.flow, stream.Side(st.dir)
	d, peer := &f.dirs[st.dir], &f.dirs[1-st.dir]
	_, wait := f.session.Waiting(side)
	_, peerWait := f.session.Waiting(side.Other())
	if peer.ignored && peerWait != stream.Done && peer.searched <= s.searchBytes(f) {
		s.again(f, 1-st.dir)
	}
	switch {
	case wait != stream.Done && (f.sip || d.searched <= s.searchBytes(f)):
		s.settle(st)
		s.endAtFIN(f, st.dir)
		s.makeRoom()
	case peerWait == stream.Done:
		s.ignore(f, 1-st.dir)
		fallthrough
	default:
		s.ignore(f, st.dir)
	}
	if d.ignored || !f.sip && f.class != ClassOther {
		s.census(f)
	}
}

// searchBytes is how much of a direction is searched for SIP.
func (s *streams) searchBytes(f *flow) int {
	if f.hint || f.ends[0].Port == portSIPS || f.ends[1].Port == portSIPS {
		return 16 * s.d.limits.ProbeBytes
	}
	return s.d.limits.ProbeBytes
}

// ignore leaves a direction alone from now on.
func (s *streams) ignore(f *flow, dir int) {
	f.dirs[dir].ignored = true
	s.release(f, dir)
}

// again looks at a direction that was left alone.
func (s *streams) again(f *flow, dir int) {
	d := &f.dirs[dir]
	*d = direction{ended: d.ended, next: d.next, searched: d.searched}
}

// census counts a segment with data of a flow that is left alone.
func (s *streams) census(f *flow) {
	s.d.stats.Census.add(f.class, min(f.ends[0].Port, f.ends[1].Port))
}

// carriesSIP notes that a flow has SIP in it, and looks again at its other
// direction if that was left alone.
func (s *streams) carriesSIP(f *flow, other int) {
	f.sip = true
	s.countGaps(f)
	s.rank(f, &s.table.sip)
	if f.dirs[other].ignored {
		s.again(f, other)
	}
}

// rank moves a flow to the end of an order of use.
func (s *streams) rank(f *flow, l *order.List[flow]) {
	f.use.Remove()
	l.Push(&f.use, f)
}

// event tells of something that happened to a connection that carries SIP.
func (s *streams) event(f *flow, dir int, kind ConnKind, size uint64, mk *stream.Mark) {
	if s.d.conns == nil {
		return
	}
	d := &f.dirs[dir]
	e := ConnEvent{
		Acked: kind != ConnGap && d.started && d.ackSeen && d.acked == uint32(d.next),
		Kind:  kind, Conn: f.conn, Src: f.ends[dir], Dst: f.ends[1-dir], Bytes: size,
		Time: mk.Time, HasTime: mk.HasTime, Frame: mk.Frame,
	}
	s.d.conns.Connection(&e)
}
