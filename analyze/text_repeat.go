package analyze

import (
	"cmp"
	"encoding/binary"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/content/sms"
)

// repeatedTexts knows which texts were sent before: again by their sender, or by a server
// that copies them.
type repeatedTexts struct {
	*run
	keys   *textIndex
	totals *textTotals
	byKey  *recent[uint64, *attempts] // what an SMS is known by, and what is known of it
	lists  *recent[uint64, uint64]    // texts that a server is asked to copy
}

// restart forgets all of them.
func (rs *repeatedTexts) restart() {
	rs.byKey = newRecent[uint64, *attempts](rs.limits.Watched)
	rs.lists = newRecent[uint64, uint64](rs.limits.Watched)
}

// repeated finds the SMS that this one is sent again of: a DELIVER to the same
// recipient with the same TPDU (its address and time stamp are in it), a SUBMIT
// that asks to reject duplicates with the same sender, TP-MR, address and text. The first
// one of these may ask for nothing: a handset sets TP-RD when it tries again.
func (rs *repeatedTexts) repeated(t *openText) {
	rp := t.RP()
	if rp == nil {
		return
	}
	key, again := uint64(0), true
	switch tpdu := &rp.TPDU; {
	case tpdu.Kind == sms.Deliver && tpdu.SCTS.Given:
		key = hashOf([]byte("deliver"), []byte(userOf(t.To)), tpdu.Octets)
	case tpdu.Kind == sms.Submit && tpdu.HasRef:
		again = tpdu.RejectDuplicates()
		key = hashOf([]byte("submit"), []byte(userOf(t.From)), []byte{tpdu.Reference, byte(tpdu.Address.TON)}, []byte(tpdu.Address.Digits), []byte(tpdu.Text), tpdu.Data, tpdu.Header)
	default:
		return
	}
	tries, known := rs.byKey.get(key)
	if !known || !again {
		tries = &attempts{first: t.ID}
		rs.byKey.put(key, tries)
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
	lost    bool        // one of them is counted as lost
	again   bool        // a later one than the first arrived
	whole   *wholeParts // that its first is a part of, while that is open
}

// settle counts the attempts that failed of an SMS that arrived all the same, whichever
// of them closes first.
func (rs *repeatedTexts) settle(t *openText) {
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
		rs.totals.madeGood += tries.failed
		tries.failed = 0
	}
}

// copied finds the text that a server has copied: one with the same message id, or
// the one to a list of recipients that this recipient is on (RFC 5365 7.2).
func (rs *repeatedTexts) copied(t *openText) {
	if t.Kind != result.InstantMessage {
		return
	}
	if c := t.Content.CPIM; c != nil && c.MessageID != "" {
		for o := range rs.keys.known(textKey(keyOfID, []byte(c.MessageID))) {
			if o.hasID(c.MessageID) && o.CallID != t.CallID && sameUser(o.sender(), t.sender()) && !o.reuses(t) { // two senders may choose one id
				t.CopyOf = cmp.Or(o.CopyOf, o.ID)
				break
			}
		}
	}
	if t.Content.Text == "" {
		return
	}
	text := hashOf([]byte(t.Content.Text))
	if first, known := rs.lists.get(listKey(text, []byte(t.To))); known {
		t.CopyOf = first
		return // a copy may name the others it went to
	}
	for _, uri := range t.Content.Recipients {
		rs.lists.put(listKey(text, []byte(uri)), t.ID)
	}
}

// listKey is the key of a text, by its hash, to a recipient of a list.
func listKey(text uint64, uri []byte) uint64 {
	var b [8]byte
	binary.NativeEndian.PutUint64(b[:], text)
	return hashOf(userOf(uri), b[:])
}

// isCopy reports whether a MESSAGE may be a copy of the text to a list.
func (rs *repeatedTexts) isCopy(m *decode.Message) bool {
	if len(rs.lists.entries) == 0 {
		return false
	}
	_, known := rs.lists.get(listKey(hashOf(m.Body.In(m.Raw)), m.ToURI.In(m.Raw)))
	return known
}
