package decode

import "bytes"

// afterData looks at what a stream has turned out to be, and at what it holds.
func (s *streams) afterData(st *half) {
	f, d := st.flow, &st.flow.dirs[st.dir]
	switch {
	case st.phase == phaseOther && f.class != ClassOther:
		s.ignore(&f.dirs[0])
		s.ignore(&f.dirs[1])
	case st.phase == phaseOther || !f.sip && d.searched > s.searchBytes(f):
		s.ignore(d)
	default:
		s.settle(st)
		s.endAtFIN(f, st.dir)
		s.makeRoom()
	}
	if d.ignored {
		s.census(f)
	}
}

// searchBytes is how much of a direction is searched for SIP.
func (s *streams) searchBytes(f *flow) int {
	if f.hint {
		return 16 * s.d.limits.ProbeBytes
	}
	return s.d.limits.ProbeBytes
}

// ignore leaves a direction alone from now on.
func (s *streams) ignore(d *direction) {
	d.ignored = true
	s.release(d)
}

// census counts a segment with data of a flow that is left alone.
func (s *streams) census(f *flow) {
	s.d.stats.Census.add(f.class, min(f.ends[0].Port, f.ends[1].Port))
}

// foreign decides what to do with a stream that begins with b and not with a
// start line: search it for one (true), or leave it alone. A stream whose
// beginning was captured does not become SIP later, unless its port says so.
func (s *streams) foreign(fr *framer, b []byte) bool {
	f := fr.flow
	if f.sip {
		return true
	}
	f.class = tcpClass(b)
	return f.class == ClassOther && (fr.unsure || f.hint)
}

// tcpClass tells what a stream carries by its first bytes. What it tells apart
// must never be searched: a WebSocket has SIP in its frames, HTTP has it in
// pages, and their framing is not that of SIP.
func tcpClass(b []byte) Class {
	switch {
	case len(b) >= 3 && b[0] >= 0x14 && b[0] <= 0x17 && b[1] == 3 && b[2] <= 4:
		return ClassTLS
	case bytes.HasPrefix(b, []byte("HEP3")):
		return ClassHEP
	case bytes.HasPrefix(b, []byte("MSRP ")):
		return ClassMSRP
	case isWebSocketFrame(b):
		return ClassWebSocket
	case isHTTP(b):
		return ClassHTTP
	}
	return ClassOther
}

// isHTTP reports whether b begins with a request or status line of HTTP.
func isHTTP(b []byte) bool {
	line, _ := cutLine(b)
	if bytes.HasPrefix(line, []byte("HTTP/")) {
		return true
	}
	i := bytes.LastIndexByte(line, ' ')
	return i > 0 && bytes.HasPrefix(line[i+1:], []byte("HTTP/"))
}

// isWebSocketFrame reports whether b is one unmasked or masked WebSocket frame
// with text or binary data, from its first byte to its last (RFC 6455 5.2).
func isWebSocketFrame(b []byte) bool {
	if len(b) < 2 || b[0] != 0x81 && b[0] != 0x82 {
		return false
	}
	size, header := int(b[1]&0x7f), 2
	if size == 126 && len(b) >= 4 {
		size, header = int(b[2])<<8|int(b[3]), 4
	}
	if b[1]&0x80 != 0 {
		header += 4
	}
	return size < 1<<16 && header+size == len(b)
}

// emit hands a message on that a framer has read.
func (s *streams) emit(fr *framer, m *Message, last mark, parts []FrameRef) {
	f := fr.flow
	if !f.sip {
		s.carriesSIP(f, 1-fr.dir)
	}
	m.Transport, m.Conn, m.First = TCP, f.conn, parts[0]
	if f.midStream {
		m.Carriage |= MidStream
	}
	s.packet = packet{
		ref: last.ref, time: last.time, hasTime: last.hasTime, ipID: last.ipID, carriage: last.carriage,
		src: f.ends[fr.dir], dst: f.ends[1-fr.dir], parts: parts,
	}
	s.d.emit(&s.packet, m)
}

// carriesSIP notes that a flow has SIP in it, and looks again at its other
// direction if that was left alone.
func (s *streams) carriesSIP(f *flow, other int) {
	f.sip = true
	s.countGaps(f)
	s.rank(f, &s.table.sip)
	if d := &f.dirs[other]; d.ignored {
		*d = direction{ended: d.ended, next: d.next}
	}
}

// rank moves a flow to another order of use.
func (s *streams) rank(f *flow, l *useList) {
	f.list.remove(f)
	l.push(f)
}

// event tells of something that happened to a connection that carries SIP.
func (s *streams) event(f *flow, dir int, kind ConnKind, size uint64, mk *mark) {
	e := ConnEvent{
		Kind: kind, Conn: f.conn, Src: f.ends[dir], Dst: f.ends[1-dir], Bytes: size,
		Time: mk.time, HasTime: mk.hasTime, Frame: mk.ref,
	}
	s.d.handler.Connection(&e)
}
