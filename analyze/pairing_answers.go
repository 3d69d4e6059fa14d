package analyze

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"simplecap/decode"
)

// response joins a response to its transaction, and returns it. A response
// whose request is not in the capture begins an orphan.
func (pr *pairing) response(m *decode.Message, s *hashes) handle {
	pr.role = Unmatched
	k := &s.key
	inside := pr.hosts.swallowed(m)
	h := pr.table.findResponse(m, k)
	if h != 0 && inside {
		pr.table.noAnswer(h, m, "inside the body of the message before it")
		pr.blame.broken(&responseInBody, m, h)
		return h
	}
	if m.Status < 100 { // no status can be read: it answers nothing
		return h
	}
	if keyCut(m) {
		pr.hosts.cuts.add(m)
		return 0
	}
	if h == 0 {
		if h = pr.forged(m, k); h != 0 {
			return h
		}
		if h = pr.table.findExpired(m, k); h != 0 {
			pr.closer.close(h)
		}
		if OfMessage(m) && m.Status >= 200 && pr.late(m, s) {
			return 0
		}
		if h = pr.table.findUnmatchable(m, k); h != 0 {
			if !pr.isStrayCopy(m, s.whole) {
				pr.unmatchable(h, m)
			}
			return h
		}
		if !OfMessage(m) {
			return 0
		}
		h = pr.beginOrphan(m, k)
	}
	pr.answer(h, m, s.whole)
	return h
}

// late reports whether a final response came after its transaction had closed.
func (pr *pairing) late(m *decode.Message, s *hashes) bool {
	late, copied := pr.watch.isLate(m, s.whole)
	if copied {
		pr.copied()
	}
	return late
}

// beginOrphan makes a record for a response without a request. Its addresses
// are those that the request must have had.
func (pr *pairing) beginOrphan(m *decode.Message, k *key) handle {
	h := pr.begin(m, k)
	tx := pr.table.at(h)
	tx.setCommon(&common{src: m.Dst, dst: m.Src, conn: uint32(m.Conn), transport: m.Transport, ipsec: m.Carriage&decode.IPsec != 0, method: tx.intern(m.CSeqMethod.In(m.Raw)),
		sentBy: tx.intern(m.SentBy.In(m.Raw))})
	pr.legs.began(h, nil)
	return h
}

// answer takes a response of the transaction.
func (pr *pairing) answer(h handle, m *decode.Message, hash uint32) {
	tx := pr.table.at(h)
	if tx.is(isThird|isReported) && m.Status >= 200 {
		pr.table.outweigh(h, m)
	}
	copied := hash == tx.answerHash && isCopy(tx.answeredAt(), tx.answerID, m)
	if tx.response != 0 && (copied || m.Agent != tx.answerAgent && tx.hasAnswer(m.Status)) {
		if m.Agent == tx.answerAgent {
			tx.set(isAnsweredTwice)
		}
		pr.duplicate(tx)
		return
	}
	unasked := tx.status != 0 && tx.latest <= tx.answered // as where it is a copy that took long
	tx.setIf(wasTwice, unasked || tx.is(wasTwice|isAnsweredTwice))
	tx.setIf(isAnsweredTwice, false)
	if m.Status >= 200 {
		tx.says(m.Status)
	}
	tx.answerHash, tx.answerID, tx.answered = hash, uint16(m.IPID), tx.since(tx.timeOf(m))
	tx.answerAgent = m.Agent
	tx.set(isChanged)
	pr.watch.answeredBy(h, m)
	if tx.response == 0 {
		tx.response = m.Frame
	} else if int(tx.responseN) < pr.limits.FrameList {
		tx.push(nodeResponse, uint64(m.Frame))
		tx.responseN++
	}
	switch {
	case m.Status < 200:
		pr.role = Provisional
		pr.provisional(tx, m)
		pr.named(m, h)
	case tx.status == 0:
		pr.role = FirstFinal
		pr.final(h, m)
	default:
		pr.role = FurtherAnswer
		pr.watch.furtherFinal(h, m)
	}
	pr.table.account(tx.chunk)
}

// answeredAt is when the latest answer came. The first final one may have come before the
// request, which no offset from that can say.
func (tx txn) answeredAt() int64 {
	if tx.answered == 0 && tx.status != 0 {
		return min(tx.first, tx.final)
	}
	return tx.at(tx.answered)
}

func (pr *pairing) provisional(tx txn, m *decode.Message) {
	if int(tx.provisionals) < min(pr.limits.Provisional, math.MaxUint8) {
		tx.provisionals++
		tx.push(nodeProvisional, uint64(m.Status))
	}
}

// final takes the first final response: it decides the outcome.
func (pr *pairing) final(h handle, m *decode.Message) {
	tx := pr.table.at(h)
	tx.status = uint16(m.Status)
	tx.reason = tx.intern(m.Reason.In(m.Raw))
	tx.final = tx.timeOf(m)
	tx.setIf(isTorn, tx.torn(m))
	if m.Status == 482 && !pr.table.isMerged(tx, m) {
		tx.set(isLooped)
	}
	tx.setIf(isNotTheType, m.Status == 415 && refusesOther(m))
	tx.toTag = tx.put(m.ToTag.In(m.Raw))
	if tx.is(hasRequest) {
		tx.setIf(isReported, m.Agent != 0 && tx.agent == 0)
		if wayOf(tx, m) == wayThird {
			tx.set(isThird)
			pr.watch.thirdParty(h, m)
		}
	}
	if frame := pr.hosts.resetBefore(tx, m); frame != 0 {
		tx.set(isBounced)
		pr.blame.brokenSo(&responseUnreachable, m, h, "its sender had reset the TCP connection in "+frameText(frame))
	}
	pr.named(m, h)
	pr.groups.asks(h, m)
	if m.Transport.Reliable() && !tx.is(isThird) {
		pr.closer.dropSettled()
		pr.closer.settled.push(deadline{at: m.Seen() + int64(pr.timers.T4), id: tx.id(), h: h})
	}
	if pr.options.Live && tx.is(hasRequest) {
		pr.totals.show(tx, pr.viewer.view(h))
		pr.progress.early(h)
	}
	pr.legs.answer(h, pr.head)
}

// tag names the tag of From or To in a sentence.
func (o *Options) tag(of string, tag []byte) string {
	if len(tag) == 0 {
		return "no " + of + " tag"
	}
	return "the " + of + " tag " + o.token(tag)
}

// unmatchable notes an answer that the sender of the request cannot match.
func (pr *pairing) unmatchable(h handle, m *decode.Message) {
	tx := pr.table.at(h)
	if tx.is(isUnmatchable) && m.Agent != tx.agent {
		return // another observer saw it too
	}
	tx.set(isUnmatchable | isChanged)
	if m.Status >= 200 && tx.status == 0 {
		tx.said = uint16(m.Status)
	}
	what, faultless := pr.otherHop(tx, m), false
	if what == "" {
		p := tx.common()
		what = "the CSeq method " + quoted(m.CSeqMethod.In(m.Raw)) + " instead of " + quoted(tx.get(p.method))
		faultless = bytes.Equal(tx.get(p.cseqMethod), m.CSeqMethod.In(m.Raw))
		if !faultless {
			pr.blame.broken(&responseCseqMethod, m, h)
		}
	}
	if tx.noted(nodeCause) == nil {
		tx.keep(nodeCause, uint64(tx.put([]byte("answered "+strconv.Itoa(m.Status)+" in "+frameText(m.Frame)+
			", but with "+what+": the sender cannot match it"))))
	}
	pr.table.account(tx.chunk)
	if faultless {
		return // it repeats the request's own wrong CSeq, which request-cseq-method reports
	}
	pr.blame.brokenSo(&unmatchableResponse, m, h, what)
}

// otherHop says in what the top Via of a response differs from its request's, ""
// where it does not.
func (pr *pairing) otherHop(tx txn, m *decode.Message) string {
	var what []string
	if branch := m.Branch.In(m.Raw); !bytes.Equal(tx.get(tx.branch), cut(branch)) {
		what = append(what, "the branch "+pr.options.token(branch)+" instead of "+pr.options.token(tx.get(tx.branch)))
	}
	sentBy := tx.get(tx.common().sentBy)
	if got := m.SentBy.In(m.Raw); !sameSentBy(sentBy, got) {
		what = append(what, "the sent-by "+pr.options.host(got)+" instead of "+pr.options.host(sentBy))
	}
	return strings.Join(what, " and ")
}

// host quotes a host from the wire, as token does.
func (o *Options) host(b []byte) string { return quoted([]byte(o.Redact.Host(string(b)))) }
