package analyze

import (
	"slices"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// speaker is which client sent a notification of a text, and in what. Each device that a
// fork reached sends one of its own; and one that was refused is sent again.
type speaker struct {
	client, id uint64 // hashes of the last Via, which is that of the client, and of the notification's own Message-ID
	receipt    int    // index of what it says in the receipts of the text
	root       handle // the first transaction of the notification
	rootID     uint64
}

// speakerOf returns who sent the notification at hand, nil where no request of SIP shows it.
func (j *textJudge) speakerOf(n *openText, m *decode.Message, receipt int) *speaker {
	if len(m.Raw) == 0 || n.Carrier != "sip" || n.Content.CPIM == nil {
		return nil
	}
	s := speaker{id: hashOf([]byte(n.Content.CPIM.MessageID)), receipt: receipt, root: j.placed}
	if j.placed != 0 {
		s.rootID = j.table.idOf(j.placed)
	}
	for sentBy := range m.Vias() {
		s.client = hashOf(sentBy)
	}
	return &s
}

// speaksFirst reports whether nobody needed to hear a notification before: those that say
// the same came from other clients, or are this one, which nobody took.
func (j *textJudge) speaksFirst(t *openText, r *result.Receipt) bool {
	if j.speaker == nil {
		return false
	}
	says := saidBy(r)
	for i := range t.says[:j.speaker.receipt] {
		if t.says[i] != says {
			continue
		}
		at := slices.IndexFunc(t.speakers, func(s speaker) bool { return s.receipt == i })
		if at < 0 {
			return false
		}
		if s := &t.speakers[at]; s.client == j.speaker.client && (s.id != j.speaker.id || j.taken(s)) {
			return false
		}
	}
	return true
}

// taken reports whether a notification was answered 2xx, or has closed, so that nobody
// knows any more.
func (j *textJudge) taken(s *speaker) bool {
	if s.root == 0 || !j.table.holds(s.root, s.rootID) {
		return true
	}
	status := j.table.at(s.root).status
	return status >= 200 && status < 300
}
