package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/analyze/story"
	"simplecap/capture"
	"simplecap/internal/wire"
)

// detailOf analyses an exchange and tells the story of its first delivery.
func detailOf(t testing.TB, text string) *story.Story {
	t.Helper()
	frames, err := wire.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return storyOf(t, frames)
}

func storyOf(t testing.TB, frames []capture.Frame) *story.Story {
	t.Helper()
	options := analyze.Options{Workers: 1}
	first := &firstDelivery{}
	if _, err := analyze.Run(t.Context(), &wire.Memory{Frames: frames}, options, first); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(first.transactions, func(a, b result.Transaction) int { return cmp.Compare(a.ID, b.ID) })
	collector := story.NewCollector(first.delivery, first.transactions, story.DefaultMessages)
	options.Joined = collector.Joined
	r, err := analyze.Run(t.Context(), &wire.Memory{Frames: frames}, options, collector)
	if err != nil {
		t.Fatal(err)
	}
	return collector.Story(r, options)
}

// firstDelivery keeps the first delivery and its transactions.
type firstDelivery struct {
	delivery     *result.Delivery
	transactions []result.Transaction
}

func (d *firstDelivery) Finding(*result.Finding) {}

func (d *firstDelivery) Transaction(t *result.Transaction) {
	if t.Delivery == 1 {
		d.transactions = append(d.transactions, t.Clone())
	}
}

func (d *firstDelivery) Delivery(v *result.Delivery) {
	if v.ID == 1 {
		clone := v.Clone()
		d.delivery = &clone
	}
}

func page(t testing.TB, d *story.Story, o DetailOptions) string {
	t.Helper()
	var out strings.Builder
	if err := WriteDetail(&out, d, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Bytes that are no message have the words of their finding, and its peer.
func TestBytesOfNoMessage(t *testing.T) {
	text := "0 alice:40000 > bob tcp MESSAGE\n0.01 alice:40000 > bob tcp again MESSAGE\n  Max-Forwards: 71\n"
	for _, c := range []struct{ text, want string }{
		{text + "0.02 bob > alice:40000 tcp 200 OK", "10.0.0.1 sent TCP data in frame 2 that differs"},
		{text + "0.015 alice:40000 > bob tcp again MESSAGE\n  Max-Forwards: 72\n0.02 bob > alice:40000 tcp 200 OK", "10.0.0.1: two versions of the same bytes"},
	} {
		got := page(t, detailOf(t, c.text), DetailOptions{Width: 200})
		if !strings.Contains(got, "contradicting-bytes: "+c.want) {
			t.Errorf("no %q in\n%s", c.want, got)
		}
	}
}

// Each message is what the analyzer took it for.
func TestRoles(t *testing.T) {
	d := detailOf(t, `0.0 alice > bob MESSAGE
0.0001 copy
0.5 alice > bob MESSAGE
0.6 bob > alice 100 Trying
0.7 bob > alice 200 OK
0.8 bob > alice 200 OK
0.85 bob > alice 480 Gone
  To: <sip:bob@example.com>;tag=other
0.9 alice > bob ACK
  CSeq: 1 ACK
1.0 alice > bob MESSAGE #2
`)
	var got []string
	for i := range d.Steps {
		got = append(got, stepLabels(&d.Steps[i])[0])
	}
	want := []string{"MESSAGE", "MESSAGE, copy by the capture", "MESSAGE again", "100 Trying", "200 OK, 700.0 ms", "200 OK again",
		"480 Gone, a second final", "ACK"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A finding stands under the bytes that it is about, also where what is before
// them takes more columns than bytes, and on the part of a long line where they are.
func TestFindingsPointAtBytes(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"method", "0 alice > bob message\n0.1 bob > alice 200 OK\n  CSeq: 1 message\n", []string{
			"  message sip:", "  ^^^^^^^\n", "    error method-case: "}},
		{"header", "0 alice > bob MESSAGE\n  Contact: <sip:alice@10.0.0.1>\n0.1 bob > alice 200 OK\n", []string{
			"  Contact: <sip:alice@10.0.0.1>\n  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n    warning contact-in-message: "}},
		{"long line", "0 alice > bob MESSAGE\n  Contact: \"" + strings.Repeat("x", 200) + "\" <sip:alice@10.0.0.1>\n0.1 bob > alice 200 OK\n", []string{
			"  Contact: \"xxxx", "      xxxxxxx", "      ^^^^^^^", "contact-in-message"}},
	} {
		got := page(t, detailOf(t, test.text), DetailOptions{Width: 80})
		rest := got
		for _, want := range test.want {
			_, after, found := strings.Cut(rest, want)
			if !found {
				t.Errorf("%s: %q is missing, or not in order, in:\n%s", test.name, want, got)
				break
			}
			rest = after
		}
	}
}

func TestDiff(t *testing.T) {
	d := detailOf(t, `0.0 alice > proxy MESSAGE
  X-Token: 1
  Route: <sip:proxy>
0.01 proxy > bob MESSAGE
  ! MESSAGE sip:bob@10.0.0.2 SIP/2.0
  Max-Forwards: 69
  X-New: yes
  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1;received=10.0.0.1
  +Via: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKp
  | another text
0.02 bob > proxy 200 OK
`)
	before, after := d.Steps[0].Message, d.Steps[1].Message
	var got []string
	for _, c := range story.Diff(before, after) {
		got = append(got, fmt.Sprintf("%s: %s => %s", c.Field, c.Before, c.After))
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{
		"request line: MESSAGE sip:bob@example.com SIP/2.0 => MESSAGE sip:bob@10.0.0.2 SIP/2.0",
		"Via:  => SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKp",
		"Max-Forwards: 70 => 69", "x-new:  => yes", "x-token: 1 => ", "Route: <sip:proxy> => ", "body: ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	if changes := story.Diff(before, before); len(changes) != 0 {
		t.Errorf("a message differs from itself: %v", changes)
	}
}

// A proxy with two addresses is one host; a NAT is one of its own, before what is
// behind it; a host that shares its address is told by its port.
func TestHosts(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"proxy", "0 alice > proxy MESSAGE\n0.1 10.1.0.9 > bob MESSAGE @2\n" +
			"  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n  +Via: SIP/2.0/UDP 10.1.0.9;branch=z9hG4bKp\n", "10.0.0.1|10.0.0.3 10.1.0.9|10.0.0.2"},
		{"NAT", "0 alice > bob MESSAGE\n0.1 10.1.0.9:4000 > bob MESSAGE\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n", "10.0.0.1|10.1.0.9|10.0.0.2"},
		{"one address", "0 127.0.0.1:5070 > 127.0.0.1:5060 MESSAGE\n0.1 127.0.0.1:5060 > 127.0.0.1:5070 200 OK\n", "127.0.0.1:5070|127.0.0.1:5060"},
	} {
		d := detailOf(t, test.text)
		var got []string
		for _, c := range d.Hosts().Columns {
			got = append(got, strings.Join(hostNames(c), " "))
		}
		if text := strings.Join(got, "|"); text != test.want {
			t.Errorf("%s: %s, want %s", test.name, text, test.want)
		}
	}
}

// Whatever stands in a message, what is printed of it moves no cursor and no
// line of the ladder is wider than the terminal.
func FuzzDetail(f *testing.F) {
	f.Add("alice\x1b[2J", "\u202eevil", "Content-Length: \xff\xfe", "body\x00\x07", 80)
	f.Add("日本", "x", "Contact: \t", "👩‍👩‍👧", 61)
	f.Fuzz(func(t *testing.T, from, reason, header, body string, width int) {
		request := "MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:" + from + "@x>;tag=a\r\n" +
			"To: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n" + header + "\r\n\r\n" + body
		response := "SIP/2.0 200 " + reason + "\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=a\r\n" +
			"To: <sip:b@x>;tag=b\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\nServer: " + from + "\r\n\r\n"
		d := detailOfDatagrams(t, request, response)
		if len(d.Transactions) == 0 || d.Delivery == nil {
			return
		}
		o := DetailOptions{Width: 60 + (width%200+200)%200, Bodies: true}
		text := page(t, d, o)
		for line := range strings.SplitSeq(text, "\n") {
			checkVisible(t, request, line)
		}
		ladder, _, _ := strings.Cut(text, "\nHops")
		_, ladder, _ = strings.Cut(ladder, "\n\n")
		for line := range strings.SplitSeq(ladder, "\n") {
			if displayWidth(line) > o.Width {
				t.Errorf("%d columns of %d: %q", displayWidth(line), o.Width, line)
			}
		}
	})
}

// detailOfDatagrams is detailOf for a request and a response as they are.
func detailOfDatagrams(t testing.TB, request, response string) *story.Story {
	alice, bob := address("10.0.0.1:5060").AddrPort(), address("10.0.0.2:5060").AddrPort()
	var frames []capture.Frame
	for i, p := range []wire.Packet{
		{Src: alice, Dst: bob, Protocol: wire.UDP, Payload: []byte(request)}, {Src: bob, Dst: alice, Protocol: wire.UDP, Payload: []byte(response)},
	} {
		data := p.AppendFrame(nil)
		frames = append(frames, capture.Frame{Data: data, Length: len(data), Time: int64(i+1) * 1e9, HasTime: true, Number: uint64(i + 1), File: 1, Link: capture.LinkEthernet})
	}
	return storyOf(t, frames)
}

// Where other captures were given too, a capture ends where the files that go on with it
// end, and not where those of another day do.
func TestEndOfCapture(t *testing.T) {
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	day := 86400
	inputs := []capture.Input{{First: at(0), Last: at(10)}, {First: at(367 * day), Last: at(367*day + 5)}, {First: at(11), Last: at(20)}, {First: at(15), Last: at(30)}, {}}
	for file, want := range map[int]time.Time{1: at(30), 2: at(367*day + 5), 3: at(30), 4: at(30), 5: {}, 6: {}} {
		if got := endOfCapture(inputs, file); !got.Equal(want) {
			t.Errorf("file %d: %s, want %s", file, got, want)
		}
	}
}

// A filter for Wireshark names frames once and in order, or Call-IDs where frames are of
// several files.
func TestDisplayFilter(t *testing.T) {
	one := result.Transaction{CallID: "a@b", RequestFrames: []capture.Ref{capture.MakeRef(1, 9), capture.MakeRef(1, 3)}, ResponseFrames: []capture.Ref{capture.MakeRef(1, 9)}}
	two := result.Transaction{CallID: "c@d", RequestFrames: []capture.Ref{capture.MakeRef(2, 1)}}
	if got := DisplayFilter([]result.Transaction{one}); got != "frame.number in {3, 9}" {
		t.Error(got)
	}
	if got := DisplayFilter([]result.Transaction{one, two}); got != `sip.Call-ID == "a@b" || sip.Call-ID == "c@d"` {
		t.Error(got)
	}
}
