package analyze

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"simplecap/analyze/result"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/wire"
)

// Texts leave every list that they are in, whichever of them goes first.
func TestLedgerForgets(t *testing.T) {
	a := newAnalyzer(Options{}, new(counter))
	defer a.close()
	l := &a.ledger.keys
	texts := make([]*openText, 7)
	for i := range texts {
		texts[i] = &openText{}
		texts[i].ID = uint64(i + 1)
		for key := range uint64(6) {
			l.link(texts[i], key)
		}
		l.link(texts[i], 100+uint64(i%2))
	}
	want := func(ids ...uint64) {
		t.Helper()
		n := 0
		for o := range l.known(5) {
			if n == len(ids) || o.ID != ids[n] {
				t.Fatalf("text %d is at place %d of the key, want %v", o.ID, n, ids)
			}
			n++
		}
		if n != len(ids) {
			t.Fatalf("%d texts have the key, want %v", n, ids)
		}
	}
	want(7, 6, 5, 4, 3, 2, 1)
	for _, at := range []int{3, 6, 0} {
		l.forget(texts[at])
	}
	want(6, 5, 3, 2)
	l.limits.Alike = 2
	want(6, 5)
	for _, at := range []int{1, 2, 4, 5} {
		l.forget(texts[at])
	}
	if l.byKey.links != 0 {
		t.Errorf("%d keys are left", l.byKey.links)
	}
}

// What is done to keep texts apart must not be left behind by a run of SMS.
func TestLedgerEmptyAfterSMS(t *testing.T) {
	a := newAnalyzer(Options{}, new(counter))
	defer a.close()
	d := decode.NewDecoder(takes{a}, decode.Options{})
	frames := generated(t, "sms", 300)
	for i := range frames {
		d.Frame(&frames[i])
	}
	a.closer.finish()
	a.ledger.end()
	l := &a.ledger
	if got := l.totals.kinds[result.SMSSubmit][result.Submitted] + l.totals.kinds[result.SMSDeliver][result.Received]; got != 300 {
		t.Errorf("%d SMS arrived, want 300: %v", got, l.totals.kinds)
	}
	if l.open.queue.Oldest() != nil || l.open.count != 0 || l.open.held != 0 || l.keys.byKey.links != 0 || len(l.byDelivery) != 0 {
		t.Errorf("left: %d texts, %d bytes, %d keys, %d deliveries", l.open.count, l.open.held, l.keys.byKey.links, len(l.byDelivery))
	}
}

// takes hands messages to an analyzer as the workers leave them.
type takes struct{ a *analyzer }

func (h takes) Message(m *decode.Message) {
	e := event{kind: eventMessage}
	e.content = h.a.options.carries(m, &e.rarely().memory)
	m.CopyTo(&e.message, nil)
	e.hashes = h.a.options.hashesOf(m)
	h.a.message(&e)
}

// allTexts keeps what a handler is given of texts.
type allTexts struct {
	counter
	lines []string
}

func (h *allTexts) Text(t *result.Text) {
	clone := t.Clone()
	clone.Content.Text = ""
	h.lines = append(h.lines, fmt.Sprintf("%+v %+v", clone, *clone.Content))
}
func (h *allTexts) OrphanReceipt(*result.Receipt) {}

// What is nothing but text is kept in another way than what has to be read, and must
// come out the same: whole contents are read where a filter may ask for them.
func TestPlainTexts(t *testing.T) {
	runs := func(frames []capture.Frame, o Options) []string {
		var h allTexts
		o.PlainTexts = true
		if _, err := Run(context.Background(), &wire.Memory{Frames: frames}, o, &h); err != nil {
			t.Fatal(err)
		}
		return h.lines
	}
	captures := map[string][]capture.Frame{}
	for _, profile := range []string{"lossy", "proxy", "tcp"} {
		captures[profile] = generated(t, profile, 60)
	}
	odd, err := wire.Parse(oddTexts)
	if err != nil {
		t.Fatal(err)
	}
	captures["odd"] = odd
	for name, frames := range captures {
		t.Run(name, func(t *testing.T) {
			want := runs(frames, Options{WhereText: func(*result.Text) bool { return true }})
			if len(want) == 0 {
				t.Fatal("no texts")
			}
			clear := func(line string) string { return regexp.MustCompile(`0x[0-9a-f]+`).ReplaceAllString(line, "") }
			for i := range want {
				want[i] = clear(want[i])
			}
			got := runs(frames, Options{})
			for i := range got {
				got[i] = clear(got[i])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-all read +plain)\n%s", diff)
			}
		})
	}
}

// oddTexts have a body, a type, a list or a call of another kind than most.
const oddTexts = `
0 alice > bob MESSAGE
  Content-Type: Text/Plain ; charset=UTF-8
  = gr\xc3\xbc\xc3\x9f
0.01 bob > alice 202 Accepted
0.1 alice > bob MESSAGE #2
  Content-Type: text/plain;charset=iso-8859-1
  = gr\xfc
0.11 bob > alice 480 Gone #2
0.2 alice > bob MESSAGE #3
  = \xef\xbb\xbfmark
0.3 alice > bob MESSAGE #4
  = broken \xff
0.31 bob > alice 200 OK #4
0.4 alice > bob MESSAGE #5
  -Body
0.41 bob > alice 200 OK #5
0.5 alice > bob MESSAGE #6
  Content-Type: application/resource-lists+xml
  | <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list><entry uri="sip:bob@example.com"/></list></resource-lists>
0.6 alice > bob MESSAGE #7
  Content-Type: multipart/mixed;boundary=b
  | --b
  | Content-Type: text/plain
  |
  | for all
  | --b
  | Content-Type: application/resource-lists+xml
  |
  | <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list><entry uri="sip:bob@example.com"/></list></resource-lists>
  | --b--
0.61 bob > alice 202 Accepted #7
0.7 bob > alice MESSAGE #8
  | for all
0.71 alice > bob 200 OK #8
0.8 alice > bob MESSAGE #9
  Content-Disposition: render
0.85 alice > bob MESSAGE #11
  Content-Type: text/x-vcard
0.9 alice > bob MESSAGE #10
  Content-Encoding: gzip
100 end
`

// Entries of texts are used again: nothing of one may be left in the next.
func TestEntriesUsedAgain(t *testing.T) {
	frames := generated(t, "sms", 600)
	texts := func(limit int) []string {
		var h allTexts
		if _, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{Limits: Limits{Texts: limit}}, &h); err != nil {
			t.Fatal(err)
		}
		pointer := regexp.MustCompile(`0x[0-9a-f]+`)
		for i := range h.lines {
			h.lines[i] = pointer.ReplaceAllString(h.lines[i], "")
		}
		slices.Sort(h.lines)
		return h.lines
	}
	want, got := texts(1000), texts(4)
	if len(want) != 600 {
		t.Fatalf("%d texts, want 600", len(want))
	}
	status := regexp.MustCompile(`Status:\d+`) // one that goes early has not heard its answer
	for i := range want {
		want[i], got[i] = status.ReplaceAllString(want[i], ""), status.ReplaceAllString(got[i], "")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-all kept +4 kept)\n%s", diff)
	}
}

// Where there is no room for all, an SMS without a report is kept for longer than those
// of which all is said.
func TestWaitingTextsKept(t *testing.T) {
	var story strings.Builder
	sms := func(second, call, from, to, body string) {
		fmt.Fprintf(&story, "%s %s > %s MESSAGE #%s\n  Call-ID: %s@ims.example\n  Content-Type: application/vnd.3gpp.sms\n  = %s\n", second, from, to, call, call, body)
	}
	sms("0", "1", "alice", "bob", `\x00\x63\x00\x01\x80`)
	for i := range 20 {
		at, call := 1+i, strconv.Itoa(100+i)
		sms(strconv.Itoa(at), call, "alice", "bob", fmt.Sprintf(`\x00\x%02x\x00\x01\x80`, i))
		sms(strconv.Itoa(at)+".5", "9"+call, "bob", "alice", fmt.Sprintf(`\x03\x%02x`, i))
	}
	sms("30", "2", "bob", "alice", `\x03\x63`)
	frames, err := wire.Parse(story.String())
	if err != nil {
		t.Fatal(err)
	}
	var h allTexts
	report, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{Limits: Limits{Texts: 8}}, &h)
	if err != nil {
		t.Fatal(err)
	}
	if report.Quality.Evicted != 0 || report.Texts.Orphans != 0 {
		t.Errorf("%d evicted, %d receipts without a text", report.Quality.Evicted, report.Texts.Orphans)
	}
}
