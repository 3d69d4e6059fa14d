package sctp

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// step is a packet and when it comes, in seconds.
type step struct {
	at   int
	back bool // from B to A
	data []byte
}

func initChunk(kind byte, tag, tsn uint32) []byte {
	b := []byte{kind, 0, 0, initHeader}
	b = binary.BigEndian.AppendUint32(b, tag)
	b = append(b, 0, 0, 64, 0, 0, 5, 0, 5)
	return binary.BigEndian.AppendUint32(b, tsn)
}

func sackChunk(tsn uint32) []byte {
	b := binary.BigEndian.AppendUint32([]byte{chunkSack, 0, 0, 16}, tsn)
	return append(b, 0, 0, 64, 0, 0, 0, 0, 0)
}

func forwardChunk(kind byte, tsn uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{kind, 0, 0, 8}, tsn)
}

// there and back are packets of an association: the tag towards B is 9, towards A 8.
func there(at int, chunks ...[]byte) step { return step{at, false, packet(1, 2, 9, chunks...)} }
func back(at int, chunks ...[]byte) step  { return step{at, true, packet(2, 1, 8, chunks...)} }

func play(r *Reader[int], steps []step) {
	for i, s := range steps {
		r.Advance(int64(s.at) * int64(time.Second))
		if s.back {
			r.Packet(hostB, hostA, s.data, false, i+1)
		} else {
			r.Packet(hostA, hostB, s.data, false, i+1)
		}
	}
}

func TestMissing(t *testing.T) {
	one := func(tsn uint32) []byte { return dataChunk(be, tsn, 0, 0, "one") }
	handshake := []step{{0, false, packet(1, 2, 0, initChunk(chunkInit, 8, 100))}, {0, true, packet(2, 1, 8, initChunk(chunkInitAck, 9, 500))}}
	for name, test := range map[string]struct {
		steps []step
		want  string // chunks missing, by who sends them and the packet that shows it
	}{
		"nothing": {[]step{there(0, one(5)), there(1, one(6)), back(1, one(70))}, ""},
		"acknowledged from the beginning, without INIT ACK": {[]step{handshake[0], there(0, one(5)), there(0, sackChunk(69)), there(9, one(6))}, "2 to 1: 1 at 3, "},
		"acknowledged, begun before":                        {[]step{there(0, one(5)), there(0, sackChunk(69)), there(9, one(6))}, ""},
		"one":                                               {[]step{there(0, one(5)), there(1, one(7))}, "1 to 2: 1 at 2, "},
		"sent again":                                        {[]step{there(0, one(5)), there(1, one(7)), there(3, one(6))}, ""},
		"sent again when it was told":                       {[]step{there(0, one(5)), there(1, one(7)), there(8, one(8)), there(9, one(6)), there(10, one(10))}, "1 to 2: 1 at 2, 1 to 2: 1 at 5, "},
		"in another order":                                  {[]step{there(0, one(7)), there(0, one(5)), there(0, one(6))}, ""},
		"over the end of numbers":                           {[]step{there(0, one(math.MaxUint32)), there(1, one(1))}, "1 to 2: 1 at 2, "},
		"a great many":                                      {[]step{there(0, one(5)), there(1, one(5+10_000))}, "1 to 2: 9999 at 2, "},
		"another numbering":                                 {[]step{there(0, one(5)), there(1, one(1<<30))}, ""},
		"the last, acknowledged":                            {[]step{there(0, one(5)), back(0, one(70)), back(1, sackChunk(6))}, "1 to 2: 1 at 3, "},
		"the last, at the end":                              {[]step{there(0, one(5)), back(0, one(70)), back(1, forwardChunk(chunkShutdown, 6))}, "1 to 2: 1 at 3, "},
		"acknowledged, captured behind":                     {[]step{there(0, one(5)), back(0, one(70)), back(1, sackChunk(6)), there(1, one(6))}, ""},
		"acknowledged before any":                           {[]step{back(0, one(70)), there(0, sackChunk(70)), back(1, sackChunk(6)), there(1, one(7))}, ""},
		"acknowledged, other numbers":                       {[]step{there(0, one(5)), back(0, one(70)), back(1, sackChunk(1<<20))}, ""},
		"the first of a client":                             {append(handshake, there(0, one(101))), "1 to 2: 1 at 3, "},
		"the first of a server":                             {append(handshake, there(0, one(100)), back(0, one(501))), "2 to 1: 1 at 4, "},
		"all of a client, acknowledged":                     {append(handshake, back(0, sackChunk(100)), back(0, one(500))), "1 to 2: 1 at 3, "},
		"abandoned":                                         {[]step{there(0, one(5)), there(1, one(8)), there(2, forwardChunk(chunkForwardTSN, 6))}, "1 to 2: 1 at 2, "},
		"abandoned, never sent":                             {[]step{there(0, one(5)), there(2, forwardChunk(chunkIForwardTSN, 9)), there(3, one(10))}, ""},
		"a fragment":                                        {[]step{there(0, one(5)), there(0, dataChunk(flagBeginning, 6, 0, 1, "a")), there(1, one(8))}, "1 to 2: 1 at 3, "},
	} {
		t.Run(name, func(t *testing.T) {
			g := &got{}
			r := NewReader[int](g, Limits{})
			play(r, test.steps)
			r.Flush()
			have, chunks := "", uint64(0)
			for _, m := range g.missing {
				have += fmt.Sprintf("%d to %d: %d at %d, ", m.SrcPort, m.DstPort, m.Chunks, m.At)
				chunks += uint64(m.Chunks)
			}
			if have != test.want || r.Stats.Missing != chunks {
				t.Errorf("%q, want %q; %d counted", have, test.want, r.Stats.Missing)
			}
		})
	}
}

// Where nobody reads the association, nothing is said; what was missing before it turned out
// to matter is.
func TestMissingOfWhatMatters(t *testing.T) {
	g := &careless{}
	r := NewReader[int](g, Limits{})
	for i, tsn := range []uint32{5, 7, 8, 10} {
		r.Advance(int64(i) * 10 * int64(time.Second))
		r.Packet(hostA, hostB, packet(1, 2, 9, dataChunk(be, tsn, 0, 0, "x")), false, i)
	}
	if r.Stats.Missing != 0 {
		t.Errorf("%d chunks are missing of what matters to nobody", r.Stats.Missing)
	}
	g.care = true
	r.Packet(hostB, hostA, packet(2, 1, 8, dataChunk(be, 70, 0, 0, "x")), false, 4)
	r.Flush()
	if r.Stats.Missing != 2 {
		t.Errorf("%d chunks are missing, want 2", r.Stats.Missing)
	}
}

type careless struct {
	got
	care bool
}

func (c *careless) Message(*Message[int]) bool { return c.care }

// An owner that calls Advance when Due has come is told no later than GapTime after a chunk
// was missed.
func TestMissingIsToldInTime(t *testing.T) {
	g := &got{}
	r := NewReader[int](g, Limits{GapTime: 2 * time.Second})
	play(r, []step{there(0, dataChunk(be, 5, 0, 0, "x")), there(1, dataChunk(be, 7, 0, 0, "x"))})
	if r.Due != int64(3*time.Second) {
		t.Fatalf("due at %v", time.Duration(r.Due))
	}
	if r.Advance(r.Due); len(g.missing) != 0 || g.awaited != 1 {
		t.Errorf("told of %d too early, %d are awaited", len(g.missing), g.awaited)
	}
	if r.Advance(r.Due + 1); len(g.missing) != 1 || r.Due != math.MaxInt64 {
		t.Errorf("told of %d, due %d", len(g.missing), r.Due)
	}
}

// Of associations that lose chunks, repeat some and swap others, what is missing is what was
// lost and not sent again.
func TestMissingOfMany(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		first := uint32(random.Uint64())
		steps := []step{there(0, dataChunk(be, first, 0, 0, "x")), back(0, dataChunk(be, 70, 0, 0, "x"))}
		lost, n := 0, random.IntN(200)+1
		for i := 1; i <= n; i++ {
			switch tsn := first + uint32(i); random.IntN(8) {
			case 0:
				lost++
			case 1:
				steps = append(steps, there(0, dataChunk(be, tsn, 0, 0, "x")), there(0, dataChunk(be, tsn, 0, 0, "x")))
			case 2:
				steps = append(steps, there(0, dataChunk(be, tsn, 0, 0, "x")))
				a, b := len(steps)-1, 2+random.IntN(len(steps)-2)
				steps[a], steps[b] = steps[b], steps[a]
			default:
				steps = append(steps, there(0, dataChunk(be, tsn, 0, 0, "x")))
			}
		}
		steps = append(steps, back(0, sackChunk(first+uint32(n))))
		r := NewReader[int](&got{}, Limits{})
		play(r, steps)
		r.Flush()
		if r.Stats.Missing != uint64(lost) {
			t.Fatalf("seed %d: %d missing, %d were lost", seed, r.Stats.Missing, lost)
		}
	}
}
