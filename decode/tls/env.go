package tls

import "simplecap/internal/order"

// Env is what connections share: secrets, bounds, and what they hold together. It
// is used by one goroutine.
type Env struct {
	Secrets *Secrets
	Stats   Stats

	limits  Limits
	scratch []byte

	held         int // bytes of records that wait or are not complete
	holders      order.List[holder]
	sinceRetried uint64 // version of the secrets at the last Retry
}

// Stats counts what became of the records of all connections.
type Stats struct {
	Opened  uint64 // records opened
	Bad     uint64 // records that do not open though others of the connection do
	Evicted uint64 // times that held records were given up because of a bound
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

// holder is a connection that holds records, in the order in which they began to.
type holder struct {
	conn interface {
		retry()
		shed()
		finish()
	}
	held  int
	place order.Place[holder] // in Env.holders
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
	for h := e.holders.Oldest(); h != nil; {
		next := h.place.Newer()
		h.conn.retry()
		h = next
	}
}

// Flush ends the waiting of all connections: nothing more comes.
func (e *Env) Flush() {
	for h := e.holders.Oldest(); h != nil; {
		next := h.place.Newer()
		h.conn.finish()
		h = next
	}
}
