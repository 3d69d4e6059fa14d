package analyze

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/content/sms"
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
