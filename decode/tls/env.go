package tls

import "simplecap/internal/order"

// Env is what connections share: secrets, bounds, and what they hold together. It
// is used by one goroutine.
type Env struct {
	Secrets *Secrets
	Stats   Stats

	limits  Limits
	scratch []byte

	held         int // bytes of records and messages that wait or are not complete
	holders      order.List[holder]
	states       [2]states // of the connections of which no record was opened, and of the others
	feeds        uint64
	sinceRetried uint64 // version of the secrets at the last Retry
}

// states are connections, by when they began or, where they are read, by their last use.
type states struct {
	list  order.List[holder]
	bytes int
}

// What a connection takes beside the bytes of records, about: with its first handshake
// and what its owner has for it, and more once it is read. A test holds it to be enough.
const (
	unreadCost = 2304
	readCost   = 4 << 10
)

// Stats counts what became of the records of all connections.
type Stats struct {
	Opened  uint64 // records opened
	Bad     uint64 // records that do not open though others of the connection do
	Evicted uint64 // times that held records or a whole connection were given up because of a bound
}

// NewEnv returns an Env without secrets.
func NewEnv(limits Limits) *Env {
	limits = limits.withDefaults()
	return &Env{limits: limits, Secrets: NewSecrets(limits), scratch: make([]byte, 0, maxRecord)}
}

// keepScratch keeps the buffer that a record was opened into, if that has grown.
func (e *Env) keepScratch(b []byte) {
	if cap(b) > cap(e.scratch) {
		e.scratch = b[:0]
	}
}

// holder is what an Env knows of a connection.
type holder struct {
	conn interface {
		retry()
		shed()
		finish()
		leave()
	}
	held  int
	place order.Place[holder] // in Env.holders while it holds something

	read  bool // some record was opened
	state order.Place[holder]
	fed   uint64 // Env.feeds when it last moved in its list
}

// of are the states that a connection belongs to, and what it takes there.
func (e *Env) of(h *holder) (*states, int) {
	if h.read {
		return &e.states[1], readCost
	}
	return &e.states[0], unreadCost
}

// begin takes a connection, and makes room for it.
func (e *Env) begin(h *holder) {
	s, cost := e.of(h)
	s.bytes += cost
	s.list.Push(&h.state, h)
	e.makeRoom(h)
}

// end forgets a connection.
func (e *Env) end(h *holder) {
	if h.state.Listed() {
		s, cost := e.of(h)
		s.bytes -= cost
		h.state.Remove()
	}
}

// use notes that something came on a connection. The order need not be exact.
func (e *Env) use(h *holder, read bool) {
	const now = 1024 // feeds, and then again
	e.feeds++
	if !read || !h.state.Listed() || h.read && e.feeds-h.fed < now {
		return
	}
	e.end(h)
	h.read, h.fed = true, e.feeds
	e.begin(h)
}

// makeRoom gives up connections, the ones that could not be read first, and never the
// one that came last.
func (e *Env) makeRoom(last *holder) {
	unread, read := &e.states[0], &e.states[1]
	for unread.bytes > e.limits.UnreadBytes || unread.bytes+read.bytes > e.limits.StateBytes {
		h := unread.list.Oldest()
		if h == nil || h == last {
			h = read.list.Oldest()
		}
		if h == nil || h == last {
			return
		}
		if !e.Secrets.empty() {
			e.Stats.Evicted++
		}
		e.end(h)
		h.conn.leave()
	}
}

// account notes how much a connection holds now, and makes room.
func (e *Env) account(h *holder, held int) {
	e.held += held - h.held
	h.held = held
	switch {
	case held > 0 && !h.place.Listed():
		e.holders.Push(&h.place, h)
	case held == 0:
		h.place.Remove()
	}
	for e.held > e.limits.HeldBytes && e.holders.Oldest() != nil {
		e.Stats.Evicted++
		e.holders.Oldest().conn.shed()
	}
}

// Held is how many bytes wait, in all connections.
func (e *Env) Held() int { return e.held }

// Retry goes on with the connections that wait for secrets, if there are new ones.
func (e *Env) Retry() {
	if e.Secrets.Version() == e.sinceRetried {
		return
	}
	e.sinceRetried = e.Secrets.Version()
	for _, h := range e.waiting() {
		if h.place.Listed() {
			h.conn.retry()
		}
	}
}

// waiting are the connections that hold something. Going on with one may end others.
func (e *Env) waiting() (all []*holder) {
	for h := e.holders.Oldest(); h != nil; h = h.place.Newer() {
		all = append(all, h)
	}
	return all
}

// Flush ends the waiting of all connections: nothing more comes.
func (e *Env) Flush() {
	for _, h := range e.waiting() {
		if h.place.Listed() {
			h.conn.finish()
		}
	}
}
