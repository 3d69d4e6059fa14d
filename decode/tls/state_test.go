package tls

import (
	"testing"
	"unsafe"
)

// TestStateBytes opens more connections than there is room for, of which one half has
// no secrets: those go first, then the ones that were used longest ago.
func TestStateBytes(t *testing.T) {
	const room = 10
	config := configs()["1.3"]
	s := recordSession(t, config[0], config[1], 300, 700)
	closed := recordSession(t, config[0], config[1], 300)
	e := s.env()
	e.limits.StateBytes, e.limits.UnreadBytes = room*readCost, room*readCost
	var conns []*Conn[int]
	got := make([]result, 4*room)
	for i := range got {
		c, pieces := NewConn[int](e, &got[i]), closed.pieces
		if conns = append(conns, c); i%2 == 0 {
			pieces = s.pieces
		}
		for at, p := range pieces[:len(pieces)-1] {
			c.Feed(p.side, p.b, at)
		}
		if n := e.states[0].bytes + e.states[1].bytes; n > room*readCost {
			t.Fatalf("%d bytes with connection %d", n, i)
		}
	}
	last := s.pieces[len(s.pieces)-1]
	for i, c := range conns {
		c.Feed(last.side, last.b, 0)
		st := c.Status().Sides[0]
		if read := i%2 == 0 && i >= 2*room+2; read != (st.Reason == 0) || !read && i < 2*room && (st.Reason != TooMany || !got[i].over) {
			t.Errorf("connection %d: %+v, over %v", i, st, got[i].over)
		}
	}
	if e.Stats.Evicted == 0 {
		t.Error("nothing was counted")
	}
	for _, c := range conns {
		c.End(0)
		c.End(1)
	}
	if e.Flush(); e.states[0].bytes+e.states[1].bytes+e.Held() != 0 {
		t.Errorf("%d and %d bytes of nothing, %d held", e.states[0].bytes, e.states[1].bytes, e.Held())
	}
}

// TestStateCost holds what a connection is counted with against what it takes.
func TestStateCost(t *testing.T) {
	type mark [6]uint64          // as large as what decode hands over
	const owner, names = 640, 64 // and a server name of usual length
	if size := int(unsafe.Sizeof(Conn[mark]{})+unsafe.Sizeof(handshake{})) + owner + names; size > unreadCost {
		t.Errorf("%d bytes, counted as %d", size, unreadCost)
	}
}

// TestPartialMessages begins handshake messages that never end: what is held of them is
// counted, and bounded.
func TestPartialMessages(t *testing.T) {
	e := NewEnv(Limits{HeldBytes: 200 << 10})
	begun := append([]byte{recordHandshake, 3, 3, 0x40, 0, typeClientHello, 0, 0xf0, 0}, make([]byte, 0x4000-4)...)
	more := append([]byte{recordHandshake, 3, 3, 0x40, 0}, make([]byte, 0x4000)...)
	var conns []*Conn[int]
	for range 100 {
		c := NewConn[int](e, &result{})
		c.Feed(0, begun, 0)
		c.Feed(0, more, 0)
		conns = append(conns, c)
		held := 0
		for _, c := range conns {
			held += cap(c.halves[0].msg)
		}
		if held > 200<<10 || e.Held() < held {
			t.Fatalf("%d bytes held of %d connections, %d counted", held, len(conns), e.Held())
		}
	}
	for _, c := range conns {
		c.End(0)
		c.End(1)
	}
	if e.Held() != 0 || e.Stats.Evicted == 0 {
		t.Errorf("%d bytes held of nothing, %d evicted", e.Held(), e.Stats.Evicted)
	}
}

// TestCompression names the compression that a server has chosen.
func TestCompression(t *testing.T) {
	config := configs()["303 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]
	s := recordSession(t, config[0], config[1], 300, 700)
	for method, want := range []Reason{0, Compressed} {
		c := NewConn[int](s.env(), &result{})
		for at, p := range s.pieces {
			b := p.b
			if p.side == 1 && b[0] == recordHandshake && b[5] == typeServerHello {
				b = append([]byte(nil), b...)
				b[5+4+2+32+1+int(b[5+4+2+32])+2] = byte(method)
			}
			c.Feed(p.side, b, at)
		}
		if st := c.Status(); st.Sides[0].Reason != want || st.Sides[1].Reason != want {
			t.Errorf("method %d: %+v", method, st)
		}
	}
}

// TestWarning has a warning behind the ServerHello, which ends nothing before TLS 1.3, and
// an alert that does.
func TestWarning(t *testing.T) {
	config := configs()["303 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]
	s := recordSession(t, config[0], config[1], 300, 700)
	const warning, fatal, unrecognizedName = 1, 2, 112
	for level, want := range map[byte]int{warning: -1, fatal: unrecognizedName} {
		c := NewConn[int](NewEnv(Limits{}), &result{})
		feed(c, s.pieces[:2], 0)
		c.Feed(1, []byte{recordAlert, 3, 3, 0, 2, level, unrecognizedName}, 2)
		feed(c, s.pieces[2:], 0)
		if st := c.Status(); st.Alert != want {
			t.Errorf("level %d: alert %d, want %d", level, st.Alert, want)
		}
	}
}

// TestSplitMessages gives messages behind which other keys begin byte by byte, as where they
// do not fit their record (RFC 8446 5.1): up to their end the keys stay.
func TestSplitMessages(t *testing.T) {
	secret := make([]byte, 32)
	for _, test := range []struct {
		kind   byte
		size   int
		before epoch
		after  epoch
	}{
		{typeFinished, 32, epochHandshake, epochApplication},
		{typeKeyUpdate, 1, epochApplication, epochApplication},
		{typeEndOfEarlyData, 0, epochEarly, epochHandshake},
	} {
		c := core{limits: &Limits{HandshakeBytes: 1 << 10}, client: 0}
		c.env = &Env{Secrets: new(Secrets)}
		h := &c.halves[0]
		h.hs, h.epoch = &handshake{version: VersionTLS13}, test.before
		keys := newProtection13(suites()[0x1301], secret)
		h.cur = keys
		message := append([]byte{test.kind, 0, 0, byte(test.size)}, make([]byte, test.size)...)
		for i, b := range message {
			if h.cur != keys || h.epoch != test.before {
				t.Errorf("message %d: other keys behind %d of %d bytes", test.kind, i, len(message))
				break
			}
			c.handshakeBytes(h, []byte{b})
		}
		if h.cur == keys || h.epoch != test.after || len(h.msg) != 0 {
			t.Errorf("message %d: epoch %d, %d bytes held", test.kind, h.epoch, len(h.msg))
		}
	}
}
