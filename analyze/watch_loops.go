package analyze

import (
	"bytes"

	"simplecap/decode"
)

// loops reports whether a proxy stands three times among the Vias, and nothing in the
// capture says that it sent the request to another target or next hop each time: that is
// a spiral (RFC 3261 6), as where a server asks one application server after the other.
func (w *watch) loops(m *decode.Message) bool {
	proxy := thrice(m)
	if proxy == nil {
		return false
	}
	var sent [maxVias]txn
	n, same := 0, false
	for sentBy, branch := range m.Vias() {
		if n == len(sent) || !sameSentBy(proxy, sentBy) || len(branch) <= len(magicCookie) {
			continue
		}
		if h := w.table.byVia(m, sentBy, branch); h != 0 {
			sent[n] = w.table.at(h)
			for _, before := range sent[:n] {
				same = same || sameAim(before, sent[n])
			}
			n++
		}
	}
	return same || n < 2
}

// sameAim reports whether two requests went to the same host for the same target.
func sameAim(a, b txn) bool {
	_, toA := a.ends()
	_, toB := b.ends()
	return a.id() != b.id() && toA == toB && bytes.Equal(a.get(a.uri), b.get(b.uri))
}

// thrice returns the sent-by that stands three times among the Vias, nil for none.
func thrice(m *decode.Message) []byte {
	var seen [maxVias]uint32
	n := 0
	for sentBy := range m.Vias() {
		hash, count := hash32(sentBy), 0
		for _, other := range seen[:n] {
			if other == hash {
				count++
			}
		}
		if count >= 2 {
			return sentBy
		}
		if n < len(seen) {
			seen[n] = hash
			n++
		}
	}
	return nil
}

// isMerged reports whether another transaction of the same call brought the same request
// to the host that a 482 comes from. That one says the same of a request which came by two
// ways, of which it took the other (RFC 3261 8.2.2.2). A proxy passes it back.
func (tab *table) isMerged(tx txn, m *decode.Message) bool {
	parent := tx.parentID()
	return tab.findCall(m, callOf(m), func(other txn) bool {
		if other.id() == tx.id() || other.id() == parent || !other.is(hasRequest) || other.cseqNumber() != m.CSeqNumber || !sameFrom(other, m) {
			return false
		}
		_, dst := other.ends()
		return dst.IP == m.Src.IP || other.parentID() == tx.id() && other.status == 482 && !other.is(isLooped)
	}) != 0
}

// hasPassed reports whether a request went over the hop of a transaction before: one of its
// Vias is that of it. A server that gets it again so has sent it on itself, and an
// application server sent it back (a spiral, RFC 3261 6); two ways have no Via in common
// with the hop of the other one.
func hasPassed(tx txn, m *decode.Message) bool {
	branch := tx.get(tx.branch)
	if m.ViaCount < 2 || !uniqueBranch(branch) {
		return false
	}
	for sentBy, other := range m.Vias() {
		if bytes.Equal(cut(other), branch) && sameSentBy(tx.get(tx.common().sentBy), sentBy) {
			return true
		}
	}
	return false
}
