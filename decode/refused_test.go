package decode

import (
	"testing"
	"time"

	"simplecap/capture"
	"simplecap/internal/wire"
)

// TestRefusedConnections: a SYN that is refused or not answered is told of, and only that.
func TestRefusedConnections(t *testing.T) {
	type step struct {
		server   bool // who sends
		seq, ack uint32
		flags    uint8
		after    time.Duration
	}
	syn := step{false, 99, 0, flagSYN, 0}
	for name, c := range map[string]struct {
		steps []step
		want  []ConnKind
	}{
		"refused":                 {[]step{syn, {true, 0, 100, flagRST | flagACK, 0}}, []ConnKind{ConnRefused}},
		"refused twice":           {[]step{syn, {true, 0, 100, flagRST | flagACK, 0}, {false, 199, 0, flagSYN, 0}, {true, 0, 200, flagRST | flagACK, 0}}, []ConnKind{ConnRefused, ConnRefused}},
		"by a stranger":           {[]step{syn, {true, 0, 4711, flagRST | flagACK, 0}}, nil},
		"reset by the client":     {[]step{syn, {false, 100, 0, flagRST, 0}}, nil},
		"reset once it was open":  {[]step{syn, {true, 499, 100, flagSYN | flagACK, 0}, {true, 500, 100, flagRST | flagACK, 0}}, nil},
		"silent":                  {[]step{syn, {false, 99, 0, flagSYN, time.Second}, {false, 99, 0, flagSYN, 2 * time.Second}}, []ConnKind{ConnSilent, ConnSilent}},
		"silent, then refused":    {[]step{syn, {false, 99, 0, flagSYN, time.Second}, {true, 0, 100, flagRST | flagACK, 0}}, []ConnKind{ConnSilent, ConnRefused}},
		"answered the second one": {[]step{syn, {false, 99, 0, flagSYN, time.Second}, {true, 499, 100, flagSYN | flagACK, 0}}, []ConnKind{ConnSilent, ConnOpened}},
		"a copy of the SYN":       {[]step{syn, syn, {true, 499, 100, flagSYN | flagACK, 0}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := newSegmentSender(Limits{})
			for _, s := range c.steps {
				w.now += int64(s.after)
				src, dst := clientEnd, serverEnd
				if s.server {
					src, dst = dst, src
				}
				w.send(src, dst, s.seq, s.ack, s.flags, "")
			}
			if len(r.events) != len(c.want) {
				t.Fatalf("%+v, want %v", r.events, c.want)
			}
			for i, e := range r.events {
				if e.Kind != c.want[i] || e.Src != serverEnd || e.Dst != clientEnd {
					t.Errorf("%+v, want %v of the server", e, c.want[i])
				}
			}
		})
	}
}

// TestICMPQuotesSegment: what an error quotes of a connection is of it only where the
// sequence number is under way.
func TestICMPQuotesSegment(t *testing.T) {
	a := wire.StreamMessage("a", "x")
	end := 100 + uint32(len(a))
	for name, c := range map[string]struct {
		seq, acked uint32
		want       bool
	}{
		"first byte":            {100, 0, true},
		"last byte":             {end - 1, 0, true},
		"behind the end":        {end, 0, false},
		"before the beginning":  {4_000_000_000, 0, false},
		"acknowledged":          {100, end, false},
		"not acknowledged":      {150, 150, true},
		"acknowledged, in part": {149, 150, false},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := newSegmentSender(Limits{})
			w.client(100, a)
			if c.acked != 0 {
				w.send(serverEnd, clientEnd, 500, c.acked, flagACK, "")
			}
			quote := join(be(clientEnd.Port), be(serverEnd.Port), []byte{byte(c.seq >> 24), byte(c.seq >> 16), byte(c.seq >> 8), byte(c.seq)})
			quoted := ipv4Packet(protoTCP, quote)
			copy(quoted[12:], ipv4Of(clientEnd))
			copy(quoted[16:], ipv4Of(serverEnd))
			w.Frame(frameOf(capture.LinkRaw, 9, 0, icmpError(3, 1, quoted)))
			if len(r.errors) != 1 || (r.errors[0].Conn == 1) != c.want {
				t.Errorf("%+v, want %v", r.errors, c.want)
			}
		})
	}
}
