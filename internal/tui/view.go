package tui

import "simplecap/analyze/result"

// View is what a row of the list is.
type View uint8

// The views, in the order in which their key goes through them.
const (
	ByDelivery    View = iota
	ByText             // what people and handsets sent, with what its receipts say
	ByTransaction      // each exchange on each hop
	views
)

var viewNames = [views]string{"deliveries", "texts", "transactions"}

// String is what the rows are.
func (v View) String() string { return viewNames[v] }

// one is what a single row is.
func (v View) one() string { return [views]string{"delivery", "text", "transaction"}[v] }

// state is what the list shows of a row without reading it: the verdict of a delivery,
// the outcome of a transaction or the end of a text; or that it waits. 0 is that nothing
// is known.
type state uint8

const (
	waitsState = state(result.Unknown + 1)
	outcome0   = waitsState + 1 // + an Outcome
	end0       = outcome0 + state(result.Orphan) + 1
	states     = end0 + state(result.NotSent) + 1
)

// stateOfTransaction is what there is to see of a transaction.
func stateOfTransaction(t *result.Transaction) state {
	if t.Outcome == result.Pending && !t.Closed {
		return waitsState
	}
	return outcome0 + state(t.Outcome)
}

// split tells what a state is of.
func (s state) split() (v result.Verdict, o result.Outcome, e result.TextEnd, of View) {
	switch {
	case s >= end0:
		return 0, 0, result.TextEnd(s - end0), ByText
	case s >= outcome0:
		return 0, result.Outcome(s - outcome0), 0, ByTransaction
	}
	return result.Verdict(s), 0, 0, ByDelivery
}

// inVain reports whether it has failed.
func (s state) inVain() bool {
	v, o, e, of := s.split()
	switch of {
	case ByText:
		return e.Failed()
	case ByTransaction:
		return o == result.Rejected || o.Missing()
	}
	return s != waitsState && v.Failed()
}

// failed reports whether the state is one to look at: in vain, or waiting.
func (s state) failed() bool { return s == waitsState || s.inVain() }

// name is the verdict, outcome or end, or that it waits.
func (s state) name() string {
	v, o, e, of := s.split()
	switch {
	case s == waitsState:
		return "waits"
	case of == ByText:
		return e.String()
	case of == ByTransaction:
		return o.String()
	}
	return v.String()
}

// rank is higher for what is worse.
func (s state) rank() int {
	switch {
	case s == waitsState:
		return int(states) + 2
	case s.failed():
		return int(states) + 1
	}
	return int(s)
}

// places say where the blob of each number is.
type places struct {
	first uint64 // the first number that is not forgotten
	at    pages[place]
}

// set notes where the blob of a number is. It reports false for one that was forgotten.
func (p *places) set(id uint64, at place) bool {
	if id < p.first {
		return false
	}
	i := int(id - p.first)
	p.at.grow(i + 1)
	*p.at.at(i) = at
	return true
}

func (p *places) get(id uint64) place {
	if id < p.first || id-p.first >= uint64(p.at.len()) {
		return 0
	}
	return *p.at.at(int(id - p.first))
}

// next forgets all numbers; others come.
func (p *places) next() places { return places{first: p.first + uint64(p.at.len())} }

// rows is what a Store holds of the rows of a view.
type rows struct {
	places
	state   pages[state]
	order   pages[uint32] // in order of arrival, or of their numbers once sorted
	changed []uint32      // those that were in order and are different now, not yet asked for
	most    int           // how many changed holds
	all     bool          // more have changed than that
	tally   [states]int
}

// put notes where a row is and what is known of it, and that it is new or different.
func (r *rows) put(id uint64, at place, now state) {
	known := r.get(id) != 0
	if at == 0 || !r.set(id, at) {
		return
	}
	i := int(id - r.first)
	r.state.grow(i + 1)
	if known {
		r.tally[*r.state.at(i)]--
		r.touch(id)
	} else {
		r.order.add(uint32(id))
	}
	*r.state.at(i) = now
	r.tally[now]++
}

// touch notes that a row in the list is different now.
func (r *rows) touch(id uint64) {
	switch {
	case r.get(id) == 0 || r.all:
	case len(r.changed) >= r.most:
		r.changed, r.all = nil, true
	default:
		r.changed = append(r.changed, uint32(id))
	}
}

// sort puts the rows in order of their numbers.
func (r *rows) sort() {
	r.order.n = 0
	for i := range r.at.len() {
		if *r.at.at(i) != 0 {
			r.order.add(uint32(r.first) + uint32(i))
		}
	}
}

// next forgets all rows; others come.
func (r *rows) next() rows { return rows{places: r.places.next(), most: r.most} }

// news returns the rows from index from of the order on, and those that have changed
// since it was asked last; all is that any may have.
func (r *rows) news(from int) (added, changed []uint32, all bool) {
	added, changed, all = r.order.from(from), r.changed, r.all
	r.changed, r.all = nil, false
	return added, changed, all
}

// known is the state of a row.
func (r *rows) known(id uint32) state {
	if i := uint64(id) - r.first; uint64(id) >= r.first && i < uint64(r.state.len()) {
		return *r.state.at(int(i))
	}
	return 0
}
