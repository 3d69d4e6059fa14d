package analyze

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/content/sms"
	"simplecap/decode/msrp"
	"simplecap/internal/wire"
)

// Every number of Limits has a default, and a small memory makes none 0.
func TestLimitsHaveDefaults(t *testing.T) {
	for _, memory := range []int64{0, 1 << 20} {
		v := reflect.ValueOf(Limits{Memory: memory}.withDefaults())
		for i := range v.NumField() {
			if f := v.Field(i); f.CanInt() && f.Int() <= 0 {
				t.Errorf("with %d bytes of memory %s is %d", memory, v.Type().Field(i).Name, f.Int())
			}
		}
	}
}

// lost counts the receipts that refer to nothing.
type lost struct {
	counter
	receipts int
}

func (h *lost) Text(*result.Text)             {}
func (h *lost) OrphanReceipt(*result.Receipt) { h.receipts++ }

// What is said of sessions costs no more than its bounds, whoever says it: REPORTs of
// messages that nobody sent, a text that is longer than what is kept, one with holes.
func TestSessionLimits(t *testing.T) {
	var story strings.Builder
	for i := range 40 {
		fmt.Fprintf(&story, "0.%02d bob > alice REPORT r%d none%d 1-5/5 200\n", 10+i, i, i)
	}
	story.WriteString("1.0 alice > bob SEND t1 m1 1-12/12 $ Hello world.\n")
	for i := range 9 {
		fmt.Fprintf(&story, "1.%d alice > bob SEND u%d m2 %d-%d/12 + x\n", 1+i, i, 1+2*i, 1+2*i)
	}
	for i := range 5 { // as many holes, in fewer octets than are kept
		fmt.Fprintf(&story, "3.%d alice > bob SEND v%d m3 %d-%d/9 + x\n", i, i, 1+2*i, 1+2*i)
	}
	story.WriteString("60 end")
	frames, err := wire.Parse(chatLines(story.String()))
	if err != nil {
		t.Fatal(err)
	}
	var h lost
	limits := Limits{Unmatched: 7, SessionBytes: 10, SessionSpans: 3}
	report, err := Run(t.Context(), &wire.Memory{Frames: frames}, Options{Limits: limits}, &h)
	if err != nil {
		t.Fatal(err)
	}
	if h.receipts != 7 || report.Texts.Orphans != 40 {
		t.Errorf("%d receipts kept and %d counted that refer to nothing, want 7 and 40", h.receipts, report.Texts.Orphans)
	}
	if report.Quality.Evicted != 3 { // each text once
		t.Errorf("%d evicted, want 3", report.Quality.Evicted)
	}
	var spans []span
	left := 0
	for i := range int64(100) {
		var fits bool
		if spans, fits = (span{1 + 2*i, 1 + 2*i}).with(spans, limits.SessionSpans); !fits {
			left++
		}
	}
	if len(spans) != 3 || left != 97 {
		t.Errorf("%d runs of octets, %d left out", len(spans), left)
	}
	for _, at := range []int64{4, 2, 6} { // the holes between them are filled all the same
		spans, _ = span{at, at}.with(spans, limits.SessionSpans)
	}
	if !covers(spans, 6) {
		t.Errorf("runs of octets are %v", spans)
	}
}

// What does not fit of a text in SIP is counted, unless anybody may send it as often as
// he likes.
func TestTextLimits(t *testing.T) {
	a := newAnalyzer(Options{Limits: Limits{Receipts: 3, Wholes: 5, TextHosts: 2, Answers: 1, PlainTypes: 2}}, nil)
	defer a.close()
	l := &a.ledger
	text := &openText{Text: result.Text{Content: &content.Content{}}}
	l.open.add(text)
	for i := range 5 {
		for range 2 {
			l.receipts.receive(text, &decode.Message{}, result.Receipt{Kind: "delivered", Recipient: fmt.Sprintf("sip:u%d@example.com", i)})
		}
	}
	if len(text.Receipts) != 3 || a.evicted != 6 { // u0 twice and u1 once are kept, u1 again is a duplicate, u2 to u4 are neither
		t.Errorf("%d receipts, %d evicted: %+v", len(text.Receipts), a.evicted, text.Receipts)
	}
	a.evicted = 0
	for i := range 9 {
		part := &openText{Text: result.Text{ID: uint64(i + 1), Content: &content.Content{
			SMS: &sms.Message{TPDU: sms.TPDU{Concat: sms.Concat{Reference: uint16(i), Parts: 2, Part: 1}}},
		}}}
		l.wholes.join(part)
		text.goes(&decode.Message{Carrier: decode.Carrier{Dst: decode.Endpoint{IP: decode.AddrFrom16([16]byte{byte(i)})}}}, a.limits.TextHosts)
		l.receipts.answersIt(part, text)
		l.plain.contents(fmt.Appendf(nil, "text/x%d", i))
	}
	if len(l.wholes.byKey) != 5 || a.evicted != 4 {
		t.Errorf("%d concatenated texts, %d evicted", len(l.wholes.byKey), a.evicted)
	}
	if len(text.ends) != 2 || len(text.AnsweredBy) != 1 || len(l.plain.types) != 2 {
		t.Errorf("%d hosts, %d answers, %d types", len(text.ends), len(text.AnsweredBy), len(l.plain.types))
	}
}

// A port scan and a TLS farm are remembered up to a bound, the latest of them.
func TestConnectionLimits(t *testing.T) {
	a := newAnalyzer(Options{Limits: Limits{Refusals: 4, Sealed: 3}}, nil)
	defer a.close()
	for i := range 50 {
		src := decode.Endpoint{IP: decode.AddrFrom16([16]byte{15: byte(i)}), Port: 5060}
		a.hosts.connection(&decode.ConnEvent{Kind: decode.ConnRefused, Src: src})
		a.hosts.connection(&decode.ConnEvent{Kind: decode.ConnSealed, Src: src, Conn: uint64(i + 1)})
		a.hosts.connection(&decode.ConnEvent{Kind: decode.ConnSealed, Src: src, SIP: true})
	}
	if h := &a.hosts; len(h.refusals.entries) != 4 || len(h.sealed.entries) != 3 || len(h.sealed.pairs.entries) != 3 {
		t.Errorf("%d refused, %d sealed, %d pairs", len(h.refusals.entries), len(h.sealed.entries), len(h.sealed.pairs.entries))
	}
	if _, known := a.hosts.sealed.get(decode.AddrFrom16([16]byte{15: 49})); !known {
		t.Error("the latest host is not remembered")
	}
}

// sipText is a MESSAGE with a body, as a ledger is told of it.
func sipText(t *testing.T, kind, fields, body string) *decode.Message {
	t.Helper()
	m := new(decode.Message)
	if !m.Scan(fmt.Appendf(nil, "MESSAGE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@example.com>;tag=1\r\n"+
		"To: <sip:b@example.com>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", fields, kind, len(body), body)) {
		t.Fatal("the message cannot be read")
	}
	return m
}

// What is kept until its text comes takes no more than its part of the memory, whoever says
// what in it.
func TestLostReceiptsWithinMemory(t *testing.T) {
	a := newAnalyzer(Options{Limits: Limits{Memory: 1 << 20, Replied: 5}}, new(lost))
	defer a.close()
	l := &a.ledger
	report := sipText(t, typeSMS, "In-Reply-To: "+strings.Repeat("x@example.com,", 5000)+"y\r\n", "\x03\x09")
	l.receipts.report(report, ContentOf(report), 0)
	if calls := l.receipts.orphans[0].clue.calls; len(calls) != 5 || a.evicted != 1 {
		t.Errorf("%d Call-IDs kept, %d evicted", len(calls), a.evicted)
	}
	for i := range 100 {
		n := sipText(t, "message/imdn+xml", "", "<imdn><message-id>"+strings.Repeat("x", 10000)+fmt.Sprint(i)+"</message-id><status><delivered/></status></imdn>")
		l.enter(n, ContentOf(n), uint64(i+1))
		l.makeRoom()
		if l.receipts.held > l.open.room {
			t.Fatalf("%d bytes of receipts, room for %d", l.receipts.held, l.open.room)
		}
	}
	kept, all := len(l.receipts.orphans), uint64(len(l.receipts.orphans))+l.receipts.lost
	if kept < 3 || kept > 20 || all != 101 {
		t.Errorf("%d receipts kept, %d counted", kept, all)
	}
	l.end()
	if l.receipts.held != 0 {
		t.Errorf("%d bytes of no receipts", l.receipts.held)
	}
}

// Of texts that are gone nothing is kept but that they are, whoever still knows them.
func TestGoneTextsAreSmall(t *testing.T) {
	a := newAnalyzer(Options{}, new(lost))
	defer a.close()
	l := &a.ledger
	said := sipText(t, typeSMS, "", "\x00\x01\x00\x06\x91\x51\x55\x55\x55\x55\x0e\x01\x07\x0a\x91\x51\x55\x55\x55\x55\x00\x04\x02hi")
	info := new(decode.Message)
	info.Scan(bytes.ReplaceAll(said.Raw, []byte("MESSAGE"), []byte("INFO")))
	l.elsewhere(info, ContentOf(info))
	l.chats.chunk(&decode.MSRP{Message: &msrp.Message{MessageID: "1", Method: "SEND", ToPath: "msrp://h/x;tcp", FromPath: "msrp://g/y;tcp", HasBody: true, Body: []byte("hello"),
		ContentType: "text/plain", Range: msrp.Range{First: 1, Last: 5, Total: 5, Given: true}, Flag: '$'}})
	l.end()
	for _, one := range []*openText{l.others.entries[0].value, l.chats.texts.entries[0].value, l.chats.sent.entries[0].value, l.chats.awaited.entries[0].value.text} {
		if !one.gone || one.Content != nil || one.MSRP != nil || one.From != "" {
			t.Errorf("kept: %+v", one.Text)
		}
	}
}

// A text that waits is as large as what its header says of its content, and no rule that it
// breaks again and again makes it grow.
func TestOpenTextsCount(t *testing.T) {
	a := newAnalyzer(Options{Limits: Limits{TypeBytes: 100}}, new(lost))
	defer a.close()
	l := &a.ledger
	kind := "text/" + strings.Repeat("x", 10000)
	if _, ok := l.plain.contents([]byte(kind)); ok {
		t.Error("a long Content-Type is kept for plain texts")
	}
	m := sipText(t, kind, "", "hi")
	one := l.enter(m, ContentOf(m), 1)
	if one.bytes < 10000 {
		t.Errorf("%d bytes are counted", one.bytes)
	}
	for range 100 {
		l.judge.breaks(&reportWithoutInReplyTo, one, m, "")
	}
	if len(one.broken) != 1 {
		t.Errorf("%d rules broken", len(one.broken))
	}
	part := &openText{Text: result.Text{ID: 7, Content: &content.Content{SMS: &sms.Message{TPDU: sms.TPDU{Concat: sms.Concat{Parts: 255, Part: 1}}}}}}
	if bytes := l.wholes.join(part); bytes < 255*8 {
		t.Errorf("%d bytes of 255 parts are counted", bytes)
	}
}

// Sessions take no more than their part of the memory, and what finds no room is counted.
func TestSessionsWithinMemory(t *testing.T) {
	a := newAnalyzer(Options{Limits: Limits{Memory: 1 << 20}}, new(lost))
	defer a.close()
	cs := &a.ledger.chats
	for i := range 50 {
		sdp := fmt.Sprintf("v=0\r\nm=message 2855 TCP/MSRP *\r\na=path:msrp://h/%d%s;tcp\r\n", i, strings.Repeat("x", 5000))
		m := new(decode.Message)
		if !m.Scan(fmt.Appendf(nil, "INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCall-ID: c%d\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", i, len(sdp), sdp)) {
			t.Fatal("the INVITE cannot be read")
		}
		cs.dialog(m)
	}
	if n := len(cs.sessions); cs.bytes > cs.room || n < 5 || n+int(a.evicted) != 50 {
		t.Errorf("%d bytes in %d sessions, %d evicted, room for %d", cs.bytes, n, a.evicted, cs.room)
	}
}
