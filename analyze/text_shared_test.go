package analyze

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"simplecap/analyze/result"
	"simplecap/internal/wire"
)

// sharedID makes texts of one client with one Message-ID and notifications of it. A word
// is the text that is sent, at the minute of its place; "?2" is a notification that names
// the DateTime of minute 2, "?" one without; "!" behind a text says that it is refused.
func sharedID(words string) string {
	var b strings.Builder
	date := func(minute string) string { return "2026-01-01T00:0" + minute + ":00Z" }
	for i, word := range strings.Fields(words) {
		n := i + 2
		if when, is := strings.CutPrefix(word, "?"); is {
			if when != "" {
				when = "<datetime>" + date(when) + "</datetime>"
			}
			fmt.Fprintf(&b, "%d bob > alice MESSAGE #%d\n  From: <sip:bob@example.com>;tag=b%d\n  To: <sip:alice@example.com>\n  Content-Type: message/cpim\n"+
				"  | From: <sip:bob@example.com>\n  | To: <sip:alice@example.com>\n  | NS: imdn <urn:ietf:params:imdn>\n  | imdn.Message-ID: n%d\n  | \n"+
				"  | Content-Type: message/imdn+xml\n  | Content-Disposition: notification\n  | \n"+
				"  | <imdn><message-id>m</message-id>%s<delivery-notification><status><delivered/></status></delivery-notification></imdn>\n"+
				"%d.1 alice > bob 200 OK #%d\n  From: <sip:bob@example.com>;tag=b%d\n  To: <sip:alice@example.com>\n", 60*i, n, n, n, when, 60*i, n, n)
			continue
		}
		text, refused := strings.CutSuffix(word, "!")
		answer := map[bool]string{true: "503 Service Unavailable", false: "200 OK"}[refused]
		fmt.Fprintf(&b, "%d alice > bob MESSAGE #%d\n  Content-Type: message/cpim\n  | From: <sip:alice@example.com>\n  | To: <sip:bob@example.com>\n  | DateTime: %s\n"+
			"  | NS: imdn <urn:ietf:params:imdn>\n  | imdn.Message-ID: m\n  | imdn.Disposition-Notification: positive-delivery\n  | \n  | Content-Type: text/plain\n  | \n  | %s\n"+
			"%d.1 bob > alice %s #%d\n", 60*i, n, date(fmt.Sprint(i)), text, 60*i, answer, n)
	}
	return b.String() + "900 end\n"
}

// TestSharedMessageID: where several texts have one id, a notification is of the one that
// it can only be of, or decides nothing.
func TestSharedMessageID(t *testing.T) {
	for _, c := range []struct {
		words string
		want  string // end of each text
	}{
		{"one ? two", "delivered unconfirmed"},
		{"one two ?", "unconfirmed unconfirmed"},
		{"one two ?1", "unconfirmed delivered"},
		{"one two ?0", "delivered unconfirmed"},
		{"one two ? ?", "delivered delivered"},
		{"one two three ? ?", "unconfirmed unconfirmed unconfirmed"},
		{"one two three ? ? ?", "delivered delivered delivered"},
		{"one! two ?", "refused delivered"},
		{"one one ?", "delivered unconfirmed"},
		{"one! one ?", "refused delivered"},
	} {
		var ends []string
		for _, text := range textsIn(t, sharedID(c.words)) {
			if text.Kind == result.InstantMessage {
				ends = append(ends, text.End.String())
			}
		}
		if got := strings.Join(ends, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.words, got, c.want)
		}
	}
}

// textsIn returns the texts of an exchange, by their first frame.
func textsIn(t *testing.T, text string) []result.Text {
	t.Helper()
	frames, err := wire.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var h textList
	if _, err := Run(t.Context(), &wire.Memory{Frames: frames}, Options{}, &h); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(h.texts, func(a, b result.Text) int { return cmp.Compare(a.Frame, b.Frame) })
	return h.texts
}

// textList keeps the texts.
type textList struct {
	counter
	texts []result.Text
}

func (h *textList) Text(t *result.Text)             { h.texts = append(h.texts, t.Clone()) }
func (h *textList) OrphanReceipt(r *result.Receipt) {}

// TestContradictingNotifications: a text that one notification calls delivered and another
// one failed, for one recipient, is neither.
func TestContradictingNotifications(t *testing.T) {
	for _, last := range []string{"delivered", "displayed"} {
		text := strings.Replace(sharedID("one ? ?"), "<delivered/>", "<failed/>", 1)
		one := textsIn(t, strings.Replace(text, "<delivered/>", "<"+last+"/>", 1))[0]
		if rules := strings.Join(one.Findings, " "); one.End != result.Unconfirmed || rules != "imdn-contradicts" {
			t.Errorf("failed and %s: %s, %q", last, one.End, rules)
		}
	}
}
