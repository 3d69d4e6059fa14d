package analyze

import (
	"slices"

	"simplecap/capture"
	"simplecap/decode"
)

// hosts remembers what became of connections, which hosts talk to each other, and who
// reports.
type hosts struct {
	*run
	conns     *recent[uint64, connState] // what happened to TCP connections, by Message.Conn
	stuck     bool                       // one of them was: see decode.ConnStuck
	covers    *recent[coverKey, cover]   // bytes that a message claims of what comes behind it
	refusals  refusals                   // TCP connections that did not come about
	sealed    sealedLegs                 // connections that cannot be read
	sightings sightings
	cuts      cuts
	agents    []string // who reports by HEP, by decode.Message.Agent less 1
}

func (hs *hosts) init(r *run) {
	hs.run = r
	hs.forget()
}

// forget forgets what only the messages of one trace have to do with.
func (hs *hosts) forget() {
	hs.conns, hs.stuck = newRecent[uint64, connState](hs.limits.Connections), false
	hs.covers = newRecent[coverKey, cover](hs.limits.Connections)
	hs.refusals = newRefusals(hs.limits.Refusals)
	hs.sealed = newSealedLegs(hs.limits.Sealed)
	hs.sightings = sightings{pairs: newRecent[hostPair, bool](hs.limits.Connections), hosts: newRecent[decode.Addr, bool](hs.limits.Connections), asks: newRecent[decode.Addr, uint16](hs.limits.Connections)}
	hs.cuts = cuts{newRecent[hostPair, cutAnswer](hs.limits.Connections)}
}

// connection takes an event of a TCP connection that carries SIP.
func (hs *hosts) connection(e *decode.ConnEvent) {
	if e.Kind >= decode.ConnRefused && e.Kind <= decode.ConnOpened {
		hs.refusals.add(e)
		return
	}
	if e.Kind >= decode.ConnSealed && e.Conn == 0 {
		hs.sealed.ipsec(e)
		return
	}
	state, _ := hs.conns.get(e.Conn)
	switch {
	case e.Kind == decode.ConnSealed || e.Kind == decode.ConnUnsealed:
		hs.seal(e, &state)
	case e.Kind == decode.ConnLacking:
		state.lostOf(e.Src).lacking = true
	case e.Kind == decode.ConnCaught:
		state.lostOf(e.Src).lacking = false
	case e.Kind == decode.ConnStuck:
		state.stuck, state.stuckOf, state.since = true, e.Src, e.Since
		hs.stuck = true
	case e.Kind == decode.ConnMoved:
		state.stuck = state.stuck && state.stuckOf != e.Src
	case e.Kind == decode.ConnGap:
		state.gap = true
		lost := state.lostOf(e.Src)
		lost.gap, lost.gapAt, lost.lacking = true, e.Time, false
	case state.ended == 0:
		state.ended, state.time, state.frame, state.by, state.acked = e.Kind, e.Time, e.Frame, e.Src, e.Acked
	}
	hs.conns.put(e.Conn, state)
}

// connOf returns what happened to the TCP connection of a transaction.
func (hs *hosts) connOf(tx txn) (connState, bool) {
	conn := tx.common().conn
	if conn == 0 {
		return connState{}, false
	}
	return hs.conns.get(uint64(conn))
}

// notTaken reports whether the other end has not acknowledged what a host sent at a time, nor
// when it was sent again.
func (c *connState) notTaken(from decode.Endpoint, at int64) bool {
	return c.stuck && c.stuckOf == from && c.since <= at
}

// answerNotTaken reports whether the end that asked has not acknowledged the final response
// of a transaction.
func (hs *hosts) answerNotTaken(tx txn) bool {
	if !hs.stuck || tx.status == 0 || !tx.is(hasTime) {
		return false
	}
	conn, _ := hs.connOf(tx)
	_, dst := tx.ends()
	return conn.notTaken(dst, tx.final)
}

// answersWait reports whether what the server of an unanswered transaction sends waits for bytes
// before it, which the other end has not acknowledged.
func (hs *hosts) answersWait(tx txn) bool {
	if !hs.stuck || tx.status != 0 {
		return false
	}
	conn, _ := hs.connOf(tx)
	_, dst := tx.ends()
	return conn.stuck && conn.stuckOf == dst
}

// requestNotTaken is answerNotTaken of its request.
func (hs *hosts) requestNotTaken(tx txn) bool {
	if !hs.stuck {
		return false
	}
	conn, _ := hs.connOf(tx)
	src, _ := tx.ends()
	return conn.notTaken(src, tx.first)
}

// misses reports whether bytes are missing in the capture of what a host sent on a
// connection since a request came: among them may be its answer.
func (c *connState) misses(server decode.Endpoint, since int64) bool {
	return slices.ContainsFunc(c.lost[:], func(l lostBytes) bool { return l.of == server && (l.lacking || l.gap && l.gapAt >= since) })
}

// missesAnswer reports whether the answer to a transaction may be among bytes that are
// missing in the capture.
func (hs *hosts) missesAnswer(tx txn) bool {
	conn, ok := hs.connOf(tx)
	_, server := tx.ends()
	return ok && conn.misses(server, tx.opened())
}

// endOf is when a transaction had its final response, or its client gave it up, by the
// capture's clock: what happens later has nothing to do with how it ended.
func (hs *hosts) endOf(tx txn) int64 {
	if tx.status != 0 {
		return tx.final + tx.lag()
	}
	return tx.opened() + int64(hs.timers.F())
}

// resetBefore returns the frame in which the sender of a request reset its connection before
// a response over it came, 0 where it did not: nobody receives such a response.
func (hs *hosts) resetBefore(tx txn, m *decode.Message) capture.Ref {
	begun := m.Carriage&decode.MidStream == 0 // another connection between the same ports
	if !tx.is(hasRequest) || m.Conn == 0 || begun && m.Conn != uint64(tx.common().conn) || m.Transport == decode.SCTP {
		return 0
	}
	state, _ := hs.connOf(tx)
	if src, dst := tx.ends(); m.Src != dst || m.Dst != src || state.ended != decode.ConnReset || state.by != src || !m.HasTime || m.Seen() <= state.time {
		return 0
	}
	return state.frame
}

// agentName is who a HEP agent is.
func (hs *hosts) agentName(number uint8) string {
	if n := int(number); n > 0 && n <= len(hs.agents) {
		return hs.agents[n-1]
	}
	return "an agent"
}
