package tui

import (
	"context"
	"errors"
	"slices"
	"sync"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/report"
)

// Store keeps what the analyzer hands on. It is an analyze.Handler with all that a
// Handler can be, to be used by the goroutine of analyze.Run, and is read by the Model's;
// all of it is under one lock, which neither holds for long.
type Store struct {
	mu     sync.Mutex
	limits Limits
	blobs  *blobs
	pen    pen // scratch

	views    [views]rows
	messages places // the last message of each transaction, by number
	sessions places // the last message of MSRP about each text, by number
	began    int    // times that the list began anew
	silent   int    // texts that failed although their deliveries did not: a receipt says so, or none came

	pulse  pulse
	shared report.Domains // of the addresses in the list
	notes  []string
	report *result.Report // the latest
	done   bool           // report is the last one
	turn   uint64         // counts changes
}

// NewStore makes an empty Store. Close it.
func NewStore(limits Limits) (*Store, error) {
	limits = limits.withDefaults()
	blobs, err := newBlobs(min(limits.SpoolBytes, int64(^place(0))*blobUnit))
	if err != nil {
		return nil, err
	}
	s := &Store{limits: limits, blobs: blobs}
	s.begin(1)
	return s, nil
}

// begin begins all lists with what has the number first, or comes later. Deliveries,
// texts and transactions are numbered as they appear.
func (s *Store) begin(first uint64) {
	for i := range s.views {
		s.views[i].first, s.views[i].most = first, s.limits.Changed
	}
	s.messages.first, s.sessions.first = first, first
}

// Close removes what the Store holds on disk.
func (s *Store) Close() { s.blobs.close() }

// put stores a row or a message. Where there is no room left the lists begin anew.
func (s *Store) put(b []byte) place {
	at := s.blobs.put(b)
	if at == 0 || s.views[ByDelivery].at.len() > s.limits.Rows || s.views[ByTransaction].at.len() > 4*s.limits.Rows {
		s.reset()
		at = s.blobs.put(b)
	}
	return at
}

// reset forgets all rows.
func (s *Store) reset() {
	s.blobs.reset()
	for i := range s.views {
		s.views[i] = s.views[i].next()
	}
	s.messages, s.sessions = s.messages.next(), s.sessions.next()
	s.began++
	s.silent = 0
}

// Transaction implements analyze.Handler.
func (s *Store) Transaction(t *result.Transaction) {
	if t.Closed && t.Again && !t.Changed {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(t)
	if !t.Again {
		s.pulse.transaction(t)
	}
	s.views[ByDelivery].touch(t.Delivery)
}

// keep stores a transaction.
func (s *Store) keep(t *result.Transaction) {
	s.pen.b = s.pen.b[:0]
	s.pen.transaction(t)
	s.views[ByTransaction].put(t.ID, s.put(s.pen.b), stateOfTransaction(t))
	s.turn++
}

// Waiting implements analyze.WaitingHandler.
func (s *Store) Waiting(t *result.Transaction, _ int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(t)
	if s.views[ByDelivery].get(t.Delivery) != 0 {
		s.views[ByDelivery].touch(t.Delivery)
		return
	}
	s.row(&result.Delivery{ID: t.Delivery, Sender: t.From, Recipient: t.To, CallIDs: []string{t.CallID}, HasTime: t.HasTime, FirstRequest: t.FirstRequest,
		Hops: []result.Hop{hopOf(t)}}, waitsState)
}

// hopOf is a transaction as a hop that stands by itself.
func hopOf(t *result.Transaction) result.Hop {
	return result.Hop{Transaction: t.ID, Src: t.Src, Dst: t.Dst, Outcome: t.Outcome}
}

// Delivery implements analyze.DeliveryHandler.
func (s *Store) Delivery(d *result.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.Closed && d.Told == d.Verdict && len(d.Hops) == 1 {
		return
	}
	s.row(d, state(d.Verdict))
	if d.Told == 0 {
		s.pulse.delivery(d)
	}
}

// row stores the row of a delivery.
func (s *Store) row(d *result.Delivery, now state) {
	s.pen.b = s.pen.b[:0]
	s.pen.delivery(d)
	s.views[ByDelivery].put(d.ID, s.put(s.pen.b), now)
	s.shared.Add(report.Address(d.Sender))
	s.shared.Add(report.Address(d.Recipient))
	s.turn++
}

// Finding implements analyze.Handler; the reports have the findings.
func (s *Store) Finding(*result.Finding) {}

// Joined takes every message of a MESSAGE exchange: analyze.Options.Joined.
func (s *Store) Joined(j analyze.Joined) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pen.b = s.pen.b[:0]
	s.pen.joined(&j, s.messages.get(j.Transaction))
	s.messages.set(j.Transaction, s.put(s.pen.b))
}

// Snapshot takes a report of the run so far: analyze.Options.Snapshots.
func (s *Store) Snapshot(r *result.Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report = r
	s.turn++
}

// End takes the last report, and why the run ended before its time, which becomes a line of
// talk unless the user asked for it. The list is in order of numbers from then on.
func (s *Store) End(r *result.Report, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.views {
		s.views[i].sort()
	}
	s.report, s.done = r, true
	if err != nil && !errors.Is(err, context.Canceled) {
		s.note("ended early: " + err.Error())
	}
	s.turn++
}

// Note takes a line of talk, for the page of what the program said.
func (s *Store) Note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(line)
	s.turn++
}

func (s *Store) note(line string) {
	if s.notes = append(s.notes, line); len(s.notes) > s.limits.Notes {
		s.notes = s.notes[1:]
	}
}

// Notes returns the lines of talk.
func (s *Store) Notes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notes)
}
