package analyze

import (
	"bytes"
	"strconv"

	"simplecap/decode"
)

// An ICMP error says what became of the packet that it quotes, and of no other.
// Anybody can send one, and addresses and ports are easily guessed: so it has to quote
// what was sent as far as it quotes it.

// icmp takes an ICMP error: about a request that has no final response, or about the
// answer to one. What quotes neither explains nothing and is counted.
func (a *analyzer) icmp(e *decode.ICMPError) {
	h := a.quoted(e)
	if h == 0 {
		if h = a.bounced(e); h == 0 {
			a.astray(e)
		}
		return
	}
	c, r := a.store.at(h)
	if r.is(isUnreachable) {
		return
	}
	r.set(isUnreachable | isChanged)
	c.keep(r, nodeCause, uint64(c.put([]byte(icmpCause(e)))))
	a.store.account(c)
	a.waits(h)
}

func icmpCause(e *decode.ICMPError) string {
	return "ICMP " + e.Reason + " from " + e.From.Host() + " in " + frameText(e.Frame)
}

// quoted returns the transaction whose request an ICMP error quotes, or 0: by the
// quoted branch, or else the latest unanswered one.
func (a *analyzer) quoted(e *decode.ICMPError) handle {
	want := makeFlow(e.Src, e.Dst)
	if branch := quotedBranch(e.Quoted); branch != nil {
		return a.findBranch(hash32(branch), func(_ handle, c *chunk, r *record) bool {
			return bytes.Equal(c.get(r.branch), branch) && bytes.Equal(c.flowOf(r), want[:]) && c.quotes(r, e)
		})
	}
	return a.latestOpen(func(c *chunk, r *record) bool {
		return r.status == 0 && bytes.Equal(c.flowOf(r), want[:]) && c.quotes(r, e)
	})
}

// quotes reports whether what an ICMP error quotes, which went between the ends of a
// record's request, can be that request or a part of it.
func (c *chunk) quotes(r *record, e *decode.ICMPError) bool {
	switch {
	case !r.is(hasRequest):
		return false
	case e.Transport.Reliable():
		return e.Conn != 0 && e.Conn == uint64(c.hopOf(r).conn)
	case !c.beginsAs(r, e.Quoted):
		return false
	case r.length != 0 && (e.Length != r.length || !c.hadID(r, uint16(e.IPID))):
		return false
	}
	return quotedBranch(e.Quoted) != nil || r.length != 0 && e.Checksum == r.checksum
}

// hadID reports whether a transmission of the request had the IP identification.
func (c *chunk) hadID(r *record, id uint16) bool {
	had, known := id == r.requestID, 0
	c.each(r, nodeID, func(v uint64) {
		known++
		had = had || v == uint64(id)
	})
	return had || int(r.retransmissions) > known // of some it is not kept
}

// beginsAs reports whether text can be the beginning of the record's request: its
// method, and its Request-URI as far as it goes.
func (c *chunk) beginsAs(r *record, text []byte) bool {
	text = bytes.TrimLeft(text, "\r\n\x00 \t")
	rest, ok := cutWord(text, c.get(c.hopOf(r).method))
	if !ok {
		return false
	}
	_, ok = cutWord(bytes.TrimLeft(rest, " \t<"), c.get(r.uri))
	return ok
}

// cutWord cuts a word off the beginning of text, which may end inside it.
func cutWord(text, word []byte) (rest []byte, ok bool) {
	n := min(len(text), len(word))
	return text[n:], bytes.Equal(text[:n], word[:n])
}

// quotedBranch finds the top Via's branch in the quoted part of a message, if
// the quote reaches behind it.
func quotedBranch(quoted []byte) []byte {
	i := bytes.Index(quoted, []byte("branch="+magicCookie))
	if i < 0 {
		return nil
	}
	rest := quoted[i+len("branch="):]
	end := bytes.IndexAny(rest, ";, \t\r\n")
	if end < 0 {
		return nil
	}
	return rest[:end]
}

// latest yields the open ones of the latest transactions, the latest first, looking back
// over as many as 16 times Limits.Candidates.
func (a *analyzer) latest(yield func(h handle) bool) {
	n := 0
	for c := a.store.last; c != nil; c = c.prev {
		for i := c.used - 1; i >= 0; i-- {
			if c.records[i].is(isOpen) && !yield(c.handle(i)) {
				return
			}
			if n++; n > a.limits.Candidates*16 {
				return
			}
		}
	}
}

// latestOpen returns the first of latest that ok accepts, or 0.
func (a *analyzer) latestOpen(ok func(c *chunk, r *record) bool) handle {
	for h := range a.latest {
		if ok(a.store.at(h)) {
			return h
		}
	}
	return 0
}

// bounced takes an ICMP error that quotes a response: it proves that the response did
// not arrive. It returns the transaction, 0 where it quotes none.
func (a *analyzer) bounced(e *decode.ICMPError) handle {
	h := a.quotedAnswer(e)
	if h == 0 {
		return 0
	}
	if _, r := a.store.at(h); !r.is(isBounced) {
		r.set(isBounced | isChanged)
		a.unreached(h, e)
	}
	return h
}

// quotedAnswer returns the transaction whose final response an ICMP error quotes, or
// 0: by the quoted branch, or else by its IP identification.
func (a *analyzer) quotedAnswer(e *decode.ICMPError) handle {
	if branch := quotedBranch(e.Quoted); branch != nil {
		return a.findBranch(hash32(branch), func(_ handle, c *chunk, r *record) bool {
			return bytes.Equal(c.get(r.branch), branch) && c.quotesAnswer(r, e)
		})
	}
	if e.IPID == 0 || e.Transport.Reliable() {
		return 0
	}
	return a.latestOpen(func(c *chunk, r *record) bool { return r.answerID == uint16(e.IPID) && c.quotesAnswer(r, e) })
}

// quotesAnswer reports whether what an ICMP error quotes can be the record's final
// response or a part of it.
func (c *chunk) quotesAnswer(r *record, e *decode.ICMPError) bool {
	src, dst := ends(c.flowOf(r))
	if r.status == 0 || src.IP != e.Dst.IP || dst.IP != e.Src.IP {
		return false
	}
	if r.responseN == 0 && uint16(e.IPID) != r.answerID && !e.Transport.Reliable() {
		return false
	}
	if e.Transport.Reliable() && (e.Conn == 0 || e.Conn != uint64(c.hopOf(r).conn)) {
		return false
	}
	_, ok := cutWord(bytes.TrimLeft(e.Quoted, "\r\n"), []byte("SIP/2.0 "+strconv.Itoa(int(r.status))))
	return ok
}

// unreached counts a response that did not arrive.
func (a *analyzer) unreached(h handle, e *decode.ICMPError) {
	_, r := a.store.at(h)
	a.aboutICMP(&responseUnreachable, h, e, e.Dst, int(r.status), icmpCause(e))
}

// astray counts an ICMP error that quotes something else than what it goes with: a
// packet between the two ends of a MESSAGE without an answer. It may be about another
// packet of theirs; where it claims to be about the MESSAGE, somebody made it up.
func (a *analyzer) astray(e *decode.ICMPError) {
	want := makeFlow(e.Src, e.Dst)
	h := a.latestOpen(func(c *chunk, r *record) bool {
		return r.status == 0 && r.is(hasRequest) && bytes.Equal(c.flowOf(r), want[:])
	})
	if h == 0 {
		return
	}
	a.astrays++
	c, r := a.store.at(h)
	if method := c.get(c.hopOf(r).method); len(method) > 0 && bytes.HasPrefix(e.Quoted, method) {
		a.aboutICMP(&icmpMisquotes, h, e, e.From, 0, "ICMP "+e.Reason)
	}
}

// aboutICMP counts a finding about an ICMP error that concerns a transaction.
func (a *analyzer) aboutICMP(rule *Rule, h handle, e *decode.ICMPError, peer decode.Endpoint, status int, detail string) {
	c, _ := a.store.at(h)
	x := a.options.exchange(nil)
	x.Detail = detail
	index := rule.index()
	one := a.findings.find(group{index, rule.Severity, peer, status})
	if one == nil {
		return
	}
	a.word(one, index, &x, hostName(peer))
	a.findings.addTransaction(one, a.mark(h, index))
	a.findings.add(one, e.Frame)
	a.store.account(c)
}
