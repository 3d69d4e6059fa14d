package tcp

import (
	"simplecap/decode/packet"
	"simplecap/decode/stream"
	"simplecap/internal/order"
)

// Flow is one TCP connection, as far as it was captured. It belongs to its Flows, which
// use it for another connection when it is over.
type Flow struct {
	Ends [2]packet.Endpoint // by stream.Side: Ends[0] sent the first segment that was seen
	dirs [2]direction

	Number    uint64 // of the connection in this run, from 1
	Label     uint8  // what its owner says that it carries, 0 when it begins and where nobody knows
	Hint      bool   // one of its ports is known for SIP
	SIP       bool   // it has carried SIP; Flows.Found sets it
	MidStream bool   // it began before the capture
	Gone      bool   // it is a Ghost

	gaps, gapBytes uint64 // holes that are not in Stats, because SIP was not found yet

	doubt *doubt // the first one, while SIP was not found yet

	offer offer // of the next connection, perhaps

	reader Reader // nil where neither direction is followed

	hash    uint64
	next    *Flow             // in its chain of the table, or in the list of free flows
	use     order.Place[Flow] // in the order of use, flowTable.sip or other
	last    int64             // the capture's clock at the last segment
	opened  int64             // and at the first one
	touched uint64            // which segment moved it last in the order of use
}

// direction is one half of a connection.
type direction struct {
	next     int64  // position of the byte that comes next; its low 32 bits are the sequence number
	begin    int64  // position of the first byte that was seen, where it may not be the first that was sent; 0 else
	cutAt    int64  // position at which the snapshot length cut the stream, 0 for none
	cutEnd   int64  // and up to which it is missing therefore
	fin      int64  // position of the FIN
	sentAt   int64  // when the first byte was sent that the other side has not acknowledged, or a later time; 0 where that is not known
	owed     int64  // position up to which the other side has acknowledged bytes that have not come, 0 for none
	isn      uint32 // sequence number of the SYN
	acked    uint32 // what the other side has acknowledged last
	searched int    // bytes looked at without finding SIP
	started  bool   // next is known
	syn      bool   // the SYN was seen
	ackSeen  bool   // acked is known
	finSeen  bool
	ended    bool // FIN or RST has been reached
	repeated bool // the SYN was sent again before it had an answer
	ignored  bool // no SIP here
	stuck    bool // what was sent at sentAt has been sent again

	stream *half   // what is held of it; nil where nothing is followed
	recall *recall // what has been read of it last; nil where nothing is kept
}

// tail reports whether bytes have not come that were sent last: before the FIN, or before
// what the other side has acknowledged.
func (d *direction) tail() bool { return !d.ended && d.wanted() < d.last() }

// last is where the bytes end that are known to have been sent.
func (d *direction) last() int64 {
	if d.finSeen {
		return d.fin
	}
	return d.owed
}

// LeftAlone reports whether nothing of what a side sends is read.
func (f *Flow) LeftAlone(side stream.Side) bool { return f.dirs[side].ignored }

// Next is the sequence number of the byte that a side sends next, behind what its Reader
// has been given.
func (f *Flow) Next(side stream.Side) uint32 { return uint32(f.dirs[side].next) }

// Ghost returns a copy for a Reader that goes on when the connection is over, which
// belongs to no Flows: the Flow itself will be that of another connection.
func (f *Flow) Ghost() *Flow {
	ghost := *f
	ghost.reader, ghost.next, ghost.use = nil, nil, order.Place[Flow]{}
	ghost.dirs[0].recall, ghost.dirs[1].recall = nil, nil
	ghost.Gone = true
	return &ghost
}
