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
	c, r := a.store.at(h)
	c.setHop(r, &hop{src: m.Dst, dst: m.Src, conn: uint32(m.Conn), transport: m.Transport, ipsec: m.Carriage&decode.IPsec != 0, method: c.intern(m.CSeqMethod.In(m.Raw)),
		sentBy: c.intern(m.SentBy.In(m.Raw))})
	a.legBegan(h, nil)
	return h
}

// answer takes a response of the transaction.
func (a *analyzer) answer(h handle, m *decode.Message, k *key) {
	c, r := a.store.at(h)
	hash := hash32(m.Raw)
	if r.is(isThird|isReported) && m.Status >= 200 {
		a.outweigh(h, m)
	}
	copied := hash == r.answerHash && isCopy(r.at(r.answered), r.answerID, m)
	if r.response != 0 && (copied || m.Agent != r.answerAgent && c.hasAnswer(r, m.Status)) {
		r.duplicates = min(r.duplicates, math.MaxUint16-1) + 1
		r.set(isRestated)
		a.copies++
		a.role = CaptureCopy
		return
	}
	r.answerHash, r.answerID, r.answered = hash, uint16(m.IPID), r.since(c.timeOf(r, m))
	r.answerAgent = m.Agent
	r.set(isChanged)
	a.answeredBy(h, m)
	if r.response == 0 {
		r.response = m.Frame
	} else if int(r.responseN) < a.limits.FrameList {
		c.push(r, nodeResponse, uint64(m.Frame))
		r.responseN++
	}
	switch {
	case m.Status < 200:
		a.role = Provisional
		a.provisional(c, r, m)
		a.named(m, h)
	case r.status == 0:
		a.role = FirstFinal
		a.final(h, m)
	default:
		a.role = FurtherAnswer
		a.furtherFinal(h, m)
	}
	a.store.account(c)
}

// maxProvisional bounds the provisional responses listed of a transaction.
const maxProvisional = 32

func (a *analyzer) provisional(c *chunk, r *record, m *decode.Message) {
	if r.provisionals < maxProvisional {
		r.provisionals++
		c.push(r, nodeProvisional, uint64(m.Status))
	}
}

// final takes the first final response: it decides the outcome.
func (a *analyzer) final(h handle, m *decode.Message) {
	c, r := a.store.at(h)
	r.status = uint16(m.Status)
	r.reason = c.intern(m.Reason.In(m.Raw))
	r.final = c.timeOf(r, m)
	r.setIf(isTorn, c.torn(r, m))
	r.toTag = c.put(m.ToTag.In(m.Raw))
	if r.is(hasRequest) {
		r.setIf(isReported, m.Agent != 0 && r.agent == 0)
		if wayOf(c, r, m) == wayThird {
			r.set(isThird)
			a.thirdParty(h, m)
		}
	}
	a.named(m, h)
	if m.Transport.Reliable() && !r.is(isThird) {
		a.dropSettled()
		a.settled.push(deadline{at: m.Seen() + int64(a.timers.T4), id: c.id(r), h: h})
	}
	if a.options.Live && r.is(hasRequest) {
		a.show(h)
		a.early(h)
	}
	a.legAnswered(h, a.head)
}

// furtherFinal takes a final response after the first one: the same again, or a
// conflicting one (RFC 3261 8.2.6.2, 17.2.2).
func (a *analyzer) furtherFinal(h handle, m *decode.Message) {
	c, r := a.store.at(h)
	tag, before := m.ToTag.In(m.Raw), c.get(r.toTag)
	switch sameTag := bytes.Equal(before, cut(tag)); {
	case int(r.status) != m.Status && sameTag:
		a.brokenSo(&conflictingFinals, m, h, "after a "+strconv.Itoa(int(r.status)))
	case int(r.status) != m.Status:
		a.brokenSo(&conflictingFinals, m, h, "with "+a.tag("To", tag)+" after a "+strconv.Itoa(int(r.status))+" with "+a.tag("To", before))
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
	c, r := a.store.at(h)
	if r.is(isUnmatchable) && m.Agent != r.agent {
		return // another observer saw it too
	}
	r.set(isUnmatchable | isChanged)
	what, faultless := a.otherHop(c, r, m), false
	if what == "" {
		p := c.hopOf(r)
		what = "the CSeq method " + quoted(m.CSeqMethod.In(m.Raw)) + " instead of " + quoted(c.get(p.method))
		faultless = bytes.Equal(c.get(p.cseqMethod), m.CSeqMethod.In(m.Raw))
		if !faultless {
			a.broken(&responseCseqMethod, m, h)
		}
	}
	if c.noted(r, nodeCause) == nil {
		c.keep(r, nodeCause, uint64(c.put([]byte("answered "+strconv.Itoa(m.Status)+" in "+frameText(m.Frame)+
			", but with "+what+": the sender cannot match it"))))
	}
	a.store.account(c)
	if faultless {
		return // it repeats the request's own wrong CSeq, which request-cseq-method reports
	}
	a.brokenSo(&unmatchableResponse, m, h, what)
}

// otherHop says in what the top Via of a response differs from its request's, ""
// where it does not.
func (a *analyzer) otherHop(c *chunk, r *record, m *decode.Message) string {
	var what []string
	if branch := m.Branch.In(m.Raw); !bytes.Equal(c.get(r.branch), cut(branch)) {
		what = append(what, "the branch "+a.token(branch)+" instead of "+a.token(c.get(r.branch)))
	}
	sentBy := c.get(c.hopOf(r).sentBy)
	if got := m.SentBy.In(m.Raw); !sameSentBy(sentBy, got) {
		what = append(what, "the sent-by "+a.host(got)+" instead of "+a.host(sentBy))
	}
	return strings.Join(what, " and ")
}

// host quotes a host from the wire, as token does.
func (a *analyzer) host(b []byte) string { return quoted([]byte(a.options.Redact.Host(string(b)))) }
