package analyze

import (
	"bytes"
	"hash/maphash"
	"math/bits"
	"strconv"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// watch remembers what the rules over several messages need. Everything in it
// is bounded by Limits.Watched.
type watch struct {
	*run
	table  *table
	hosts  *hosts
	groups *groups
	blame  *blame

	invites    *recent[uint64, bool]          // Call-ID and CSeq of INVITEs, to tell their ACKs from those to a MESSAGE
	late       *recent[uint64, past]          // transactions that failed, by branch and Call-ID
	answered   *recent[uint64, past]          // transactions that had a 2xx, a challenge or a redirection, likewise
	unanswered *recent[uint64, bool]          // Call-IDs of those without an answer
	texts      texts                          // by sender, recipient and content
	pending    latest[begunLast]              // the latest transaction by sender and target
	allows     *recent[decode.Endpoint, bool] // whether a peer's last Allow lists MESSAGE
	rates      *recent[decode.Addr, rate]     // MESSAGEs begun in the current second
	dialogs    *recent[uint64, bool]          // Call-IDs of dialogs seen

	held overlaps // of which only what comes later tells
}

// past is a closed transaction that a late answer may still belong to.
type past struct {
	id      uint64
	server  decode.Addr // the host that its answer has to come from
	status  uint16      // of its final response, 0 for none
	hasTime bool
	first   int64
	request capture.Ref

	// Of the latest answer that came too late, to know a copy of it.
	answer   uint32 // its hash, 0 for none
	answerID uint16
	answered int64 // when it came
}

// copied reports whether m, an answer that comes too late, is the one before captured
// again, and remembers it otherwise.
func (t *past) copied(m *decode.Message, hash uint32) bool {
	if t.answer != 0 && t.answer == hash && isCopy(t.answered, t.answerID, m) {
		return true
	}
	t.answer, t.answerID, t.answered = hash, uint16(m.IPID), m.Time
	return false
}

// begunLast names the latest transaction of a sender to a target.
type begunLast struct {
	h  handle
	id uint32 // its lowest bits
}

// near is the number that was meant when the transaction with another one begins. That one
// may be the lower: its answer came before its request.
func (b begunLast) near(id uint64) uint64 { return id - uint64(int32(uint32(id)-b.id)) }

type rate struct {
	second int64
	count  int
}

// close gives back what lies outside the garbage collector's heap.
func (w *watch) close() {
	w.texts.close()
	w.pending.close()
}

// forget forgets everything: the messages of another trace have nothing to do with it.
func (w *watch) forget() {
	w.close()
	limit := w.limits.Watched
	w.invites = newRecent[uint64, bool](w.limits.Connections)
	w.texts = newTexts(limit)
	w.late = newRecent[uint64, past](limit)
	w.answered = newRecent[uint64, past](limit / 4)
	w.unanswered = newRecent[uint64, bool](limit)
	w.pending = latest[begunLast]{limit: limit}
	w.allows = newRecent[decode.Endpoint, bool](limit)
	w.rates = newRecent[decode.Addr, rate](limit)
	w.dialogs = newRecent[uint64, bool](limit)
	w.held = overlaps{}
}

// hashOf hashes several strings as one key. A string by itself is hashed much faster
// than in a maphash.Hash, which collects what is short.
func hashOf(parts ...[]byte) (h uint64) {
	for _, p := range parts {
		h = mix(h, maphash.Bytes(hashSeed, p))
	}
	return h
}

// mix is the hash of what two hashes are of, in this order. Nobody outside knows the seed
// of the two, so that nobody can choose texts whose differences cancel out.
func mix(h, next uint64) uint64 {
	h = (bits.RotateLeft64(h, 23) ^ next) * 0x9e3779b97f4a7c15 // odd: nothing is lost
	return h ^ h>>32
}

// began looks at the first transmission of a request.
func (w *watch) began(h handle, m *decode.Message, s *hashes) {
	tx := w.table.at(h)
	tx.vias = uint8(min(m.ViaCount, 255))
	if w.options.noRules {
		return
	}
	if m.ToTag.Len > 0 && tx.status == 0 {
		tx.toTag = tx.put(m.ToTag.In(m.Raw))
	}
	if m.ViaCount == 1 {
		w.sentByUA(h, m, s)
	} else if m.ViaCount >= 3 {
		tx.setIf(isLooped, w.loops(m))
	}
	if other := w.merged(h, m, &s.key); other {
		w.blame.broken(&mergedRequest, m, h)
	}
	if m.ToTag.Len > 0 {
		if _, known := w.dialogs.get(s.call); !known {
			w.blame.broken(&toTagOutsideDialog, m, h)
		}
	}
}

// sentByUA looks at a request that comes from a user agent, not from a proxy
// that speaks for many.
func (w *watch) sentByUA(h handle, m *decode.Message, s *hashes) {
	if lists, known := w.allows.get(m.Src); known && !lists && m.MethodIs("MESSAGE") {
		w.blame.broken(&allowContradicted, m, h)
	}
	w.rate(h, m)
	if s.target != 0 {
		w.pendingBefore(h, m, s.target)
	}
	if s.text != 0 {
		w.text(h, m, s)
	}
}

// floodRate is how many MESSAGEs one host may begin within a second.
const floodRate = 200

func (w *watch) rate(h handle, m *decode.Message) {
	if !m.HasTime {
		return
	}
	n, _ := w.rates.get(m.Src.IP)
	if second := m.Time / 1e9; second != n.second {
		n = rate{second: second}
	}
	n.count++
	w.rates.put(m.Src.IP, n)
	if n.count == floodRate+1 {
		w.blame.broken(&flood, m, h)
	}
}

// pendingBefore finds a request to a target while an earlier one from the same sender is
// still unanswered.
func (w *watch) pendingBefore(h handle, m *decode.Message, target uint64) {
	id := w.table.idOf(h)
	before, known := w.pending.swap(target, begunLast{h, uint32(id)})
	if !known || !w.table.holds(before.h, before.near(id)) || !w.table.waits(before.h) {
		return
	}
	if other := w.table.at(before.h); other.status == 0 && other.first < m.Time && !w.table.expired(other, m) && !w.hosts.isSealed(m.Conn) && !w.hosts.missesAnswer(other) && !other.is(isUnreachable) && !sameCall(other, m) && !w.answeredUnseen(other, m) {
		w.overlaps(h, before.h, m)
	}
}

// answeredUnseen reports whether the answer to a record's request may have taken a way past
// the capture before m came: its sender had time to repeat it and did not, and nothing
// was seen of that direction.
func (w *watch) answeredUnseen(tx txn, m *decode.Message) bool {
	_, dst := tx.ends()
	return !m.Transport.Reliable() && tx.retransmissions == 0 && m.Time-tx.first > int64(w.timers.T1+w.timers.T1/4) && !w.hosts.sightings.seen(dst, m.Src)
}

// shortText are so few bytes of text that people may well send them twice.
const shortText = 10

func (w *watch) text(h handle, m *decode.Message, s *hashes) {
	if earlier, again := w.texts.repeats(s.text, m.Time, s.call); again && w.unansweredBefore(earlier, m) {
		w.blame.broken(&duplicateText, m, h)
	}
}

// unansweredBefore reports whether the request with a Call-ID's hash, from the sender of m,
// has had no final response: who sends an answered text again means to.
func (w *watch) unansweredBefore(call uint64, m *decode.Message) bool {
	h := w.table.byCall.find(call)
	for n := 0; h != 0 && n < w.limits.Candidates; n++ {
		tx := w.table.at(h)
		if src, _ := tx.ends(); tx.is(hasRequest) && src.IP == m.Src.IP {
			return tx.status == 0
		}
		h = tx.callLinks.next
	}
	_, gaveUp := w.unanswered.get(call)
	return gaveUp
}

// merged reports whether the same request reached the same server in another
// transaction (RFC 3261 8.2.2.2).
func (w *watch) merged(self handle, m *decode.Message, k *key) bool {
	if m.CallID.Len == 0 {
		return false
	}
	id, parent := w.table.idOf(self), w.table.parentOf(self)
	return w.table.findCall(m, k.call, func(tx txn) bool {
		if tx.id() == id || !tx.is(hasRequest) || tx.cseqNumber() != m.CSeqNumber || !sameFrom(tx, m) || tx.id() == parent || sameHop(tx, m) {
			return false
		}
		_, dst := tx.ends()
		return dst == m.Dst && bytes.Equal(tx.get(tx.uri), cut(m.URI.In(m.Raw))) && !hasPassed(tx, m)
	}) != 0
}

// repeated looks at a retransmission.
func (w *watch) repeated(h handle, m *decode.Message) {
	w.waitsStill(h, m)
	tx := w.table.at(h)
	if what := changes(tx, m); what != "" && !w.options.noRules {
		w.blame.brokenSo(&retransmissionChanged, m, h, what+" than in "+frameText(tx.request))
	}
	if m.Transport.Reliable() && !w.forwardsAgain(tx, m) {
		w.blame.broken(&retransmitOnStream, m, h)
	}
	if tx.status == 0 || tx.timeOf(m)-tx.final <= crossing || w.forwardsAgain(tx, m) {
		return
	}
	detail := ""
	if tx.is(isToSource) {
		detail = elsewhere(m, int(tx.status))
	}
	if detail != "" {
		w.blame.brokenSo(&responseToWrongAddress, m, h, detail)
	}
	w.blame.brokenSo(&retransmitAfterFinal, m, h, detail)
}

// timerE finds a request that is repeated over UDP long before Timer E fires.
// Elements may use a T1 that is a little smaller in a closed network (RFC 3261 17.1.1.1).
func (w *watch) timerE(h handle, m *decode.Message, after time.Duration) {
	const least = 5
	if !w.options.noRules && m.Transport == decode.UDP && m.HasTime && after >= 0 && after < w.timers.T1/least {
		w.blame.brokenSo(&tooSoon, m, h, "("+after.Round(time.Millisecond).String()+" after the copy before; Timer E is "+w.timers.T1.String()+")")
	}
}

// changes says what a retransmission asks for that the first transmission does not, ""
// for nothing.
func changes(tx txn, m *decode.Message) string {
	switch {
	case tx.is(isBodyCut) || m.Carriage&decode.Cut != 0:
	case !bytes.Equal(tx.get(tx.uri), cut(m.URI.In(m.Raw))):
		return "Request-URI"
	case !bytes.Equal(tx.get(tx.from), cut(m.FromURI.In(m.Raw))):
		return "From"
	case !bytes.Equal(tx.get(tx.to), cut(m.ToURI.In(m.Raw))):
		return "To"
	case !bodyMatches(tx, m):
		return "body"
	}
	return ""
}

// sameBody compares the body of a request with that of the one that it forwards.
func (w *watch) sameBody(h handle, m *decode.Message, p txn) {
	tx := w.table.at(h)
	if w.options.noRules || tx.bodyHash == p.bodyHash || tx.is(isBodyCut) || p.is(isBodyCut) ||
		!bytes.Equal(tx.get(tx.callID), p.get(p.callID)) {
		return
	}
	w.blame.brokenSo(&bodyChanged, m, h, "("+strconv.Itoa(int(p.bodyBytes))+" bytes in "+frameText(p.request)+", "+
		plural(uint64(tx.bodyBytes), "byte")+" in "+frameText(tx.request)+")")
}

// forwardsAgain reports whether a repetition is a new copy of the sender's own,
// that came to the proxy just before: of one that keeps no transactions, or has
// forgotten this one. The answer was not lost on this hop then.
func (w *watch) forwardsAgain(tx txn, m *decode.Message) bool {
	parent := tx.parentID()
	if parent == 0 {
		return false
	}
	return w.table.findCall(m, callOf(m), func(p txn) bool {
		if p.id() != parent || p.latest == 0 {
			return false
		}
		since := p.timeOf(m) - p.at(p.latest)
		return since >= 0 && since <= crossing
	}) != 0
}

// learn takes from any SIP message what later rules need.
func (w *watch) learn(m *decode.Message, a allowance) {
	if a != allowsUnsaid {
		w.allows.put(m.Src, a == allowsMESSAGE)
	}
	if m.Kind == sip.Request {
		switch string(m.Method.In(m.Raw)) {
		case "INVITE", "SUBSCRIBE", "NOTIFY", "REFER":
			w.dialogs.put(callOf(m), true)
		}
	}
}

// allowance is what a message says of its sender and MESSAGE. Workers find it out.
type allowance uint8

const (
	allowsUnsaid allowance = iota
	allowsOther
	allowsMESSAGE
)

// allowanceOf looks for MESSAGE in the lists of m's Allow header fields (RFC 3261 7.3.1, 20.5).
func allowanceOf(m *decode.Message) allowance {
	if m.Kind == sip.Request && m.ViaCount != 1 || !m.Present.Has(sip.HeaderAllow) || headCut(m) {
		return allowsUnsaid
	}
	for list := range m.All(sip.HeaderAllow) {
		for method := range bytes.SplitSeq(list, []byte(",")) {
			if string(bytes.TrimSpace(method)) == "MESSAGE" {
				return allowsMESSAGE
			}
		}
	}
	return allowsOther
}

// cancelled returns the MESSAGE transaction that a CANCEL is for, or 0.
func (tab *table) cancelled(m *decode.Message) handle {
	k := keyOf(m)
	return tab.findBranch(k.branch, func(_ handle, tx txn) bool {
		return tx.is(hasRequest) && sameHop(tx, m) && sameCall(tx, m)
	})
}

// closed remembers a transaction that has closed.
func (w *watch) closed(tx txn, outcome result.Outcome) {
	_, dst := tx.ends()
	one := past{id: tx.id(), server: dst.IP, status: tx.status, hasTime: tx.is(hasTime), first: tx.opened(), request: tx.request}
	switch key := branchKey(tx.get(tx.branch), tx.get(tx.callID)); {
	case outcome.Missing() || outcome == result.Rejected:
		w.late.put(key, one)
	case tx.is(hasRequest) && tx.status != 0 && !w.options.noRules:
		w.answered.put(key, one)
	}
	if outcome.Missing() && tx.status == 0 {
		w.unanswered.put(hash64(tx.get(tx.callID)), true)
	}
}

// isLate reports a final response that came after its transaction had closed, and whether
// it is a copy of one that the capture made. Its first final response again is none.
func (w *watch) isLate(m *decode.Message, hash uint32) (late, copied bool) {
	key := branchKey(m.Branch.In(m.Raw), m.CallID.In(m.Raw))
	e, further := w.late.find(key), false
	if e == nil {
		e, further = w.answered.find(key), true
	}
	if e == nil || m.Src.IP != e.value.server {
		return false, false
	}
	t := &e.value
	switch copied = t.copied(m, hash); {
	case copied || int(t.status) == m.Status:
	case further: // to one whose sender had not given up
		w.blameLate(&conflictingFinals, m, t, "after a "+strconv.Itoa(int(t.status)))
	default:
		w.blameLate(&lateResponse, m, t, t.since(m))
	}
	return true, copied
}

// blameLate blames who sent m for what it says of a transaction that has closed.
func (w *watch) blameLate(rule *Rule, m *decode.Message, t *past, detail string) {
	x := w.options.exchange(m)
	x.Detail = detail
	w.blame.foundOf(fact{rule: rule.index(), severity: rule.level(&x)}, &x, t.id, 0)
}

// since says how long after its request m comes, and what came before.
func (t *past) since(m *decode.Message) string {
	text := "the MESSAGE of " + frameText(t.request) + ", when its sender had given up"
	if t.hasTime && m.HasTime {
		text = time.Duration(m.Seen()-t.first).Round(time.Millisecond).String() + " after " + text
	}
	if t.status != 0 {
		text += " and had a " + strconv.Itoa(int(t.status))
	}
	return text
}

// acknowledged returns the MESSAGE transaction that an ACK is for, if it is not
// the ACK of an INVITE with the same number in the same call: each end of a dialog counts
// its own requests.
func (w *watch) acknowledged(m *decode.Message) handle {
	if _, ok := w.invites.get(callKey(m)); ok {
		return 0
	}
	return w.table.findCall(m, callOf(m), func(tx txn) bool { return tx.is(hasRequest) && tx.cseqNumber() == m.CSeqNumber && sameFrom(tx, m) })
}

// callKey is a key for the Call-ID and CSeq number of a message.
func callKey(m *decode.Message) uint64 {
	return uint64(callOf(m))<<32 | uint64(uint32(m.CSeqNumber))
}

// warm reads where the target and the text of a request are looked for: see analyzer.warm.
func (w *watch) warm(s *hashes) (sum uint32) {
	if s.target != 0 {
		sum += w.pending.touch(s.target)
	}
	if s.text != 0 {
		sum += w.texts.touch(s.text)
	}
	return sum
}
