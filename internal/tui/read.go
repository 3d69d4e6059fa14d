package tui

import (
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/analyze/story"
	"simplecap/capture"
)

// Row is a delivery as the list shows it.
type Row struct {
	result.Delivery
	State        state
	Transactions []result.Transaction // in order of their numbers, as they are now
}

// Row reads the row of a delivery.
func (s *Store) Row(id uint32) (r Row, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.deliveries.get(uint64(id))
	if at == 0 {
		return r, false
	}
	b, err := s.blobs.get(at, nil)
	if err != nil || (&eye{b: b}).delivery(&r.Delivery) != nil {
		return r, false
	}
	r.State = s.deliveries.state[uint64(id)-s.deliveries.first]
	for i := range r.Hops {
		if t, ok := s.transaction(r.Hops[i].Transaction); ok {
			r.Transactions = append(r.Transactions, t)
		}
	}
	return r, true
}

// transaction reads a transaction.
func (s *Store) transaction(id uint64) (t result.Transaction, ok bool) {
	at := s.loose.get(id)
	if at == 0 {
		return t, false
	}
	b, err := s.blobs.get(at, nil)
	return t, err == nil && (&eye{b: b}).transaction(&t) == nil
}

// stateOf is what is known of a delivery.
func (s *Store) stateOf(id uint32) state {
	s.mu.Lock()
	defer s.mu.Unlock()
	if uint64(id) < s.deliveries.first || uint64(id)-s.deliveries.first >= uint64(len(s.deliveries.state)) {
		return 0
	}
	return s.deliveries.state[uint64(id)-s.deliveries.first]
}

// news returns the deliveries from index from of the order on, and those that have
// changed since it was asked last; began counts how often the list began anew.
func (s *Store) news(from int) (added, changed []uint32, began int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	added, changed = slices.Clone(s.order[min(from, len(s.order)):]), s.changed
	s.changed = nil
	return added, changed, s.began
}

// domain is the one that all addresses share, "" where there is none.
func (s *Store) domain() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shared.Shared()
}

// version changes with what there is to show.
func (s *Store) version() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turn
}

// Story tells a delivery in full, as far as it is known now.
func (s *Store) Story(id uint32, options analyze.Options) *story.Story {
	row, ok := s.Row(id)
	if !ok {
		return nil
	}
	slices.SortFunc(row.Transactions, func(a, b result.Transaction) int { return int(int64(a.ID) - int64(b.ID)) })
	collector := story.NewCollector(&row.Delivery, row.Transactions, s.limits.Messages)
	s.mu.Lock()
	var all []analyze.Joined
	for i := range row.Transactions {
		all = append(all, s.chain(row.Transactions[i].ID)...)
	}
	report := s.report
	s.mu.Unlock()
	slices.SortStableFunc(all, func(a, b analyze.Joined) int { return int(int64(a.Message.Frame) - int64(b.Message.Frame)) })
	for _, j := range all {
		j.Message = options.Redact.Message(j.Message)
		collector.Joined(j)
	}
	options.Redact = nil // the rows have their pseudonyms already
	if report == nil {
		report = new(result.Report)
	}
	return collector.Story(report, options)
}

// chain reads the messages of a transaction, the latest first.
func (s *Store) chain(transaction uint64) (list []analyze.Joined) {
	i := s.slot(transaction)
	if i < 0 || i >= len(s.messages) {
		return nil
	}
	for at := s.messages[i]; at != 0 && len(list) < s.limits.Messages; {
		b, err := s.blobs.get(at, nil)
		if err != nil {
			break
		}
		j, before, err := (&eye{b: b}).joined()
		if err != nil {
			break
		}
		list = append(list, j)
		at = before
	}
	return list
}

// Inputs are what is read.
func (s *Store) Inputs() []capture.Input {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.report == nil {
		return nil
	}
	return s.report.Inputs
}

// Findings are those of the latest report that are about one of the deliveries. Their
// counts and lists are of the whole run.
func (s *Store) Findings(ids []uint32) (list []result.Finding) {
	wanted := make(map[uint64]bool)
	for _, id := range ids {
		row, _ := s.Row(id)
		for i := range row.Hops {
			wanted[row.Hops[i].Transaction] = true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.report == nil {
		return nil
	}
	for i := range s.report.Findings {
		if slices.ContainsFunc(s.report.Findings[i].Transactions, func(t uint64) bool { return wanted[t] }) {
			list = append(list, s.report.Findings[i])
		}
	}
	return list
}
