package tui

import (
	"reflect"
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/decode"
)

// sessionMessage is a message of MSRP, and the place of the one before it that is about
// the same text.
type sessionMessage struct {
	Before  place
	Message decode.MSRP
}

// Text implements analyze.TextHandler.
func (s *Store) Text(t *result.Text) { s.keepText(t, end0+state(t.End)) }

// OpenText implements analyze.OpenTextHandler: where nothing has been said of its end yet, the
// text waits.
func (s *Store) OpenText(t *result.Text) {
	now := end0 + state(t.End)
	if t.End == result.EndUnknown || t.End == result.Unconfirmed {
		now = waitsState
	}
	s.keepText(t, now)
}

// keepText stores a text.
func (s *Store) keepText(t *result.Text, now state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pen.b = s.pen.b[:0]
	s.pen.value(reflect.ValueOf(t).Elem())
	before := s.views[ByText].known(uint32(t.ID))
	s.views[ByText].put(t.ID, s.put(s.pen.b), now)
	if !slices.ContainsFunc(t.Deliveries, func(d uint64) bool { return s.views[ByDelivery].known(uint32(d)).inVain() }) {
		if now.inVain() {
			s.silent++
		}
		if before.inVain() {
			s.silent--
		}
	}
	s.turn++
}

// OrphanReceipt implements analyze.TextHandler; the counts have them.
func (s *Store) OrphanReceipt(*result.Receipt) {}

// Session takes every message of MSRP that is about a text: analyze.Options.Session.
func (s *Store) Session(m analyze.InSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pen.b = s.pen.b[:0]
	s.pen.value(reflect.ValueOf(&sessionMessage{Before: s.sessions.get(m.Text), Message: *m.Message}).Elem())
	s.sessions.set(m.Text, s.put(s.pen.b))
}

// text reads a text.
func (s *Store) text(id uint64) (t *result.Text, ok bool) {
	t = new(result.Text)
	at := s.views[ByText].get(id)
	if at == 0 {
		return nil, false
	}
	b, err := s.blobs.get(at)
	return t, err == nil && readValue(b, t) == nil
}

// sessionOf reads the messages of MSRP about a text, in their order.
func (s *Store) sessionOf(id uint64) (list []analyze.InSession) {
	for at := s.sessions.get(id); at != 0 && len(list) < s.limits.Messages; {
		b, err := s.blobs.get(at)
		m := new(sessionMessage)
		if err != nil || readValue(b, m) != nil {
			break
		}
		list = append(list, analyze.InSession{Message: &m.Message, Text: id})
		at = earlier(m.Before, at)
	}
	slices.Reverse(list)
	return list
}

// deliveriesOf are the deliveries that carried a text, and its receipts.
func deliveriesOf(t *result.Text) (ids []uint64) {
	ids = append(ids, t.Deliveries...)
	for i := range t.Receipts {
		if d := t.Receipts[i].Delivery; d != 0 {
			ids = append(ids, d)
		}
	}
	return ids
}

// textsOf are a text, and those that are its receipts.
func textsOf(t *result.Text) []uint64 {
	ids := []uint64{t.ID}
	for i := range t.Receipts {
		if id := t.Receipts[i].Text; id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
