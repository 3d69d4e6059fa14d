package analyze

import (
	"slices"
	"unsafe"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/content"
)

// notified takes the notifications of an IMDN.
func (rc *receipts) notified(t *openText, m *decode.Message) {
	for i := range t.Content.IMDNs {
		n := &t.Content.IMDNs[i]
		r := notificationReceipt(n, m.Frame, t)
		if !rc.matchID(t, m, r, n.DateTime) {
			rc.lose(m, r, clue{notification: t, src: m.Src.IP, when: n.DateTime})
		}
	}
}

func notificationReceipt(n *content.Notification, frame capture.Ref, t *openText) result.Receipt {
	r := result.Receipt{Kind: "other", Frame: frame, Delivery: t.ID, Text: t.ID, MessageID: n.MessageID, Recipient: n.Recipient, Name: n.Status}
	switch n.Status {
	case "delivered", "displayed", "processed", "stored", "failed", "forbidden", "error":
		r.Kind, r.Name = n.Status, ""
	}
	if r.Recipient == "" {
		r.Recipient = t.sender()
	}
	r.ByIntermediary = len(t.Content.IMDNs) == 1 && t.Carrier == "sip" && !isAnonymous(t.sender()) && !anySameUser([]string{t.sender(), t.From}, []string{r.Recipient, n.OriginalRecipient})
	if t.Carrier == "msrp" {
		r.Delivery = 0
	}
	return r
}

// sender is who wrote a text, as its innermost wrapping says: anonymous ones are
// known by the request.
func (t *openText) sender() string {
	if c := t.Content.CPIM; c != nil && c.From != "" && !isAnonymous(c.From) {
		return c.From
	}
	return t.From
}

func isAnonymous(uri string) bool { return userOf(uri) == "anonymous" }

// matchID gives a notification to the texts that it is about: those with the
// message id that were sent by whom it goes to. A server that copies a text keeps
// its id (RFC 5438 8.2): of several, the ones that went to whom it comes from. when is the
// DateTime of the message that it names.
func (rc *receipts) matchID(t *openText, m *decode.Message, r result.Receipt, when string) bool {
	var sent, both []*openText
	for o := range rc.keys.known(textKey(keyOfID, []byte(r.MessageID))) {
		if o == t || !o.hasID(r.MessageID) || !o.sentBy(t) {
			continue
		}
		sent = append(sent, o)
		if o.sentTo(t) {
			both = append(both, o)
		}
	}
	if len(both) > 0 {
		sent = both
	}
	n := about{&r, saidBy(&r), when}
	for _, texts := range bySource(sent) {
		o := rc.likeliest(texts, n)
		one := r
		one.Foreign, one.MatchedBy = !o.notForeign(t, m.Src.IP), "message-id"
		if rc.sharesID(o, texts, n) {
			one.MatchedBy = result.SharedMessageID
		}
		before := len(o.Receipts)
		rc.judge.speaker = rc.judge.speakerOf(t, m, before)
		rc.receive(o, m, one)
		if said := rc.judge.speaker; said != nil && len(o.Receipts) > before {
			o.speakers = append(o.speakers, *said)
		}
		rc.judge.speaker = nil
	}
	return len(sent) > 0
}

// about is a notification, what it says, and the time of the message that it names.
type about struct {
	*result.Receipt
	says said
	when string
}

// bySource puts those texts together that came from the same host, in their order.
func bySource(texts []*openText) (groups [][]*openText) {
	if len(texts) == 1 {
		return [][]*openText{texts}
	}
	at := make(map[decode.Addr]int, len(texts))
	for _, t := range texts {
		i, known := at[t.Src.IP]
		if !known {
			i = len(groups)
			at[t.Src.IP], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], t)
	}
	return groups
}

// likeliest returns one of the texts that came from the same host: its client has used
// one id twice, or sent a text again, and a notification is of one of them. Copies come
// from a server. texts begin with the latest.
func (rc *receipts) likeliest(texts []*openText, n about) *openText {
	best, least := texts[0], rc.unlikely(texts[0], n)
	for _, t := range texts[1:] {
		if score := rc.unlikely(t, n); score <= least {
			best, least = t, score
		}
	}
	return best
}

// unlikely says how unlikely a text is to be the one that a notification is of: most of
// all one that was refused, then one of another time, one that has the same notification,
// one that nobody took.
func (rc *receipts) unlikely(t *openText, n about) (score int) {
	c := t.Content.CPIM
	for i, against := range []bool{rc.judge.statusOf(t) == 0 && t.Carrier == "sip", t.hasLike(n.says), c != nil && n.when != "" && c.DateTime != n.when, rc.judge.statusOf(t) >= 300} {
		if against {
			score |= 1 << i
		}
	}
	return score
}

// sharesID reports whether a notification that t was found for may be of another of the
// texts of its host just as well: their client has used one id for several, and nobody can tell. Once
// each of them has a notification, all are known to be of theirs.
func (rc *receipts) sharesID(t *openText, texts []*openText, n about) bool {
	others := slices.DeleteFunc(slices.Clone(texts), func(o *openText) bool { return !o.reuses(t) })
	for _, o := range others {
		if rc.unlikely(o, n) == rc.unlikely(t, n) {
			return true
		}
	}
	for _, o := range others {
		o.confirm(n.says)
	}
	return false
}

// reuses reports whether two texts of one client are not the same and have one id.
func (t *openText) reuses(o *openText) bool {
	return t.Src.IP == o.Src.IP && t.Content.Text != o.Content.Text
}

// reusesID reports whether another text of its client has the message id of a text.
func (j *textJudge) reusesID(t *openText) bool {
	id := t.Content.CPIM.MessageID
	if id == "" {
		return false
	}
	for o := range j.keys.known(textKey(keyOfID, []byte(id))) {
		if o != t && o.hasID(id) && o.reuses(t) && sameUser(o.sender(), t.sender()) {
			return true
		}
	}
	return false
}

// confirm notes that the receipts of a text that say the same are its own.
func (t *openText) confirm(s said) {
	for i := range t.Receipts {
		if one := &t.Receipts[i]; t.says[i] == s && one.MatchedBy == result.SharedMessageID {
			one.MatchedBy = "message-id"
		}
	}
}

func (t *openText) hasID(id string) bool {
	c := t.Content
	return c.CPIM != nil && c.CPIM.MessageID == id || c.Inner != nil && c.Inner.MessageID == id
}

func anySameUser(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if x != "" && y != "" && !isAnonymous(x) && sameUser(x, y) {
				return true
			}
		}
	}
	return false
}

// lostReceipt is a receipt that refers to nothing so far.
type lostReceipt struct {
	result.Receipt
	clue  clue
	seen  int64 // the capture's clock when it came
	bytes int64 // that it takes
}

// sized returns it with the bytes that it takes: of a notification also what keeps it.
func (o lostReceipt) sized() lostReceipt {
	o.bytes = int64(unsafe.Sizeof(o)) + int64(o.Size()+len(o.clue.handset)+len(o.clue.when))
	for _, id := range o.clue.calls {
		o.bytes += int64(unsafe.Sizeof(id)) + int64(len(id))
	}
	if n := o.clue.notification; n != nil {
		o.bytes += int64(openTextBytes + len(n.CallID) + len(n.From) + len(n.To) + 2*n.Bytes)
	}
	return o
}

// lose keeps a receipt whose text may still come: what two connections carry may be
// complete in another order than it was sent.
func (rc *receipts) lose(m *decode.Message, r result.Receipt, c clue) {
	c.frame, c.time, c.hasTime, c.again = m.Frame, m.Time, m.HasTime, true
	if rc.keep(lostReceipt{Receipt: r, clue: c.kept()}.sized()) {
		if c.notification != nil {
			c.notification.sought = true
		}
		rc.judge.lost(m, &r)
	}
}

// keep keeps a receipt that refers to nothing so far, as long as there is room.
func (rc *receipts) keep(o lostReceipt) bool {
	if len(rc.orphans) == rc.limits.Unmatched || rc.held+o.bytes > rc.open.room {
		rc.lost++
		return false
	}
	o.seen = rc.clock
	rc.held += o.bytes
	rc.orphans = append(rc.orphans, o)
	return true
}

// rematch looks again for texts that came after their receipt, those receipts that came
// before a time of the capture's clock and were not looked for again yet.
func (rc *receipts) rematch(before int64) {
	kept, at := rc.orphans[:rc.sought], rc.sought
	for ; at < len(rc.orphans) && rc.orphans[at].seen <= before; at++ {
		o := &rc.orphans[at]
		m := decode.Message{Carrier: decode.Carrier{Time: o.clue.time, HasTime: o.clue.hasTime, Frame: o.Frame, Src: decode.Endpoint{IP: o.clue.src}}}
		if n := o.clue.notification; n != nil && o.MessageID != "" && rc.matchID(n, &m, o.Receipt, o.clue.when) {
			rc.held -= o.bytes
			continue
		}
		t, by := rc.found(o)
		if t == nil {
			kept = append(kept, *o)
			continue
		}
		rc.held -= o.bytes
		r := o.Receipt
		r.MatchedBy, r.Foreign = by, t.isForeign(&o.clue)
		rc.receive(t, &m, r)
	}
	rc.sought = len(kept)
	rc.orphans = append(kept, rc.orphans[at:]...)
}

func (rc *receipts) found(o *lostReceipt) (t *openText, by string) {
	if o.Kind == "rp-ack" || o.Kind == "rp-error" {
		return rc.reported(&o.clue)
	}
	return nil, ""
}

// giveUp hands on the receipts that refer to nothing in the capture.
func (rc *receipts) giveUp() {
	for i := range rc.orphans {
		rc.teller.orphan(&rc.orphans[i].Receipt)
	}
	rc.orphans, rc.sought, rc.held = nil, 0, 0
}
