package analyze

import (
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/msrp"
)

// sessionReport is what a REPORT says.
type sessionReport struct {
	result.Receipt
	toPath, fromPath string
	octets           span
	at               lostReply
}

// report takes a REPORT: to the sender of a message, from its other end or from a
// relay. On further hops it is the same again.
func (cs *chats) report(m *decode.MSRP) {
	seen := hashOf([]byte(m.MessageID), []byte(msrp.End(m.ToPath)), []byte(msrp.End(m.FromPath)),
		strconv.AppendInt(strconv.AppendInt(strconv.AppendInt(nil, m.Range.First, 10), -m.Range.Last, 10), int64(m.ReportStatus), 10))
	if conn, known := cs.reports.get(seen); known && conn != m.Conn {
		return
	}
	cs.reports.put(seen, m.Conn)
	r := sessionReport{
		Receipt:  result.Receipt{Kind: "msrp-report", Frame: m.Frame, Status: m.ReportStatus, MessageID: m.MessageID},
		toPath:   m.ToPath,
		fromPath: m.FromPath,
		octets:   span{m.Range.First, m.Range.Last},
		at:       lostReply{time: m.Time, hasTime: m.HasTime},
	}
	t := cs.about(&r)
	if t == nil {
		cs.losesReport(&r)
		return
	}
	cs.tellSession(m, t)
	cs.reported(t, &r)
}

// reported takes what a REPORT says of a text. One whose Status cannot be read says nothing.
func (cs *chats) reported(t *openText, r *sessionReport) {
	switch {
	case r.Status == 200:
		var fits bool
		if t.chat.reported, fits = r.octets.with(t.chat.reported, cs.limits.SessionSpans); !fits {
			cs.evicted++
		}
	case r.Status >= 300:
		t.chat.failed = true
	}
	one := r.Receipt
	one.MatchedBy = "message-id"
	cs.hear(t, r.at, one)
}

// losesReport keeps a REPORT whose text may still come: the capture may have the segment
// that completes the text later than the end had it.
func (cs *chats) losesReport(r *sessionReport) {
	o := lostReceipt{Receipt: r.Receipt}.sized()
	o.bytes += int64(unsafe.Sizeof(*r)) + int64(len(r.toPath)+len(r.fromPath))
	if !cs.receipts.keep(o) {
		return
	}
	key := sentKey(r.MessageID, r.toPath)
	if all, _ := cs.unknown.get(key); len(all) < cs.limits.Receipts {
		cs.unknown.put(key, append(all, *r))
	}
}

// reportedEarly gives a text that begins the REPORTs that the capture had before it.
func (cs *chats) reportedEarly(t *openText) {
	key := sentKey(t.MSRP.MessageID, t.MSRP.FromPath)
	all, _ := cs.unknown.get(key)
	if len(all) == 0 {
		return
	}
	var others []sessionReport
	for i := range all {
		if r := &all[i]; cs.about(r) == t {
			cs.receipts.unlose(&r.Receipt)
			cs.reported(t, r)
		} else {
			others = append(others, *r)
		}
	}
	cs.unknown.put(key, others)
}

// unlose takes a receipt that has found its text out of those that refer to nothing.
func (rc *receipts) unlose(r *result.Receipt) {
	i := slices.IndexFunc(rc.orphans, func(o lostReceipt) bool {
		return o.Frame == r.Frame && o.Kind == r.Kind && o.MessageID == r.MessageID && o.Status == r.Status
	})
	if i < 0 {
		return
	}
	rc.held -= rc.orphans[i].bytes
	rc.orphans = slices.Delete(rc.orphans, i, i+1)
	if i < rc.sought {
		rc.sought--
	}
}

// sentKey is what the texts have in common that an end has sent with a Message-ID.
func sentKey(messageID, path string) uint64 {
	return hashOf([]byte(messageID), []byte(msrp.End(path)))
}

// about finds the text of a session that a REPORT is about: one of a relay does not
// come from the other end.
func (cs *chats) about(r *sessionReport) *openText {
	sender, end := msrp.End(r.toPath), msrp.End(r.fromPath)
	if t, known := cs.texts.get(hashOf([]byte(r.MessageID), []byte(end), []byte(sender))); known && !t.gone {
		return t
	}
	t, known := cs.sent.get(sentKey(r.MessageID, r.toPath))
	if !known || t.gone || t.MSRP.MessageID != r.MessageID || !strings.Contains(" "+t.MSRP.ToPath+" ", " "+end+" ") {
		return nil
	}
	return t
}
