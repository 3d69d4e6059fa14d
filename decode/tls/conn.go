package tls

// Sink takes what a Conn reads. What it is given is valid until the method returns.
type Sink[M any] interface {
	// Plain takes application data of a direction, in the order in which it was sent.
	// first and last are the marks of the record's first and last byte.
	Plain(side Side, b []byte, first, last M)
	// Lost says that data of a direction is missing from here on.
	Lost(side Side, at M)
	// Over says that nothing more comes: the connection has ended and nothing of it
	// waits any longer.
	Over()
}

// Conn reads both directions of one TLS connection, from its bytes in order and
// without those that TCP sent again. M is what its owner marks bytes with: frame and time.
// What follows a gap is found again by its record header and the next sequence numbers.
type Conn[M any] struct {
	core
	holder
	out    Sink[M]
	dirs   [2]direction[M]
	number uint64 // records queued so far
	ended  [2]bool
	over   bool
}

// direction is what is held of one direction.
type direction[M any] struct {
	buf   []byte // a record that is not complete, or what is searched for one
	first M      // mark of its first byte
	look  bool   // framing is lost: buf is searched for a record
	queue []queued[M]
	store []byte // their bodies
	bytes uint64 // of records seen
	count uint64 // records seen
	bad   int    // records in a row that did not open
	badAt M      // the first one that did not, if Bad says so
	isBad bool
}

// queued is a record that waits for its keys, or a gap between such records.
type queued[M any] struct {
	number      uint64
	off, n      int
	kind        byte
	version     uint16
	missing     int // bytes of a gap; -1 in a record
	first, last M
}

// NewConn returns a connection that has not begun.
func NewConn[M any](env *Env, out Sink[M]) *Conn[M] {
	c := &Conn[M]{out: out}
	c.env, c.limits, c.client = env, &env.limits, -1
	c.holder.conn = c
	env.begin(&c.holder)
	return c
}

// Feed takes the next bytes of a direction. They are not kept.
func (c *Conn[M]) Feed(side Side, b []byte, at M) {
	d := &c.dirs[side]
	d.bytes += uint64(len(b))
	if c.halves[side].off != 0 {
		return
	}
	if len(d.buf) == 0 {
		n := c.records(side, b, at, at)
		if n < len(b) && c.halves[side].off == 0 {
			d.buf, d.first = append(d.buf, b[n:]...), at
		}
	} else {
		d.buf = append(d.buf, b...)
		n := c.records(side, d.buf, d.first, at)
		if n > 0 {
			d.buf, d.first = d.buf[:copy(d.buf, d.buf[n:])], at
		}
	}
	c.env.use(&c.holder, c.halves[0].opened+c.halves[1].opened > 0)
	c.settle()
}

// Joined says that the first bytes of a direction may lie in the middle of a record.
func (c *Conn[M]) Joined(side Side) { c.dirs[side].look = true }

// Gap says that n bytes of a direction are missing, which come next.
func (c *Conn[M]) Gap(side Side, n int, at M) {
	d, h := &c.dirs[side], &c.halves[side]
	if h.off != 0 {
		return
	}
	n += len(d.buf)
	d.buf, d.look = d.buf[:0], true
	c.missing(side, n, at)
	c.settle()
}

// missing notes a gap behind what waits.
func (c *Conn[M]) missing(side Side, n int, at M) {
	d := &c.dirs[side]
	if len(d.queue) == 0 {
		c.gap(side, n, at)
		return
	}
	c.number++
	d.queue = append(d.queue, queued[M]{number: c.number, missing: n, first: at, last: at})
}

// gap notes a gap where reading stands.
func (c *Conn[M]) gap(side Side, n int, at M) {
	h := &c.halves[side]
	h.lost, h.missing = true, h.missing+n
	h.lostIV = h.cur != nil && h.cur.version <= VersionTLS10
	h.msg, h.skip, h.stalled = nil, 0, false
	c.progress = true
	c.out.Lost(side, at)
}

// End says that nothing more comes of a direction. What waits for secrets goes on
// waiting until both ended and Env.Flush is called, or there is no room for it.
func (c *Conn[M]) End(side Side) {
	c.ended[side] = true
	d := &c.dirs[side]
	d.buf, d.look = nil, false
	c.settle()
}

// records reads the complete records of b, whose first byte has the mark first and
// whose last one last, and returns how many bytes are done with.
func (c *Conn[M]) records(side Side, b []byte, first, last M) (used int) {
	d, h := &c.dirs[side], &c.halves[side]
	for h.off == 0 {
		if d.look {
			n, found := c.find(side, b[used:], first, last)
			if used += n; !found {
				return used
			}
			first = last
			continue
		}
		rest := b[used:]
		if len(rest) < recordHeader {
			return used
		}
		size, ok := recordSize(rest)
		if !ok {
			c.unframed(side, last)
			continue
		}
		if len(rest) < size {
			return used
		}
		r := parseRecord(rest, size)
		if !c.take(side, &r, first, last) {
			c.unopened(side, &r, last)
		}
		used, first = used+size, last
	}
	return len(b)
}

// unframed goes on where no record begins though one should.
func (c *Conn[M]) unframed(side Side, at M) {
	d, h := &c.dirs[side], &c.halves[side]
	if !h.any {
		c.giveUp(BeginsLater)
		return
	}
	if d.bad++; d.bad > c.limits.Bad {
		h.stop(BytesLost)
		return
	}
	d.look = true
	c.missing(side, maxRecord, at)
}

// unopened counts a record that does not open.
func (c *Conn[M]) unopened(side Side, r *record, at M) {
	d, h := &c.dirs[side], &c.halves[side]
	c.env.Stats.Bad++
	if !d.isBad {
		d.isBad, d.badAt = true, at
	}
	h.pass(r)
	c.out.Lost(side, at)
	if d.bad++; d.bad > c.limits.Bad {
		h.stop(BadRecord)
	}
}

// find searches b for a record behind a gap. It returns how many bytes are done
// with, and whether a record was found and read.
func (c *Conn[M]) find(side Side, b []byte, first, last M) (n int, found bool) {
	d := &c.dirs[side]
	for i := 0; i+recordHeader <= len(b); i++ {
		size, ok := recordSize(b[i:])
		if !ok || !c.expected(side, b[i:]) {
			continue
		}
		if i+size > len(b) { // wait for the rest
			return i, false
		}
		if next := b[i+size:]; !plausiblePrefix(next[:min(len(next), 3)]) {
			continue
		}
		r := parseRecord(b[i:], size)
		d.look = false
		if c.take(side, &r, first, last) {
			return i + size, true
		}
		d.look = true
		c.halves[side].unfound++
	}
	keep := min(len(b), recordHeader-1)
	return len(b) - keep, false
}

// expected reports whether a record header behind a gap is one of this connection.
func (c *Conn[M]) expected(side Side, b []byte) bool {
	hs := c.halves[side].hs
	if hs == nil {
		hs = c.first
	}
	if hs == nil || !hs.haveServer || c.halves[side].epoch == epochPlain {
		return true
	}
	return uint16(b[1])<<8|uint16(b[2]) == min(hs.version, VersionTLS12)
}

// take reads a record, or queues it. It reports false where it does not open.
func (c *Conn[M]) take(side Side, r *record, first, last M) bool {
	d, h := &c.dirs[side], &c.halves[side]
	d.count++
	if len(d.queue) == 0 {
		content, st := c.process(h, r)
		switch st {
		case failed:
			return false
		case skipped:
			c.out.Lost(side, last)
			return true
		case done:
			c.deliver(side, content, first, last)
			return true
		}
	}
	c.enqueue(side, r, first, last)
	return true
}

// deliver hands on what a record held.
func (c *Conn[M]) deliver(side Side, content []byte, first, last M) {
	if content != nil {
		c.dirs[side].bad = 0
		c.env.Stats.Opened++
	}
	if len(content) > 0 {
		c.out.Plain(side, content, first, last)
	}
}

// enqueue keeps a record until its keys are known.
func (c *Conn[M]) enqueue(side Side, r *record, first, last M) {
	d := &c.dirs[side]
	if len(d.store)+len(r.body) > c.limits.WaitBytes {
		c.env.Stats.Evicted++
		c.drop(side)
	}
	c.number++
	d.queue = append(d.queue, queued[M]{
		number: c.number, off: len(d.store), n: len(r.body), kind: r.kind, version: r.version,
		missing: -1, first: first, last: last,
	})
	d.store = append(d.store, r.body...)
}

// drop gives up the records of a direction that wait. What follows them may still
// be read, as behind a gap.
func (c *Conn[M]) drop(side Side) {
	d := &c.dirs[side]
	n, at := 0, d.first
	for i := range d.queue {
		q := &d.queue[i]
		n, at = n+max(q.missing, q.n), q.last
	}
	if len(d.queue) > 0 {
		c.gap(side, n, at)
	}
	d.queue, d.store = nil, nil
}

// settle reads what waits, as far as that has become possible, and counts the rest.
func (c *Conn[M]) settle() {
	for c.progress {
		c.progress = false
		c.drain()
	}
	held, messages := 0, c.kept()
	for i := range c.dirs {
		d := &c.dirs[i]
		if c.halves[i].off != 0 {
			d.buf, d.queue, d.store = nil, nil, nil
		}
		held += cap(d.buf) + cap(d.store) + cap(d.queue)*queuedSize
		messages += cap(c.halves[i].msg)
		if len(d.buf) == 0 {
			held -= cap(d.buf)
			if d.buf = d.buf[:0]; cap(d.buf) > 4096 {
				d.buf = nil
			}
		}
	}
	over := held == 0 && c.ended[0] && c.ended[1]
	c.env.account(&c.holder, held+messages)
	if over && !c.over {
		c.over = true
		c.env.account(&c.holder, 0)
		c.env.end(&c.holder)
		c.out.Over()
	}
}

// queuedSize is what a record takes in a queue beside its bytes, about.
const queuedSize = 128

// drain reads the records that wait, of both directions in the order in which they came.
func (c *Conn[M]) drain() {
	var at, stuck [2]int
	for i := range c.halves {
		if h := &c.halves[i]; h.stalled && len(c.dirs[i].queue) == 0 {
			c.messages(h)
		}
	}
	for {
		side := -1
		for i := range c.dirs {
			q := c.dirs[i].queue
			if stuck[i] == 0 && at[i] < len(q) && (side < 0 || q[at[i]].number < c.dirs[side].queue[at[side]].number) {
				side = i
			}
		}
		if side < 0 {
			break
		}
		if !c.drainOne(Side(side), &c.dirs[side].queue[at[side]]) {
			stuck[side] = 1
			continue
		}
		at[side]++
	}
	for i := range c.dirs {
		c.dirs[i].drained(at[i])
	}
}

// drainOne reads a queued record, and reports whether it need not wait any longer.
func (c *Conn[M]) drainOne(side Side, q *queued[M]) bool {
	d, h := &c.dirs[side], &c.halves[side]
	switch {
	case h.off != 0:
		return true
	case q.missing >= 0:
		c.gap(side, q.missing, q.last)
		return true
	}
	r := record{kind: q.kind, version: q.version, body: d.store[q.off : q.off+q.n]}
	content, st := c.process(h, &r)
	switch st {
	case blocked:
		return false
	case skipped:
		c.out.Lost(side, q.last)
	case failed:
		c.unopened(side, &r, q.last)
	default:
		c.deliver(side, content, q.first, q.last)
	}
	return true
}

// drained removes the first n records of the queue.
func (d *direction[M]) drained(n int) {
	if n == 0 {
		return
	}
	if n == len(d.queue) {
		d.queue, d.store = nil, nil
		return
	}
	base := d.queue[n].off
	if d.queue[n].missing >= 0 {
		base = 0 // a gap has no place in store
		for i := n; i < len(d.queue); i++ {
			if d.queue[i].missing < 0 {
				base = d.queue[i].off
				break
			}
		}
	}
	d.store = d.store[:copy(d.store, d.store[base:])]
	d.queue = d.queue[:copy(d.queue, d.queue[n:])]
	for i := range d.queue {
		d.queue[i].off -= base
	}
}
