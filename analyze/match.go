package analyze

import (
	"bytes"
	"net/netip"
	"strings"

	"simplecap/decode"
)

// key holds the hashes that a message is looked up by.
type key struct {
	branch uint64 // of the branch; of Call-ID and CSeq number where there is no branch to go by
	call   uint64 // of the Call-ID
	old    bool   // RFC 2543: no branch to go by
}

const magicCookie = "z9hG4bK"

func keyOf(m *decode.Message) key {
	k := key{call: callOf(m)}
	k.branch, k.old = viaHash(m, m.Branch.In(m.Raw))
	return k
}

// isOldBranch reports whether a branch is one of RFC 2543, or none: nothing to go by alone.
func isOldBranch(branch []byte) bool {
	return len(branch) <= len(magicCookie) || string(branch[:len(magicCookie)]) != magicCookie
}

// viaHash is what the request is looked up by that a branch in a Via of m is of; old where
// that is nothing to go by alone.
func viaHash(m *decode.Message, branch []byte) (hash uint64, old bool) {
	branch = cut(branch)
	if isOldBranch(branch) {
		return oldHash(callOf(m), m.CSeqNumber), true
	}
	return hash64(branch), false
}

// callOf is the hash of m's Call-ID.
func callOf(m *decode.Message) uint64 { return hash64(cut(m.CallID.In(m.Raw))) }

// oldHash stands for the hash of a branch where there is none to go by.
func oldHash(call, cseq uint64) uint64 { return call ^ cseq*0x9e3779b97f4a7c15 }

// findRequest returns the transaction that m is a further copy of, or 0
// (RFC 3261 17.2.3). Source and destination are part of the key, so that copies
// seen at two points of the network stay two; Call-ID and CSeq are, so that a
// branch used for several messages does not hide them: of such reuse it returns the
// transaction that had the branch before, too.
func (tab *table) findRequest(m *decode.Message, k *key) (found, reused handle) {
	if keyCut(m) {
		return tab.findCut(m, k), 0
	}
	last, moved := handle(0), handle(0)
	h, n := tab.byBranch.find(k.branch), 0
	for ; h != 0 && n < tab.limits.Candidates; n++ {
		tx := tab.at(h)
		last = h
		if tx.is(hasRequest) && sameHop(tx, m) && samePath(tx, m) && !tab.expired(tx, m) {
			if sameRequest(tx, m) {
				return h, 0
			}
			if !k.old && !sameCall(tx, m) && reused == 0 {
				reused = h
			}
		} else if moved == 0 && hasMoved(tx, m) && !tab.expired(tx, m) {
			moved = h
		}
		h = tx.branchLinks.next
	}
	if moved != 0 {
		return moved, 0
	}
	if n == tab.limits.Candidates {
		if h = tab.inCrowd(m, m.Src, m.Dst); h != 0 && tab.isCopyOf(h, m) {
			return h, 0
		}
		tab.pushOut(last)
	}
	return 0, reused
}

// hasMoved reports whether m is a transaction's request from another port: who sends it again
// from a socket of its own, or through a NAT that has forgotten the first port, means the same
// transaction (RFC 3261 17.2.3). What comes at once is the packet behind the NAT.
func hasMoved(tx txn, m *decode.Message) bool {
	_, dst := tx.ends()
	return m.Transport == decode.UDP && dst == m.Dst && tx.is(hasRequest) && m.HasTime && m.Time-tx.at(tx.latest) > throughNAT &&
		hostsMatch(tx, m.Src, m.Dst) && tx.common().transport == decode.UDP && sameHop(tx, m) && sameRequest(tx, m)
}

// isCopyOf reports whether m is a further copy of a transaction's request.
func (tab *table) isCopyOf(h handle, m *decode.Message) bool {
	tx := tab.at(h)
	return tx.is(hasRequest) && sameHop(tx, m) && samePath(tx, m) && !tab.expired(tx, m) && sameRequest(tx, m)
}

// sameRequest compares what all copies of a request have beside their way.
func sameRequest(tx txn, m *decode.Message) bool {
	return sameCall(tx, m) && sameFrom(tx, m) && bytes.Equal(tx.get(tx.common().method), m.Method.In(m.Raw))
}

// expired reports whether Timer F has passed between the transaction's first
// request and m.
func (tab *table) expired(tx txn, m *decode.Message) bool {
	return tx.is(hasTime) && m.HasTime && m.Seen()-tx.opened() > int64(tab.timers.F())
}

// sameHop compares branch and sent-by (RFC 3261 17.1.3).
func sameHop(tx txn, m *decode.Message) bool {
	return bytes.Equal(tx.get(tx.branch), cut(m.Branch.In(m.Raw))) && sameSentBy(tx.get(tx.common().sentBy), m.SentBy.In(m.Raw))
}

// cut shortens a string as storing it does, so that both compare equal.
func cut(b []byte) []byte { return b[:min(len(b), maxText)] }

// sameCall compares Call-ID and CSeq number.
func sameCall(tx txn, m *decode.Message) bool {
	return tx.cseqNumber() == m.CSeqNumber && bytes.Equal(tx.get(tx.callID), cut(m.CallID.In(m.Raw)))
}

// sameFrom compares the From tag.
func sameFrom(tx txn, m *decode.Message) bool {
	return bytes.Equal(tx.get(tx.fromTag), cut(m.FromTag.In(m.Raw)))
}

// sameSentBy compares two sent-by values: hosts without case, and 5060 where
// there is no port (RFC 3261 18.1.1).
func sameSentBy(a, b []byte) bool {
	return bytes.EqualFold(a, b) || bytes.EqualFold(plainSentBy(a), plainSentBy(b)) || sameAddress(a, b)
}

// sameAddress reports whether two sent-by values are one IPv6 address, written in two ways.
func sameAddress(a, b []byte) bool {
	if !bytes.HasPrefix(a, []byte("[")) || !bytes.HasPrefix(b, []byte("[")) {
		return false
	}
	hostA, portA := splitSentBy(a)
	hostB, portB := splitSentBy(b)
	x, err := netip.ParseAddr(strings.Trim(hostA, "[]"))
	y, failed := netip.ParseAddr(strings.Trim(hostB, "[]"))
	return err == nil && failed == nil && x == y && portA == portB
}

// plainSentBy leaves out what a sent-by may have and say nothing by: port 5060, and white
// space around the colon (RFC 3261 25.1, COLON).
func plainSentBy(b []byte) []byte {
	i := bytes.LastIndexByte(b, ':')
	if i < bytes.LastIndexByte(b, ']') {
		return b // the colon of an IPv6 address
	}
	host, port := bytes.TrimSpace(b[:max(i, 0)]), bytes.TrimSpace(b[i+1:])
	switch {
	case i < 0 || len(host)+len(":")+len(port) == len(b) && string(port) != "5060":
		return b
	case string(port) == "5060":
		return host
	}
	return bytes.Join([][]byte{host, port}, []byte{':'})
}

// findBranch returns the latest transaction with the hash of a branch that ok
// accepts, or 0.
func (tab *table) findBranch(hash uint64, ok func(h handle, tx txn) bool) handle {
	h := tab.byBranch.find(hash)
	for n := 0; h != 0 && n < tab.limits.Candidates; n++ {
		tx := tab.at(h)
		if ok(h, tx) {
			return h
		}
		h = tx.branchLinks.next
	}
	return 0
}

// findOrphan returns responses that were captured before their request m, or 0.
func (tab *table) findOrphan(m *decode.Message, k *key) handle {
	return tab.findBranch(k.branch, func(_ handle, tx txn) bool {
		return !tx.is(hasRequest) && sameHop(tx, m) && sameCall(tx, m) && !tab.expired(tx, m) && hostsMatch(tx, m.Src, m.Dst)
	})
}

// hostsMatch compares the two ends of a transaction, without ports.
func hostsMatch(tx txn, src, dst decode.Endpoint) bool {
	s, d := tx.ends()
	return s.IP == src.IP && d.IP == dst.IP
}

// findResponse returns the transaction that a response belongs to, or 0
// (RFC 3261 17.1.3). Where several have its branch, which happens when the
// capture sees a request at two points or a branch is used again, the best fit
// by call and addresses has it.
func (tab *table) findResponse(m *decode.Message, k *key) handle {
	best, bestScore := handle(0), 0
	h := tab.byBranch.find(k.branch)
	for n := 0; h != 0 && n < tab.limits.Candidates; n++ {
		tx := tab.at(h)
		if score := tab.fit(tx, m); score > bestScore {
			best, bestScore = h, score
		}
		h = tx.branchLinks.next
	}
	if h != 0 {
		if h = tab.inCrowd(m, m.Dst, m.Src); h != 0 {
			if tx := tab.at(h); tab.fit(tx, m) > bestScore {
				return h
			}
		}
	}
	return best
}

// fit says how well a response fits a transaction; 0 is not at all. One that comes
// from the sender of the request never does. From another host than the request went
// to it does only where nothing else speaks against it, see wayThird.
func (tab *table) fit(tx txn, m *decode.Message) int {
	if !sameHop(tx, m) || tab.expired(tx, m) || !methodFits(tx, m) {
		return 0
	}
	switch wayOf(tx, m) {
	case wayOwn, wayAstray:
		return 0
	case wayThird:
		if !sameCall(tx, m) {
			return 0
		}
	}
	score := 1
	if sameCall(tx, m) {
		score += 16
	} else if tx.is(isOld) {
		return 0
	}
	src, dst := tx.ends()
	if dst == m.Src {
		score += 4
	} else if dst.IP == m.Src.IP {
		score += 2
	}
	if src == m.Dst {
		score += 4
	} else if src.IP == m.Dst.IP {
		score += 2
	}
	if tx.is(hasRequest) {
		score++
	}
	return score
}

// findExpired returns the transaction that a response comes too late for, where that is
// open still, or 0. An older one may keep it open: one that began with its answer, and
// waits from its request on.
func (tab *table) findExpired(m *decode.Message, k *key) handle {
	return tab.findBranch(k.branch, func(_ handle, tx txn) bool {
		return tx.is(hasRequest) && tab.expired(tx, m) && bytes.Equal(tx.get(tx.branch), cut(m.Branch.In(m.Raw))) && sameCall(tx, m) && hostsMatch(tx, m.Dst, m.Src)
	})
}

// methodFits compares the CSeq method of a response with the method of the
// request (RFC 3261 17.1.3). A response that the snapshot length cut before its
// CSeq fits by branch alone.
func methodFits(tx txn, m *decode.Message) bool {
	if m.CSeqMethod.Len == 0 {
		return m.Carriage&decode.Cut != 0
	}
	return bytes.Equal(tx.get(tx.common().method), m.CSeqMethod.In(m.Raw))
}

// findCall returns the latest transaction with m's Call-ID that ok accepts, or 0;
// hash is that of the Call-ID.
func (tab *table) findCall(m *decode.Message, hash uint64, ok func(tx txn) bool) handle {
	return tab.findCallID(m.CallID.In(m.Raw), hash, ok)
}

// findCallID returns the latest transaction with the Call-ID that ok accepts, or 0.
func (tab *table) findCallID(id []byte, hash uint64, ok func(tx txn) bool) handle {
	h := tab.byCall.find(hash)
	for n := 0; h != 0 && n < tab.limits.Candidates; n++ {
		tx := tab.at(h)
		if bytes.Equal(tx.get(tx.callID), cut(id)) && ok(tx) {
			return h
		}
		h = tx.callLinks.next
	}
	return 0
}

// findUnmatchable returns the transaction that a response answers although its
// sender cannot know: same call and number between the same hosts, but another
// branch, sent-by or CSeq method. Legs of a proxy share call and number, so the
// hosts must be the same ones.
func (tab *table) findUnmatchable(m *decode.Message, k *key) handle {
	if string(m.CSeqMethod.In(m.Raw)) == "CANCEL" {
		return 0 // it has the branch and number of what it cancels
	}
	return tab.findCall(m, k.call, func(tx txn) bool {
		if !tx.is(hasRequest) || tx.cseqNumber() != m.CSeqNumber || tx.status != 0 || tab.expired(tx, m) {
			return false
		}
		src, dst := tx.ends()
		if src != m.Dst || dst != m.Src {
			return false
		}
		return sameFold(m.CSeqMethod.In(m.Raw), "MESSAGE") || sameHop(tx, m)
	})
}

// sameFold compares ASCII bytes without case; s is in capitals.
func sameFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		c := b[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	return true
}

// isMESSAGE reports whether a method is MESSAGE, compared without case. Nearly all are
// written as they should be, and that is compared faster.
func isMESSAGE(method []byte) bool {
	return string(method) == "MESSAGE" || sameFold(method, "MESSAGE")
}
