package analyze

import (
	"bytes"

	"simplecap/decode"
)

// key holds the hashes that a message is looked up by.
type key struct {
	branch uint32 // of the branch; of Call-ID and CSeq number where there is no branch to go by
	call   uint32 // of the Call-ID
	old    bool   // RFC 2543: no branch to go by
}

const magicCookie = "z9hG4bK"

func keyOf(m *decode.Message) key {
	branch := cut(m.Branch.In(m.Raw))
	k := key{call: callOf(m)}
	if len(branch) <= len(magicCookie) || string(branch[:len(magicCookie)]) != magicCookie {
		k.branch, k.old = oldHash(k.call, m.CSeqNumber), true
		return k
	}
	k.branch = hash32(branch)
	return k
}

// callOf is the hash of m's Call-ID.
func callOf(m *decode.Message) uint32 { return hash32(cut(m.CallID.In(m.Raw))) }

// oldHash stands for the hash of a branch where there is none to go by.
func oldHash(call uint32, cseq uint64) uint32 { return call ^ uint32(cseq)*0x9e3779b1 }

// findRequest returns the transaction that m is a further copy of, or 0
// (RFC 3261 17.2.3). Source and destination are part of the key, so that copies
// seen at two points of the network stay two; Call-ID and CSeq are, so that a
// branch used for several messages does not hide them. It reports such reuse.
func (a *analyzer) findRequest(m *decode.Message, k *key) handle {
	reused, last := handle(0), handle(0)
	h, n := a.store.byBranch.find(k.branch), 0
	for ; h != 0 && n < a.limits.Candidates; n++ {
		c, r := a.store.at(h)
		last = h
		if r.is(hasRequest) && sameHop(c, r, m) && samePath(c, r, m) && !a.expired(c, r, m) {
			if sameCall(c, r, m) && sameFrom(c, r, m) && bytes.Equal(c.get(c.hopOf(r).method), m.Method.In(m.Raw)) {
				return h
			}
			if !k.old && !sameCall(c, r, m) && reused == 0 {
				reused = h
			}
		}
		h = r.branchLinks.next
	}
	if n == a.limits.Candidates {
		if h = a.inCrowd(m, m.Src, m.Dst); h != 0 && a.isCopyOf(h, m, k) {
			return h
		}
		a.pushOut(last)
	}
	if reused != 0 {
		a.broken(&branchReused, m, reused)
	}
	return 0
}

// isCopyOf reports whether m is a further copy of a transaction's request.
func (a *analyzer) isCopyOf(h handle, m *decode.Message, k *key) bool {
	c, r := a.store.at(h)
	return r.is(hasRequest) && sameHop(c, r, m) && samePath(c, r, m) && !a.expired(c, r, m) &&
		sameCall(c, r, m) && sameFrom(c, r, m) && bytes.Equal(c.get(c.hopOf(r).method), m.Method.In(m.Raw))
}

// expired reports whether Timer F has passed between the transaction's first
// request and m.
func (a *analyzer) expired(c *chunk, r *record, m *decode.Message) bool {
	return r.is(hasTime) && m.HasTime && m.Seen()-c.opened(r) > int64(a.timers.F())
}

// sameHop compares branch and sent-by (RFC 3261 17.1.3).
func sameHop(c *chunk, r *record, m *decode.Message) bool {
	return bytes.Equal(c.get(r.branch), cut(m.Branch.In(m.Raw))) && sameSentBy(c.get(c.hopOf(r).sentBy), m.SentBy.In(m.Raw))
}

// cut shortens a string as storing it does, so that both compare equal.
func cut(b []byte) []byte { return b[:min(len(b), maxText)] }

// sameCall compares Call-ID and CSeq number.
func sameCall(c *chunk, r *record, m *decode.Message) bool {
	return c.cseqOf(r) == m.CSeqNumber && bytes.Equal(c.get(r.callID), cut(m.CallID.In(m.Raw)))
}

// sameFrom compares the From tag.
func sameFrom(c *chunk, r *record, m *decode.Message) bool {
	return bytes.Equal(c.get(r.fromTag), cut(m.FromTag.In(m.Raw)))
}

// sameSentBy compares two sent-by values: hosts without case, and 5060 where
// there is no port (RFC 3261 18.1.1).
func sameSentBy(a, b []byte) bool {
	const port = ":5060"
	a, b = bytes.TrimSuffix(a, []byte(port)), bytes.TrimSuffix(b, []byte(port))
	return bytes.EqualFold(a, b)
}

// findBranch returns the latest transaction with the hash of a branch that ok
// accepts, or 0.
func (a *analyzer) findBranch(hash uint32, ok func(h handle, c *chunk, r *record) bool) handle {
	h := a.store.byBranch.find(hash)
	for n := 0; h != 0 && n < a.limits.Candidates; n++ {
		c, r := a.store.at(h)
		if ok(h, c, r) {
			return h
		}
		h = r.branchLinks.next
	}
	return 0
}

// findOrphan returns responses that were captured before their request m, or 0.
func (a *analyzer) findOrphan(m *decode.Message, k *key) handle {
	return a.findBranch(k.branch, func(_ handle, c *chunk, r *record) bool {
		return !r.is(hasRequest) && sameHop(c, r, m) && sameCall(c, r, m) && !a.expired(c, r, m) && hostsMatch(c.flowOf(r), m.Src, m.Dst)
	})
}

// hostsMatch compares the addresses of a flow, without ports.
func hostsMatch(f []byte, src, dst decode.Endpoint) bool {
	s, d := ends(f)
	return s.IP == src.IP && d.IP == dst.IP
}

// findResponse returns the transaction that a response belongs to, or 0
// (RFC 3261 17.1.3). Where several have its branch, which happens when the
// capture sees a request at two points or a branch is used again, the best fit
// by call and addresses has it.
func (a *analyzer) findResponse(m *decode.Message, k *key) handle {
	best, bestScore := handle(0), 0
	h := a.store.byBranch.find(k.branch)
	for n := 0; h != 0 && n < a.limits.Candidates; n++ {
		c, r := a.store.at(h)
		if score := a.fit(c, r, m); score > bestScore {
			best, bestScore = h, score
		}
		h = r.branchLinks.next
	}
	if h != 0 {
		if h = a.inCrowd(m, m.Dst, m.Src); h != 0 {
			if c, r := a.store.at(h); a.fit(c, r, m) > bestScore {
				return h
			}
		}
	}
	return best
}

// fit says how well a response fits a transaction; 0 is not at all. One that comes
// from the sender of the request never does. From another host than the request went
// to it does only where nothing else speaks against it, see wayThird.
func (a *analyzer) fit(c *chunk, r *record, m *decode.Message) int {
	if !sameHop(c, r, m) || a.expired(c, r, m) || !methodFits(c, r, m) {
		return 0
	}
	switch wayOf(c, r, m) {
	case wayOwn, wayAstray:
		return 0
	case wayThird:
		if !sameCall(c, r, m) {
			return 0
		}
	}
	score := 1
	if sameCall(c, r, m) {
		score += 16
	} else if r.is(isOld) {
		return 0
	}
	src, dst := ends(c.flowOf(r))
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
	if r.is(hasRequest) {
		score++
	}
	return score
}

// methodFits compares the CSeq method of a response with the method of the
// request (RFC 3261 17.1.3). A response that the snapshot length cut before its
// CSeq fits by branch alone.
func methodFits(c *chunk, r *record, m *decode.Message) bool {
	if m.CSeqMethod.Len == 0 {
		return m.Carriage&decode.Cut != 0
	}
	return bytes.Equal(c.get(c.hopOf(r).method), m.CSeqMethod.In(m.Raw))
}

// findCall returns the latest transaction with m's Call-ID that ok accepts, or 0;
// hash is that of the Call-ID.
func (a *analyzer) findCall(m *decode.Message, hash uint32, ok func(c *chunk, r *record) bool) handle {
	return a.findCallID(m.CallID.In(m.Raw), hash, ok)
}

// findCallID returns the latest transaction with the Call-ID that ok accepts, or 0.
func (a *analyzer) findCallID(id []byte, hash uint32, ok func(c *chunk, r *record) bool) handle {
	h := a.store.byCall.find(hash)
	for n := 0; h != 0 && n < a.limits.Candidates; n++ {
		c, r := a.store.at(h)
		if bytes.Equal(c.get(r.callID), cut(id)) && ok(c, r) {
			return h
		}
		h = r.callLinks.next
	}
	return 0
}

// findUnmatchable returns the transaction that a response answers although its
// sender cannot know: same call and number between the same hosts, but another
// branch, sent-by or CSeq method. Legs of a proxy share call and number, so the
// hosts must be the same ones.
func (a *analyzer) findUnmatchable(m *decode.Message, k *key) handle {
	if string(m.CSeqMethod.In(m.Raw)) == "CANCEL" {
		return 0 // it has the branch and number of what it cancels
	}
	return a.findCall(m, k.call, func(c *chunk, r *record) bool {
		if !r.is(hasRequest) || c.cseqOf(r) != m.CSeqNumber || r.status != 0 || a.expired(c, r, m) {
			return false
		}
		src, dst := ends(c.flowOf(r))
		if src != m.Dst || dst != m.Src {
			return false
		}
		return sameFold(m.CSeqMethod.In(m.Raw), "MESSAGE") || sameHop(c, r, m)
	})
}

// sameFold compares ASCII bytes without case.
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
