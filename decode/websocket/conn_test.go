package websocket

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"simplecap/capture"
	"simplecap/decode/stream"
)

// sink keeps the messages that it is given, and their frames.
type sink struct {
	got    []string
	frames [][]capture.Ref
	how    []stream.Carriage
}

func (s *sink) Unit(side stream.Side, b []byte, at *stream.Mark) {
	s.got = append(s.got, string('0'+byte(side))+string(b))
	s.how = append(s.how, at.Carriage)
	s.frames = append(s.frames, append(slices.Clone(at.Also), at.Frame))
}

// wsFrame is a frame; first holds FIN, RSV1 and opcode.
func wsFrame(first byte, masked bool, payload string) string {
	b := []byte{first, 0}
	switch n := len(payload); {
	case n < 126:
		b[1] = byte(n)
	case n < 1<<16:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	if !masked {
		return string(b) + payload
	}
	b[1] |= 0x80
	key := []byte{1, 2, 3, 4}
	b = append(b, key...)
	for i := range len(payload) {
		b = append(b, payload[i]^key[i&3])
	}
	return string(b)
}

const (
	request  = "GET /chat?x=1 HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n\r\n"
	accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
	refused  = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"
)

// deflated compresses messages with one context, as senders do.
func deflated(t *testing.T, messages ...string) (out []string) {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 9)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		b.Reset()
		if _, err := w.Write([]byte(m)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimSuffix(b.String(), "\x00\x00\xff\xff"))
	}
	return out
}

// flight is what one side sends next.
type flight struct {
	side  stream.Side
	bytes string
}

func TestConn(t *testing.T) {
	long := strings.Repeat("MESSAGE ", 3000)
	packed := deflated(t, "MESSAGE one", "MESSAGE one again", long)
	open := []flight{{0, request}, {1, accepted}}
	for _, test := range []struct {
		name    string
		flights []flight
		want    []string
		lost    int
	}{
		{"both sides", append(open, flight{0, wsFrame(0x81, true, "hi")}, flight{1, wsFrame(0x82, false, "ho")}), []string{"0hi", "1ho"}, 0},
		{"data behind the handshake", []flight{{0, request}, {1, accepted + wsFrame(0x81, false, "at once")}}, []string{"1at once"}, 0},
		{"the answer first", []flight{{1, accepted}, {0, request}, {0, wsFrame(0x81, true, "hi")}}, []string{"0hi"}, 0},
		{"the answer first, and frames with the request", []flight{{1, accepted + wsFrame(0x81, false, "ho")}, {0, request + wsFrame(0x01, true, "hi")}, {0, wsFrame(0x80, true, " all")}}, []string{"1ho", "0hi all"}, 0},
		{"the answer, and no request", []flight{{1, accepted}, {0, wsFrame(0x81, true, "hi")[:1]}, {0, wsFrame(0x81, true, "hi")[1:]}}, []string{"0hi"}, 0},
		{"several at once", append(open, flight{0, wsFrame(0x81, true, "a") + wsFrame(0x81, true, long) + wsFrame(0x82, true, "c")}), []string{"0a", "0" + long, "0c"}, 0},
		{"fragments and a ping between", append(open, flight{0, wsFrame(0x01, true, "one ") + wsFrame(0x89, true, "ping") + wsFrame(0x00, true, "") + wsFrame(0x80, true, "two")}),
			[]string{"0one two"}, 0},
		{"keep-alives and a close", append(open, flight{0, wsFrame(0x81, true, "\r\n\r\n") + wsFrame(0x8a, true, "") + wsFrame(0x88, true, "\x03\xe8")}), []string{"0\r\n\r\n"}, 0},
		{"data behind a close", append(open, flight{1, wsFrame(0x81, false, "a") + wsFrame(0x88, false, "\x03\xe8") + wsFrame(0x81, false, "b")}, flight{0, wsFrame(0x81, true, "c")}), []string{"1a", "0c"}, 1},
		{"a length of 2^63", append(open, flight{1, "\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x05abcde"}), nil, 1},
		{"refused, then accepted", []flight{{0, request}, {1, refused}, {0, request}, {1, accepted}, {0, wsFrame(0x81, true, "hi")}}, []string{"0hi"}, 0},
		{"refused for good", []flight{{0, request}, {1, refused}, {0, wsFrame(0x81, true, "hi")}}, nil, 0},
		{"compressed, the context goes on", append(open, flight{0, wsFrame(0xc1, true, packed[0]) + wsFrame(0xc1, true, packed[1]) + wsFrame(0xc2, true, packed[2])}),
			[]string{"0MESSAGE one", "0MESSAGE one again", "0" + long}, 0},
		{"compressed in fragments, and one that is not", append(open, flight{1, wsFrame(0x41, false, packed[0][:3]) + wsFrame(0x80, false, packed[0][3:]) + wsFrame(0x81, false, "plain")}),
			[]string{"1MESSAGE one", "1plain"}, 0},
		{"compressed, its beginning is missing", append(open, flight{0, wsFrame(0xc1, true, packed[1]) + wsFrame(0x81, true, "hi")}), []string{"0hi"}, 1},
		{"a continuation of nothing", append(open, flight{0, wsFrame(0x80, true, "x") + wsFrame(0x81, true, "hi")}), []string{"0hi"}, 1},
		{"one that never ends", append(open, flight{0, wsFrame(0x01, true, "x") + wsFrame(0x81, true, "hi")}), []string{"0hi"}, 1},
		{"too long, and the next", append(open, flight{0, wsFrame(0x82, true, strings.Repeat("x", 300<<10)) + wsFrame(0x81, true, "hi")}), []string{"0hi"}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, size := range []int{1, 7, 1460, 1 << 20} {
				s, lost := &sink{}, 0
				c := New(Options{Sink: s, Shared: &Shared{}, Lost: func(n int) { lost += n }})
				for _, f := range test.flights {
					for b := range slices.Chunk([]byte(f.bytes), size) {
						c.Feed(f.side, b, &stream.Mark{Frame: 1})
					}
				}
				if !slices.Equal(s.got, test.want) || lost != test.lost {
					t.Errorf("%d bytes a segment: %.200q, %d lost, want %.200q and %d", size, s.got, lost, test.want, test.lost)
				}
				c.Close()
			}
		})
	}
}

// What goes wrong in one direction stays there and ends where a segment begins with a frame.
func TestGap(t *testing.T) {
	s := &sink{}
	c := New(Options{Sink: s, Shared: &Shared{}, Joined: true})
	feed := func(b string, frame capture.Ref) { c.Feed(0, []byte(b), &stream.Mark{Frame: frame}) }
	feed("the end of a frame", 1)
	feed(wsFrame(0x81, true, "a"), 2)
	cut := wsFrame(0x81, true, strings.Repeat("b", 1000))
	feed(cut[:100], 3)
	c.Gap(0, 800, stream.Missing) // inside a frame: the next one is known
	feed(cut[900:]+wsFrame(0x01, true, "c")[:3], 4)
	feed(wsFrame(0x01, true, "c")[3:], 5)
	feed(wsFrame(0x80, true, "d"), 6)
	c.Gap(0, 0, stream.Missing)
	feed("something"+wsFrame(0x81, true, "no"), 7)
	feed(wsFrame(0x81, true, "e"), 8)
	feed("\xf3\x00"+wsFrame(0x81, true, "no"), 9) // a reserved bit
	feed(wsFrame(0x81, true, "f")+wsFrame(0x81, true, "g"), 10)
	if want := []string{"0a", "0" + strings.Repeat("b", 92), "0cd", "0e", "0f", "0g"}; !slices.Equal(s.got, want) {
		t.Errorf("%q, want %q", s.got, want)
	}
	if want := []capture.Ref{4, 5, 6}; !slices.Equal(s.frames[2], want) {
		t.Errorf("frames %d, want %d", s.frames[2], want)
	}
}

// Little that inflates to much is not held, and windows beyond the bound are not kept.
func TestBounds(t *testing.T) {
	bomb := deflated(t, strings.Repeat("\x00", 64<<20))[0]
	shared, s, lost := &Shared{Windows: 1}, &sink{}, 0
	var conns []*Conn
	for range 3 {
		c := New(Options{Sink: s, Shared: shared, Joined: true, Lost: func(n int) { lost += n }})
		conns = append(conns, c)
		c.Feed(0, []byte(wsFrame(0xc1, true, bomb)), &stream.Mark{})
		c.Feed(0, []byte(wsFrame(0xc1, true, deflated(t, "x")[0])), &stream.Mark{})
	}
	if len(s.got) != 3 || lost != 3 || shared.Evicted != 2 || shared.kept != 1 || cap(shared.out) > 2<<20 {
		t.Errorf("%q, %d lost, %d evicted, %d kept, %d bytes", s.got, lost, shared.Evicted, shared.kept, cap(shared.out))
	}
	for _, c := range conns {
		c.Close()
	}
	if shared.kept != 0 {
		t.Errorf("%d windows are not given back", shared.kept)
	}
	c := New(Options{Sink: s, Shared: shared, Joined: true})
	for range 1000 {
		c.Feed(0, []byte(wsFrame(0x01, true, strings.Repeat("x", 1000))), &stream.Mark{})
		c.Feed(0, []byte(wsFrame(0x00, true, strings.Repeat("x", 1000))), &stream.Mark{})
	}
	c.Feed(1, []byte("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), &stream.Mark{})
	for side := range stream.Side(2) {
		if held, _ := c.Waiting(side); held > 1<<20 {
			t.Errorf("side %d holds %d bytes", side, held)
		}
	}
}

// What a connection ends inside of is handed on, with what ended it.
func TestRest(t *testing.T) {
	whole, part := wsFrame(0x81, true, "MESSAGE"), wsFrame(0x01, true, "MES")
	for _, test := range []struct {
		name, sent string
		why        stream.End
		want       []string
		how        stream.Carriage
		lost       int
	}{
		{"the connection", whole[:len(whole)-2], stream.Over, []string{"0MESSA"}, stream.ShortFrame, 0},
		{"the capture", whole[:len(whole)-2], stream.Capture, []string{"0MESSA"}, stream.Cut, 0},
		{"behind a fragment", part + wsFrame(0x80, true, "SAGE")[:8], stream.Over, []string{"0MESSA"}, stream.ShortFrame, 0},
		{"between fragments", part, stream.Over, []string{"0MES"}, stream.ShortFrame, 0},
		{"compressed", "\xc1" + whole[1:len(whole)-2], stream.Over, nil, 0, 1},
		{"in the header", whole[:5], stream.Over, nil, 0, 0},
		{"silence", whole[:len(whole)-2], stream.Silence, nil, 0, 0},
	} {
		s, lost := &sink{}, 0
		c := New(Options{Sink: s, Shared: &Shared{}, Lost: func(n int) { lost += n }})
		for _, f := range []flight{{0, request}, {1, accepted}, {0, test.sent}} {
			c.Feed(f.side, []byte(f.bytes), &stream.Mark{Frame: 1})
		}
		c.End(0, test.why)
		if !slices.Equal(s.got, test.want) || lost != test.lost || len(s.how) > 0 && s.how[0]&(stream.Cut|stream.ShortFrame|stream.WrongMask) != test.how {
			t.Errorf("%s: %q, %d lost, carriage %b, want %q, %d and %b", test.name, s.got, lost, s.how, test.want, test.lost, test.how)
		}
	}
}

// Clients mask and servers do not; whose side is which the handshake says.
func TestMask(t *testing.T) {
	for side := range stream.Side(2) {
		for _, masked := range []bool{true, false} {
			s := &sink{}
			c := New(Options{Sink: s, Shared: &Shared{}})
			c.Feed(0, []byte(request), &stream.Mark{Frame: 1})
			c.Feed(1, []byte(accepted), &stream.Mark{Frame: 2})
			c.Feed(side, []byte(wsFrame(0x81, masked, "MESSAGE")), &stream.Mark{Frame: 3})
			if wrong := len(s.how) == 1 && s.how[0]&stream.WrongMask != 0; len(s.how) != 1 || wrong != (masked == (side == 1)) {
				t.Errorf("side %d, mask %t: %b", side, masked, s.how)
			}
		}
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte(request), []byte(accepted+wsFrame(0x81, false, "hi")), false, uint8(3))
	f.Add([]byte(wsFrame(0xc1, true, "hi")+wsFrame(0x01, true, "a")), []byte(wsFrame(0x80, false, "")), true, uint8(0))
	f.Fuzz(func(t *testing.T, a, b []byte, joined bool, size uint8) {
		c := New(Options{Sink: &sink{}, Shared: &Shared{}, Joined: joined, Limits: Limits{MessageBytes: 1000}})
		for side, sent := range [][]byte{a, b} {
			for part := range slices.Chunk(sent, int(size)+1) {
				c.Feed(stream.Side(side), part, &stream.Mark{})
			}
			c.Gap(stream.Side(side), uint64(size), stream.Missing)
			c.End(stream.Side(side), stream.Over)
		}
		c.Close()
	})
}
