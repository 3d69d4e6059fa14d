package sctp

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"
)

// got collects messages as text.
type got struct {
	texts  []string
	at     []int
	parts  [][]int
	assoc  []uint64
	aborts int
	last   Message[int]

	contradicted []int
	missing      []Missing[int]
	awaited      int // directions with chunks that may come
}

func (g *got) Message(m *Message[int]) bool {
	g.texts = append(g.texts, string(m.Data))
	g.at = append(g.at, m.At)
	g.parts = append(g.parts, append([]int(nil), m.Parts...))
	g.assoc = append(g.assoc, m.Association)
	g.last = *m
	return true
}

func (g *got) Missing(m *Missing[int]) {
	if m.State == Lost {
		g.missing = append(g.missing, *m)
		return
	}
	g.awaited += map[State]int{Awaited: 1, Come: -1}[m.State]
}

func (g *got) Contradicted(_ uint64, _, _ uint16, _ []byte, at int) {
	g.contradicted = append(g.contradicted, at)
}

func (g *got) Abort(uint64, uint16, uint16, int) { g.aborts++ }

// packet makes an SCTP packet.
func packet(src, dst uint16, tag uint32, chunks ...[]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, src)
	b = binary.BigEndian.AppendUint16(b, dst)
	b = binary.BigEndian.AppendUint32(b, tag)
	b = append(b, 0, 0, 0, 0)
	for _, c := range chunks {
		b = append(b, c...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	binary.LittleEndian.PutUint32(b[8:], crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return b
}

func dataChunk(flags byte, tsn uint32, stream, ssn uint16, data string) []byte {
	b := []byte{chunkData, flags, 0, 0}
	b = binary.BigEndian.AppendUint32(b, tsn)
	b = binary.BigEndian.AppendUint16(b, stream)
	b = binary.BigEndian.AppendUint16(b, ssn)
	b = binary.BigEndian.AppendUint32(b, 62)
	b = append(b, data...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

func iDataChunk(flags byte, tsn uint32, stream uint16, mid, fsn uint32, data string) []byte {
	b := []byte{chunkIData, flags, 0, 0}
	b = binary.BigEndian.AppendUint32(b, tsn)
	b = binary.BigEndian.AppendUint16(b, stream)
	b = append(b, 0, 0)
	b = binary.BigEndian.AppendUint32(b, mid)
	b = binary.BigEndian.AppendUint32(b, fsn)
	b = append(b, data...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

var hostA, hostB = [16]byte{15: 1}, [16]byte{15: 2}

const be = flagBeginning | flagEnd

func read(packets ...[]byte) (*got, *Reader[int]) {
	g := &got{}
	r := NewReader[int](g, Limits{})
	for i, p := range packets {
		r.Packet(hostA, hostB, p, false, i+1)
	}
	return g, r
}

func TestMessages(t *testing.T) {
	for name, test := range map[string]struct {
		packets [][]byte
		want    string
		at      string
	}{
		"one":     {[][]byte{packet(1, 2, 9, dataChunk(be, 5, 0, 0, "one"))}, "[one]", "[1]"},
		"bundled": {[][]byte{packet(1, 2, 9, dataChunk(be, 5, 0, 0, "one"), []byte{3, 0, 0, 4}, dataChunk(be|8, 6, 1, 0, "two"))}, "[one two]", "[1 1]"},
		"fragments": {[][]byte{
			packet(1, 2, 9, dataChunk(flagBeginning, 5, 0, 0, "on")), packet(1, 2, 9, dataChunk(0, 6, 0, 0, "e a")),
			packet(1, 2, 9, dataChunk(flagEnd, 7, 0, 0, "ll"), dataChunk(be, 8, 0, 1, "two"))}, "[one all two]", "[3 3]"},
		"reordered": {[][]byte{
			packet(1, 2, 9, dataChunk(flagEnd, 7, 0, 0, "c")), packet(1, 2, 9, dataChunk(be, 8, 1, 0, "x")),
			packet(1, 2, 9, dataChunk(flagBeginning, 5, 0, 0, "a")), packet(1, 2, 9, dataChunk(0, 6, 0, 0, "b"))}, "[x abc]", "[2 4]"},
		"retransmitted": {[][]byte{
			packet(1, 2, 9, dataChunk(be, 5, 0, 0, "one")), packet(1, 2, 9, dataChunk(be, 5, 0, 0, "one"), dataChunk(be, 6, 0, 1, "two")),
			packet(1, 2, 9, dataChunk(be, 5, 0, 0, "one"))}, "[one two]", "[1 2]"},
		"other bytes": {[][]byte{
			packet(1, 2, 9, dataChunk(be, 5, 0, 0, "one")), packet(1, 2, 9, dataChunk(be, 5, 0, 0, "eno"))}, "[one]", "[1]"},
		"wraps": {[][]byte{
			packet(1, 2, 9, dataChunk(flagBeginning, 1<<32-1, 0, 0, "a")), packet(1, 2, 9, dataChunk(flagEnd, 0, 0, 0, "b"))}, "[ab]", "[2]"},
		"two messages meet": {[][]byte{
			packet(1, 2, 9, dataChunk(flagEnd, 6, 0, 0, "b")), packet(1, 2, 9, dataChunk(flagBeginning, 7, 0, 1, "c")),
			packet(1, 2, 9, dataChunk(flagBeginning, 5, 0, 0, "a")), packet(1, 2, 9, dataChunk(flagEnd, 8, 0, 1, "d"))}, "[ab cd]", "[3 4]"},
		"missing": {[][]byte{
			packet(1, 2, 9, dataChunk(flagBeginning, 5, 0, 0, "a")), packet(1, 2, 9, dataChunk(flagEnd, 7, 0, 0, "c"))}, "[]", "[]"},
		"I-DATA interleaved": {[][]byte{
			packet(1, 2, 9, iDataChunk(flagBeginning, 5, 0, 0, 62, "a")), packet(1, 2, 9, iDataChunk(flagBeginning, 6, 1, 0, 62, "x")),
			packet(1, 2, 9, iDataChunk(0, 7, 0, 0, 1, "b")), packet(1, 2, 9, iDataChunk(flagEnd, 8, 1, 0, 1, "y")),
			packet(1, 2, 9, iDataChunk(flagEnd, 9, 0, 0, 2, "c"))}, "[xy abc]", "[4 5]"},
		"I-DATA as Linux numbers it, reordered": {[][]byte{
			packet(1, 2, 9, iDataChunk(flagBeginning, 5, 0, 0, 62, "a")), packet(1, 2, 9, iDataChunk(flagEnd, 7, 0, 0, 1, "c")),
			packet(1, 2, 9, iDataChunk(0, 6, 0, 0, 0, "b"))}, "[abc]", "[3]"},
		"I-DATA of Linux": {[][]byte{
			packet(1, 2, 9, iDataChunk(flagBeginning, 5, 0, 0, 62, "a")), packet(1, 2, 9, iDataChunk(0, 6, 0, 0, 0, "b")),
			packet(1, 2, 9, iDataChunk(flagEnd, 7, 0, 0, 1, "c")), packet(1, 2, 9, iDataChunk(flagBeginning|flagEnd, 8, 0, 1, 0, "d"))}, "[abc d]", "[3 4]"},
	} {
		g, r := read(test.packets...)
		if fmt.Sprint(g.texts) != test.want || fmt.Sprint(g.at) != test.at {
			t.Errorf("%s: %v at %v, want %s at %s", name, g.texts, g.at, test.want, test.at)
		}
		if r.Flush(); r.held != 0 {
			t.Errorf("%s: %d bytes held", name, r.held)
		}
		if (name == "other bytes") != (fmt.Sprint(g.contradicted) == "[2]") {
			t.Errorf("%s: contradicted at %v", name, g.contradicted)
		}
		if (name == "missing") != (r.Stats.Incomplete > 0) {
			t.Errorf("%s: %+v", name, r.Stats)
		}
	}
}

// TestAssociation links directions by the handshake, whatever the addresses.
func TestAssociation(t *testing.T) {
	g := &got{}
	r := NewReader[int](g, Limits{})
	other := [16]byte{15: 3}
	initAck := []byte{chunkInitAck, 0, 0, 20, 0, 0, 0, 7, 0, 0, 255, 255, 0, 1, 0, 1, 0, 0, 0, 1}
	r.Packet(hostA, hostB, packet(1, 2, 0, append([]byte{chunkInit}, initAck[1:]...)), false, 1)
	r.Packet(hostB, hostA, packet(2, 1, 9, initAck), false, 2)
	r.Packet(hostA, hostB, packet(1, 2, 7, []byte{10, 0, 0, 4}, dataChunk(be, 5, 0, 0, "with the cookie")), false, 3)
	r.Packet(hostB, other, packet(2, 1, 9, dataChunk(be, 5, 0, 0, "answer")), false, 4)
	r.Packet(other, hostB, packet(1, 2, 7, dataChunk(be, 5, 0, 0, "with the cookie")), false, 5)
	r.Packet(hostA, hostB, packet(1, 2, 8, dataChunk(be, 5, 0, 0, "another")), false, 6)
	r.Packet(other, hostB, packet(1, 2, 7, []byte{chunkAbort, 0, 0, 4}), false, 7)
	if len(g.assoc) != 3 || g.assoc[0] != g.assoc[1] || g.assoc[0] == g.assoc[2] || g.aborts != 1 {
		t.Errorf("%v %v, %d aborts", g.texts, g.assoc, g.aborts)
	}
}

// An association that is in use is known by its addresses, whoever comes and goes beside it.
func TestAssociationsKept(t *testing.T) {
	g := &got{}
	r := NewReader[int](g, Limits{Directions: 4})
	for i := range 50 {
		r.Packet(hostA, hostB, packet(1, 2, 7, dataChunk(be, uint32(i), 0, 0, "there")), false, i)
		r.Packet([16]byte{14: 1, 15: byte(i)}, hostB, packet(1, 2, uint32(100+i), dataChunk(be, 1, 0, 0, "others")), false, i)
		if len(r.pairs) > len(r.dirs) {
			t.Fatalf("%d associations of %d directions", len(r.pairs), len(r.dirs))
		}
	}
	r.Packet(hostB, hostA, packet(2, 1, 8, dataChunk(be, 1, 0, 0, "back")), false, 99)
	if first, last := g.assoc[0], g.assoc[len(g.assoc)-1]; first != last {
		t.Errorf("there is association %d, and back %d", first, last)
	}
}

func TestChecksum(t *testing.T) {
	bad := packet(1, 2, 9, dataChunk(be, 5, 0, 0, "damaged"))
	bad[8]++
	g, r := read(bad, bad, packet(1, 2, 9, dataChunk(be, 6, 0, 0, "right")), func() []byte {
		b := packet(1, 2, 9, dataChunk(be, 7, 0, 0, "damaged"))
		b[9]++
		return b
	}(), packet(1, 2, 9, dataChunk(be, 7, 0, 0, "sent again")))
	if want := "[damaged right sent again]"; fmt.Sprint(g.texts) != want || r.Stats.BadChecksum != 3 {
		t.Errorf("%v, %+v", g.texts, r.Stats)
	}
}

func TestCut(t *testing.T) {
	g := &got{}
	r := NewReader[int](g, Limits{})
	b := packet(1, 2, 9, dataChunk(be, 5, 0, 0, "a long message"))
	r.Packet(hostA, hostB, b[:36], true, 1)
	if len(g.texts) != 1 || !g.last.Cut || !strings.HasPrefix("a long message", g.texts[0]) {
		t.Errorf("%v %+v", g.texts, g.last)
	}
	r.Packet(hostA, hostB, b[:36], false, 1)
	if r.Stats.Broken != 1 {
		t.Errorf("%+v", r.Stats)
	}
}

func TestBounds(t *testing.T) {
	r := NewReader[int](&got{}, Limits{Directions: 50, HeldBytes: 20000, MessageBytes: 4000})
	for i := range uint32(5000) {
		tsn := i * 2
		r.Packet(hostA, hostB, packet(1, 2, i%100, dataChunk(flagBeginning, tsn, uint16(i), 0, strings.Repeat("x", int(i%900)))), false, 1)
		if r.held > 20000 || r.held < 0 || len(r.dirs) > 50 {
			t.Fatalf("%d bytes held, %d directions", r.held, len(r.dirs))
		}
	}
	if r.Stats.Evicted == 0 {
		t.Error("nothing evicted")
	}
}

// FuzzOrder cuts messages into fragments, loses and repeats packets and changes
// their order: each message that was sent comes once and whole.
func FuzzOrder(f *testing.F) {
	f.Add(uint64(1), false)
	f.Add(uint64(2), true)
	f.Fuzz(func(t *testing.T, seed uint64, iData bool) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		tsn, fromZero := rnd.Uint32(), rnd.IntN(2)
		var packets [][]byte
		want := make(map[string]int)
		for i := range 1 + rnd.IntN(8) {
			text := fmt.Sprintf("%d:%s", i, strings.Repeat(string(rune('a'+i)), rnd.IntN(60)))
			want[text]++
			stream, rest := uint16(rnd.IntN(3)), text
			for n := uint32(0); len(rest) > 0; n++ {
				size := min(1+rnd.IntN(30), len(rest))
				var flags byte
				if n == 0 {
					flags |= flagBeginning
				}
				if size == len(rest) {
					flags |= flagEnd
				}
				c := dataChunk(flags, tsn, stream, uint16(i), rest[:size])
				if iData {
					c = iDataChunk(flags, tsn, stream, uint32(i), max(n, uint32(fromZero))-uint32(fromZero), rest[:size])
				}
				packets = append(packets, packet(1, 2, 9, c))
				tsn++
				rest = rest[size:]
			}
		}
		packets = append(packets, packets[:rnd.IntN(len(packets))]...)
		rnd.Shuffle(len(packets), func(i, j int) { packets[i], packets[j] = packets[j], packets[i] })
		g, _ := read(packets...)
		have := make(map[string]int)
		for _, text := range g.texts {
			have[text]++
		}
		if fmt.Sprint(have) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", have, want)
		}
	})
}

// FuzzPackets reads any bytes within bounds.
func FuzzPackets(f *testing.F) {
	f.Add(packet(1, 2, 9, dataChunk(flagBeginning, 5, 0, 0, "on")), packet(1, 2, 9, iDataChunk(flagEnd, 6, 0, 0, 62, "y")), uint8(3))
	f.Fuzz(func(t *testing.T, a, b []byte, cut uint8) {
		r := NewReader[int](&got{}, Limits{HeldBytes: 1000, MessageBytes: 500})
		for range 3 {
			r.Packet(hostA, hostB, a, false, 1)
			r.Packet(hostA, hostB, b[:min(len(b), int(cut))], true, 2)
			r.Packet(hostB, hostA, b, false, 3)
		}
		if r.held > 1000 || r.held < 0 {
			t.Errorf("%d bytes held", r.held)
		}
		if Plausible(a); len(a) < 12 && checksumOK(a) {
			t.Error("too short to be right")
		}
	})
}

// Where there is no room, the message that began first goes, whoever else was busy
// since; and nothing is looked through for it that has no message.
func TestRoomForMessages(t *testing.T) {
	var g got
	r := NewReader[int](&g, Limits{HeldBytes: 2*(fragmentCost+messageCost+100) + fragmentCost + 50})
	text := strings.Repeat("x", 100)
	for tag := range uint32(3) {
		if tag == 2 { // the first one is in use again
			r.Packet([16]byte{}, [16]byte{1}, packet(1, 5060, 0, dataChunk(3, 9, 1, 0, "whole")), false, 0)
		}
		r.Packet([16]byte{byte(tag)}, [16]byte{1}, packet(1, 5060, tag, dataChunk(flagBeginning, 1, 0, 0, text)), false, 0)
	}
	for _, tag := range []uint32{1, 2, 0} {
		r.Packet([16]byte{byte(tag)}, [16]byte{1}, packet(1, 5060, tag, dataChunk(flagEnd, 2, 0, 0, fmt.Sprint(tag))), false, 0)
	}
	if want := "whole " + text + "1 " + text + "2"; strings.Join(g.texts, " ") != want {
		t.Errorf("%q, want %q", g.texts, want)
	}
	if r.Flush(); r.held != 0 || r.waiting.Oldest() != nil {
		t.Errorf("%d bytes are held of nothing", r.held)
	}
}

// Where INIT is sent again each answer may name another tag: both directions stay those of
// one association, whichever answer the client took.
func TestInitAckTwice(t *testing.T) {
	for _, tag := range []uint32{7, 8} {
		var g got
		r := NewReader[int](&g, Limits{})
		for _, named := range []byte{7, 8} {
			initAck := []byte{chunkInitAck, 0, 0, 20, 0, 0, 0, named, 0, 0, 255, 255, 0, 1, 0, 1, 0, 0, 0, 1}
			r.Packet(hostB, hostA, packet(2, 1, 9, initAck), false, 1)
		}
		r.Packet(hostA, hostB, packet(1, 2, tag, dataChunk(be, 5, 0, 0, "request")), false, 2)
		r.Packet(hostB, hostA, packet(2, 1, 9, dataChunk(be, 5, 0, 0, "answer")), false, 3)
		if len(g.assoc) != 2 || g.assoc[0] != g.assoc[1] {
			t.Errorf("tag %d: %q came in the associations %d", tag, g.texts, g.assoc)
		}
	}
}
