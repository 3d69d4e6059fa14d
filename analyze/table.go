package analyze

import (
	"bytes"
	"time"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// table holds the open transactions and finds the one that a message is about.
type table struct {
	*run
	store
	crowd *recent[uint64, deadline] // those too many for their branch, see crowd.go
}

func (tab *table) init(r *run) {
	tab.run = r
	tab.store.init(r.limits.Unpacked, r.options.Grown)
	tab.forget()
}

// forget forgets what only the messages of one trace have to do with.
func (tab *table) forget() { tab.crowd = newRecent[uint64, deadline](tab.limits.Watched) }

// holds reports whether the handle still names the transaction with the id.
func (tab *table) holds(h handle, id uint64) bool {
	c := tab.chunks[h>>chunkBits]
	at := int(h % chunkRecords)
	return c != nil && c.firstID+uint64(at) == id && at < c.used && c.isOpen(at)
}

// maxVias is how many Vias of a request are looked at: it has one for each hop, and
// Max-Forwards begins at 70 (RFC 3261 8.1.1.6).
const maxVias = 71

// upstream returns the transaction that m forwards: the one whose top Via is the
// nearest of m's further Vias that the capture has seen (RFC 3261 16.6 step 8). It is not
// m's own, self, which some name twice.
func (tab *table) upstream(self handle, m *decode.Message) handle {
	if m.ViaCount < 2 {
		return 0
	}
	n := 0
	for sentBy, branch := range m.Vias() {
		if n++; n == 1 {
			continue
		}
		if n > maxVias {
			break
		}
		if h := tab.byVia(m, sentBy, branch); h != 0 && h != self {
			return h
		}
	}
	return 0
}

// byVia returns the transaction of m's call with that top Via. Where the capture
// has it at several points, it is the one that ends where m begins, or else the
// latest.
func (tab *table) byVia(m *decode.Message, sentBy, branch []byte) (best handle) {
	hash, old := viaHash(m, branch)
	h := tab.byBranch.find(hash)
	for n := 0; h != 0 && n < tab.limits.Candidates; n++ {
		tx := tab.at(h)
		if tx.is(hasRequest) && tx.is(isOld) == old && !(old && samePath(tx, m)) && bytes.Equal(tx.get(tx.branch), cut(branch)) && sameSentBy(tx.get(tx.common().sentBy), sentBy) &&
			bytes.Equal(tx.get(tx.callID), cut(m.CallID.In(m.Raw))) {
			if _, dst := tx.ends(); dst.IP == m.Src.IP {
				return h
			}
			if best == 0 {
				best = h
			}
		}
		h = tx.branchLinks.next
	}
	return best
}

// notesBelow keeps of a request by which branches a leg would be known that it forwards:
// the one just before it, and the first one.
func (tab *table) notesBelow(h handle, m *decode.Message) {
	tx := tab.at(h)
	n, first := 0, uint64(0)
	for _, branch := range m.Vias() {
		if n++; n == 1 || n > maxVias {
			continue
		}
		hash, old := viaHash(m, branch)
		if first = hash; old {
			first = 0
		} else if n == 2 {
			tx.push(nodeBelow, hash)
		}
	}
	if n > 2 && first != 0 {
		tx.push(nodeBelow, first)
	}
}

// isBelow reports whether a request forwards the one with a branch, as notesBelow has it.
func (tx txn) isBelow(branch uint64) (found bool) {
	tx.each(nodeBelow, func(hash uint64) { found = found || hash == branch })
	return found
}

// translated returns the same request as seen on the other side of a NAT: the
// same Via, other addresses.
func (tab *table) translated(self handle, m *decode.Message, k *key) handle {
	return tab.findBranch(k.branch, func(h handle, tx txn) bool {
		return h != self && tx.is(hasRequest) && !tx.is(isOld) && sameHop(tx, m) && sameCall(tx, m)
	})
}

// isAgain reports whether m is no copy behind a NAT but the sender's own, between the same
// hosts over another connection or from another port: the first was lost, or gave no answer.
func (tab *table) isAgain(h handle, m *decode.Message) bool {
	tx := tab.at(h)
	return m.Transport == tx.common().transport && hostsMatch(tx, m.Src, m.Dst) && m.Time-tx.first > throughNAT
}

// throughNAT is how long a packet may take through a NAT, in nanoseconds.
const throughNAT = int64(10 * time.Millisecond)

// attemptBefore returns the transaction that m repeats after a challenge or a
// redirection: same call, From tag and body, the next CSeq number (RFC 3261 8.1.3.4, 8.1.3.5);
// or at another server, with the same number (RFC 3263 4.3). A proxy's attempts are found so
// where the capture does not have what it forwards.
// With another body it is the next message of a session.
func (tab *table) attemptBefore(self handle, m *decode.Message, k *key) handle {
	if !namesCall(m) {
		return 0
	}
	return tab.findCall(m, k.call, func(tx txn) bool {
		if !tx.is(hasRequest) || tx.id() == tab.idOf(self) || !sameFrom(tx, m) || tx.parent != 0 || !mayBeSameBody(tx, m) {
			return false
		}
		src, _ := tx.ends()
		next := m.CSeqNumber == tx.cseqNumber()+1
		switch result.OutcomeOf(int(tx.status)) {
		case result.Challenged:
			return next && tx.status != 0 && src.IP == m.Src.IP
		case result.Redirected:
			return (next || m.CSeqNumber == tx.cseqNumber()) && src.IP == m.Src.IP
		}
		return m.CSeqNumber == tx.cseqNumber() && src.IP == m.Src.IP && (failsOver(tx, m) || forksUnseen(tx, m))
	})
}

// attemptBehind is attemptBefore, where the capture has no such repetition by the client yet,
// but m is the leg of a proxy that forwards it.
func (tab *table) attemptBehind(m *decode.Message, k *key) handle {
	if m.ViaCount < 2 || !namesCall(m) {
		return 0
	}
	return tab.findCall(m, k.call, func(tx txn) bool {
		return tx.is(hasRequest) && tx.parent == 0 && int(tx.vias) < m.ViaCount && m.CSeqNumber == tx.cseqNumber()+1 && sameFrom(tx, m) &&
			tx.status != 0 && result.OutcomeOf(int(tx.status)) == result.Challenged && passed(m, tx.get(tx.common().sentBy))
	})
}

// namesCall reports whether a request says which one of which call it is. Where the snapshot
// length ends before that, all requests of a host look the same.
func namesCall(m *decode.Message) bool { return m.CallID.Len > 0 && m.CSeqMethod.Len > 0 }

// passed reports whether a request came by a sent-by before its last hop.
func passed(m *decode.Message, by []byte) bool {
	n := 0
	for sentBy := range m.Vias() {
		if n++; n > maxVias {
			break
		}
		if n > 1 && sameSentBy(by, sentBy) {
			return true
		}
	}
	return false
}

// failsOver reports whether m goes to another server than a request that had no answer
// yet, or a 503, or a 408, by which a proxy says that it had none.
func failsOver(tx txn, m *decode.Message) bool {
	_, dst := tx.ends()
	return m.ViaCount == 1 && dst.IP != m.Dst.IP && (tx.status == 0 || tx.status == 408 || tx.status == 503)
}

// forksUnseen reports whether m is another branch of a proxy that the capture sees only the
// next hops of.
func forksUnseen(tx txn, m *decode.Message) bool {
	return m.ViaCount > 1 && int(tx.vias) == min(m.ViaCount, 255)
}

// named returns the transaction with the Call-ID id that a B2BUA sends on as m, or 0. A call
// has one for each hop, each branch of a fork and each message of a session: the latest of
// those that went to where m comes from has it, and of these one with m's body.
func (tab *table) named(id []byte, m *decode.Message) (best handle) {
	most := -1
	h := tab.byCall.find(hash64(cut(id)))
	for n := 0; h != 0 && n < tab.limits.Candidates; n++ {
		tx := tab.at(h)
		if tx.is(hasRequest) && bytes.Equal(tx.get(tx.callID), cut(id)) {
			if fit := sentOnFit(tx, m); fit > most {
				best, most = h, fit
			}
		}
		h = tx.callLinks.next
	}
	return best
}

// sentOnFit says how well m fits as what the host sends on that a request went to.
func sentOnFit(tx txn, m *decode.Message) (fit int) {
	if _, dst := tx.ends(); dst.IP == m.Src.IP {
		fit += 2
	}
	if mayBeSameBody(tx, m) {
		fit++
	}
	return fit
}

// mayBeSameBody reports whether m has the body of a transaction's request, as far as the
// capture holds both.
func mayBeSameBody(tx txn, m *decode.Message) bool {
	return tx.is(isBodyCut) || m.Carriage&decode.Cut != 0 || bodyMatches(tx, m)
}

// bodyMatches reports whether m has the body of a transaction's request.
func bodyMatches(tx txn, m *decode.Message) bool {
	return tx.bodyBytes == m.Body.Len && (m.Body.Len == 0 || tx.bodyHash == hash32(m.Body.In(m.Raw)))
}

func (tab *table) idOf(h handle) uint64 {
	tx := tab.at(h)
	return tx.id()
}

// parentOf is the id of the transaction that one forwards, 0 for none.
func (tab *table) parentOf(h handle) uint64 {
	tx := tab.at(h)
	return tx.parentID()
}
