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
func (a *analyzer) response(m *decode.Message) handle {
	a.role = Unmatched
	k := keyOf(m)
	inside := a.swallowed(m)
	h := a.findResponse(m, &k)
	if h != 0 && inside {
		a.noAnswer(h, m, "inside the body of the message before it")
		a.broken(&responseInBody, m, h)
		return h
	}
	if m.Status < 100 { // no status can be read: it answers nothing
		return h
	}
	if h == 0 {
		if h = a.forged(m, &k); h != 0 {
			return h
		}
		if h = a.findUnmatchable(m, &k); h != 0 {
			a.unmatchable(h, m)
			return h
		}
		if !OfMessage(m) || m.Status >= 200 && a.isLate(m) {
			return 0
		}
		h = a.beginOrphan(m, &k)
	}
	a.answer(h, m, &k)
	return h
}

// beginOrphan makes a record for a response without a request. Its addresses
// are those that the request must have had.
func (a *analyzer) beginOrphan(m *decode.Message, k *key) handle {
	h := a.begin(m, k)
	tx := a.store.at(h)
	tx.setCommon(&common{src: m.Dst, dst: m.Src, conn: uint32(m.Conn), transport: m.Transport, ipsec: m.Carriage&decode.IPsec != 0, method: tx.intern(m.CSeqMethod.In(m.Raw)),
		sentBy: tx.intern(m.SentBy.In(m.Raw))})
	a.legBegan(h, nil)
	return h
}

// answer takes a response of the transaction.
func (a *analyzer) answer(h handle, m *decode.Message, k *key) {
	tx := a.store.at(h)
	hash := hash32(m.Raw)
	if tx.is(isThird|isReported) && m.Status >= 200 {
		a.outweigh(h, m)
	}
	copied := hash == tx.answerHash && isCopy(tx.at(tx.answered), tx.answerID, m)
	if tx.response != 0 && (copied || m.Agent != tx.answerAgent && tx.hasAnswer(m.Status)) {
		tx.duplicates = min(tx.duplicates, math.MaxUint16-1) + 1
		tx.set(isRestated)
		a.copies++
		a.role = CaptureCopy
		return
	}
	tx.answerHash, tx.answerID, tx.answered = hash, uint16(m.IPID), tx.since(tx.timeOf(m))
	tx.answerAgent = m.Agent
	tx.set(isChanged)
	a.answeredBy(h, m)
	if tx.response == 0 {
		tx.response = m.Frame
	} else if int(tx.responseN) < a.limits.FrameList {
		tx.push(nodeResponse, uint64(m.Frame))
		tx.responseN++
	}
	switch {
	case m.Status < 200:
		a.role = Provisional
		a.provisional(tx, m)
		a.named(m, h)
	case tx.status == 0:
		a.role = FirstFinal
		a.final(h, m)
	default:
		a.role = FurtherAnswer
		a.furtherFinal(h, m)
	}
	a.store.account(tx.chunk)
}

// maxProvisional bounds the provisional responses listed of a transaction.
const maxProvisional = 32

func (a *analyzer) provisional(tx txn, m *decode.Message) {
	if tx.provisionals < maxProvisional {
		tx.provisionals++
		tx.push(nodeProvisional, uint64(m.Status))
	}
}

// final takes the first final response: it decides the outcome.
func (a *analyzer) final(h handle, m *decode.Message) {
	tx := a.store.at(h)
	tx.status = uint16(m.Status)
	tx.reason = tx.intern(m.Reason.In(m.Raw))
	tx.final = tx.timeOf(m)
	tx.setIf(isTorn, tx.torn(m))
	tx.toTag = tx.put(m.ToTag.In(m.Raw))
	if tx.is(hasRequest) {
		tx.setIf(isReported, m.Agent != 0 && tx.agent == 0)
		if wayOf(tx, m) == wayThird {
			tx.set(isThird)
			a.thirdParty(h, m)
		}
	}
	a.named(m, h)
	if m.Transport.Reliable() && !tx.is(isThird) {
		a.dropSettled()
		a.settled.push(deadline{at: m.Seen() + int64(a.timers.T4), id: tx.id(), h: h})
	}
	if a.options.Live && tx.is(hasRequest) {
		a.show(h)
		a.early(h)
	}
	a.legAnswered(h, a.head)
}

// furtherFinal takes a final response after the first one: the same again, or a
// conflicting one (RFC 3261 8.2.6.2, 17.2.2).
func (a *analyzer) furtherFinal(h handle, m *decode.Message) {
	tx := a.store.at(h)
	tag, before := m.ToTag.In(m.Raw), tx.get(tx.toTag)
	switch sameTag := bytes.Equal(before, cut(tag)); {
	case int(tx.status) != m.Status && sameTag:
		a.brokenSo(&conflictingFinals, m, h, "after a "+strconv.Itoa(int(tx.status)))
	case int(tx.status) != m.Status:
		a.brokenSo(&conflictingFinals, m, h, "with "+a.tag("To", tag)+" after a "+strconv.Itoa(int(tx.status))+" with "+a.tag("To", before))
	case !sameTag:
		a.brokenSo(&conflictingFinals, m, h, "again, with "+a.tag("To", tag)+" instead of "+a.tag("To", before))
	}
}

// tag names the tag of From or To in a sentence.
func (a *analyzer) tag(of string, tag []byte) string {
	if len(tag) == 0 {
		return "no " + of + " tag"
	}
	return "the " + of + " tag " + a.token(tag)
}

// unmatchable notes an answer that the sender of the request cannot match.
func (a *analyzer) unmatchable(h handle, m *decode.Message) {
	tx := a.store.at(h)
	if tx.is(isUnmatchable) && m.Agent != tx.agent {
		return // another observer saw it too
	}
	tx.set(isUnmatchable | isChanged)
	what, faultless := a.otherHop(tx, m), false
	if what == "" {
		p := tx.common()
		what = "the CSeq method " + quoted(m.CSeqMethod.In(m.Raw)) + " instead of " + quoted(tx.get(p.method))
		faultless = bytes.Equal(tx.get(p.cseqMethod), m.CSeqMethod.In(m.Raw))
		if !faultless {
			a.broken(&responseCseqMethod, m, h)
		}
	}
	if tx.noted(nodeCause) == nil {
		tx.keep(nodeCause, uint64(tx.put([]byte("answered "+strconv.Itoa(m.Status)+" in "+frameText(m.Frame)+
			", but with "+what+": the sender cannot match it"))))
	}
	a.store.account(tx.chunk)
	if faultless {
		return // it repeats the request's own wrong CSeq, which request-cseq-method reports
	}
	a.brokenSo(&unmatchableResponse, m, h, what)
}

// otherHop says in what the top Via of a response differs from its request's, ""
// where it does not.
func (a *analyzer) otherHop(tx txn, m *decode.Message) string {
	var what []string
	if branch := m.Branch.In(m.Raw); !bytes.Equal(tx.get(tx.branch), cut(branch)) {
		what = append(what, "the branch "+a.token(branch)+" instead of "+a.token(tx.get(tx.branch)))
	}
	sentBy := tx.get(tx.common().sentBy)
	if got := m.SentBy.In(m.Raw); !sameSentBy(sentBy, got) {
		what = append(what, "the sent-by "+a.host(got)+" instead of "+a.host(sentBy))
	}
	return strings.Join(what, " and ")
}

// host quotes a host from the wire, as token does.
func (a *analyzer) host(b []byte) string { return quoted([]byte(a.options.Redact.Host(string(b)))) }
