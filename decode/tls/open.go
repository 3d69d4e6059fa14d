package tls

// This file finds the keys and the number of a record.

// Numbers that are tried where no gap is known, and the later keys of a
// KeyUpdate that are tried behind a gap. Limits.Tries bounds both.
const (
	slack       = 8
	generations = 5
)

// span is how many sequence numbers are tried for a record: behind a gap as many as
// records fit into it.
func (c *core) span(h *half) int {
	n := 1
	if h.lost {
		n = slack + h.missing/(recordHeader+17)
	} else if h.opened > 0 {
		n = slack
	}
	return min(n, c.limits.Tries-c.tries)
}

// try opens a record as number from, or one of the n-1 after it.
func (c *core) try(p *protection, r *record, from uint64, n int) (body []byte, kind byte, seq uint64, ok bool) {
	for i := range n {
		if i > 0 {
			c.tries++
		}
		body, kind, ok = p.open(c.env.scratch[:0], r, from+uint64(i))
		if ok {
			c.env.keepScratch(body)
			return body, kind, from + uint64(i), true
		}
	}
	return nil, 0, 0, false
}

// use takes keys and the number of the record that they opened.
func (h *half) use(p *protection, seq uint64, r *record) {
	h.cur, h.seq = p, seq+1
	p.accept(r)
}

// open12 opens a record of TLS 1.2 and before.
func (c *core) open12(h *half, r *record) ([]byte, byte, status) {
	if h.cur == nil {
		return c.begin12(h, r)
	}
	if h.lostIV { // the last block of this one is what the next begins with
		h.lostIV = false
		h.pass(r)
		return nil, 0, done
	}
	n := 1
	for range 2 {
		if body, kind, seq, ok := c.try(h.cur, r, h.seq, n); ok {
			h.use(h.cur, seq, r)
			return nonNil(body), kind, done
		}
		if n = c.span(h); n <= 1 {
			break
		}
	}
	return c.renewed12(h, r)
}

// renewed12 opens a record behind a gap that has swallowed the ChangeCipherSpec of a
// renegotiation.
func (c *core) renewed12(h *half, r *record) (body []byte, kind byte, st status) {
	hs := h.hs
	if !h.lost || hs == nil || hs.suite == nil || hs.sides[0] == h.cur || hs.sides[1] == h.cur {
		return nil, 0, failed
	}
	cur, seq := h.cur, h.seq
	h.cur, h.seq = nil, 0
	if body, kind, st = c.begin12(h, r); st != done {
		h.cur, h.seq = cur, seq
		return nil, 0, failed
	}
	return body, kind, st
}

// begin12 opens the first record under new keys, with each secret that may fit.
func (c *core) begin12(h *half, r *record) (body []byte, kind byte, st status) {
	hs := h.hs
	side := 0
	if c.isServer(h) {
		side = 1
	}
	n, tried := max(c.span(h), 1), false
	one := func(sides [2]*protection) bool {
		p := sides[side]
		if p == nil || st == done {
			return false
		}
		tried = true
		var seq uint64
		var ok bool
		if body, kind, seq, ok = c.try(p, r, h.seq, n); ok {
			h.use(p, seq, r)
			st, body = done, nonNil(body)
		}
		return ok
	}
	st = failed
	if hs.master != nil {
		one(hs.sides)
	} else {
		c.masters(hs, func(master []byte) {
			if st == done {
				return
			}
			sides := keyBlock(hs.suite, hs.version, master, hs.client.random[:], hs.server.random[:], hs.server.etm)
			if one(sides) {
				hs.sides, hs.master = sides, clone(master, len(master))
				hs.forget()
				c.remember(hs)
				c.progress = true
			}
		})
	}
	if st == done {
		h.epoch = epochKeys
		return body, kind, done
	}
	return nil, 0, h.unopened(tried)
}

// unopened says what becomes of a record that no keys have opened: it waits for
// others, unless some have fitted before.
func (h *half) unopened(tried bool) status {
	h.wait = NoKeys
	if tried {
		h.wait = WrongKeys
		if h.lost {
			return failed
		}
	}
	return blocked
}

// nonNil tells an empty record from none.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// open13 opens a record of TLS 1.3.
func (c *core) open13(h *half, r *record) ([]byte, byte, status) {
	if h.epoch == epochPlain {
		h.epoch = epochHandshake
		if !c.isServer(h) && h.hs.client.earlyData {
			h.epoch = epochEarly
		}
	}
	if h.epoch == epochEarly && h.cur == nil && !c.earlyDecided(h.hs) {
		h.wait = NoKeys
		return nil, 0, blocked
	}
	if h.cur != nil {
		if body, kind, _, ok := c.try(h.cur, r, h.seq, 1); ok {
			h.seq++
			return c.opened13(h, body, kind)
		}
		if n := c.span(h); h.lost && n > 1 {
			if body, kind, seq, ok := c.try(h.cur, r, h.seq+1, n-1); ok {
				h.seq = seq + 1
				return c.opened13(h, body, kind)
			}
		}
	}
	return c.later13(h, r)
}

// opened13 drops early data that the server has refused: the client sends it again.
func (c *core) opened13(h *half, body []byte, kind byte) ([]byte, byte, status) {
	if h.epoch == epochEarly && h.hs.earlyRefused && kind == recordData {
		return []byte{}, recordNothing, done
	}
	return nonNil(body), kind, done
}

// earlyDecided reports whether it is known if the server takes early data, or will
// not be known.
func (c *core) earlyDecided(hs *handshake) bool {
	server := c.other(&c.halves[c.client])
	if hs.retried {
		hs.earlyRefused = true
	}
	return hs.extensionsSeen || hs.retried || c.force || server.lost || server.off != 0 ||
		server.epoch == epochApplication || !c.env.Secrets.has(ServerHandshake, &hs.client.random)
}

// later13 opens a record with the keys of this epoch, if it has none yet, or of a
// later one: the record that leads there may be missing, or never was (RFC 8446 4.2.10).
func (c *core) later13(h *half, r *record) (body []byte, kind byte, st status) {
	from, tried := h.epoch, 0
	if h.cur != nil {
		from++
	}
	n := 1
	if h.lost {
		n = c.span(h)
	}
	for e := from; e <= epochApplication; e++ {
		for _, p := range c.candidates(h, e) {
			tried++
			if body, kind, seq, ok := c.tryGenerations(h, p, r, e, n); ok {
				h.epoch, h.seq = e, seq+1
				c.progress = true
				body, kind, st = c.opened13(h, body, kind)
				return body, kind, st
			}
		}
	}
	if h.cur != nil && h.epoch == epochApplication && h.lost {
		if next := h.cur.next(); next != nil {
			if body, kind, seq, ok := c.tryGenerations(h, next, r, epochApplication, n); ok {
				h.seq = seq + 1
				return nonNil(body), kind, done
			}
		}
	}
	return nil, 0, c.unopened13(h, tried)
}

// tryGenerations tries keys and, behind a gap, those that follow from them.
func (c *core) tryGenerations(h *half, p *protection, r *record, e epoch, n int) ([]byte, byte, uint64, bool) {
	for range generations {
		body, kind, seq, ok := c.try(p, r, 0, n)
		if ok {
			h.cur = p
			return body, kind, seq, true
		}
		if !h.lost || e != epochApplication {
			break
		}
		if p = p.next(); p == nil {
			break
		}
	}
	return nil, 0, 0, false
}

// unopened13 says what becomes of a record that no keys have opened.
func (c *core) unopened13(h *half, tried int) status {
	switch {
	case h.cur != nil && h.epoch >= epochHandshake && (h.epoch == epochApplication || tried > 0):
		return failed
	case h.cur == nil && tried > 0 && h.epoch < epochApplication && h.passed < c.limits.Passed && !c.hasSecret(h, h.epoch):
		h.passed++ // a record of the handshake or early data, whose secret is not known
		if h.epoch == epochEarly && !h.hs.earlyRefused {
			h.early = true
			return skipped
		}
		return done
	case h.cur != nil && tried == 0:
		h.wait = NoKeys
		return blocked
	}
	return h.unopened(tried > 0)
}

// labelOf is the secret of an epoch.
func (c *core) labelOf(h *half, e epoch) Label {
	server := c.isServer(h)
	switch {
	case e == epochEarly && !server:
		return ClientEarly
	case e == epochHandshake && server:
		return ServerHandshake
	case e == epochHandshake:
		return ClientHandshake
	case e == epochApplication && server:
		return ServerTraffic
	case e == epochApplication:
		return ClientTraffic
	}
	return notNeeded
}

func (c *core) hasSecret(h *half, e epoch) bool {
	return c.env.Secrets.has(c.labelOf(h, e), &h.hs.client.random)
}

// candidates are the keys that an epoch may have. Early data may be under another
// suite than the rest, if it is refused; and the suite is not known where the
// ServerHello is missing.
func (c *core) candidates(h *half, e epoch) (all []*protection) {
	hs := h.hs
	c.env.Secrets.find(c.labelOf(h, e), &hs.client.random, func(secret []byte) {
		if hs.suite != nil {
			if p := newProtection13(hs.suite, secret); p != nil {
				all = append(all, p)
			}
		}
		if hs.suite != nil && e != epochEarly {
			return
		}
		for _, n := range suites13 {
			if s := suites()[n]; s != hs.suite {
				if p := newProtection13(s, secret); p != nil {
					all = append(all, p)
				}
			}
		}
	})
	return all
}
