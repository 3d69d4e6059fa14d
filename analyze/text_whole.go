package analyze

import (
	"cmp"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/content/sms"
)

// wholeParts is a concatenated SMS that is being put together.
type wholeParts struct {
	key    uint64
	said   []sms.TPDU // with Options.Bodies by part: Text and Halves
	bytes  int64      // of these
	parts  []uint64   // texts by part
	open   int        // parts that are not closed
	closed bool       // it has been said that parts are missing
}

// view is the whole as it is now.
func (w *wholeParts) view() *result.WholeText {
	v := &result.WholeText{Texts: slices.Clone(w.parts), Complete: !slices.Contains(w.parts, 0)}
	if v.Complete {
		v.Text = w.text()
	}
	return v
}

// text joins what the parts say. Where a character was cut in two, that is mended.
func (w *wholeParts) text() string {
	var b []byte
	last := rune(0)
	for i := range w.said {
		text, halves := w.said[i].Text, w.said[i].Halves
		if r := utf16.DecodeRune(last, halves.First); r != utf8.RuneError {
			b = utf8.AppendRune(b[:len(b)-utf8.RuneLen(utf8.RuneError)], r)
			text = text[utf8.RuneLen(utf8.RuneError):]
		}
		b = append(b, text...)
		last = halves.Last
	}
	return string(b)
}

// say keeps what a part says for the whole, as long as all wholes take less than the
// texts that are open may.
func (l *ledger) say(w *wholeParts, t *sms.TPDU) {
	const share = 8
	if !l.options.Bodies || l.said > l.room/share {
		return
	}
	if w.said == nil {
		w.said = make([]sms.TPDU, len(w.parts))
	}
	w.said[t.Concat.Part-1] = sms.TPDU{Text: t.Text, Halves: t.Halves}
	w.bytes += int64(len(t.Text))
	l.said += int64(len(t.Text))
}

// part joins a part of a concatenated SMS to the others: same kind, ends, address,
// reference and number. A reference is used again after a while: a part that is
// there already begins another text. Repeats do not count.
func (l *ledger) part(t *openText) {
	rp := t.RP()
	if rp == nil || rp.TPDU.Concat.Parts == 0 {
		return
	}
	if t.RepeatOf != 0 && t.tries.whole != nil && t.tries.whole.open > 0 {
		t.whole = t.tries.whole
		t.whole.open++
		return
	}
	c := rp.TPDU.Concat
	key := hashOf([]byte{byte(t.Kind), byte(c.Reference), byte(c.Reference >> 8), c.Bits, c.Parts}, []byte(userOf(t.From)), []byte(userOf(t.To)), []byte(rp.TPDU.Address.String()))
	w := l.wholes[key]
	if w == nil || w.parts[c.Part-1] != 0 || int(c.Parts) != len(w.parts) {
		if w == nil && len(l.wholes) >= maxTextParts {
			l.evicted++
			return
		}
		w = &wholeParts{key: key, parts: make([]uint64, c.Parts)}
		l.wholes[key] = w
	}
	w.parts[c.Part-1] = t.ID
	l.say(w, &rp.TPDU)
	w.open++
	t.whole = w
	if t.tries != nil {
		t.tries.whole = w
	}
}

// leaveWhole forgets a whole whose parts have all closed.
func (l *ledger) leaveWhole(t *openText) {
	w := t.whole
	if w.open--; w.open > 0 {
		return
	}
	l.said -= w.bytes
	w.parts, w.said, w.bytes = nil, nil, 0 // attempts may still know it
	if l.wholes[w.key] == w {
		delete(l.wholes, w.key)
	}
}

// repeated finds the SMS that this one is sent again of: a DELIVER to the same
// recipient with the same TPDU (its address and time stamp are in it), a SUBMIT
// that asks to reject duplicates with the same sender, TP-MR, address and text.
func (l *ledger) repeated(t *openText) {
	rp := t.RP()
	if rp == nil {
		return
	}
	var key uint64
	switch tpdu := &rp.TPDU; {
	case tpdu.Kind == sms.Deliver && tpdu.SCTS.Given:
		key = hashOf([]byte("deliver"), []byte(userOf(t.To)), tpdu.Octets)
	case tpdu.Kind == sms.Submit && tpdu.RejectDuplicates():
		key = hashOf([]byte("submit"), []byte(userOf(t.From)), []byte{tpdu.Reference}, []byte(tpdu.Address.String()), []byte(tpdu.Text), tpdu.Data, tpdu.Header)
	default:
		return
	}
	tries, known := l.repeats.get(key)
	if !known {
		tries = &attempts{first: t.ID}
		l.repeats.put(key, tries)
	} else {
		t.RepeatOf = tries.first
	}
	t.tries = tries
}

// attempts are the texts of an SMS that is sent again until it arrives.
type attempts struct {
	first   uint64
	failed  uint64 // that did not arrive, and have not been made good
	arrived bool
	whole   *wholeParts // that its first is a part of, while that is open
}

// settle counts the attempts that failed of an SMS that arrived all the same, whichever
// of them closes first.
func (l *ledger) settle(t *openText) {
	tries := t.tries
	switch {
	case tries == nil || !t.wanted:
		return
	case t.End.Failed():
		tries.failed++
	case t.End.Arrived():
		tries.arrived = true
	}
	if tries.arrived {
		l.totals.madeGood += tries.failed
		tries.failed = 0
	}
}

// copied finds the text that a server has copied: one with the same message id, or
// the one to a list of recipients that this recipient is on (RFC 5365 7.2).
func (l *ledger) copied(t *openText) {
	if t.Kind != result.InstantMessage {
		return
	}
	if c := t.Content.CPIM; c != nil && c.MessageID != "" {
		for o := range l.known(textKey(keyOfID, []byte(c.MessageID))) {
			if o.hasID(c.MessageID) && o.CallID != t.CallID && sameUser(o.sender(), t.sender()) { // two senders may choose one id
				t.CopyOf = cmp.Or(o.CopyOf, o.ID)
				break
			}
		}
	}
	if t.Content.Text == "" {
		return
	}
	if first, known := l.lists.get(hashOf([]byte(userOf(t.To)), []byte(t.Content.Text))); known {
		t.CopyOf = first
		return // a copy may name the others it went to
	}
	for _, uri := range t.Content.Recipients {
		l.lists.put(hashOf([]byte(userOf(uri)), []byte(t.Content.Text)), t.ID)
	}
}

// isCopy reports whether a MESSAGE may be a copy of the text to a list.
func (l *ledger) isCopy(m *decode.Message) bool {
	if len(l.lists.entries) == 0 {
		return false
	}
	_, known := l.lists.get(hashOf([]byte(userOf(m.Text(m.ToURI))), m.Body.In(m.Raw)))
	return known
}
