package analyze

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/content/sms"
	"simplecap/decode/sip"
)

// rules are the ids of the rules that a text breaks, sorted.
func (t *openText) rules() (ids []string) {
	for _, i := range t.broken {
		ids = append(ids, catalogue[i].ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// breaks notes that a message breaks a rule. t is the text that it is about, nil for none.
func (l *ledger) breaks(rule *Rule, t *openText, m *decode.Message, detail string) {
	if l.options.noRules || len(m.Raw) == 0 {
		return
	}
	if t != nil {
		t.broken = append(t.broken, rule.index())
	}
	l.blame.brokenSo(rule, m, l.placed, detail)
}

// broke notes that a closed text breaks a rule, for which who it went to is to blame.
func (l *ledger) broke(rule *Rule, t *openText, peer decode.Endpoint, detail string) {
	if l.options.noRules || !t.wanted {
		return
	}
	t.broken = append(t.broken, rule.index())
	l.brokeAt(rule, peer, t.rootID, t.Frame, detail)
}

// brokeAt notes that a rule was broken by a peer, in a frame; transaction is 0 where
// the frame is of none.
func (l *ledger) brokeAt(rule *Rule, peer decode.Endpoint, transaction uint64, frame capture.Ref, detail string) {
	if l.options.noRules {
		return
	}
	x := l.options.exchange(nil)
	x.Detail = detail
	one := l.blame.findings.find(group{rule: rule.index(), severity: rule.level(&x), peer: peer})
	if one == nil {
		return
	}
	l.blame.word(one, rule.index(), &x, hostName(peer))
	if transaction != 0 {
		l.blame.findings.addTransaction(one, transaction)
	}
	l.blame.findings.add(one, frame)
}

// judgeSent holds what a text says against the rules.
func (l *ledger) judgeSent(t *openText, m *decode.Message) {
	c := t.Content
	if rp := t.RP(); rp != nil {
		l.judgeOctets(t, m, c)
		l.judgeDelivery(t, m, rp)
	}
	for _, p := range []*content.CPIM{c.CPIM, c.Inner} {
		if p != nil {
			l.judgeCPIM(t, m, p)
		}
	}
	if t.Kind == result.Notification {
		l.judgeIMDN(t, m)
	}
}

// judgeOctets looks at how an RP message is written.
func (l *ledger) judgeOctets(t *openText, m *decode.Message, c *content.Content) {
	switch {
	case m.Carriage&decode.Cut != 0:
	case c.Undeclared != "":
		l.breaks(&rpUndecodable, t, m, c.Undeclared+" text without a Content-Transfer-Encoding")
	case len(c.SMS.Defects) > 0 && strings.HasPrefix(c.SMS.Defects[0].What, "TP-MTI"):
		l.breaks(&rpDirection, t, m, c.SMS.Defects[0].String())
	case len(c.SMS.Defects) > 0:
		l.breaks(&rpUndecodable, t, m, c.SMS.Defects[0].String())
	}
}

// judgeDelivery looks at an SMS to the handset.
func (l *ledger) judgeDelivery(t *openText, m *decode.Message, rp *sms.Message) {
	if !rp.Type.IsData() || rp.Type.Up() || !t.awaitsReport() || t.Method != "MESSAGE" {
		return
	}
	if !m.Present.Has(sip.HeaderPAssertedIdentity) {
		l.breaks(&mtWithoutAssertedIdentity, t, m, "")
	}
	if !saysWord(m, sip.HeaderRequestDisposition, "no-fork") || !saysWord(m, sip.HeaderAcceptContact, "+g.3gpp.smsip") {
		l.breaks(&mtHeaders, t, m, "")
	}
	if t.RepeatOf != 0 {
		l.breaks(&mtRedelivered, t, m, "")
	}
}

// saysWord reports whether a word, of whatever case, stands in a header field.
func saysWord(m *decode.Message, id sip.HeaderID, word string) bool {
	for value := range m.All(id) {
		for ; len(value) >= len(word); value = value[1:] {
			if strings.EqualFold(string(value[:len(word)]), word) {
				return true
			}
		}
	}
	return false
}

func (l *ledger) judgeCPIM(t *openText, m *decode.Message, p *content.CPIM) {
	if len(p.Syntax) > 0 {
		l.breaks(&cpimSyntax, t, m, p.Syntax[0])
	}
	if len(p.Disposition) == 0 {
		return
	}
	if t.Kind == result.Notification {
		l.breaks(&imdnOfIMDN, t, m, "it asks for one")
	} else if p.MessageID == "" || p.DateTime == "" {
		l.breaks(&imdnWithoutID, t, m, "")
	}
	if isAnonymous(p.From) && isAnonymous(t.From) {
		l.breaks(&imdnAnonymous, t, m, "")
	}
}

func (l *ledger) judgeIMDN(t *openText, m *decode.Message) {
	c := t.Content
	if c.CPIM == nil {
		l.breaks(&imdnContentType, t, m, "")
		return
	}
	switch {
	case c.CPIM.MessageID == "":
		l.breaks(&imdnFields, t, m, "no Message-ID")
	case c.Disposition != "notification" && len(c.IMDNs) < 2:
		l.breaks(&imdnFields, t, m, "no Content-Disposition: notification")
	case len(c.IMDNs) > 0 && (c.IMDNs[0].MessageID == "" || c.IMDNs[0].Status == ""):
		l.breaks(&imdnFields, t, m, "no message id or status")
	}
}

// judgeReport looks at an RP-ACK or RP-ERROR in a request of its own. t is its SMS,
// nil where none is known.
func (l *ledger) judgeReport(t *openText, m *decode.Message, c *content.Content, clue *clue) {
	l.judgeOctets(nil, m, c)
	if len(clue.calls) == 0 {
		l.breaks(&reportWithoutInReplyTo, t, m, "")
		return
	}
	named := l.namedBy(clue)
	switch {
	case named == nil:
		if m.Seen()-l.firstSIP > int64(timerTR1M) {
			l.breaks(&reportToUnknown, t, m, "")
		}
	case named.RP().Type.Up() == clue.rp.Up():
		l.breaks(&rpDirection, t, m, "it reports an SMS that went the same way")
	case named.RP().Reference != clue.mr && clue.hasMR:
		l.breaks(&rpReferenceMismatch, t, m, "its RP-MR is "+strconv.Itoa(int(clue.mr))+", that of the SMS it names "+strconv.Itoa(int(named.RP().Reference)))
	}
}

// namedBy is the open SMS that In-Reply-To names, nil for none.
func (l *ledger) namedBy(c *clue) *openText {
	for _, id := range c.calls {
		for t := range l.known(textKey(keyOfCall, id)) {
			if t.CallID == string(id) && t.RP() != nil {
				return t
			}
		}
	}
	return nil
}

// judgeReceipt looks at a receipt that has found its text.
func (l *ledger) judgeReceipt(t *openText, m *decode.Message, r *result.Receipt) {
	switch {
	case r.Foreign:
		l.breaks(&receiptFromElsewhere, t, m, "")
		return
	case r.Kind == "rp-error":
		detail := r.Cause.String()
		if r.HasFCS {
			detail += ", TP-FCS " + r.Failure.String()
		}
		l.breaks(&rpErrorRule, t, m, detail)
	case r.Kind == "delivered" && r.ByIntermediary && t.wentToOne(r.Recipient):
		l.breaks(&imdnFromIntermediary, t, m, "")
	case r.Duplicate && (r.Kind == "delivered" || r.Kind == "displayed" || r.Kind == "failed"):
		l.breaks(&imdnRepeated, t, m, r.Kind)
	case r.Kind == "failed" && l.statusOf(t) >= 300:
		l.breaks(&imdnNegativeAfterFailure, t, m, "")
	}
	if r.MatchedBy == "transaction" && (r.Kind == "rp-ack" || r.Kind == "rp-error") {
		l.breaks(&reportInResponse, t, m, "")
	}
}

// statusOf is the answer to a text so far.
func (l *ledger) statusOf(t *openText) int {
	if t.Status == 0 && t.root != 0 && l.table.holds(t.root, t.rootID) {
		r := l.table.at(t.root).record
		return int(r.status)
	}
	return t.Status
}

// judgeLost looks at a receipt that refers to nothing so far.
func (l *ledger) judgeLost(m *decode.Message, r *result.Receipt) {
	if r.MessageID == "" || r.Kind == "status-report" {
		return
	}
	for t := range l.known(textKey(keyOfIMDN, []byte(r.MessageID))) {
		if t.hasID(r.MessageID) {
			l.breaks(&imdnOfIMDN, nil, m, "it is about one")
			return
		}
	}
	l.breaks(&imdnOrphan, nil, m, "")
}

// judgeClosed looks at a text of which everything is known.
func (l *ledger) judgeClosed(t *openText) {
	rp := t.RP()
	switch {
	case rp == nil && t.End == result.Unconfirmed && t.AsksNotification() && t.Carrier == "sip":
		l.broke(&imdnMissing, t, t.Dst, "")
	case rp == nil || t.Method != "MESSAGE":
	case t.End == result.NoReport && t.Status/100 == 2 && l.hosts.sightings.seen(t.Dst, t.Src) && rp.Type.Up():
		l.broke(&moReportMissing, t, t.Dst, "")
	case t.End == result.NoReport && t.Status/100 == 2 && l.hosts.sightings.seen(t.Dst, t.Src):
		l.broke(&mtReportMissing, t, t.Dst, "")
	}
	if rp != nil && rp.Type == sms.DataUp && t.Status == 200 && t.Method == "MESSAGE" {
		l.broke(&mo200Not202, t, t.Dst, "")
	}
	const patience = time.Minute
	if w := t.whole; w != nil && !w.closed && t.RepeatOf == 0 && !t.Whole.Complete && t.HasTime && time.Duration(l.clock-t.seen) >= patience {
		w.closed = true // once for all its parts
		l.broke(&concatenationGap, t, t.Src, "")
	}
}
