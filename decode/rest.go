package decode

import (
	"simplecap/capture"
	"simplecap/decode/packet"
	"simplecap/decode/sip"
	"simplecap/decode/stream"
)

// This file finds the rest of messages whose Content-Length is wrong, where no message
// comes behind it that could tell: the last bytes of a connection, and over UDP a
// datagram of its own.

// RestHandler is implemented by a Handler that wants the bytes that belong to no message
// and are the rest of one.
type RestHandler interface {
	Rest(r *Rest) // valid until it returns
}

// Rest is what came behind a message and belongs to none, because the message's
// Content-Length is less than its body, or because its sender cut it into datagrams
// (RFC 3261 18.3).
type Rest struct {
	Of            capture.Ref // the message, as Message.Frame
	ContentLength int64       // what it says
	Body          int64       // bytes of its body that came with it
	Bytes         int64       // of the rest
	Src, Dst      Endpoint
	Transport     Transport
	Conn          uint64 // as Message.Conn
	Time          int64  // when the rest came, in nanoseconds since 1970 UTC; of a stream, when the message did
	HasTime       bool
	Frame         capture.Ref // that the rest came in; 0 of a stream
}

// short is a message over UDP that lacks a part of its body.
type short struct {
	rest  Rest
	left  int64 // bytes that it lacks
	until int64 // the rest comes before
}

// shorts are the latest of them, up to Limits.Shorts.
type shorts []short

// addShort remembers a message that its datagram does not hold all of.
func (d *Decoder) addShort(m *Message) {
	s := &d.shorts
	if !m.HasTime {
		return
	}
	if len(*s) >= d.limits.Shorts {
		if (*s)[0].until >= m.Time {
			d.stats.Evicted++
		}
		*s = append((*s)[:0], (*s)[1:]...)
	}
	body := int64(m.Body.Len)
	*s = append(*s, short{
		rest: Rest{Of: m.Frame, ContentLength: m.ContentLength, Body: body, Src: m.Src, Dst: m.Dst, Transport: UDP},
		left: m.ContentLength - body, until: m.Time + int64(d.limits.RestTime),
	})
}

// of returns the message that n bytes of a datagram may be the rest of, or nil.
func (s *shorts) of(w *packet.Walk, n int) *short {
	for len(*s) > 0 && (*s)[0].until < w.At.Time {
		*s = append((*s)[:0], (*s)[1:]...)
	}
	for i := range *s {
		if one := &(*s)[i]; one.rest.Src == w.Src && one.rest.Dst == w.Dst && int64(n) <= one.left {
			return one
		}
	}
	return nil
}

// isRest reports whether a datagram is the rest of a message before it, and tells of it.
func (d *Decoder) isRest(w *packet.Walk, b []byte) bool {
	one := d.shorts.of(w, len(b))
	if one == nil || !w.At.HasTime || sip.StartsMessage(b) || sip.KeepAlive(b) == len(b) {
		return false
	}
	one.left -= int64(len(b))
	d.carries = true
	d.census(w, ClassSIPOther)
	if d.rests != nil {
		r := one.rest
		r.Bytes, r.Time, r.HasTime, r.Frame = int64(len(b)), w.At.Time, w.At.HasTime, w.At.Frame
		d.rests.Rest(&r)
	}
	return true
}

// Left implements sip.Sink.
func (s *session) Left(side stream.Side, n uint32, of sip.Liar, last *stream.Mark) {
	if s.d.rests == nil || of.Frame == 0 {
		return
	}
	s.d.rests.Rest(&Rest{
		Of: of.Frame, ContentLength: of.ContentLength, Body: of.ContentLength, Bytes: int64(n),
		Src: s.flow.Ends[side], Dst: s.flow.Ends[side.Other()], Transport: s.transport, Conn: s.flow.Number,
		Time: last.Time, HasTime: last.HasTime,
	})
}
