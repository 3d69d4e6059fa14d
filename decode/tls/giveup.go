package tls

// This file has what an Env asks of a connection: to go on, and to hold less.

// retry goes on after new secrets.
func (c *Conn[M]) retry() {
	c.progress = true
	c.settle()
}

// shed gives up what the connection holds.
func (c *Conn[M]) shed() {
	for i := range c.dirs {
		d := &c.dirs[i]
		c.drop(Side(i))
		if len(d.buf) > 0 && c.halves[i].off == 0 {
			c.gap(Side(i), len(d.buf), d.first)
			d.look = true
		}
		d.buf = nil
		if h := &c.halves[i]; len(h.msg) > 0 {
			c.gap(Side(i), 0, d.first)
		}
	}
	for hs := c.first; hs != nil; hs = hs.next {
		hs.forget()
	}
	c.settle()
}

// leave gives the connection up, to make room for others.
func (c *Conn[M]) leave() {
	why := NoKeys
	switch {
	case c.first == nil || !c.first.haveServer:
		why = Refused // as far as is known: there was nothing to read yet
	case !c.env.Secrets.empty():
		why = TooMany
	}
	c.giveUp(why)
	c.ended = [2]bool{true, true}
	c.settle()
}

// finish ends the waiting.
func (c *Conn[M]) finish() {
	c.force = true
	c.retry()
	for i := range c.dirs {
		d, h := &c.dirs[i], &c.halves[i]
		if len(d.queue) > 0 {
			h.stop(c.reason(i))
		}
		d.buf, d.queue, d.store = nil, nil, nil
		c.ended[i] = true
	}
	c.settle()
}
