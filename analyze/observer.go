package analyze

import "simplecap/decode"

// One message may be seen by several observers: the capture itself, and HEP agents
// that report what passes them. Each has a clock of its own. The times of a
// transaction are on the clock of who saw its first message, so that a round-trip
// time never mixes two clocks; what runs out by the capture's clock goes by when the
// frames came. What one observer counts, another one's report of it is a copy of.

// lag is how far the capture's clock is ahead of the one that the record's times are
// on, in nanoseconds; 0 where the capture saw its first message.
func (tx txn) lag() (lag int64) {
	if tx.is(isLagged) {
		tx.each(nodeLag, func(v uint64) { lag = int64(v) })
	}
	return lag
}

// observed notes who saw the first message of a record.
func (tx txn) observed(m *decode.Message) {
	tx.agent = m.Agent
	if m.Lag != 0 || tx.is(isLagged) {
		tx.set(isLagged)
		tx.keep(nodeLag, uint64(m.Lag))
	}
}

// opened is the capture's clock at the first transmission.
func (tx txn) opened() int64 { return tx.first + tx.lag() }

// timeOf is when m was seen, on the clock that the record's times are on. An agent has
// one clock; that of the capture may have been set since.
func (tx txn) timeOf(m *decode.Message) int64 {
	if m.Agent == tx.agent && m.Agent != 0 {
		return m.Time
	}
	return m.Seen() - tx.lag()
}

// torn reports whether the capture's clock was set between the record's first message
// and m, or has no time for m: what lies between them cannot be told.
func (tx txn) torn(m *decode.Message) bool {
	return m.Agent == 0 && tx.agent == 0 && (m.Lag != tx.lag() || !m.HasTime)
}

// hasAnswer reports whether a response of that status has been counted.
func (tx txn) hasAnswer(status int) (has bool) {
	if status >= 200 {
		return int(tx.status) == status
	}
	tx.each(nodeProvisional, func(v uint64) { has = has || int(v) == status })
	return has
}

// samePath reports whether a request went the way of the record's. Of a TCP connection
// that an agent opened it says where it listens itself, not from where it sent, so that
// between two observers the source's port means nothing.
func samePath(tx txn, m *decode.Message) bool {
	src, dst := tx.ends()
	if dst != m.Dst || src.IP != m.Src.IP {
		return false
	}
	return src.Port == m.Src.Port || m.Agent != tx.agent && m.Transport.Reliable()
}

// introduce tells the analyzer who the HEP agents up to number n are.
func (e *engine) introduce(n int) {
	for ; e.agents < n; e.agents++ {
		e.room()
		e.batch.next(eventAgent, e.clock).rarely().agent = e.decoder.AgentName(uint8(e.agents + 1))
	}
}
