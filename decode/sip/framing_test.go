package sip

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simplecap/capture"
	"simplecap/decode/stream"
	"simplecap/internal/wire"
)

// framed is what a test compares of a message.
type framed struct {
	Raw, Body string
	Skipped   uint32
	Lies      Defects
}

// lengthLies are the defects that framing sets.
const lengthLies = DefectContentLengthMissing | DefectContentLengthTooLong | DefectFramingLost | DefectNotTerminated

// finds is a Sink that keeps what it is given.
type finds struct {
	messages   []Framed
	left       uint32
	unreadable int
}

func (s *finds) Framed(_ stream.Side, m *Framed) {
	kept := *m
	kept.Message = new(Message)
	m.CopyTo(kept.Message, nil)
	s.messages = append(s.messages, kept)
}

func (s *finds) Left(_ stream.Side, n uint32, _ Liar, _ *stream.Mark) { s.left += n }

func (s *finds) Unreadable(stream.Side, *stream.Mark) { s.unreadable++ }

func framedOf(messages []Framed) (out []framed) {
	for i := range messages {
		m := &messages[i]
		out = append(out, framed{string(m.Raw), m.Text(m.Body), m.Skipped, m.Defects & lengthLies})
	}
	return out
}

// frameStream gives one side of a connection, cut as cuts says, to a Stream.
func frameStream(sent string, cuts func(left int) int, limits Limits) []Framed {
	var found finds
	var s Stream
	s.Begin(&Framing{Limits: limits, Message: new(Message)}, &found, stream.First, false)
	for len(sent) > 0 {
		n := min(max(1, cuts(len(sent))), len(sent))
		s.Feed(stream.First, []byte(sent[:n]), &stream.Mark{Frame: 1})
		sent = sent[n:]
	}
	s.End(stream.First, stream.Over)
	return found.messages
}

func whole(left int) int { return left }
func bytewise(int) int   { return 1 }

// TestFraming frames streams in one part and byte by byte.
func TestFraming(t *testing.T) {
	hello := "Hello world."
	quoted := "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP x;branch=z9hG4bKq\r\nCSeq: 1 MESSAGE\r\n\r\nMESSAGE sip:x@y SIP/2.0\r\n"
	next := wire.StreamMessage("next", "text")
	lf := strings.ReplaceAll(wire.StreamMessage("lf", ""), "\r\n", "\n")
	for _, test := range []struct {
		name   string
		stream string
		want   []string // Call-ID, body
		lies   []Defects
	}{
		{"one", wire.StreamMessage("a", hello), []string{"a", hello}, nil},
		{"several", wire.StreamMessage("a", hello) + wire.StreamMessage("b", "") + next, []string{"a", hello, "b", "", "next", "text"}, nil},
		{"keep-alives", "\r\n\r\n" + wire.StreamMessage("a", hello) + "\r\n\r\n\x00\r\n" + next, []string{"a", hello, "next", "text"}, nil},
		{"LF line ends", lf + next, []string{"lf", "", "next", "text"}, nil},
		{"unknown method", wire.StreamMessage("a", "") + strings.Replace(wire.StreamMessage("b", "x"), "MESSAGE sip", "message sip", 1) + next,
			[]string{"a", "", "b", "x", "next", "text"}, nil},
		{"quoted SIP, right length", wire.StreamMessage("a", quoted) + next, []string{"a", quoted, "next", "text"}, nil},
		{"quoted SIP, last", wire.StreamMessage("a", quoted), []string{"a", quoted}, nil},
		{"too long by a few", wire.StreamMessageOf("a", "18", hello) + next, []string{"a", hello, "next", "text"},
			[]Defects{DefectContentLengthTooLong, 0}},
		{"too long, the next is inside", wire.StreamMessageOf("a", "1000", hello) + next + wire.StreamMessage("c", strings.Repeat("y", 2000)),
			[]string{"a", hello, "next", "text", "c", strings.Repeat("y", 2000)}, []Defects{DefectContentLengthTooLong, 0, 0}},
		{"too long, end", wire.StreamMessageOf("a", "18", hello), []string{"a", hello}, []Defects{DefectContentLengthTooLong}},
		{"too long, end, the next is inside", wire.StreamMessageOf("a", "60000", hello) + next, []string{"a", hello, "next", "text"},
			[]Defects{DefectContentLengthTooLong, 0}},
		{"too long with a line end", wire.StreamMessageOf("a", "18", hello+"\r\n") + next, []string{"a", hello + "\r\n", "next", "text"},
			[]Defects{DefectContentLengthTooLong, 0}},
		{"too long, then a status line", wire.StreamMessageOf("a", "18", hello) + "SIP/2.0 200 OK\r\nCall-ID: s\r\nContent-Length: 0\r\n\r\n",
			[]string{"a", hello, "s", ""}, []Defects{DefectContentLengthTooLong, 0}},
		{"too short", wire.StreamMessageOf("a", "5", hello) + next, []string{"a", "Hello", "next", "text"},
			[]Defects{0, DefectFramingLost}},
		{"missing, no body", wire.StreamMessageOf("a", "", "") + next, []string{"a", "", "next", "text"}, []Defects{DefectContentLengthMissing, 0}},
		{"missing", wire.StreamMessageOf("a", "", hello) + "\r\n\r\n" + next, []string{"a", hello, "next", "text"},
			[]Defects{DefectContentLengthMissing, 0}},
		{"missing, end", wire.StreamMessageOf("a", "", hello), []string{"a", hello}, []Defects{DefectContentLengthMissing}},
		{"no empty line", strings.TrimSuffix(wire.StreamMessageOf("a", "", ""), "\r\n") + next, []string{"a", "", "next", "text"},
			[]Defects{DefectNotTerminated, 0}},
		{"no end", strings.TrimSuffix(wire.StreamMessageOf("a", "", ""), "\r\n"), []string{"a", ""}, []Defects{DefectNotTerminated}},
		{"start line only", "MESSAGE sip:a@b SIP/2.0\r\n", nil, nil},
		{"binary body", wire.StreamMessage("a", "\x00\xff\r\n\r\n\x00S") + next, []string{"a", "\x00\xff\r\n\r\n\x00S", "next", "text"}, nil},
		{"body ends like a method", wire.StreamMessage("a", "MESSAG") + next, []string{"a", "MESSAG", "next", "text"}, nil},
		{"body is a method", wire.StreamMessage("a", "INVITE ") + next, []string{"a", "INVITE ", "next", "text"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, cuts := range []func(int) int{whole, bytewise} {
				var got []string
				messages := frameStream(test.stream, cuts, DefaultLimits)
				for i := range messages {
					got = append(got, messages[i].Text(messages[i].CallID), messages[i].Text(messages[i].Body))
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
	limits := Limits{MessageBytes: 1000, Headers: 256}
	for _, first := range []string{
		wire.StreamMessageOf("a", "5000", strings.Repeat("x", 5000)), wire.StreamMessageOf("a", "", strings.Repeat("x", 5000)),
		wire.StreamMessageOf("a", "99999999999", strings.Repeat("x", 5000)),
		"MESSAGE sip:a@b SIP/2.0\r\nCall-ID: a\r\nX: " + strings.Repeat("x", 5000) + "\r\n\r\n",
	} {
		want := frameStream(first+wire.StreamMessage("b", "text"), whole, limits)
		if len(want) != 2 || len(want[0].Raw) != 1000 || want[0].Last.Carriage&stream.Cut == 0 || want[1].Text(want[1].Body) != "text" || want[1].Skipped != 0 {
			t.Errorf("%.60q: %d messages, %+v", first, len(want), framedOf(want))
		}
		if diff := cmp.Diff(framedOf(want), framedOf(frameStream(first+wire.StreamMessage("b", "text"), bytewise, limits))); diff != "" {
			t.Errorf("byte by byte differs:\n%s", diff)
		}
	}
}

// TestSegmentationProperty: any segmentation of a stream gives the same messages.
func TestSegmentationProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream := wire.Streams().Draw(t, "stream")
		want := framedOf(frameStream(stream, whole, DefaultLimits))
		cuts := func(int) int { return rapid.SampledFrom([]int{1, 2, 3, 7, 40, 200, 1460}).Draw(t, "cut") }
		if diff := cmp.Diff(want, framedOf(frameStream(stream, cuts, DefaultLimits))); diff != "" {
			t.Fatalf("(-whole +cut):\n%s", diff)
		}
	})
}

// FuzzFraming: any two segmentations of the same bytes give the same messages,
// which are disjoint pieces of the stream in order.
func FuzzFraming(f *testing.F) {
	f.Add([]byte(wire.StreamMessage("a", "x")+wire.StreamMessageOf("b", "18", "Hello world.")+wire.StreamMessage("c", "")), uint8(3), uint8(17))
	f.Add([]byte("\r\n\r\n"+wire.StreamMessageOf("a", "", "x")+wire.StreamMessage("b", "SIP/2.0 200 OK\r\nVia: x\r\n")), uint8(1), uint8(200))
	f.Add([]byte(wire.StreamMessageOf("b", "2", "Hello world.")+wire.StreamMessage("c", "MESSAG")), uint8(5), uint8(90))
	f.Add([]byte("MESSAGE a SIP/2.0\rVia: x\r\rACK a SIP/2.0\nv:\r\r\r\n\n"), uint8(1), uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, first, second uint8) {
		stream, limits := string(b), Limits{MessageBytes: 700, Headers: 256}
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

// TestStreamMemory: a side tells what it holds, and holds little when it waits for nothing.
func TestStreamMemory(t *testing.T) {
	var s Stream
	s.Begin(&Framing{Limits: DefaultLimits, Message: new(Message)}, &finds{}, stream.First, false)
	long := wire.StreamMessage("long", strings.Repeat("x", 200000))
	f := &s.sides[0]
	for i, step := range []struct {
		sent string
		wait stream.Wait
		most int
	}{
		{wire.StreamMessage("a", "x"), stream.Nothing, 0},
		{long[:150000], stream.ForRest, 300000},
		{long[150000:], stream.Nothing, 0},
		{"MESSAGE sip", stream.ForRest, 1000},
	} {
		s.Feed(stream.First, []byte(step.sent), &stream.Mark{Frame: capture.MakeRef(1, uint64(i))})
		held, wait := s.Waiting(stream.First)
		if wait != step.wait || held < cap(f.buf) || held > step.most {
			t.Errorf("step %d: waits for %d and holds %d bytes, and says %d", i, wait, cap(f.buf), held)
		}
	}
}

// TestEnteredInBody: a stream that is entered in a body without a line end at its end has a
// MESSAGE behind it, and no request of a method of its own.
func TestEnteredInBody(t *testing.T) {
	var found finds
	var s Stream
	s.Begin(&Framing{Limits: DefaultLimits, Message: new(Message)}, &found, stream.First, true)
	s.Feed(stream.First, []byte("yes"+wire.StreamMessage("a", "text")), &stream.Mark{Frame: 1})
	s.End(stream.First, stream.Over)
	if len(found.messages) != 1 || found.messages[0].Text(found.messages[0].Method) != "MESSAGE" {
		t.Errorf("%+v", framedOf(found.messages))
	}
}
