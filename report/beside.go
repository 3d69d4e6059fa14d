package report

import (
	"simplecap/analyze"
	"simplecap/analyze/result"
)

// beside is a Writer that works on a goroutine of its own, so that rows are encoded beside
// the pairing. What it is given it copies, in bundles, whose memory is used again; the
// Writer behind it is told in the same order.
type beside struct {
	w     Writer
	texts analyze.TextHandler // w, or nil where it wants none

	now   *bundle
	free  chan *bundle // empty ones
	full  chan *bundle // to the goroutine, which ends when this is closed
	ended chan struct{}
}

// bundle is what a Writer is told, in order, and the memory for it.
type bundle struct {
	order        []told
	transactions []result.Transaction
	deliveries   []result.Delivery
	texts        []result.Text
	receipts     []result.Receipt
	bytes        int // about what these take beside themselves
}

// told is what kind of thing comes next.
type told uint8

const (
	toldTransaction told = iota
	toldDelivery
	toldText
	toldReceipt
)

// Bounds of what lies in bundles: as many as that, of so many rows, with so many bytes of
// strings and lists before the last row of each.
const (
	bundles     = 4
	bundleRows  = 256
	bundleBytes = 512 << 10
	keptBytes   = 4 << 10 // of one transaction, whose memory is used again
)

// besideTexts is a beside for a Writer that wants texts.
type besideTexts struct{ *beside }

// newBeside begins the goroutine, which Close ends.
func newBeside(w Writer) Writer {
	b := &beside{w: w, free: make(chan *bundle, bundles), full: make(chan *bundle, bundles), ended: make(chan struct{})}
	b.texts, _ = w.(analyze.TextHandler)
	for range bundles {
		b.free <- &bundle{order: make([]told, 0, bundleRows)}
	}
	b.now = <-b.free
	go b.work()
	if b.texts != nil {
		return besideTexts{b}
	}
	return b
}

// work tells the Writer what is in the bundles.
func (b *beside) work() {
	defer close(b.ended)
	for one := range b.full {
		one.tell(b.w, b.texts)
		one.reset()
		b.free <- one
	}
}

func (u *bundle) tell(w Writer, texts analyze.TextHandler) {
	var transaction, delivery, text, receipt int
	for _, kind := range u.order {
		switch kind {
		case toldTransaction:
			w.Transaction(&u.transactions[transaction])
			transaction++
		case toldDelivery:
			w.Delivery(&u.deliveries[delivery])
			delivery++
		case toldText:
			texts.Text(&u.texts[text])
			text++
		case toldReceipt:
			texts.OrphanReceipt(&u.receipts[receipt])
			receipt++
		}
	}
}

// reset empties the bundle. Transactions keep their memory, if it is not much; of the
// others, which are fewer, it is let go.
func (u *bundle) reset() {
	for i := range u.transactions {
		if t := &u.transactions[i]; t.Size() > keptBytes {
			*t = result.Transaction{}
		}
	}
	clear(u.deliveries)
	clear(u.texts)
	u.order, u.transactions, u.deliveries, u.texts, u.receipts = u.order[:0], u.transactions[:0], u.deliveries[:0], u.texts[:0], u.receipts[:0]
	u.bytes = 0
}

// next notes what comes, and hands the bundle on once it is full.
func (b *beside) next(kind told) {
	b.now.order = append(b.now.order, kind)
	if len(b.now.order) == bundleRows || b.now.bytes > bundleBytes {
		b.full <- b.now
		b.now = <-b.free
	}
}

func (b *beside) Transaction(t *result.Transaction) {
	u := b.now
	if n := len(u.transactions); n < cap(u.transactions) {
		u.transactions = u.transactions[:n+1]
	} else {
		u.transactions = append(u.transactions, result.Transaction{})
	}
	t.CopyTo(&u.transactions[len(u.transactions)-1])
	u.bytes += t.Size()
	b.next(toldTransaction)
}

func (b *beside) Delivery(d *result.Delivery) {
	b.now.deliveries = append(b.now.deliveries, d.Clone())
	b.now.bytes += d.Size()
	b.next(toldDelivery)
}

// Text implements analyze.TextHandler.
func (b besideTexts) Text(t *result.Text) {
	b.now.texts = append(b.now.texts, t.Clone())
	b.now.bytes += t.Size()
	b.next(toldText)
}

// OrphanReceipt implements analyze.TextHandler.
func (b besideTexts) OrphanReceipt(r *result.Receipt) {
	b.now.receipts = append(b.now.receipts, *r)
	b.now.bytes += r.Size()
	b.next(toldReceipt)
}

// Finding does nothing: the formats that are written beside have findings with their
// final counts.
func (b *beside) Finding(*result.Finding) {}

// Close waits until all is encoded, and prints the rest.
func (b *beside) Close(r *result.Report) error {
	b.full <- b.now
	close(b.full)
	<-b.ended
	return b.w.Close(r)
}
