package decode

import (
	"math/bits"

	"simplecap/decode/packet"
	"simplecap/decode/sip"
	"simplecap/decode/stream"
	"simplecap/decode/websocket"
)

// protocol is a row of the probe table: how datagrams and streams that carry it are
// recognised by their first bytes, and who reads them. What has no reader is counted in
// the census and left alone: it must never be searched for SIP, because a WebSocket has
// SIP in its frames, HTTP has it in pages, and their framing is not that of SIP.
type protocol struct {
	name  string
	class Class             // what the census counts it as
	first func(c byte) bool // whether it may begin with c; nil for any byte

	// Of datagrams. Both may be nil.
	read     func(d *Decoder, w *packet.Walk, b []byte) bool // reads b; false where it is something else
	datagram func(b []byte, src, dst uint16) bool            // whether b is one, of which nothing is read

	// Of streams. All may be nil.
	stream func(b []byte, unsure bool) stream.Match // whether a side that begins with b carries it; unsure where it may begin in the middle
	joins  func(b []byte) bool                      // whether b shows it where a stream is joined in the middle
	open   func(s *session) stream.Conn             // who reads it
}

// protocols returns the probe table. Of the rows that recognise the same bytes the
// first counts.
func protocols() []protocol {
	return []protocol{
		{name: "HEP", class: ClassHEP, first: hepFirst, read: readHEP, stream: hepBegins, joins: hepJoins, open: openHEP},
		{name: "SIP", first: sip.First, read: readSIP, stream: sip.Begins, open: openSIP},
		{name: "DNS", class: ClassDNS, datagram: isDNS},
		{name: "RTCP", class: ClassRTCP, first: rtpFirst, datagram: isRTCP},
		{name: "RTP", class: ClassRTP, first: rtpFirst, datagram: isRTP},
		{name: "SigComp", class: ClassSigComp, first: sigCompFirst, datagram: isSigComp},
		{name: "STUN", class: ClassSTUN, first: stunFirst, datagram: isSTUN},
		{name: "DTLS", class: ClassDTLS, first: tlsFirst, datagram: isDTLS},
		{name: "TLS", class: ClassTLS, first: tlsFirst, datagram: isTLS, stream: tlsBegins, open: openTLS},
		{name: "keep-alive", class: ClassKeepAlive, first: keepAliveFirst, datagram: isKeepAlive},
		{name: "MSRP", class: ClassMSRP, first: msrpFirst, datagram: isMSRP, stream: msrpBegins, joins: msrpJoins, open: openMSRP},
		{name: "HTTP", class: ClassHTTP, first: tokenFirst, datagram: isHTTP, stream: httpBegins, open: openHTTP},
		{name: "WebSocket", class: ClassWebSocket, joins: websocket.Looks, open: openWebSocket},
		{name: "HEP that cannot be read", class: ClassHEP, first: hepFirst, datagram: isHEP},
		{name: "SIP that cannot be read", class: ClassSIPOther, first: sip.First, read: readUnreadable},
	}
}

// probes is the probe table with what makes it fast: which rows may begin with a byte.
type probes struct {
	rows    []protocol
	byFirst [256]uint32 // a bit for each row
	joining uint32      // the rows that can be joined in the middle
}

func (t *probes) init() {
	t.rows = protocols()
	for i := range t.rows {
		row := &t.rows[i]
		for c := range t.byFirst {
			if row.first == nil || row.first(byte(c)) {
				t.byFirst[c] |= 1 << i
			}
		}
		if row.joins != nil {
			t.joining |= 1 << i
		}
	}
}

// row takes the next row out of a set of them.
func (t *probes) row(set *uint32) *protocol {
	i := bits.TrailingZeros32(*set)
	*set &= *set - 1
	return &t.rows[i]
}

// datagram reads the payload of a datagram, or counts it as what it is.
func (t *probes) datagram(d *Decoder, w *packet.Walk, b []byte) {
	if len(b) == 0 {
		d.census(w, ClassEmpty)
		return
	}
	for set := t.byFirst[b[0]]; set != 0; {
		row := t.row(&set)
		if row.read != nil && row.read(d, w, b) {
			return
		}
		if row.datagram != nil && row.datagram(b, w.Src.Port, w.Dst.Port) {
			d.census(w, row.class)
			return
		}
	}
	d.census(w, ClassOther)
}

// stream returns the protocol of a stream whose side begins with b, which is not empty.
// It answers stream.Maybe where more bytes are needed.
func (t *probes) stream(b []byte, unsure bool) (*protocol, stream.Match) {
	match := stream.No
	for set := t.byFirst[b[0]]; set != 0; {
		row := t.row(&set)
		if row.stream == nil {
			continue
		}
		switch row.stream(b, unsure) {
		case stream.Yes:
			return row, stream.Yes
		case stream.Maybe:
			match = stream.Maybe
		}
	}
	return nil, match
}

// joins returns the protocol that a stream shows in b, where it is joined in the middle.
func (t *probes) joins(b []byte) *protocol {
	for set := t.joining; set != 0; {
		if row := t.row(&set); row.joins(b) {
			return row
		}
	}
	return nil
}
