package wire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/decode"
)

func TestPackets(t *testing.T) {
	const msg = " MESSAGE z9hG4bK-1"
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"request and response", "0.001 alice > bob MESSAGE\n0.520 bob > alice 200 OK", []string{
			"0.001 10.0.0.1:5060 > 10.0.0.2:5060 udp MESSAGE z9hG4bK-1", "0.520 10.0.0.2:5060 > 10.0.0.1:5060 udp 200 OK z9hG4bK-1"}},
		{"comments and empty lines", "# a comment\n\n0 alice > bob MESSAGE\n   \n# another\n", []string{"0.000 10.0.0.1:5060 > 10.0.0.2:5060 udp" + msg}},
		{"every host", "0 proxy > carol MESSAGE\n1 dave > alice MESSAGE", []string{
			"0.000 10.0.0.3:5060 > 10.0.0.4:5060 udp" + msg, "1.000 10.0.0.5:5060 > 10.0.0.1:5060 udp" + msg}},
		{"addresses and ports", "0 alice:6000 > 192.0.2.9:5070 MESSAGE\n1 2001:db8::1 > [2001:db8::2]:5062 MESSAGE", []string{
			"0.000 10.0.0.1:6000 > 192.0.2.9:5070 udp" + msg, "1.000 [2001:db8::1]:5060 > [2001:db8::2]:5062 udp" + msg}},
		{"another request and branch", "0 alice > bob MESSAGE #7\n1 alice > bob MESSAGE #7 @2\n2 bob > alice 202 Accepted #7 @2", []string{
			"0.000 10.0.0.1:5060 > 10.0.0.2:5060 udp MESSAGE z9hG4bK-7", "1.000 10.0.0.1:5060 > 10.0.0.2:5060 udp MESSAGE z9hG4bK-7.2",
			"2.000 10.0.0.2:5060 > 10.0.0.1:5060 udp 202 Accepted z9hG4bK-7.2"}},
		{"copy", "0 alice > bob MESSAGE\n0.25 copy", []string{
			"0.000 10.0.0.1:5060 > 10.0.0.2:5060 udp" + msg, "0.250 10.0.0.1:5060 > 10.0.0.2:5060 udp" + msg}},
		{"end", "40 end", nil},
		{"tcp", "0 alice > bob tcp MESSAGE\n1 bob > alice tcp 200 OK", []string{
			"0.000 10.0.0.1:5060 > 10.0.0.2:5060 tcp" + msg, "1.000 10.0.0.2:5060 > 10.0.0.1:5060 tcp 200 OK z9hG4bK-1"}},
		{"tcp in segments", "0 alice > bob tcp segments 100 MESSAGE\n1 alice > bob tcp MESSAGE", []string{
			"0.000 10.0.0.1:5060 > 10.0.0.2:5060 tcp" + msg, "1.000 10.0.0.1:5060 > 10.0.0.2:5060 tcp" + msg}},
		{"fragments", "0 alice > bob fragments 104 MESSAGE", []string{"0.000 10.0.0.1:5060 > 10.0.0.2:5060 udp" + msg + " fragmented"}},
		{"fragments of which one is lost", "0 alice > bob fragments 104 without 2 MESSAGE", nil},
		{"cut", "0 alice > bob cut 200 MESSAGE", []string{"0.000 10.0.0.1:5060 > 10.0.0.2:5060 udp" + msg + " cut"}},
		{"tunnel", "0 alice > bob tunnel MESSAGE", []string{"0.000 10.0.0.1:5060 > 10.0.0.2:5060 udp" + msg + " tunneled"}},
		{"fragments of a tunnel", "0 alice > bob tunnel fragments 200 MESSAGE", []string{
			"0.000 10.0.0.1:5060 > 10.0.0.2:5060 udp" + msg + " fragmented tunneled"}},
		{"lines that end in LF", "0 alice > bob lf MESSAGE", []string{"0.000 10.0.0.1:5060 > 10.0.0.2:5060 udp" + msg}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, decodeText(t, test.text).lines()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestFrames looks at what the notation says of frames rather than of messages.
func TestFrames(t *testing.T) {
	for text, want := range map[string]int{
		"0 alice > bob MESSAGE\n1 end":                    2,
		"0 alice > bob tcp segments 100 MESSAGE":          3,
		"0 alice > bob fragments 104 MESSAGE":             3,
		"0 alice > bob fragments 104 without 2 MESSAGE":   2,
		"0 alice > bob fragments 104 MESSAGE\n1 copy":     4,
		"0 alice > bob tcp MESSAGE\n1 alice > bob fin -":  2,
		"0 alice > bob tcp MESSAGE\n1 bob > alice icmp -": 2,
	} {
		frames, err := Parse(text)
		if err != nil || len(frames) != want {
			t.Errorf("%d frames, %v, want %d of\n%s", len(frames), err, want, text)
		}
		for i, f := range frames {
			if f.Number != uint64(i+1) || f.File != 1 || !f.HasTime || f.Length != len(f.Data) {
				t.Errorf("frame %d of %q: %+v", i+1, text, f)
			}
		}
	}
}

// TestCutFrame shows that a frame which is cut says how long it was.
func TestCutFrame(t *testing.T) {
	cut, err := Parse("0 alice > bob cut 100 MESSAGE")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Parse("0 alice > bob MESSAGE")
	if err != nil {
		t.Fatal(err)
	}
	if len(cut[0].Data) != 100 || cut[0].Length != len(whole[0].Data) || !cut[0].Cut() || whole[0].Cut() {
		t.Errorf("%d of %d bytes, want 100 of %d", len(cut[0].Data), cut[0].Length, len(whole[0].Data))
	}
}

func TestICMP(t *testing.T) {
	h := decodeText(t, "0 alice > bob MESSAGE\n0.1 bob > alice icmp unreachable")
	if len(h.messages) != 1 || len(h.errors) != 1 {
		t.Fatalf("%d messages, %d ICMP errors, want 1 and 1", len(h.messages), len(h.errors))
	}
	e := h.errors[0]
	if e.Reason != "port unreachable" || e.From.Host() != "10.0.0.2" || e.Src.String() != "10.0.0.1:5060" || e.Dst.String() != "10.0.0.2:5060" {
		t.Errorf("got %+v", e)
	}
}

func TestEndsOfConnections(t *testing.T) {
	for word, want := range map[string]decode.ConnKind{"fin": decode.ConnClose, "reset": decode.ConnReset} {
		h := decodeText(t, "0 alice > bob tcp MESSAGE\n1 alice > bob "+word)
		if len(h.messages) != 1 || len(h.events) != 1 || h.events[0].Kind != want || h.events[0].Src.String() != "10.0.0.1:5060" {
			t.Errorf("%s: %d messages, events %+v", word, len(h.messages), h.events)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"no time", "alice > bob MESSAGE", `line 1: "alice > bob MESSAGE" is no packet: want a time and what happens`},
		{"a time alone", "# comment\n\n1", `line 3: "1" is no packet`},
		{"a change of nothing", "  Contact: x\n0 alice > bob MESSAGE", `line 1: "  Contact: x" is no packet`},
		{"no arrow", "0 alice bob MESSAGE 1 2", `line 1: "0 alice bob MESSAGE 1 2": want TIME SRC > DST WHAT`},
		{"nothing happens", "0 alice > bob MESSAGE\n1 alice > bob", `line 2: "1 alice > bob": want TIME SRC > DST WHAT`},
		{"unknown source", "0 eve > bob MESSAGE", "line 1: "},
		{"unknown destination", "0 alice > bob:x MESSAGE", "line 1: "},
		{"nothing to copy", "0 copy", `line 1: "0 copy": there is no packet to copy`},
		{"a number that is none", "0 alice > bob MESSAGE\n\n1 alice > bob cut x MESSAGE", "line 3: cut x: "},
		{"neither method nor status", "0 alice > bob #2 @3", `line 1: "#2 @3": want a method or a status`},
		{"fragments of IPv6", "0 ::1 > ::2 fragments 8 MESSAGE", "line 1: only IPv4 packets are cut into fragments"},
		{"a tunnel of IPv6", "0 ::1 > ::2 tunnel MESSAGE", "line 1: only IPv4 packets are cut into fragments or sent through a tunnel"},
		{"two families", "0 ::1 > bob MESSAGE", `line 1: "0 ::1 > bob MESSAGE": want two addresses of one family`},
		{"an escape that is none", "0 alice > bob MESSAGE\n  = \\q\n1 end", `line 1: "= \\q": invalid syntax`},
		{"an escape that is none, raw", "0 end\n0 alice > bob MESSAGE\n  ~ \\q", `line 2: "~ \\q": invalid syntax`},
		{"how many times", "0 alice > bob MESSAGE\n  * many x", `line 1: "* many x": "many": want how many times`},
		{"fewer than no times", "0 alice > bob MESSAGE\n  * -1 x", `line 1: "* -1 x": "-1": want how many times`},
		{"the first of two", "0 x\n1 y", "line 1: "},
	} {
		frames, err := Parse(test.text)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || frames != nil {
			t.Errorf("%s: %d frames, error %v, want %q", test.name, len(frames), err, test.want)
		}
	}
}

// FuzzParse: a text is refused, or makes frames that the same text makes again,
// in the order of their numbers.
func FuzzParse(f *testing.F) {
	f.Add("0 alice > bob tcp segments 100 MESSAGE #2 @3\n  Contact: <sip:a@b>\n  * 3 x\n1 copy\n2 end")
	f.Add("0 alice > bob tunnel fragments 64 without 2 MESSAGE\n  -body\n  ! ACK x SIP/2.0\n1 bob > alice icmp x")
	f.Add("0 1.2.3.4 > 5.6.7.8:9 cut 9 200 OK\n  ~ a\\x00\n  +Via: x\n0 alice > bob reset")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "*") {
			t.Skip("may ask for more bytes than there is memory")
		}
		frames, err := Parse(text)
		again, errAgain := Parse(text)
		if (err == nil) != (errAgain == nil) || !cmp.Equal(frames, again) {
			t.Fatal("the same text made something else")
		}
		for i, frame := range frames {
			if frame.Number != uint64(i+1) || len(frame.Data) > frame.Length {
				t.Fatalf("frame %d: %+v", i, frame)
			}
		}
	})
}
