package sink

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"simplecap/analyze/result"
	"simplecap/internal/order"
)

// Options are what a Sink is told.
type Options struct {
	Writer  string            // who writes: a host, a collector
	Run     string            // names the run; "" makes one of the writer and the first row
	Bodies  bool              // what people wrote is in the rows
	Wait    bool              // wait for a slow store, as where a file is read; otherwise rows that find no room are lost
	Forever bool              // with Wait, never give a store up that is away: what comes can wait, as on a bus
	Every   time.Duration     // how often minutes are told and files begun anew; 0 only at the end
	Say     func(line string) // is told when a store is away and when it is back; nil for nobody
	Limits  Limits
}

// Sink makes rows of the results of an analysis and gives them to its outputs. It is an
// analyze.Handler, a DeliveryHandler and a TextHandler; with --redact it stands behind
// analyze.RedactTo. Its methods but Counts are called by one goroutine.
type Sink struct {
	options Options
	limits  Limits
	outputs []*output
	columns struct {
		hops  []columnOf[hop]
		texts []columnOf[textRow]
	}
	mutex   sync.Mutex // of all below: the clock of Options.Every uses it too
	writer  string
	run     string
	begun   int64 // when the run's first transaction was, ns since 1970 UTC
	waiting map[uint64]*waiting
	oldest  order.List[waiting]
	held    int // transactions in waiting
	early   uint64
	known   numbered // ids of deliveries by number
	texts   numbered // ids of texts by number
	minutes map[series]sums
	part    int
	seq     uint64 // see At
	muted   bool
	pending int // bytes of rows since Commit
	stop    chan struct{}
	ticking sync.WaitGroup
}

// waiting is what is known of a delivery that has not closed.
type waiting struct {
	number       uint64
	transactions []result.Transaction
	texts        []result.Text
	place        order.Place[waiting]
}

// New returns a Sink that writes to the outputs. Close it.
func New(o Options, outputs ...Output) *Sink {
	s := &Sink{
		options: o, limits: o.Limits.withDefaults(), writer: o.Writer, run: o.Run, stop: make(chan struct{}),
		waiting: make(map[uint64]*waiting), minutes: make(map[series]sums),
	}
	s.known.limit, s.texts.limit = s.limits.Known, s.limits.Known
	s.columns.hops, s.columns.texts = transactionColumns(), textColumns()
	for _, out := range outputs {
		s.outputs = append(s.outputs, newOutput(out, o, s.limits))
	}
	if o.Every > 0 {
		s.ticking.Go(s.tick)
	}
	return s
}

// tick tells minutes from time to time.
func (s *Sink) tick() {
	t := time.NewTicker(s.options.Every)
	defer t.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-t.C:
			s.mutex.Lock()
			s.tellMinutes()
			s.mutex.Unlock()
		}
	}
}

// Transaction implements analyze.Handler. Rows are made when the delivery has closed.
func (s *Sink) Transaction(t *result.Transaction) {
	if !t.Closed {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !s.muted {
		s.begin(t)
		s.count(t)
	}
	if t.Delivery == 0 {
		h := hop{&unit{writer: s.writer}, t}
		s.put(true, transactionID(ID{}, t), entry{Transactions, []Row{rowOf(&s.limits, s.options.Bodies, s.columns.hops, &h)}})
		return
	}
	w := s.wait(t.Delivery)
	w.transactions = append(w.transactions, t.Clone())
	if s.held++; s.held > s.limits.Waiting {
		s.pushOut()
	}
}

// begin names the run at its first transaction.
func (s *Sink) begin(t *result.Transaction) {
	if s.begun == 0 {
		s.begun = max(t.FirstRequest, t.Final)
	}
	if s.run == "" {
		h := newHasher("run")
		h.text(s.writer)
		h.number(micros(max(t.FirstRequest, t.Final)))
		s.run = h.id().String()[:16]
	}
}

// wait returns what is held of a delivery.
func (s *Sink) wait(number uint64) *waiting {
	w := s.waiting[number]
	if w == nil {
		w = &waiting{number: number}
		s.waiting[number] = w
		s.oldest.Push(&w.place, w)
	}
	return w
}

// leave forgets what was held of a delivery.
func (s *Sink) leave(w *waiting) {
	w.place.Remove()
	delete(s.waiting, w.number)
	s.held -= len(w.transactions)
}

// pushOut writes the transactions of the oldest delivery without it.
func (s *Sink) pushOut() {
	w := s.oldest.Oldest()
	s.leave(w)
	s.early += uint64(len(w.transactions))
	s.write(&unit{Delivery: &result.Delivery{ID: w.number, Verdict: result.Unknown}, writer: s.writer, transactions: w.transactions}, w.texts)
}

// Delivery implements analyze.DeliveryHandler.
func (s *Sink) Delivery(d *result.Delivery) {
	if !d.Closed {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	w := s.waiting[d.ID]
	if w == nil {
		return // none of its transactions was asked for
	}
	s.leave(w)
	slices.SortFunc(w.transactions, func(a, b result.Transaction) int { return cmp.Compare(a.ID, b.ID) })
	name := s.versioned(s.known.told(d.ID, func() ID { return deliveryID(d) }))
	s.write(&unit{Delivery: d, name: name, writer: s.writer, transactions: w.transactions}, w.texts)
}

// write makes the rows of a delivery, of its transactions, and of texts that waited.
func (s *Sink) write(u *unit, texts []result.Text) {
	entries := make([]entry, 0, 2)
	if u.id != (ID{}) {
		entries = append(entries, entry{Deliveries, []Row{rowOf(&s.limits, s.options.Bodies, deliveryColumns, u)}})
	}
	hops := make([]Row, len(u.transactions))
	for i := range hops {
		hops[i] = rowOf(&s.limits, s.options.Bodies, s.columns.hops, &hop{u, &u.transactions[i]})
	}
	failed := u.Verdict != result.Delivered && u.Verdict != result.Accepted
	s.put(failed, u.id, append(entries, entry{Transactions, hops})...)
	for i := range texts {
		s.text(&texts[i], u.id)
	}
}

// Text implements analyze.TextHandler.
func (s *Sink) Text(t *result.Text) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var delivery name
	if len(t.Deliveries) > 0 {
		if w := s.waiting[t.Deliveries[0]]; w != nil {
			w.texts = append(w.texts, t.Clone())
			return
		}
		delivery = s.known.names[t.Deliveries[0]]
	}
	s.text(t, delivery.id)
}

// text makes the row of a text.
func (s *Sink) text(t *result.Text, delivery ID) {
	r := textRow{
		Text: t, name: s.versioned(s.texts.told(t.ID, func() ID { return textID(t) })), delivery: delivery, writer: s.writer,
		repeats: s.texts.names[t.RepeatOf].id, copies: s.texts.names[t.CopyOf].id,
	}
	if delivery == (ID{}) {
		delivery = r.id
	}
	s.put(t.End.Failed(), delivery, entry{TextRows, []Row{rowOf(&s.limits, s.options.Bodies, s.columns.texts, &r)}})
}

// OrphanReceipt does nothing: it belongs to no text.
func (s *Sink) OrphanReceipt(*result.Receipt) {}

// Finding implements analyze.Handler: a finding is a row when it is first seen, and again
// with its count in the end.
func (s *Sink) Finding(f *result.Finding) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !s.options.Wait && s.begun != 0 { // where a file is read, the end is near; before the run has begun, the row would have another name
		s.finding(f, 1)
	}
}

func (s *Sink) finding(f *result.Finding, version int) {
	r := findingRow{Finding: f, run: s.run, version: version, writer: s.writer, first: momentOf(s.begun != 0, s.begun)}
	s.put(true, ID{}, entry{Findings, []Row{rowOf(&s.limits, s.options.Bodies, findingColumns, &r)}})
}

// entry is rows of one table.
type entry struct {
	table int
	rows  []Row
}

// put gives rows to every output that wants them: whole says that they are in no sample.
func (s *Sink) put(whole bool, id ID, entries ...entry) {
	if s.muted {
		return
	}
	for _, e := range entries {
		for _, row := range e.rows {
			s.pending += sizeOf(row)
		}
	}
	for _, out := range s.outputs {
		out.put(whole, id, entries)
	}
}

// Close hands on what is left, with the final findings of the report, and waits until it
// is stored or given up. The error says what could not be stored.
func (s *Sink) Close(r *result.Report) error {
	close(s.stop)
	s.ticking.Wait()
	for w := s.oldest.Oldest(); w != nil; w = s.oldest.Oldest() {
		s.pushOut()
	}
	if r != nil {
		for i := range r.Findings {
			s.finding(&r.Findings[i], 2)
		}
	}
	s.tellMinutes()
	return closeAll(s.outputs)
}

// name is the id of a row, and how often the row was told.
type name struct {
	id      ID
	version int
}

// numbered remembers the names of the latest things that have numbers in this run.
type numbered struct {
	limit int
	names map[uint64]name
	order []uint64 // a ring, the oldest at next
	next  int
}

// told returns the name of what is told now. It keeps its id, whatever is known later.
func (n *numbered) told(number uint64, made func() ID) name {
	is, known := n.names[number]
	if !known {
		is.id = made()
		n.forget(number)
	}
	is.version++
	n.names[number] = is
	return is
}

// forget makes room for a number.
func (n *numbered) forget(number uint64) {
	if n.names == nil {
		n.names = make(map[uint64]name)
	}
	if len(n.order) < n.limit {
		n.order = append(n.order, number)
		return
	}
	delete(n.names, n.order[n.next])
	n.order[n.next] = number
	n.next = (n.next + 1) % n.limit
}
