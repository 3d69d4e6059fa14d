package tui

import (
	"cmp"
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/analyze/story"
	"simplecap/capture"
	"simplecap/report"
)

// Row is a row of the list. Of a transaction or a text, what a Delivery says is what there
// is to show of it: its number, who it is from and to, when, how long and between which
// hosts.
type Row struct {
	result.Delivery
	State        state
	Transactions []result.Transaction // of a delivery, as they are now; of a text, those that carried it; or the one that it is
	Text         *result.Text         // nil where it is none
}

// Row reads a row.
func (s *Store) Row(v View, id uint32) (r Row, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.State = s.views[v].known(id)
	switch v {
	case ByText:
		ok = s.textRow(uint64(id), &r)
	case ByTransaction:
		ok = s.transactionRow(uint64(id), &r)
	default:
		ok = s.deliveryRow(uint64(id), &r)
	}
	return r, ok
}

func (s *Store) deliveryRow(id uint64, r *Row) bool {
	at := s.views[ByDelivery].get(id)
	if at == 0 {
		return false
	}
	b, err := s.blobs.get(at)
	if err != nil || (&eye{b: b}).delivery(&r.Delivery) != nil {
		return false
	}
	for i := range r.Hops {
		if t, ok := s.transaction(r.Hops[i].Transaction); ok {
			r.Transactions = append(r.Transactions, t)
		}
	}
	return true
}

func (s *Store) transactionRow(id uint64, r *Row) bool {
	t, ok := s.transaction(id)
	r.Transactions = []result.Transaction{t}
	r.Delivery = result.Delivery{ID: id, Sender: t.From, Recipient: t.To, CallIDs: []string{t.CallID}, HasTime: t.HasTime, FirstRequest: t.FirstRequest,
		HasTotal: t.HasRTT, Total: t.RTT, Hops: []result.Hop{hopOf(&t)}}
	return ok
}

func (s *Store) textRow(id uint64, r *Row) bool {
	t, ok := s.text(id)
	if !ok {
		return false
	}
	var carrying Row
	for _, d := range t.Deliveries {
		if s.deliveryRow(d, &carrying) {
			r.Transactions = append(r.Transactions, carrying.Transactions...)
			carrying.Transactions = nil
		}
	}
	r.Text = t
	r.Delivery = result.Delivery{ID: id, CallIDs: []string{t.CallID}, HasTime: t.HasTime, FirstRequest: t.First, Hops: []result.Hop{{Src: t.Src, Dst: t.Dst}}}
	r.Sender, r.Recipient = report.TextEnds(t)
	r.Total, r.HasTotal = t.Decided()
	return true
}

// transaction reads a transaction.
func (s *Store) transaction(id uint64) (t result.Transaction, ok bool) {
	at := s.views[ByTransaction].get(id)
	if at == 0 {
		return t, false
	}
	b, err := s.blobs.get(at)
	return t, err == nil && (&eye{b: b}).transaction(&t) == nil
}

// stateOf is what is known of a row.
func (s *Store) stateOf(v View, id uint32) state {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.views[v].known(id)
}

// statesOf is stateOf for many.
func (s *Store) statesOf(v View, ids []uint32) (all []state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		all = append(all, s.views[v].known(id))
	}
	return all
}

// news returns the rows of a view from index from of the order on, and those that have
// changed since it was asked last, where all is true any of them; began counts how often
// the lists began anew.
func (s *Store) news(v View, from int) (added, changed []uint32, all bool, began int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	added, changed, all = s.views[v].news(from)
	return added, changed, all, s.began
}

// beginnings counts how often the lists began anew.
func (s *Store) beginnings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.began
}

// forgotten is the number of the first delivery that the list still has, 0 where it has
// all.
func (s *Store) forgotten() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.began == 0 {
		return 0
	}
	return s.views[ByDelivery].first
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

// Story tells what a row is about in full, as far as it is known now: of a text, its
// receipts too; of a transaction, the delivery that it is a part of.
func (s *Store) Story(v View, id uint32, options analyze.Options) *story.Story {
	row, ok := s.Row(v, id)
	if !ok {
		return nil
	}
	var collector *story.Collector
	var transactions []result.Transaction
	var texts []uint64
	switch v {
	case ByText:
		collector, transactions = s.textStory(row.Text)
		texts = textsOf(row.Text)
	case ByTransaction:
		if d := row.Transactions[0].Delivery; d != 0 {
			return s.Story(ByDelivery, uint32(d), options)
		}
		transactions = row.Transactions
		collector = story.NewCollector(nil, transactions, s.limits.Messages)
	default:
		transactions = row.Transactions
		sortTransactions(transactions)
		collector = story.NewCollector(&row.Delivery, transactions, s.limits.Messages)
	}
	r := s.replay(collector, transactions, texts, options)
	options.Redact = nil // the rows have their pseudonyms already
	told := collector.Story(r, options)
	if v == ByDelivery {
		told.Carried = s.carried(id)
	}
	return told
}

// carried is what became of the text that a delivery carried, which has its number; ""
// where its answer says all.
func (s *Store) carried(id uint32) (all string) {
	row, ok := s.Row(ByText, id)
	if !ok || row.Text == nil {
		return ""
	}
	report.Carried(row.Text, func(delivery uint64, words string, _ bool) {
		if delivery == uint64(id) {
			all = words
		}
	})
	return all
}

func sortTransactions(list []result.Transaction) {
	slices.SortFunc(list, func(a, b result.Transaction) int { return cmp.Compare(a.ID, b.ID) })
}

// textStory begins the story of a text.
func (s *Store) textStory(t *result.Text) (c *story.Collector, transactions []result.Transaction) {
	var deliveries []result.Delivery
	for _, id := range deliveriesOf(t) {
		if row, ok := s.Row(ByDelivery, uint32(id)); ok {
			deliveries, transactions = append(deliveries, row.Delivery), append(transactions, row.Transactions...)
		}
	}
	sortTransactions(transactions)
	return story.NewTextCollector(t, deliveries, transactions, s.limits.Messages), transactions
}

// replay hands the messages of a story to its collector, with pseudonyms, and returns the
// latest report.
func (s *Store) replay(c *story.Collector, transactions []result.Transaction, texts []uint64, options analyze.Options) *result.Report {
	s.mu.Lock()
	var all []analyze.Joined
	for i := range transactions {
		all = append(all, s.chain(transactions[i].ID)...)
	}
	var session []analyze.InSession
	for _, id := range texts {
		session = append(session, s.sessionOf(id)...)
	}
	report := s.report
	s.mu.Unlock()
	slices.SortStableFunc(all, func(a, b analyze.Joined) int { return cmp.Compare(a.Message.Frame, b.Message.Frame) })
	for _, j := range all {
		j.Message = options.Redact.Message(j.Message)
		c.Joined(j)
	}
	for _, m := range session {
		story.HideSession(options.Redact, m.Message.Message)
		c.Session(m)
	}
	if report == nil {
		report = new(result.Report)
	}
	return report
}

// chain reads the messages of a transaction, the latest first.
func (s *Store) chain(transaction uint64) (list []analyze.Joined) {
	for at := s.messages.get(transaction); at != 0 && len(list) < s.limits.Messages; {
		b, err := s.blobs.get(at)
		if err != nil {
			break
		}
		j, before, err := (&eye{b: b}).joined()
		if err != nil || j.Transaction != transaction {
			break
		}
		list = append(list, j)
		at = earlier(before, at)
	}
	return list
}

// earlier is a place that was written before another one, else none: what it was the
// place of has been forgotten.
func earlier(before, at place) place {
	if before >= at {
		return 0
	}
	return before
}

// Deliveries are the numbers of the deliveries that rows are, belong to or were carried
// by, sorted; those of a text's receipts are among them.
func (s *Store) Deliveries(v View, rows []uint32) (ids []uint32) {
	for _, id := range rows {
		switch row, ok := s.Row(v, id); {
		case v == ByDelivery:
			ids = append(ids, id)
		case ok && v == ByText:
			for _, d := range deliveriesOf(row.Text) {
				ids = append(ids, uint32(d))
			}
		case ok && row.Transactions[0].Delivery != 0:
			ids = append(ids, uint32(row.Transactions[0].Delivery))
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
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

// unread says what went wrong with the first capture that was not read to its end, "" where
// none was.
func (s *Store) unread() string {
	for _, in := range s.Inputs() {
		if in.Error != "" {
			return in.Name + ": " + in.Error
		}
	}
	return ""
}

// Findings are those of the latest report that are about one of the deliveries. Their
// counts and lists are of the whole run.
func (s *Store) Findings(ids []uint32) (list []result.Finding) {
	wanted := make(map[uint64]bool)
	for _, id := range ids {
		row, _ := s.Row(ByDelivery, id)
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
