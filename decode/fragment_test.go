package decode

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"simplecap/capture"
)

// piece is a range of a datagram's bytes.
type piece struct{ from, to int }

// frame makes a frame of the piece of datagram, in IPv4 or IPv6.
func (f piece) frame(v6 bool, id int, datagram []byte) []byte {
	more := f.to < len(datagram)
	if v6 {
		return ipv6Fragment(protoUDP, uint32(id), f.from, more, datagram[f.from:f.to])
	}
	field := uint16(f.from / 8)
	if more {
		field |= 0x2000
	}
	return ipv4Fragment(protoUDP, uint16(id), field, datagram[f.from:f.to])
}

// cutAt cuts a datagram of size bytes into pieces of step bytes.
func cutAt(size, step int) (pieces []piece) {
	for from := 0; from < size; from += step {
		pieces = append(pieces, piece{from, min(from+step, size)})
	}
	return pieces
}

// fragmentSender gives fragments to a decoder, one frame and one millisecond after the other.
type fragmentSender struct {
	*Decoder
	*recorder
	frames uint64
	time   time.Duration
}

func newFragmentSender(limits Limits) *fragmentSender {
	d, r := newRecorder(limits)
	return &fragmentSender{Decoder: d, recorder: r}
}

func (s *fragmentSender) send(data []byte) {
	s.frames++
	s.time += time.Millisecond
	s.Frame(frameOf(capture.LinkRaw, s.frames, s.time.Seconds(), data))
}

func TestFragmentOrders(t *testing.T) {
	datagram := sipOfSize(4100) // 1480-byte pieces leave a last one
	p := cutAt(len(datagram), 1480)
	tiny := []piece{{0, 1480}, {1480, 2960}, {2960, 4096}, {4096, len(datagram)}}
	for _, c := range []struct {
		name   string
		pieces []piece
		at     int // the frame that completes it
	}{
		{"in order", p, 3},
		{"reversed", []piece{p[2], p[1], p[0]}, 3},
		{"first last", []piece{p[1], p[2], p[0]}, 3},
		{"each twice", []piece{p[0], p[0], p[1], p[1], p[2], p[2]}, 5},
		{"overlap before", []piece{{0, 1480}, {1000, 2960}, {2000, len(datagram)}}, 3},
		{"overlap from both sides", []piece{{0, 1480}, {2960, len(datagram)}, {800, 4000}}, 3},
		{"one inside another", []piece{{8, 80}, {0, 2960}, {2960, len(datagram)}}, 3},
		{"last of a few bytes", tiny, 4},
	} {
		for _, v6 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, ipv6 %v", c.name, v6), func(t *testing.T) {
				s := newFragmentSender(Limits{})
				for _, f := range c.pieces {
					s.send(f.frame(v6, 7, datagram))
				}
				s.Flush()
				if len(s.messages) != 1 || !bytes.Equal(s.messages[0].Raw, datagram[8:]) {
					t.Fatalf("%d messages", len(s.messages))
				}
				m := s.messages[0]
				if m.Frame != capture.MakeRef(1, uint64(c.at)) || m.Carriage != Fragmented || m.IPID != 7 || m.Src.Port != 5060 {
					t.Errorf("frame %d, carriage %v, id %d, from %v", m.Frame.Number(), m.Carriage, m.IPID, m.Src)
				}
				if _, held := s.fragments.Held(); s.Stats().FragmentsIncomplete != 0 || s.stats.DecodeErrors != 0 || held != 0 {
					t.Errorf("%+v, %d bytes held", s.Stats(), held)
				}
			})
		}
	}
}

func TestFragmentForms(t *testing.T) {
	datagram := sipOfSize(2000)
	first, last := piece{0, 1480}, piece{1480, len(datagram)}
	withOptions := func(data []byte) []byte {
		data = join([]byte{0x46}, data[1:20], make([]byte, 4), data[20:])
		copy(data[2:], be(uint16(len(data))))
		return data
	}
	dontFragment := func(data []byte) []byte { data[6] |= 0x40; return data }
	tunnelled := ipv4Packet(protoUDP, sipOfSize(2000))
	inner := piece{0, 1480}.frame(false, 3, datagram)
	for _, c := range []struct {
		name   string
		frames [][]byte
	}{
		{"options", [][]byte{withOptions(first.frame(false, 1, datagram)), withOptions(last.frame(false, 1, datagram))}},
		{"don't fragment", [][]byte{dontFragment(first.frame(false, 1, datagram)), dontFragment(last.frame(false, 1, datagram))}},
		{"ipv6 extension before the fragment header", [][]byte{
			ipv6Packet(protoHopByHop, join(ipv6Extension(protoFragment, 8), first.frame(true, 1, datagram)[40:])), last.frame(true, 1, datagram)}},
		{"ipv6 extension after it", [][]byte{
			ipv6Fragment(protoDstOpts, 5, 0, true, join(ipv6Extension(protoUDP, 16), datagram[:1464])),
			ipv6Fragment(protoDstOpts, 5, 1480, false, datagram[1464:])}},
		{"authentication header", [][]byte{
			ipv4Fragment(protoAH, 5, 0x2000, join(authentication(protoUDP), datagram[:1456])),
			ipv4Fragment(protoAH, 5, 1480/8, datagram[1456:])}},
		{"a tunnel in fragments", [][]byte{
			ipv4Fragment(protoIPv4, 5, 0x2000, tunnelled[:800]), ipv4Fragment(protoIPv4, 5, 100, tunnelled[800:])}},
		{"fragments in a tunnel, one of them in fragments", [][]byte{
			ipv4Fragment(protoIPv4, 5, 0x2000, inner[:800]), ipv4Packet(protoIPv4, last.frame(false, 3, datagram)),
			ipv4Fragment(protoIPv4, 5, 100, inner[800:])}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newFragmentSender(Limits{})
			for _, frame := range c.frames {
				s.send(frame)
			}
			s.Flush()
			if len(s.messages) != 1 || !bytes.Equal(s.messages[0].Raw, datagram[8:]) || s.Stats().FragmentsIncomplete != 0 {
				t.Fatalf("%d messages, %+v", len(s.messages), s.stats)
			}
		})
	}
}

func TestFragmentsApart(t *testing.T) {
	datagram := sipOfSize(2000)
	first, last := piece{0, 1480}.frame(false, 1, datagram), piece{1480, len(datagram)}.frame(false, 1, datagram)
	change := func(at int) []byte { other := slices.Clone(last); other[at] ^= 1; return other }
	for name, other := range map[string][]byte{
		"identification": change(5), "protocol": change(9), "source": change(15), "destination": change(19),
	} {
		s := newFragmentSender(Limits{})
		s.send(first)
		s.send(other)
		s.Flush()
		if len(s.messages) != 0 || s.Stats().FragmentsIncomplete != 2 {
			t.Errorf("%s: %d messages, %d incomplete", name, len(s.messages), s.Stats().FragmentsIncomplete)
		}
	}
}

func TestFragmentOverlapFirstWins(t *testing.T) {
	datagram := sipOfSize(2000)
	forged := bytes.Repeat([]byte{'X'}, len(datagram))
	s := newFragmentSender(Limits{})
	s.send(piece{800, 1480}.frame(false, 1, datagram))
	s.send(piece{0, 800}.frame(false, 1, datagram))
	s.send(piece{400, 1600}.frame(false, 1, forged))
	s.send(piece{1480, len(datagram)}.frame(false, 1, datagram))
	want := slices.Clone(datagram)
	copy(want[1480:1600], forged)
	if len(s.messages) != 1 || !bytes.Equal(s.messages[0].Raw, want[8:]) {
		t.Error("the bytes that came first did not stay")
	} else if s.messages[0].Carriage&Contradicted == 0 || s.Stats().Contradictions != 1 {
		t.Error("nothing says that others came in their place")
	}
}

func TestFragmentIncomplete(t *testing.T) {
	datagram := sipOfSize(4100)
	p := cutAt(len(datagram), 1480)
	for _, missing := range []int{0, 1, 2} {
		s := newFragmentSender(Limits{})
		for i, f := range p {
			if i != missing {
				s.send(f.frame(true, 1, datagram))
			}
		}
		if s.Stats().FragmentsIncomplete != 0 {
			t.Error("given up before the end")
		}
		s.Flush()
		want := []capture.Ref{capture.MakeRef(1, 1), capture.MakeRef(1, 2)}
		if len(s.messages) != 0 || s.Stats().FragmentsIncomplete != 1 || !slices.Equal(s.stats.IncompleteFrames, want) {
			t.Errorf("without piece %d: %d messages, %d incomplete, frames %v", missing, len(s.messages), s.Stats().FragmentsIncomplete, s.stats.IncompleteFrames)
		}
		if s.stats.Census.Packets[ClassFragment] != 2 || s.Stats().Evicted != 0 {
			t.Errorf("census %d, evicted %d", s.stats.Census.Packets[ClassFragment], s.Stats().Evicted)
		}
	}
}

func TestFragmentTime(t *testing.T) {
	datagram := sipOfSize(2000)
	p := cutAt(len(datagram), 1480)
	for _, c := range []struct {
		wait       time.Duration
		messages   int
		incomplete uint64
	}{{29 * time.Second, 1, 0}, {31 * time.Second, 0, 2}} {
		s := newFragmentSender(Limits{})
		s.send(p[0].frame(false, 1, datagram))
		s.time += c.wait
		s.send(p[1].frame(false, 1, datagram))
		s.Flush()
		if len(s.messages) != c.messages || s.Stats().FragmentsIncomplete != c.incomplete || s.Stats().Evicted != 0 {
			t.Errorf("after %v: %d messages, %d incomplete, %d evicted", c.wait, len(s.messages), s.Stats().FragmentsIncomplete, s.Stats().Evicted)
		}
	}
}

// TestFragmentCopies captures every fragment twice, as on all interfaces of a router.
func TestFragmentCopies(t *testing.T) {
	datagram := sipOfSize(4100)
	p := cutAt(len(datagram), 1480)
	for _, c := range []struct {
		name       string
		order      []int
		pause      time.Duration // before the last fragment
		messages   int
		incomplete uint64
	}{
		{"side by side", []int{0, 0, 1, 1, 2, 2}, 0, 1, 0},
		{"one set after the other", []int{0, 1, 2, 0, 1, 2}, 0, 2, 0},
		{"three sets", []int{0, 1, 2, 2, 1, 0, 1, 0, 2}, 0, 3, 0},
		{"a late copy", []int{0, 1, 2, 1}, 900 * time.Millisecond, 1, 0},
		{"not a copy any more", []int{0, 1, 2, 1}, 1100 * time.Millisecond, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newFragmentSender(Limits{})
			for i, n := range c.order {
				if i == len(c.order)-1 {
					s.time += c.pause
				}
				s.send(p[n].frame(false, 1, datagram))
			}
			s.Flush()
			if len(s.messages) != c.messages || s.Stats().FragmentsIncomplete != c.incomplete {
				t.Errorf("%d messages, %d incomplete", len(s.messages), s.Stats().FragmentsIncomplete)
			}
			for _, m := range s.messages {
				if !bytes.Equal(m.Raw, datagram[8:]) || m.Carriage&Contradicted != 0 {
					t.Error("a copy differs")
				}
			}
		})
	}
}

func TestFragmentLimits(t *testing.T) {
	datagram := sipOfSize(4000)
	first, last := piece{0, 2000}, piece{2000, len(datagram)}
	for name, limits := range map[string]Limits{
		"datagrams": {Datagrams: 2},
		"bytes":     {DatagramBytes: 2 * (2048 + 400 + 100)},
		"frames":    {Datagrams: 2, FrameList: 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFragmentSender(limits)
			for id := range 5 {
				s.send(first.frame(false, id, datagram))
			}
			if waiting, _ := s.fragments.Held(); s.Stats().Evicted != 3 || s.Stats().FragmentsIncomplete != 3 || waiting != 2 {
				t.Errorf("%d evicted, %d incomplete, %d waited for", s.Stats().Evicted, s.Stats().FragmentsIncomplete, waiting)
			}
			want := []capture.Ref{capture.MakeRef(1, 1), capture.MakeRef(1, 2), capture.MakeRef(1, 3)}
			if !slices.Equal(s.stats.IncompleteFrames, want) {
				t.Errorf("frames %v, want the oldest", s.stats.IncompleteFrames)
			}
			s.send(last.frame(false, 4, datagram))
			if len(s.messages) != 1 {
				t.Error("the newest was not complete")
			}
		})
	}
}

func TestFragmentCut(t *testing.T) {
	datagram := sipOfSize(3000)
	s := newFragmentSender(Limits{})
	for i, f := range cutAt(len(datagram), 1480) {
		data := f.frame(false, 1, datagram)
		frame := frameOf(capture.LinkRaw, uint64(i), 1, data[:min(len(data), 220)])
		frame.Length = len(data)
		s.Frame(frame)
	}
	if len(s.messages) != 1 || !bytes.Equal(s.messages[0].Raw, datagram[8:200]) || s.messages[0].Carriage != Fragmented|Cut {
		t.Errorf("got %+v, want what is there of the first fragment", s.messages)
	}
}

func TestFragmentRefused(t *testing.T) {
	datagram := sipOfSize(2000)
	good := []piece{{0, 800}, {1600, len(datagram)}}
	for name, bad := range map[string][]byte{
		"empty":               ipv4Fragment(protoUDP, 1, 0x2000|100, nil),
		"beyond 65,535 bytes": ipv4Fragment(protoUDP, 1, 0x1fff, make([]byte, 16)),
		"beyond the last":     ipv4Fragment(protoUDP, 1, 0x2000|300, make([]byte, 16)),
		"another last":        ipv4Fragment(protoUDP, 1, 110, make([]byte, 8)),
		"empty over ipv6":     ipv6Fragment(protoUDP, 1, 8, true, nil),
	} {
		t.Run(name, func(t *testing.T) {
			s := newFragmentSender(Limits{})
			for _, f := range good {
				s.send(f.frame(false, 1, datagram))
			}
			s.send(bad)
			s.send(piece{800, 1600}.frame(false, 1, datagram))
			if len(s.messages) != 1 || s.stats.DecodeErrors != 1 {
				t.Errorf("%d messages, %d decode errors, want 1 and 1", len(s.messages), s.stats.DecodeErrors)
			}
		})
	}
}

// TestFragmentInFragment sends a datagram whose fragments contain a fragment.
func TestFragmentInFragment(t *testing.T) {
	inner := ipv6Fragment(protoUDP, 1, 0, true, sipDatagram())[40:]
	s := newFragmentSender(Limits{})
	s.send(ipv6Fragment(protoFragment, 1, 0, true, inner[:64]))
	s.send(ipv6Fragment(protoFragment, 1, 64, false, inner[64:]))
	s.Flush()
	if len(s.messages) != 0 || s.stats.DecodeErrors != 1 || s.Stats().FragmentsIncomplete != 0 {
		t.Errorf("%d messages, %+v", len(s.messages), s.stats)
	}
}

// TestAnyFragmentation splits a datagram in any way, adds duplicates and pieces
// that overlap, and sends all in any order.
func TestAnyFragmentation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		datagram := sipOfSize(rapid.IntRange(130, 9000).Draw(t, "size"))
		v6 := rapid.Bool().Draw(t, "ipv6")
		var pieces []piece
		for from := 0; from < len(datagram); {
			to := from + 8*rapid.IntRange(1, 200).Draw(t, "units")
			pieces = append(pieces, piece{from, min(to, len(datagram))})
			from = to
		}
		if len(pieces) == 1 {
			t.Skip("one piece is no fragment")
		}
		for range rapid.IntRange(0, 5).Draw(t, "further pieces") {
			from := 8 * rapid.IntRange(0, (len(datagram)-1)/8).Draw(t, "from")
			to := min(len(datagram), from+8*rapid.IntRange(1, 100).Draw(t, "units"))
			if to-from < len(datagram) {
				pieces = append(pieces, piece{from, to})
			}
		}
		pieces = rapid.Permutation(pieces).Draw(t, "order")
		s := newFragmentSender(Limits{})
		want, missing := 0, len(datagram)
		have := make([]bool, len(datagram))
		for _, f := range pieces {
			s.send(f.frame(v6, 1, datagram))
			for i := f.from; i < f.to; i++ {
				if !have[i] {
					have[i] = true
					missing--
				}
			}
			if missing == 0 {
				want, missing = want+1, len(datagram)
				clear(have)
			}
		}
		s.Flush()
		if len(s.messages) != want || want == 0 {
			t.Fatalf("%d messages, want %d", len(s.messages), want)
		}
		for _, m := range s.messages {
			if !bytes.Equal(m.Raw, datagram[8:]) {
				t.Fatal("the payload differs")
			}
		}
		if s.Stats().FragmentsIncomplete != 0 || s.stats.DecodeErrors != 0 {
			t.Fatalf("%+v", s.stats)
		}
	})
}

// What the snapshot length cut off a fragment is not made up from a datagram before it,
// whose memory is used again.
func TestIncompleteCut(t *testing.T) {
	datagram := sipOfSize(2000)
	s := newFragmentSender(Limits{})
	for id := range 3 {
		for _, p := range cutAt(len(datagram), 1480) {
			s.send(p.frame(false, id, datagram))
		}
	}
	whole := piece{0, 1480}.frame(false, 9, make([]byte, 2000))
	s.frames++
	f := frameOf(capture.LinkRaw, s.frames, 1, whole[:20+8])
	f.Length = len(whole)
	s.Frame(f)
	s.Flush()
	if st := s.Stats(); len(s.messages) != 3 || st.FragmentsIncomplete != 1 || st.IncompleteSIP != 0 {
		t.Errorf("%d messages, %d datagrams incomplete, %d of them SIP", len(s.messages), st.FragmentsIncomplete, st.IncompleteSIP)
	}
}

// An identification that is used again at once is of another datagram, of which a fragment
// may be missing; a copy that lacks one is none.
func TestFragmentIDAgain(t *testing.T) {
	one, other := sipOfSize(2000), sipOfSize(2100)
	for _, test := range []struct {
		name   string
		second []byte
		want   uint64
	}{{"copy", one, 0}, {"another", other, 1}} {
		s := newFragmentSender(Limits{})
		for _, p := range cutAt(len(one), 1480) {
			s.send(p.frame(false, 7, one))
		}
		s.send(piece{0, 1480}.frame(false, 7, test.second))
		s.Flush()
		if st := s.Stats(); len(s.messages) != 1 || st.FragmentsIncomplete != test.want || st.IncompleteSIP != test.want {
			t.Errorf("%s: %d messages, %d datagrams incomplete, %d of them SIP", test.name, len(s.messages), st.FragmentsIncomplete, st.IncompleteSIP)
		}
		if _, held := s.fragments.Held(); held != 0 {
			t.Errorf("%s: %d bytes held", test.name, held)
		}
	}
}
