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

// textJudge holds texts and receipts against the rules.
type textJudge struct {
	*run
	table     *table
	hosts     *hosts
	blame     *blame
	keys      *textIndex
	placed    handle                   // transaction of the message at hand, 0 for none
	otherwise map[uint64]otherIdentity // by delivery; nil while there is none
	speaker   *speaker                 // of the notification at hand, nil for none
}

// rules are the ids of the rules that a text breaks, sorted.
func (t *openText) rules() (ids []string) {
	for _, i := range t.broken {
		ids = append(ids, catalogue[i].ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// breaks notes that a text breaks a rule.
func (t *openText) breaks(index int) {
	if !slices.Contains(t.broken, index) {
		t.broken = append(t.broken, index)
	}
}

// breaksRule reports whether a text is known to break a rule.
func (t *openText) breaksRule(rule *Rule) bool { return slices.Contains(t.broken, rule.index()) }

// breaks notes that a message breaks a rule. t is the text that it is about, nil for none.
func (j *textJudge) breaks(rule *Rule, t *openText, m *decode.Message, detail string) {
	if j.options.noRules || len(m.Raw) == 0 {
		return
	}
	if t != nil {
		t.breaks(rule.index())
	}
	j.blame.brokenSo(rule, m, j.placed, detail)
}

// broke notes that a closed text breaks a rule, for which peer is to blame.
func (j *textJudge) broke(rule *Rule, t *openText, peer decode.Endpoint) {
	if j.options.noRules || !t.wanted {
		return
	}
	t.breaks(rule.index())
	j.brokeAt(rule, peer, t.rootID, t.Frame, "")
}

// brokeAt notes that a rule was broken by a peer, in a frame; transaction is 0 where
// the frame is of none.
func (j *textJudge) brokeAt(rule *Rule, peer decode.Endpoint, transaction uint64, frame capture.Ref, detail string) {
	if j.options.noRules {
		return
	}
	x := j.options.exchange(nil)
	x.Detail = detail
	one := j.blame.findings.find(group{rule: rule.index(), severity: rule.level(&x), peer: peer})
	if one == nil {
		return
	}
	j.blame.word(one, rule.index(), &x, hostName(peer))
	if transaction != 0 {
		j.blame.findings.addTransaction(one, transaction)
	}
	j.blame.findings.add(one, frame)
}

// sent holds what a text says against the rules.
func (j *textJudge) sent(t *openText, m *decode.Message) {
	c := t.Content
	if rp := t.RP(); rp != nil {
		j.octets(t, m, c)
		j.delivery(t, m, rp)
	}
	for _, p := range []*content.CPIM{c.CPIM, c.Inner} {
		if p != nil {
			j.cpim(t, m, p)
		}
	}
	if t.Kind == result.Notification {
		j.imdn(t, m)
	}
}

// octets looks at how an RP message is written.
func (j *textJudge) octets(t *openText, m *decode.Message, c *content.Content) {
	switch {
	case m.Carriage&decode.Cut != 0:
	case c.Undeclared != "":
		j.breaks(&rpUndecodable, t, m, c.Undeclared+" text without a Content-Transfer-Encoding")
	case len(c.SMS.Defects) > 0 && strings.HasPrefix(c.SMS.Defects[0].What, "TP-MTI"):
		j.breaks(&rpDirection, t, m, c.SMS.Defects[0].String())
	case len(c.SMS.Defects) > 0:
		j.breaks(&rpUndecodable, t, m, c.SMS.Defects[0].String())
	}
}

// delivery looks at an SMS to the handset.
func (j *textJudge) delivery(t *openText, m *decode.Message, rp *sms.Message) {
	if !rp.Type.IsData() || rp.Type.Up() || !t.awaitsReport() || t.Method != "MESSAGE" {
		return
	}
	if !m.Present.Has(sip.HeaderPAssertedIdentity) {
		j.breaks(&mtWithoutAssertedIdentity, t, m, "")
	}
	if !saysWord(m, sip.HeaderRequestDisposition, "no-fork") || !saysWord(m, sip.HeaderAcceptContact, "+g.3gpp.smsip") {
		j.breaks(&mtHeaders, t, m, "")
	}
	if t.RepeatOf != 0 {
		j.breaks(&mtRedelivered, t, m, "")
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

func (j *textJudge) cpim(t *openText, m *decode.Message, p *content.CPIM) {
	if len(p.Syntax) > 0 {
		j.breaks(&cpimSyntax, t, m, p.Syntax[0])
	}
	if len(p.Disposition) == 0 {
		return
	}
	if t.Kind == result.InstantMessage && j.reusesID(t) {
		j.breaks(&imdnIDReused, t, m, "")
	}
	if t.Kind == result.Notification {
		j.breaks(&imdnOfIMDN, t, m, "it asks for one")
	} else if p.MessageID == "" || p.DateTime == "" {
		j.breaks(&imdnWithoutID, t, m, "")
	}
	if isAnonymous(p.From) && isAnonymous(t.From) {
		j.breaks(&imdnAnonymous, t, m, "")
	}
}

func (j *textJudge) imdn(t *openText, m *decode.Message) {
	c := t.Content
	if c.CPIM == nil {
		j.breaks(&imdnContentType, t, m, "")
		return
	}
	switch {
	case c.CPIM.MessageID == "":
		j.breaks(&imdnFields, t, m, "no Message-ID")
	case c.Disposition != "notification" && len(c.IMDNs) < 2:
		j.breaks(&imdnFields, t, m, "no Content-Disposition: notification")
	case len(c.IMDNs) > 0 && (c.IMDNs[0].MessageID == "" || c.IMDNs[0].Status == ""):
		j.breaks(&imdnFields, t, m, "no message id or status")
	}
}

// report looks at an RP-ACK or RP-ERROR in a request of its own. t is its SMS,
// nil where none is known.
func (j *textJudge) report(t *openText, m *decode.Message, c *content.Content, clue *clue) {
	j.octets(nil, m, c)
	if len(clue.calls) == 0 {
		j.breaks(&reportWithoutInReplyTo, t, m, "")
		return
	}
	named := j.namedBy(clue)
	switch {
	case named == nil:
		if m.Seen()-j.firstSIP > int64(timerTR1M) {
			j.breaks(&reportToUnknown, t, m, "")
		}
	case named.RP().Type.Up() == clue.rp.Up():
		j.breaks(&rpDirection, t, m, "it reports an SMS that went the same way")
	case named.RP().Reference != clue.mr && clue.hasMR:
		j.breaks(&rpReferenceMismatch, t, m, "its RP-MR is "+strconv.Itoa(int(clue.mr))+", that of the SMS it names "+strconv.Itoa(int(named.RP().Reference)))
	}
}

// namedBy is the open SMS that In-Reply-To names, nil for none.
func (j *textJudge) namedBy(c *clue) *openText {
	for _, id := range c.calls {
		for t := range j.keys.known(textKey(keyOfCall, id)) {
			if t.CallID == string(id) && t.RP() != nil {
				return t
			}
		}
	}
	return nil
}

// receipt looks at a receipt that has found its text. broken takes each rule that it breaks.
func (j *textJudge) receipt(t *openText, r *result.Receipt, broken func(rule *Rule, detail string)) {
	switch {
	case r.Kind == "rp-error":
		detail := r.Cause.String()
		if r.HasFCS {
			detail += ", TP-FCS " + r.Failure.String()
		}
		broken(&rpErrorRule, detail)
	case r.Kind == "delivered" && r.ByIntermediary && t.wentToOne(r.Recipient):
		broken(&imdnFromIntermediary, "")
	case r.Duplicate && (r.Kind == "delivered" || r.Kind == "displayed" || r.Kind == "failed") && !j.speaksFirst(t, r):
		broken(&imdnRepeated, r.Kind)
	case r.Kind == "failed" && j.statusOf(t) >= 300:
		broken(&imdnNegativeAfterFailure, "")
	}
	if t.contradicts(r) {
		broken(contradictionOf(r), "")
	}
	if r.MatchedBy == "transaction" && (r.Kind == "rp-ack" || r.Kind == "rp-error") {
		broken(&reportInResponse, "")
	}
}

// contradicts reports whether a text has a receipt that says the opposite of r: RP-ACK and
// RP-ERROR, or that it reached a recipient and that it failed for it.
func (t *openText) contradicts(r *result.Receipt) bool {
	s := saidBy(r)
	for i := range t.Receipts {
		one := &t.Receipts[i]
		if !one.Foreign && one.MatchedBy != result.SharedMessageID && (opposite(t.says[i], s) || opposite(s, t.says[i])) {
			return true
		}
	}
	return false
}

func opposite(good, bad said) bool {
	switch bad.kind {
	case "rp-error":
		return good.kind == "rp-ack"
	case "failed":
		return (good.kind == "delivered" || good.kind == "displayed") && good.user == bad.user
	}
	return false
}

// contradictionOf is the rule that a receipt breaks which contradicts another one.
func contradictionOf(r *result.Receipt) *Rule {
	if r.Kind == "rp-ack" || r.Kind == "rp-error" {
		return &reportsContradict
	}
	return &imdnContradicts
}

// statusOf is the answer to a text so far.
func (j *textJudge) statusOf(t *openText) int {
	if t.Status == 0 && t.root != 0 && j.table.holds(t.root, t.rootID) {
		r := j.table.at(t.root).record
		return int(r.status)
	}
	return t.Status
}

// lost looks at a receipt that refers to nothing so far.
func (j *textJudge) lost(m *decode.Message, r *result.Receipt) {
	if r.MessageID == "" || r.Kind == "status-report" {
		return
	}
	for t := range j.keys.known(textKey(keyOfIMDN, []byte(r.MessageID))) {
		if t.hasID(r.MessageID) {
			j.breaks(&imdnOfIMDN, nil, m, "it is about one")
			return
		}
	}
	j.breaks(&imdnOrphan, nil, m, "")
}

// closed looks at a text of which everything is known.
func (j *textJudge) closed(t *openText) {
	j.strangers(t)
	rp := t.RP()
	switch {
	case rp == nil && t.End == result.Unconfirmed && t.AsksNotification() && t.Carrier == "sip" && !t.breaksRule(&imdnContradicts):
		j.broke(&imdnMissing, t, t.Dst)
	case rp == nil || t.Method != "MESSAGE":
	case t.End == result.NoReport && t.Status/100 == 2 && j.hosts.sightings.seen(t.Dst, t.Src) && rp.Type.Up():
		j.broke(&moReportMissing, t, t.Dst)
	case t.End == result.NoReport && t.Status/100 == 2 && j.hosts.sightings.seen(t.Dst, t.Src):
		j.broke(&mtReportMissing, t, t.Dst)
	}
	if rp != nil && rp.Type == sms.DataUp && t.Status == 200 && t.Method == "MESSAGE" {
		j.broke(&mo200Not202, t, t.Dst)
	}
	const patience = time.Minute
	if w := t.whole; w != nil && !w.closed && t.RepeatOf == 0 && !t.Whole.Complete && t.HasTime && time.Duration(j.clock-t.seen) >= patience {
		w.closed = true // once for all its parts
		j.broke(&concatenationGap, t, t.Src)
	}
}
