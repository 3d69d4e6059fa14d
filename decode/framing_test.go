package decode

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simplecap/decode/stream"
)

// framed is what a test compares of a message.
type framed struct {
	Raw, Body string
	Skipped   uint32
	Lies      Defects
}

// lengthLies are the defects that framing sets.
const lengthLies = DefectContentLengthMissing | DefectContentLengthTooLong | DefectFramingLost | DefectNotTerminated

func framedOf(messages []Message) (out []framed) {
	for i := range messages {
		m := &messages[i]
		out = append(out, framed{string(m.Raw), body(m), m.Skipped, m.Defects & lengthLies})
	}
	return out
}

// frameStream gives one direction of a connection, cut as cuts says, to a framer.
func frameStream(sent string, cuts func(left int) int, limits Limits) []Message {
	d, r := newRecorder(limits)
	f := d.streams.table.add(&clientEnd, &serverEnd, 1)
	f.sip = true
	f.dirs[0].syn = true
	d.streams.stream(f, 0)
	for len(sent) > 0 {
		n := min(max(1, cuts(len(sent))), len(sent))
		f.session.Feed(0, []byte(sent[:n]), &stream.Mark{Frame: 1})
		sent = sent[n:]
	}
	f.session.End(0, stream.Over)
	return r.messages
}

func whole(left int) int { return left }
func bytewise(int) int   { return 1 }

// TestFraming frames streams in one part and byte by byte.
func TestFraming(t *testing.T) {
	hello := "Hello world."
	quoted := "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP x;branch=z9hG4bKq\r\nCSeq: 1 MESSAGE\r\n\r\nMESSAGE sip:x@y SIP/2.0\r\n"
	next := streamMessage("next", "text")
	lf := strings.ReplaceAll(streamMessage("lf", ""), "\r\n", "\n")
	for _, test := range []struct {
		name   string
		stream string
		want   []string // Call-ID, body
		lies   []Defects
	}{
		{"one", streamMessage("a", hello), []string{"a", hello}, nil},
		{"several", streamMessage("a", hello) + streamMessage("b", "") + next, []string{"a", hello, "b", "", "next", "text"}, nil},
		{"keep-alives", "\r\n\r\n" + streamMessage("a", hello) + "\r\n\r\n\x00\r\n" + next, []string{"a", hello, "next", "text"}, nil},
		{"LF line ends", lf + next, []string{"lf", "", "next", "text"}, nil},
		{"unknown method", streamMessage("a", "") + strings.Replace(streamMessage("b", "x"), "MESSAGE sip", "message sip", 1) + next,
			[]string{"a", "", "b", "x", "next", "text"}, nil},
		{"quoted SIP, right length", streamMessage("a", quoted) + next, []string{"a", quoted, "next", "text"}, nil},
		{"quoted SIP, last", streamMessage("a", quoted), []string{"a", quoted}, nil},
		{"too long by a few", streamMessageOf("a", "18", hello) + next, []string{"a", hello, "next", "text"},
			[]Defects{DefectContentLengthTooLong, 0}},
		{"too long, the next is inside", streamMessageOf("a", "1000", hello) + next + streamMessage("c", strings.Repeat("y", 2000)),
			[]string{"a", hello, "next", "text", "c", strings.Repeat("y", 2000)}, []Defects{DefectContentLengthTooLong, 0, 0}},
		{"too long, end", streamMessageOf("a", "18", hello), []string{"a", hello}, []Defects{DefectContentLengthTooLong}},
		{"too long, end, the next is inside", streamMessageOf("a", "60000", hello) + next, []string{"a", hello, "next", "text"},
			[]Defects{DefectContentLengthTooLong, 0}},
		{"too long with a line end", streamMessageOf("a", "18", hello+"\r\n") + next, []string{"a", hello + "\r\n", "next", "text"},
			[]Defects{DefectContentLengthTooLong, 0}},
		{"too long, then a status line", streamMessageOf("a", "18", hello) + "SIP/2.0 200 OK\r\nCall-ID: s\r\nContent-Length: 0\r\n\r\n",
			[]string{"a", hello, "s", ""}, []Defects{DefectContentLengthTooLong, 0}},
		{"too short", streamMessageOf("a", "5", hello) + next, []string{"a", "Hello", "next", "text"},
			[]Defects{0, DefectFramingLost}},
		{"missing, no body", streamMessageOf("a", "", "") + next, []string{"a", "", "next", "text"}, []Defects{DefectContentLengthMissing, 0}},
		{"missing", streamMessageOf("a", "", hello) + "\r\n\r\n" + next, []string{"a", hello, "next", "text"},
			[]Defects{DefectContentLengthMissing, 0}},
		{"missing, end", streamMessageOf("a", "", hello), []string{"a", hello}, []Defects{DefectContentLengthMissing}},
		{"no empty line", strings.TrimSuffix(streamMessageOf("a", "", ""), "\r\n") + next, []string{"a", "", "next", "text"},
			[]Defects{DefectNotTerminated, 0}},
		{"no end", strings.TrimSuffix(streamMessageOf("a", "", ""), "\r\n"), []string{"a", ""}, []Defects{DefectNotTerminated}},
		{"start line only", "MESSAGE sip:a@b SIP/2.0\r\n", nil, nil},
		{"binary body", streamMessage("a", "\x00\xff\r\n\r\n\x00S") + next, []string{"a", "\x00\xff\r\n\r\n\x00S", "next", "text"}, nil},
		{"body ends like a method", streamMessage("a", "MESSAG") + next, []string{"a", "MESSAG", "next", "text"}, nil},
		{"body is a method", streamMessage("a", "INVITE ") + next, []string{"a", "INVITE ", "next", "text"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, cuts := range []func(int) int{whole, bytewise} {
				var got []string
				messages := frameStream(test.stream, cuts, Limits{})
				for i := range messages {
					got = append(got, messages[i].Text(messages[i].CallID), body(&messages[i]))
					if i < len(test.lies) && messages[i].Defects&lengthLies != test.lies[i] {
						t.Errorf("message %d: defects %b, want %b", i, messages[i].Defects&lengthLies, test.lies[i])
					}
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestFramingLimit checks that a message over the limit is cut and the next one found.
func TestFramingLimit(t *testing.T) {
	limits := Limits{MessageBytes: 1000}
	for _, first := range []string{
		streamMessageOf("a", "5000", strings.Repeat("x", 5000)), streamMessageOf("a", "", strings.Repeat("x", 5000)),
		streamMessageOf("a", "99999999999", strings.Repeat("x", 5000)),
		"MESSAGE sip:a@b SIP/2.0\r\nCall-ID: a\r\nX: " + strings.Repeat("x", 5000) + "\r\n\r\n",
	} {
		want := frameStream(first+streamMessage("b", "text"), whole, limits)
		if len(want) != 2 || len(want[0].Raw) != 1000 || want[0].Carriage&Cut == 0 || body(&want[1]) != "text" || want[1].Skipped != 0 {
			t.Errorf("%.60q: %d messages, %+v", first, len(want), framedOf(want))
		}
		if diff := cmp.Diff(framedOf(want), framedOf(frameStream(first+streamMessage("b", "text"), bytewise, limits))); diff != "" {
			t.Errorf("byte by byte differs:\n%s", diff)
		}
	}
}

// streamGen makes streams of messages, some with wrong lengths or SIP in the body.
func streamGen() *rapid.Generator[string] {
	bodies := []string{"", "Hello world.", "text\r\n", "SIP/2.0 200 OK\r\nVia: x\r\n\r\n", "MESSAGE sip:x@y SIP/2.0\r\nVia: y",
		"MESSAGE sip:x", "INVIT", "S", "SIP/2.0", "a\r\n\r\nMESSAGE ", "\x00\x01\xff", "say SIP/2.0 200 OK\r\nx", strings.Repeat("x", 300)}
	between := []string{"", "", "", "\r\n", "\r\n\r\n", "\x00", "junk", "junk\r\nMESSAGE ", "E sip:a@b SIP/2.0\r\nVia: z\r\n\r\n"}
	return rapid.Custom(func(t *rapid.T) string {
		var s strings.Builder
		for i := range rapid.IntRange(1, 6).Draw(t, "messages") {
			text := rapid.SampledFrom(bodies).Draw(t, "body")
			length := fmt.Sprint(max(0, len(text)+rapid.SampledFrom([]int{0, 0, 0, 6, -3, 300}).Draw(t, "lie")))
			if rapid.IntRange(0, 9).Draw(t, "none") == 0 {
				length = ""
			}
			s.WriteString(rapid.SampledFrom(between).Draw(t, "between"))
			s.WriteString(streamMessageOf(fmt.Sprint("id", i), length, text))
		}
		return s.String()
	})
}

// TestSegmentationProperty: any segmentation of a stream gives the same messages.
func TestSegmentationProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream := streamGen().Draw(t, "stream")
		want := framedOf(frameStream(stream, whole, Limits{}))
		cuts := func(int) int { return rapid.SampledFrom([]int{1, 2, 3, 7, 40, 200, 1460}).Draw(t, "cut") }
		if diff := cmp.Diff(want, framedOf(frameStream(stream, cuts, Limits{}))); diff != "" {
			t.Fatalf("(-whole +cut):\n%s", diff)
		}
	})
}

// FuzzFraming: any two segmentations of the same bytes give the same messages,
// which are disjoint pieces of the stream in order.
func FuzzFraming(f *testing.F) {
	f.Add([]byte(streamMessage("a", "x")+streamMessageOf("b", "18", "Hello world.")+streamMessage("c", "")), uint8(3), uint8(17))
	f.Add([]byte("\r\n\r\n"+streamMessageOf("a", "", "x")+streamMessage("b", "SIP/2.0 200 OK\r\nVia: x\r\n")), uint8(1), uint8(200))
	f.Add([]byte(streamMessageOf("b", "2", "Hello world.")+streamMessage("c", "MESSAG")), uint8(5), uint8(90))
	f.Add([]byte("MESSAGE a SIP/2.0\rVia: x\r\rACK a SIP/2.0\nv:\r\r\r\n\n"), uint8(1), uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, first, second uint8) {
		stream, limits := string(b), Limits{MessageBytes: 700}
		cut := func(n uint8) func(int) int { return func(left int) int { return 1 + (left*int(n))%97 } }
		want := framedOf(frameStream(stream, cut(first), limits))
		if diff := cmp.Diff(want, framedOf(frameStream(stream, cut(second), limits))); diff != "" {
			t.Fatalf("segmentations differ:\n%s", diff)
		}
		if diff := cmp.Diff(want, framedOf(frameStream(stream, whole, limits))); diff != "" {
			t.Fatalf("segmentation differs from the whole:\n%s", diff)
		}
		for _, m := range want {
			i := strings.Index(stream, m.Raw)
			if i < 0 || len(m.Raw) == 0 || len(m.Raw) > limits.MessageBytes {
				t.Fatalf("message %q is not the next part of the stream", m.Raw)
			}
			stream = stream[i+len(m.Raw):]
		}
	})
}
