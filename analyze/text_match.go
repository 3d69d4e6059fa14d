package analyze

import (
	"bytes"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/content/sms"
	"simplecap/decode/sip"
)

// receipts finds what texts receipts are of.
type receipts struct {
	*run
	teller *textTeller
	keys   *textIndex
	judge  *textJudge
	open   *openTexts
	abouts *aboutTexts

	calls    [][]byte             // scratch of clueOf
	handsets texts                // identities that have SMS of their own
	orphans  []lostReceipt        // receipts that refer to nothing so far
	held     int64                // bytes that these take
	strange  map[uint64]*openText // by delivery of a receipt, what it is a stranger to; nil while there is none
	sought   int                  // so many of them were looked for again
	lost     uint64               // receipts beyond the bound of orphans
	rates    samples              // from a text to the receipt that decides
}

func direction(up bool) int {
	if up {
		return 1
	}
	return 0
}

// awaitsReport reports whether a text is an RP-DATA or RP-SMMA that a report may name.
func (t *openText) awaitsReport() bool {
	rp := t.RP()
	return rp != nil && rp.HasReference && (rp.Type.IsData() || rp.Type == sms.MemoryAvailable)
}

// register makes a text known by what receipts may say of it.
func (rc *receipts) register(t *openText, m *decode.Message) {
	if t.awaitsReport() {
		rp := t.RP()
		rc.keys.pending[direction(rp.Type.Up())][rp.Reference]++
		rc.keys.link(t, textKey(keyOfCall, m.CallID.In(m.Raw)))
		rc.keys.link(t, textKey(keyOfUser, []byte{byte(direction(rp.Type.Up())), rp.Reference}, []byte(userOf(t.handset()))))
		rc.hop(t, m)
		if rp.TPDU.HasRef && rp.TPDU.ReportRequested() {
			rc.keys.link(t, tpKey(t.From, &rp.TPDU))
		}
	}
	if c := t.Content; c.CPIM != nil && c.CPIM.MessageID != "" && t.Kind == result.Notification {
		rc.keys.link(t, textKey(keyOfIMDN, []byte(c.CPIM.MessageID)))
	}
	if c := t.Content; c.CPIM != nil && t.Kind != result.Notification {
		for _, p := range []*content.CPIM{c.CPIM, c.Inner} {
			if p != nil && p.MessageID != "" {
				rc.keys.link(t, textKey(keyOfID, []byte(p.MessageID)))
			}
		}
	}
}

// addressKey is the key of an RP message that goes from src to dst.
func addressKey(rp []byte, src, dst decode.Addr) uint64 {
	from, to := src.As16(), dst.As16()
	return textKey(keyOfAddress, rp, from[:], to[:])
}

// hop makes a text known by the addresses of a leg.
func (rc *receipts) hop(t *openText, m *decode.Message) {
	if rp := t.RP(); t.awaitsReport() && t.linked < rc.limits.TextHosts {
		rc.keys.link(t, addressKey([]byte{byte(direction(rp.Type.Up())), rp.Reference}, m.Src.IP, m.Dst.IP))
	}
}

// handset is the URI of the handset of an SMS.
func (t *openText) handset() string {
	if t.RP().Type.Up() {
		return t.From
	}
	return t.To
}

// tpKey is what a status report and its SUBMIT have in common.
func tpKey(handset string, t *sms.TPDU) uint64 {
	digits := t.Address.Digits
	digits = digits[max(0, len(digits)-7):]
	return textKey(keyOfTPMR, []byte(userOf(handset)), []byte{t.Reference}, []byte(digits))
}

// clue is what is known of an RP-ACK or RP-ERROR, or of a status report, to find its
// SMS by.
type clue struct {
	rp           sms.Type
	mr           byte
	hasMR        bool
	calls        [][]byte // In-Reply-To; valid as long as the message, see kept
	handset      []byte   // URI, likewise
	src, dst     decode.Addr
	frame        capture.Ref
	time         int64
	hasTime      bool
	notification *openText // what an IMDN came in; nil for other receipts
	when         string    // the DateTime that it names
	again        bool      // it is looked for a second time, when its SMS may have come later
}

// clueOf reads it from a message. The calls of the clue are valid until the next one.
func (rc *receipts) clueOf(m *decode.Message, rp *sms.Message) clue {
	c := clue{rp: rp.Type, mr: rp.Reference, hasMR: rp.HasReference, src: m.Src.IP, dst: m.Dst.IP, frame: m.Frame, time: m.Time, hasTime: m.HasTime}
	c.handset = m.FromURI.In(m.Raw)
	if !rp.Type.Up() {
		c.handset = m.ToURI.In(m.Raw)
	}
	c.calls = rc.callsOf(m)
	return c
}

// callsOf returns the Call-IDs that In-Reply-To names: a report has one.
func (rc *receipts) callsOf(m *decode.Message) [][]byte {
	rc.calls = rc.calls[:0]
	for value := range m.All(sip.HeaderInReplyTo) {
		for id := range bytes.SplitSeq(value, []byte(",")) {
			if len(rc.calls) == rc.limits.Replied {
				rc.evicted++
				return rc.calls
			}
			rc.calls = append(rc.calls, bytes.TrimSpace(id))
		}
	}
	return rc.calls
}

// kept is the clue for later than the message.
func (c clue) kept() clue {
	c.handset = bytes.Clone(c.handset)
	calls := c.calls
	c.calls = nil
	for _, id := range calls {
		c.calls = append(c.calls, bytes.Clone(id))
	}
	return c
}

// report takes an RP-ACK or RP-ERROR that came as a request of its own.
func (rc *receipts) report(m *decode.Message, c *content.Content, delivery uint64) {
	r := reportReceipt(m, c.SMS)
	r.Delivery = delivery
	clue := rc.clueOf(m, c.SMS)
	t, by := rc.reported(&clue)
	rc.judge.report(t, m, c, &clue)
	if t != nil && c.SMS.Type.Up() {
		rc.judge.parties(t, m, delivery)
	}
	if t == nil {
		rc.lose(m, r, clue)
		return
	}
	r.MatchedBy, r.Foreign = by, t.isForeign(&clue)
	rc.receive(t, m, r)
}

// reportReceipt makes the receipt of an RP-ACK or RP-ERROR.
func reportReceipt(m *decode.Message, rp *sms.Message) result.Receipt {
	r := result.Receipt{Kind: "rp-ack", Frame: m.Frame}
	if rp.Type.IsError() {
		r.Kind, r.Cause = "rp-error", rp.Cause
		r.Failure, r.HasFCS = rp.TPDU.Failure, rp.TPDU.HasFCS
	}
	return r
}

// reported finds what a report is about: by In-Reply-To where its SMS has the RP-MR
// of the report, or no other one has; else by the RP-MR, the other direction and the
// same handset, by identity and then by address, the latest without a report.
func (rc *receipts) reported(c *clue) (t *openText, by string) {
	if !c.hasMR {
		return nil, ""
	}
	var named *openText
	for _, id := range c.calls {
		for t := range rc.keys.known(textKey(keyOfCall, id)) {
			if t.CallID != string(id) || !c.rp.Answers(t.RP().Type) || rc.ofAnother(c, t) {
				continue
			}
			if t.RP().Reference == c.mr {
				return t, "in-reply-to"
			}
			named = t
		}
	}
	up := []byte{byte(1 - direction(c.rp.Up())), c.mr}
	if named != nil && rc.keys.pending[up[0]][c.mr] == 0 {
		return named, "in-reply-to"
	}
	if t = rc.latest(textKey(keyOfUser, up, userOf(c.handset)), c); t == nil {
		t = rc.byAddress(addressKey(up, c.dst, c.src), c)
	}
	return t, "rp-mr"
}

// latest is the latest text with a key that a report may be about: one without a
// report, or else one that has it already.
func (rc *receipts) latest(key uint64, c *clue) (found *openText) {
	for t := range rc.keys.known(key) {
		if rp := t.RP(); !c.rp.Answers(rp.Type) || rp.Reference != c.mr || t.Frame == c.frame || c.again && c.before(t) {
			continue
		}
		if !t.hasReport() {
			return t
		}
		if found == nil {
			found = t
		}
	}
	return found
}

// byAddress is latest for a report by an identity of which nothing is known. Where
// several handsets are behind the same two hosts, it may be about any of them, and is
// taken for none.
func (rc *receipts) byAddress(key uint64, c *clue) (found *openText) {
	for t := range rc.keys.known(key) {
		switch rp := t.RP(); {
		case !c.rp.Answers(rp.Type) || rp.Reference != c.mr:
		case rc.ofAnother(c, t):
			return nil
		case found == nil:
			found = t
		case t.hasReport() || userOf(t.handset()) == userOf(found.handset()):
		case found.hasReport():
			found = t
		default:
			return nil
		}
	}
	if found == nil {
		return nil
	}
	return rc.latest(key, c)
}

// before reports whether a report came before a text was sent, by more than captures of two
// links, or two connections, may be apart: an RP-MR alone tells too little of it.
func (c *clue) before(t *openText) bool {
	return c.hasTime && t.HasTime && t.First-c.time > crossing
}

func (t *openText) hasReport() bool {
	for i := range t.Receipts {
		if r := &t.Receipts[i]; !r.Foreign && (r.Kind == "rp-ack" || r.Kind == "rp-error") {
			return true
		}
	}
	return false
}

// receive adds a receipt to a text.
func (rc *receipts) receive(t *openText, m *decode.Message, r result.Receipt) {
	rc.abouts.named(r.Delivery, t)
	if t.gone {
		return
	}
	if t.HasTime && m.HasTime {
		r.HasAfter, r.After = true, time.Duration(m.Time-t.First)
	}
	r.Late = (r.Kind == "rp-ack" || r.Kind == "rp-error") && r.After > reportTimer(t.RP())
	r.Duplicate = rc.repeats(t, &r)
	if len(t.Receipts) >= rc.limits.Receipts {
		if !r.Duplicate && !r.Foreign { // those anybody may send as often as he likes
			rc.evicted++
		}
		return
	}
	rc.decided(&r)
	t.add(&r)
	if last := &t.Receipts[len(t.Receipts)-1]; last.Foreign {
		rc.estranges(t, m, last)
	} else {
		rc.judge.receipt(t, last, func(rule *Rule, detail string) { rc.judge.breaks(rule, t, m, detail) })
	}
	rc.open.heard(t)
	rc.open.grow(t, receiptBytes)
	rc.teller.heard(t)
}

// repeats reports whether a receipt says again what others of its text say.
func (rc *receipts) repeats(t *openText, r *result.Receipt) bool {
	switch r.Kind {
	case "rp-ack", "rp-error":
		return t.hasReport()
	case "status-report":
		return false
	}
	return t.hasLike(saidBy(r))
}

// decided counts how long a text waited for a receipt that decides.
func (rc *receipts) decided(r *result.Receipt) {
	if r.HasAfter && !r.Duplicate && r.After >= 0 && r.Decides() {
		rc.rates.add(r.After)
	}
}

func sameUser(a, b string) bool { return userOf(a) == userOf(b) }

// reportTimer is how long a report may take (TS 24.011 10.1).
func reportTimer(rp *sms.Message) time.Duration {
	if rp != nil && !rp.Type.Up() {
		return timerTR2M
	}
	return timerTR1M
}

// statusReport takes a STATUS-REPORT: a text, and a receipt of the SMS it is about. It may
// come from another gateway than that went to, by a proxy that it went through.
func (rc *receipts) statusReport(t *openText, m *decode.Message) {
	tpdu := &t.RP().TPDU
	if !tpdu.HasStatus {
		return
	}
	r := result.Receipt{Kind: "status-report", Frame: m.Frame, Delivery: t.ID, Text: t.ID, TPStatus: tpdu.Status}
	if at := rc.aboutStatus(t.To, tpdu); at != nil {
		r.MatchedBy, r.Foreign = "tp-mr", !at.knows(m.Src.IP, true) && !at.wentTo(m.Dst.IP, false)
		rc.receive(at, m, r)
		return
	}
	c := rc.clueOf(m, t.RP())
	c.handset = []byte(t.To)
	rc.lose(m, r, c)
}

// aboutStatus finds the SMS of a status report: the latest of the handset with the
// TP-MR, to the address of which the last seven digits are the same.
func (rc *receipts) aboutStatus(handset string, tpdu *sms.TPDU) *openText {
	about := sms.Submit
	if tpdu.ReportIndication() { // TP-SRQ
		about = sms.Command
	}
	for t := range rc.keys.known(tpKey(handset, tpdu)) {
		if rp := t.RP(); rp != nil && rp.TPDU.Kind == about && rp.TPDU.Reference == tpdu.Reference {
			return t
		}
	}
	return nil
}
