package analyze

import (
	"bytes"
	"strconv"

	"simplecap/decode"
)

// An ICMP error says what became of the packet that it quotes, and of no other.
// Anybody can send one, and addresses and ports are easily guessed: so it has to quote
// what was sent as far as it quotes it.

// bounces takes ICMP errors.
type bounces struct {
	*run
	table    *table
	blame    *blame
	progress *progress
	astrays  uint64 // errors that quote no request or answer
}

// take takes an ICMP error: about a request that has no final response, or about the
// answer to one. What quotes neither explains nothing and is counted. That fragments of one
// copy of the request were lost does not say that its host cannot be reached.
func (bs *bounces) take(e *decode.ICMPError) {
	h := bs.quoted(e)
	if h == 0 {
		if h = bs.bounced(e); h == 0 {
			bs.astray(e)
		}
		return
	}
	tx := bs.table.at(h)
	oneOfSeveral := e.Incomplete() && tx.retransmissions > 0
	if tx.is(isUnreachable) || oneOfSeveral && tx.noted(nodeCause) != nil {
		return
	}
	tx.set(isChanged)
	tx.setIf(isUnreachable, !oneOfSeveral)
	tx.keep(nodeCause, uint64(tx.put([]byte(icmpCause(e)))))
	bs.table.account(tx.chunk)
	bs.progress.waits(h)
}

func icmpCause(e *decode.ICMPError) string {
	return "ICMP " + e.Reason + " from " + e.From.Host() + " in " + frameText(e.Frame)
}

// quoted returns the transaction whose request an ICMP error quotes, or 0: by the
// quoted branch, or else the latest unanswered one.
func (bs *bounces) quoted(e *decode.ICMPError) handle {
	want := makePath(e.Src, e.Dst)
	if branch := quotedBranch(e.Quoted); branch != nil {
		return bs.table.findBranch(hash64(branch), func(_ handle, tx txn) bool {
			return bytes.Equal(tx.get(tx.branch), branch) && bytes.Equal(tx.path(), want[:]) && tx.quotes(e)
		})
	}
	return bs.table.latestOpen(func(tx txn) bool {
		return tx.status == 0 && bytes.Equal(tx.path(), want[:]) && tx.quotes(e)
	})
}

// quotes reports whether what an ICMP error quotes, which went between the ends of a
// record's request, can be that request or a part of it.
func (tx txn) quotes(e *decode.ICMPError) bool {
	switch {
	case !tx.is(hasRequest):
		return false
	case e.Transport.Reliable():
		return e.Conn != 0 && e.Conn == uint64(tx.common().conn)
	case !tx.beginsAs(e.Quoted):
		return false
	case tx.length != 0 && (e.Length != tx.length || !tx.hadID(uint16(e.IPID))):
		return false
	}
	return quotedBranch(e.Quoted) != nil || tx.length != 0 && e.Checksum == tx.checksum
}

// hadID reports whether a transmission of the request had the IP identification.
func (tx txn) hadID(id uint16) bool {
	had, known := id == tx.requestID, 0
	tx.each(nodeID, func(v uint64) {
		known++
		had = had || v == uint64(id)
	})
	return had || int(tx.retransmissions) > known // of some it is not kept
}

// beginsAs reports whether text can be the beginning of the record's request: its
// method, and its Request-URI as far as it goes.
func (tx txn) beginsAs(text []byte) bool {
	text = bytes.TrimLeft(text, "\r\n\x00 \t")
	rest, ok := cutWord(text, tx.get(tx.common().method))
	if !ok {
		return false
	}
	_, ok = cutWord(bytes.TrimLeft(rest, " \t<"), tx.get(tx.uri))
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
func (tab *table) latest(yield func(h handle) bool) {
	n := 0
	for c := tab.last; c != nil; c = c.prev {
		for i := c.used - 1; i >= 0; i-- {
			if c.isOpen(i) && !yield(c.handle(i)) {
				return
			}
			if n++; n > tab.limits.Candidates*16 {
				return
			}
		}
	}
}

// latestOpen returns the first of latest that ok accepts, or 0.
func (tab *table) latestOpen(ok func(tx txn) bool) handle {
	for h := range tab.latest {
		if ok(tab.at(h)) {
			return h
		}
	}
	return 0
}

// bounced takes an ICMP error that quotes a response: it proves that the response did
// not arrive. It returns the transaction, 0 where it quotes none.
func (bs *bounces) bounced(e *decode.ICMPError) handle {
	h := bs.quotedAnswer(e)
	if h == 0 {
		return 0
	}
	if r := bs.table.at(h).record; !r.is(isBounced) {
		r.set(isBounced | isChanged)
		bs.unreached(h, e)
	}
	return h
}

// quotedAnswer returns the transaction whose final response an ICMP error quotes, or
// 0: by the quoted branch, or else by its IP identification.
func (bs *bounces) quotedAnswer(e *decode.ICMPError) handle {
	if branch := quotedBranch(e.Quoted); branch != nil {
		return bs.table.findBranch(hash64(branch), func(_ handle, tx txn) bool {
			return bytes.Equal(tx.get(tx.branch), branch) && tx.quotesAnswer(e)
		})
	}
	if e.IPID == 0 || e.Transport.Reliable() {
		return 0
	}
	return bs.table.latestOpen(func(tx txn) bool { return tx.answerID == uint16(e.IPID) && tx.quotesAnswer(e) })
}

// quotesAnswer reports whether what an ICMP error quotes can be the record's final
// response or a part of it.
func (tx txn) quotesAnswer(e *decode.ICMPError) bool {
	src, dst := tx.ends()
	if tx.status == 0 || src.IP != e.Dst.IP || dst.IP != e.Src.IP {
		return false
	}
	if tx.responseN == 0 && uint16(e.IPID) != tx.answerID && !e.Transport.Reliable() {
		return false
	}
	if e.Transport.Reliable() && (e.Conn == 0 || e.Conn != uint64(tx.common().conn)) {
		return false
	}
	_, ok := cutWord(bytes.TrimLeft(e.Quoted, "\r\n"), []byte("SIP/2.0 "+strconv.Itoa(int(tx.status))))
	return ok
}

// unreached counts a response that did not arrive.
func (bs *bounces) unreached(h handle, e *decode.ICMPError) {
	r := bs.table.at(h).record
	bs.blame.aboutICMP(&responseUnreachable, h, e, e.Dst, int(r.status), icmpCause(e))
}

// astray counts an ICMP error that quotes something else than what it goes with: a
// packet between the two ends of a MESSAGE without an answer. It may be about another
// packet of theirs; where it claims to be about the MESSAGE, somebody made it up.
func (bs *bounces) astray(e *decode.ICMPError) {
	want := makePath(e.Src, e.Dst)
	h := bs.table.latestOpen(func(tx txn) bool {
		return tx.status == 0 && tx.is(hasRequest) && bytes.Equal(tx.path(), want[:])
	})
	if h == 0 {
		return
	}
	bs.astrays++
	tx := bs.table.at(h)
	if method := tx.get(tx.common().method); len(method) > 0 && bytes.HasPrefix(e.Quoted, method) && !e.Incomplete() && !bs.isOfBefore(e) {
		bs.blame.aboutICMP(&icmpMisquotes, h, e, e.From, 0, "ICMP "+e.Reason)
	}
}

// isOfBefore reports whether an ICMP error may be about a request from before the capture:
// it quotes a branch that none of the capture has, and comes soon after the beginning.
func (bs *bounces) isOfBefore(e *decode.ICMPError) bool {
	branch := quotedBranch(e.Quoted)
	if branch == nil || bs.clock-bs.firstSIP >= int64(bs.timers.F()) {
		return false
	}
	return bs.table.findBranch(hash64(branch), func(_ handle, tx txn) bool { return bytes.Equal(tx.get(tx.branch), branch) }) == 0
}

// aboutICMP counts a finding about an ICMP error that concerns a transaction.
func (b *blame) aboutICMP(rule *Rule, h handle, e *decode.ICMPError, peer decode.Endpoint, status int, detail string) {
	c := b.table.at(h).chunk
	x := b.options.exchange(nil)
	x.Detail = detail
	index := rule.index()
	one := b.findings.find(group{index, rule.Severity, peer, status})
	if one == nil {
		return
	}
	b.word(one, index, &x, hostName(peer))
	b.belongs(one, b.mark(h, index))
	b.findings.add(one, e.Frame)
	b.table.account(c)
}
