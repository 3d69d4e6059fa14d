package analyze

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/msrp"
)

// chatText is the state of a text that comes in chunks.
type chatText struct {
	conn       uint64 // the connection of the hop that was seen first
	media      string // Content-Type
	body       []byte // put together, up to Limits.SessionBytes
	have       []span // octets that are in the capture, sorted and apart
	total      int64  // of the last chunk or of Byte-Range, msrp.Unknown while it is not known
	ended      bool   // the last chunk is in the capture
	aborted    bool
	long       bool   // octets are not kept, because there are too many, or too many holes between them
	cut        bool   // octets are missing
	unanswered int    // chunks without a response
	answered   int    // chunks with 200
	reported   []span // octets that REPORTs say arrived, sorted and apart
	failed     bool   // by a REPORT
	refused    bool   // by a response
}

// span are octets, from the first to the last, counted from 1.
type span struct{ first, last int64 }

// lostReply is a response that the capture has before its request.
type lostReply struct {
	status  int
	frame   capture.Ref
	time    int64
	hasTime bool
}

// take takes an MSRP message.
func (cs *chats) take(m *decode.MSRP) {
	switch {
	case m.Method == "SEND" && (m.HasBody || cs.goesOn(m)):
		cs.chunk(m)
	case m.Method == "REPORT":
		cs.report(m)
	case m.Status != 0:
		cs.reply(m)
	}
}

// goesOn reports whether a SEND without a body ends a message of which something is open:
// its last chunk may have no content at all (RFC 4975 9). Others keep a connection.
func (cs *chats) goesOn(m *decode.MSRP) bool {
	t, known := cs.texts.get(chatKey(m))
	return known && !t.gone && !t.chat.ended && !t.chat.aborted
}

// chatKey is what the chunks of a message have in common on whatever hop.
func chatKey(m *decode.MSRP) uint64 {
	return hashOf([]byte(m.MessageID), []byte(msrp.End(m.ToPath)), []byte(msrp.End(m.FromPath)))
}

// replyKey is what a chunk and its response have in common; by is the host that answers.
func replyKey(conn uint64, transaction string, by *decode.Endpoint) uint64 {
	var b [10]byte
	binary.LittleEndian.PutUint64(b[:], conn)
	binary.LittleEndian.PutUint16(b[8:], by.Port)
	host := by.IP.As16()
	return hashOf(b[:], host[:], []byte(transaction))
}

// chunk joins a chunk to its message, or begins one. A message is known by its id and
// the two ends, on whatever hop; only the hop that was seen first counts its chunks.
func (cs *chats) chunk(m *decode.MSRP) {
	key := chatKey(m)
	t, known := cs.texts.get(key)
	if !known || t.gone || t.chat.ended && t.chat.conn == m.Conn && !t.chat.cut && t.chat.whole() {
		t = cs.openChat(m)
		cs.texts.put(key, t)
		cs.sent.put(sentKey(m.MessageID, m.FromPath), t)
		defer cs.reportedEarly(t)
	}
	cs.tellSession(m, t)
	t.goes(&decode.Message{Carrier: decode.Carrier{Dst: m.Dst}}, cs.limits.TextHosts)
	c, reply := t.chat, replyKey(m.Conn, m.Transaction, &m.Dst)
	if c.conn != m.Conn {
		cs.awaited.put(reply, awaitedChunk{text: t, further: true})
		if early, known := cs.early(reply); known {
			cs.refused(t, early)
		}
		return
	}
	t.MSRP.Chunks++
	before := cap(c.body)
	if !c.take(m, &cs.limits) {
		cs.evicted++
	}
	cs.open.grow(t, cap(c.body)-before)
	cs.ready(t, m)
	c.unanswered++
	cs.chunks++
	cs.awaited.put(reply, awaitedChunk{text: t, time: m.Time, hasTime: m.HasTime})
	if early, known := cs.early(reply); known {
		cs.replied(t, early)
	}
}

// early returns the response that the capture had before the chunk with a key. It is the
// answer to that chunk alone.
func (cs *chats) early(reply uint64) (r lostReply, known bool) {
	if r, known = cs.replies.get(reply); !known || r.status == 0 {
		return r, false
	}
	cs.replies.put(reply, lostReply{})
	cs.awaited.put(reply, awaitedChunk{})
	return r, true
}

// openChat makes the entry of a new text of a session.
func (cs *chats) openChat(m *decode.MSRP) *openText {
	cs.table.deliveries++ // texts and deliveries have one row of numbers
	t := &openText{seen: cs.clock, wanted: cs.options.Where == nil, closed: true, chat: &chatText{conn: m.Conn, media: m.ContentType, total: msrp.Unknown}}
	t.Text = result.Text{ID: cs.table.deliveries, Kind: result.SessionMessage, Method: m.Method, Carrier: "msrp", Src: m.Src, Dst: m.Dst, HasTime: m.HasTime, First: m.Time, Frame: m.Frame}
	t.MSRP = &result.SessionText{MessageID: m.MessageID, ToPath: m.ToPath, FromPath: m.FromPath, SuccessReport: m.SuccessReport, FailureReport: m.FailureReport}
	if end, known := cs.byURI[msrp.End(m.FromPath)]; known {
		t.ofSession(end.session, end.offered)
	} else if end, known := cs.byURI[msrp.End(m.ToPath)]; known {
		t.ofSession(end.session, !end.offered)
	}
	cs.open.add(t)
	cs.open.grow(t, openTextBytes+2*len(m.ContentType)+len(m.MessageID)+len(m.ToPath)+len(m.FromPath))
	return t
}

// ofSession says who sent a text, from the session that its path belongs to.
func (t *openText) ofSession(s *result.MessageSession, byOffer bool) {
	t.CallID, t.Session, t.From, t.To = s.CallID, s.Number, s.From, s.To
	if !byOffer {
		t.From, t.To = s.To, s.From
	}
}

// take adds a chunk. It reports false where that is the first of its text for which there
// is no room.
func (c *chatText) take(m *decode.MSRP, limits *Limits) (fits bool) {
	first, body := max(m.Range.First, 1), m.Body
	if most := m.Range.Last - first + 1; m.Flag == 0 && most >= 0 && most < int64(len(body)) {
		body = body[:most] // what follows is a part of the end-line
	}
	last := first + int64(len(body)) - 1
	few := false
	c.have, few = span{first, last}.with(c.have, limits.SessionSpans)
	c.cut = c.cut || m.Carriage&decode.Cut != 0 || m.Flag == 0
	fits = c.long || few && last <= int64(limits.SessionBytes)
	if c.long = c.long || !fits; last >= first-1 && last <= int64(limits.SessionBytes) {
		if int64(len(c.body)) < last {
			c.body = append(c.body, make([]byte, last-int64(len(c.body)))...)
		}
		copy(c.body[first-1:], body)
	}
	if c.media == "" {
		c.media = m.ContentType
	}
	if m.Range.Given && m.Range.Total > 0 {
		c.total = m.Range.Total
	}
	switch m.Flag {
	case '$':
		c.ended = true
		c.total = max(c.total, last)
	case '#':
		c.aborted = true
	}
	return fits
}

// with adds octets to others. It reports false where they would be one run more than so
// many, and are left out.
func (s span) with(all []span, most int) (merged []span, fits bool) {
	if s.first < 1 || s.last < s.first {
		return all, true
	}
	at, _ := slices.BinarySearchFunc(all, s.first-1, func(a span, last int64) int { return cmp.Compare(a.last, last) })
	end := at
	for ; end < len(all) && all[end].first <= s.last+1; end++ {
		s.first, s.last = min(s.first, all[end].first), max(s.last, all[end].last)
	}
	if at == end && len(all) >= most {
		return all, false
	}
	return slices.Replace(all, at, end, s), true
}

// covers reports whether octets are all that a message of a length has.
func covers(all []span, total int64) bool {
	return len(all) == 1 && all[0].first == 1 && all[0].last >= total
}

// whole reports whether all octets are there.
func (c *chatText) whole() bool {
	if c.total == 0 || c.ended && c.total < 0 {
		return true
	}
	return covers(c.have, c.total) && c.total > 0
}

// reply takes a response to a chunk.
func (cs *chats) reply(m *decode.MSRP) {
	key := replyKey(m.Conn, m.Transaction, &m.Src)
	r := lostReply{m.Status, m.Frame, m.Time, m.HasTime}
	chunk, known := cs.awaited.get(key)
	if known && chunk.text == nil {
		return // the same again
	}
	if known && chunk.further {
		cs.awaited.put(key, awaitedChunk{})
		cs.refused(chunk.text, r)
		return
	}
	if known && !chunk.text.gone {
		cs.awaited.put(key, awaitedChunk{})
		if took := time.Duration(m.Time - chunk.time); m.HasTime && chunk.hasTime && took >= 0 {
			cs.rates.add(took)
		}
		cs.tellSession(m, chunk.text)
		cs.replied(chunk.text, r)
		return
	}
	cs.replies.put(key, r)
}

// refused takes a response on a further hop: what says there that the text is not taken
// counts, though no REPORT brings it back to the sender.
func (cs *chats) refused(t *openText, r lostReply) {
	if r.status >= 300 && !t.gone {
		t.chat.refused = true
		cs.hear(t, r, result.Receipt{Kind: "msrp-response", Frame: r.frame, Status: r.status, MatchedBy: "transaction"})
	}
}

func (cs *chats) replied(t *openText, r lostReply) {
	t.chat.unanswered--
	switch {
	case r.status == 200:
		t.chat.answered++
	case r.status >= 300:
		t.chat.refused = true
	}
	cs.hear(t, r, result.Receipt{Kind: "msrp-response", Frame: r.frame, Status: r.status, MatchedBy: "transaction"})
}

// hear adds a receipt of a session to a text. Each chunk may have one that says that all is
// well: they leave half of the list to what says more.
func (cs *chats) hear(t *openText, at lostReply, r result.Receipt) {
	most := cs.limits.Receipts
	if r.Status == 200 {
		most = (most + 1) / 2
	}
	if len(t.Receipts) >= most {
		return
	}
	if t.HasTime && at.hasTime {
		r.HasAfter, r.After = true, time.Duration(at.time-t.First)
	}
	if r.Decides() && r.HasAfter && r.After >= 0 {
		cs.receipts.rates.add(r.After)
	}
	t.add(&r)
	cs.open.grow(t, receiptBytes)
	cs.teller.heard(t)
}

// conclude reads a text of a session when all that will come has come. Notifications
// and what they are about are known as soon as they are whole.
func (t *openText) conclude() {
	c := t.chat
	if c == nil || t.Content != nil {
		return
	}
	t.Bytes = len(c.body)
	t.MSRP.Bytes = c.total
	if c.total < 0 && len(c.have) > 0 {
		t.MSRP.Bytes = c.have[len(c.have)-1].last
	}
	t.Content = content.Read(content.Header{Type: c.media}, bytes.Clone(c.body), content.Limits{})
	switch t.Content.Kind {
	case content.IMDN:
		t.Kind = result.Notification
	case content.Composing:
		t.Kind = result.TypingIndication
	}
	if !c.whole() || c.aborted || c.cut {
		t.Content.HasText, t.Content.Text, t.Content.Characters = false, "", 0
	}
	c.body = nil
}

// ready makes a whole text known to the receipts that name it, or takes the receipts
// that it is.
func (cs *chats) ready(t *openText, m *decode.MSRP) {
	if !t.chat.ended || !t.chat.whole() || t.Content != nil {
		return
	}
	t.conclude()
	at := decode.Message{Carrier: decode.Carrier{Time: m.Time, HasTime: m.HasTime, Frame: m.Frame, Src: m.Src, Dst: m.Dst}}
	cs.receipts.register(t, &at)
	if t.Kind == result.Notification {
		cs.receipts.notified(t, &at)
	}
}

// timerMSRP is how long a response may take (RFC 4975 7.1.1).
const timerMSRP = 30 * time.Second

// endInSession is the end of a text of a session.
func (t *openText) endInSession(clock int64) result.TextEnd {
	c := t.chat
	if end := t.endByNotification(); end != result.EndUnknown {
		return end
	}
	success := t.MSRP.SuccessReport == "yes"
	switch {
	case c.failed:
		return result.FailedText
	case c.refused:
		return result.RefusedText
	case c.aborted:
		return result.NotSent
	case !c.ended || c.cut || !c.whole():
		return result.EndUnknown
	case covers(c.reported, c.total):
		return result.ReachedEnd
	case c.answered > 0 && c.unanswered <= 0 && msrp.Hops(t.MSRP.ToPath) == 1:
		return result.Received
	case c.answered > 0 && c.unanswered <= 0 && success:
		return result.Unconfirmed
	case c.answered > 0 && c.unanswered <= 0:
		return result.NotAsked
	case success && (t.MSRP.FailureReport == "no" || t.MSRP.FailureReport == "partial"):
		return result.Unconfirmed
	case t.MSRP.FailureReport == "no" || t.MSRP.FailureReport == "partial":
		return result.NotAsked
	case t.HasTime && time.Duration(clock-t.seen) >= timerMSRP:
		return result.Unconfirmed
	}
	return result.EndUnknown
}
