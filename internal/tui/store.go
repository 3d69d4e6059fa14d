package tui

import (
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

	deliveries table
	loose      table    // transactions, by number
	messages   []place  // the last message of each transaction, by number
	order      []uint32 // deliveries in order of arrival, or of their numbers once sorted
	changed    []uint32 // deliveries that were in order and are different now, not yet asked for
	began      int      // times that the list began anew

	pulse  pulse
	shared report.Domains // of the addresses in the list
	notes  []string
	report *result.Report // the latest
	done   bool           // report is the last one
	err    error          // of the run
	turn   uint64         // counts changes
	tally  [waitsState + 1]int
}

// table has a row for each number from first on.
type table struct {
	first uint64
	at    []place
	state []state // of deliveries
}

// state is what the list shows of a delivery without reading its row: its verdict, or
// that it waits. 0 is that nothing is known.
type state uint8

const waitsState = state(result.Unknown + 1)

// set notes where the row of a number is and returns its index, -1 where it is one of
// those that were forgotten.
func (t *table) set(id uint64, at place) int {
	if t.first == 0 {
		t.first = id
	}
	if id < t.first {
		return -1
	}
	i := int(id - t.first)
	for len(t.at) <= i {
		t.at = append(t.at, 0)
	}
	t.at[i] = at
	return i
}

func (t *table) get(id uint64) place {
	if id < t.first || id-t.first >= uint64(len(t.at)) {
		return 0
	}
	return t.at[id-t.first]
}

// NewStore makes an empty Store. Close it.
func NewStore(limits Limits) (*Store, error) {
	limits = limits.withDefaults()
	blobs, err := newBlobs(min(limits.SpoolBytes, int64(^place(0))*blobUnit))
	if err != nil {
		return nil, err
	}
	return &Store{limits: limits, blobs: blobs}, nil
}

// Close removes what the Store holds on disk.
func (s *Store) Close() { s.blobs.close() }

// put stores what the pen has written. Where there is no room left the list begins anew.
func (s *Store) put() place {
	at := s.blobs.put(s.pen.b)
	if at == 0 || len(s.deliveries.at) > s.limits.Rows {
		s.reset()
		at = s.blobs.put(s.pen.b)
	}
	return at
}

// reset forgets all rows.
func (s *Store) reset() {
	s.blobs.reset()
	next := s.deliveries.first + uint64(len(s.deliveries.at))
	s.deliveries = table{first: next}
	s.loose = table{first: s.loose.first + uint64(len(s.loose.at))}
	s.messages, s.order, s.changed = nil, nil, nil
	s.tally = [waitsState + 1]int{}
	s.began++
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
	s.touch(t.Delivery)
}

// keep stores a transaction.
func (s *Store) keep(t *result.Transaction) {
	s.pen.b = s.pen.b[:0]
	s.pen.transaction(t)
	s.loose.set(t.ID, s.put())
	s.turn++
}

// Waiting implements analyze.WaitingHandler.
func (s *Store) Waiting(t *result.Transaction, _ int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(t)
	if s.deliveries.get(t.Delivery) != 0 {
		s.touch(t.Delivery)
		return
	}
	s.row(&result.Delivery{ID: t.Delivery, Sender: t.From, Recipient: t.To, CallIDs: []string{t.CallID}, HasTime: t.HasTime, FirstRequest: t.FirstRequest,
		Hops: []result.Hop{{Transaction: t.ID, Src: t.Src, Dst: t.Dst, Outcome: t.Outcome}}}, waitsState)
}

// touch notes that a delivery in the list is different now.
func (s *Store) touch(id uint64) {
	if s.deliveries.get(id) != 0 {
		s.changed = append(s.changed, uint32(id))
	}
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
	at := s.put()
	known := s.deliveries.get(d.ID) != 0
	i := s.deliveries.set(d.ID, at)
	if i < 0 || at == 0 {
		return
	}
	s.shared.Add(report.Address(d.Sender))
	s.shared.Add(report.Address(d.Recipient))
	for len(s.deliveries.state) <= i {
		s.deliveries.state = append(s.deliveries.state, 0)
	}
	if known {
		s.tally[s.deliveries.state[i]]--
		s.changed = append(s.changed, uint32(d.ID))
	} else {
		s.order = append(s.order, uint32(d.ID))
	}
	s.deliveries.state[i] = now
	s.tally[now]++
	s.turn++
}

// Finding implements analyze.Handler; the reports have the findings.
func (s *Store) Finding(*result.Finding) {}

// Joined takes every message of a MESSAGE exchange: analyze.Options.Joined.
func (s *Store) Joined(j analyze.Joined) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := place(0)
	if i := s.slot(j.Transaction); i >= 0 && i < len(s.messages) {
		before = s.messages[i]
	}
	s.pen.b = s.pen.b[:0]
	s.pen.joined(&j, before)
	at := s.put()
	i := s.slot(j.Transaction)
	if i < 0 {
		return
	}
	for len(s.messages) <= i {
		s.messages = append(s.messages, 0)
	}
	s.messages[i] = at
}

// slot is the index of a transaction, which may be heard of before its row comes.
func (s *Store) slot(transaction uint64) int {
	if s.loose.first == 0 {
		s.loose.first = 1
	}
	return int(int64(transaction) - int64(s.loose.first))
}

// Snapshot takes a report of the run so far: analyze.Options.Snapshots.
func (s *Store) Snapshot(r *result.Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report = r
	s.turn++
}

// End takes the last report, and why the run ended before its time. The list is in order
// of numbers from then on.
func (s *Store) End(r *result.Report, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.order)
	s.report, s.err, s.done = r, err, true
	s.turn++
}

// Note takes a line of talk, for the last line of the screen.
func (s *Store) Note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.notes = append(s.notes, line); len(s.notes) > s.limits.Notes {
		s.notes = s.notes[1:]
	}
	s.turn++
}

// Notes returns the lines of talk.
func (s *Store) Notes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notes)
}
