package tls

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// piece is what one side sent in one go.
type piece struct {
	side Side
	b    []byte
}

// tap records what both ends of a connection write.
type tap struct {
	mu     sync.Mutex
	pieces []piece
}

type tapConn struct {
	net.Conn
	tap  *tap
	side Side
}

func (c *tapConn) Write(b []byte) (int, error) {
	c.tap.mu.Lock()
	c.tap.pieces = append(c.tap.pieces, piece{c.side, bytes.Clone(b)})
	c.tap.mu.Unlock()
	return c.Conn.Write(b)
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

var ecKey = sync.OnceValue(func() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

func certificate(key any) stdtls.Certificate {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sip.example.com"}, NotAfter: time.Now().Add(time.Hour)}
	var public any
	switch k := key.(type) {
	case *rsa.PrivateKey:
		public = &k.PublicKey
	case *ecdsa.PrivateKey:
		public = &k.PublicKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		panic(err)
	}
	return stdtls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// session is a recorded TLS session: its bytes, its key log, what was sent.
type session struct {
	pieces []piece
	log    bytes.Buffer
	sent   [2][]byte
}

// recordSession runs a session in which each side sends messages in turns.
func recordSession(t testing.TB, client, server *stdtls.Config, sizes ...int) *session {
	t.Helper()
	s, wire := &session{}, &tap{}
	a, b := loopback(t)
	client.KeyLogWriter, client.InsecureSkipVerify = &s.log, true
	if server.Certificates == nil {
		server.Certificates = []stdtls.Certificate{certificate(rsaKey()), certificate(ecKey())}
	}
	c := stdtls.Client(&tapConn{a, wire, 0}, client)
	srv := stdtls.Server(&tapConn{b, wire, 1}, server)
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		buf := make([]byte, 1<<16)
		for i, n := range sizes {
			if _, err := io.ReadFull(srv, buf[:n]); err != nil {
				failed <- err
				return
			}
			answer := fill(1, i, n)
			s.sent[1] = append(s.sent[1], answer...)
			if _, err := srv.Write(answer); err != nil {
				failed <- err
				return
			}
		}
		io.Copy(io.Discard, b)
	}()
	buf := make([]byte, 1<<16)
	for i, n := range sizes {
		request := fill(0, i, n)
		s.sent[0] = append(s.sent[0], request...)
		if _, err := c.Write(request); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, buf[:n]); err != nil {
			t.Fatal(err)
		}
	}
	a.Close()
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	s.pieces = wire.pieces
	return s
}

// loopback returns the two ends of a TCP connection.
func loopback(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// fill makes the i-th message of a side, of n bytes that are all its own.
func fill(side, i, n int) []byte {
	b := make([]byte, n)
	r := mathrand.New(mathrand.NewPCG(uint64(side), uint64(i)))
	for j := range b {
		b[j] = byte('a' + r.IntN(26))
	}
	return b
}

// result collects what a Conn reads.
type result struct {
	plain [2][]byte
	lost  [2]int
	over  bool
	marks []int
}

func (r *result) Plain(side Side, b []byte, first, last int) {
	r.plain[side] = append(r.plain[side], b...)
	r.marks = append(r.marks, last)
}
func (r *result) Lost(side Side, _ int) { r.lost[side]++ }
func (r *result) Over()                 { r.over = true }

// env returns an Env that knows the session's key log.
func (s *session) env() *Env {
	e := NewEnv(Limits{})
	e.readLog(s.log.Bytes())
	return e
}

func (e *Env) readLog(b []byte) {
	log := KeyLog{Add: e.Secrets.Add}
	log.Write(b)
	log.Flush()
}

// check compares what was read with what was sent.
func (r *result) check(t *testing.T, s *session) {
	t.Helper()
	for side := range r.plain {
		if !bytes.Equal(r.plain[side], s.sent[side]) {
			t.Errorf("side %d: read %d bytes, sent %d", side, len(r.plain[side]), len(s.sent[side]))
		}
	}
}

// configs are sessions of every kind that crypto/tls can make.
func configs() map[string][2]*stdtls.Config {
	all := make(map[string][2]*stdtls.Config)
	for _, suites := range [][]*stdtls.CipherSuite{stdtls.CipherSuites(), stdtls.InsecureCipherSuites()} {
		for _, s := range suites {
			for _, v := range s.SupportedVersions {
				if v == VersionTLS13 {
					continue
				}
				one := stdtls.Config{MinVersion: v, MaxVersion: v, CipherSuites: []uint16{s.ID}}
				all[fmt.Sprintf("%x %s", v, s.Name)] = [2]*stdtls.Config{one.Clone(), one.Clone()}
			}
		}
	}
	all["1.3"] = [2]*stdtls.Config{{}, {}}
	all["1.3 retry"] = [2]*stdtls.Config{
		{CurvePreferences: []stdtls.CurveID{stdtls.X25519, stdtls.CurveP384}}, {CurvePreferences: []stdtls.CurveID{stdtls.CurveP384}},
	}
	all["1.3 client certificate"] = [2]*stdtls.Config{
		{Certificates: []stdtls.Certificate{certificate(ecKey())}}, {ClientAuth: stdtls.RequireAnyClientCert},
	}
	return all
}

func TestSessions(t *testing.T) {
	for name, config := range configs() {
		t.Run(name, func(t *testing.T) {
			s := recordSession(t, config[0], config[1], 300, 1, 40000, 700)
			for _, cut := range []int{0, 1, 7, 1400} {
				var got result
				c := NewConn[int](s.env(), &got)
				feed(c, s.pieces, cut)
				c.End(0)
				c.End(1)
				got.check(t, s)
				if st := c.Status(); st.Sides[0].Reason != 0 || st.Sides[1].Reason != 0 || st.Client != 0 || !got.over {
					t.Errorf("cut %d: status %+v, over %v", cut, st, got.over)
				}
			}
		})
	}
}

// feed hands the pieces on, cut into at most cut bytes each, with the piece as mark.
func feed(c *Conn[int], pieces []piece, cut int) {
	for i, p := range pieces {
		for b := p.b; len(b) > 0; {
			n := len(b)
			if cut > 0 {
				n = min(n, cut)
			}
			c.Feed(p.side, b[:n], i)
			b = b[n:]
		}
	}
}

// TestOneSideFirst feeds everything of one direction before the other.
func TestOneSideFirst(t *testing.T) {
	for name, config := range configs() {
		for first := range Side(2) {
			s := recordSession(t, config[0], config[1], 300, 700)
			var got result
			c := NewConn[int](s.env(), &got)
			for _, side := range []Side{first, 1 - first} {
				for i, p := range s.pieces {
					if p.side == side {
						c.Feed(side, p.b, i)
					}
				}
			}
			if got.check(t, s); t.Failed() {
				t.Fatalf("%s, side %d first: %+v", name, first, c.Status())
			}
		}
	}
}

func TestLateSecrets(t *testing.T) {
	for name, config := range configs() {
		s := recordSession(t, config[0], config[1], 300, 700, 300)
		var got result
		e := NewEnv(Limits{})
		c := NewConn[int](e, &got)
		feed(c, s.pieces, 0)
		c.End(0)
		c.End(1)
		if len(got.plain[0]) > 0 || got.over {
			t.Fatalf("%s: read without secrets", name)
		}
		e.readLog(s.log.Bytes())
		e.Retry()
		if got.check(t, s); t.Failed() || !got.over || e.Held() != 0 {
			t.Fatalf("%s: %+v, over %v, %d bytes held", name, c.Status(), got.over, e.Held())
		}
		for i := 1; i < len(got.marks); i++ {
			if got.marks[i] < got.marks[i-1] {
				t.Errorf("%s: record of piece %d after one of piece %d", name, got.marks[i], got.marks[i-1])
			}
		}
	}
}

func TestNoSecrets(t *testing.T) {
	s := recordSession(t, &stdtls.Config{}, &stdtls.Config{}, 300, 700)
	var got result
	e := NewEnv(Limits{})
	c := NewConn[int](e, &got)
	feed(c, s.pieces, 0)
	e.Flush()
	if st := c.Status(); st.Sides[0].Reason != NoKeys || st.Sides[1].Reason != NoKeys || !got.over || e.Held() != 0 {
		t.Errorf("%+v, over %v, held %d", st, got.over, e.Held())
	}
}

// TestGap leaves out each piece of application data in turn.
func TestGap(t *testing.T) {
	for name, config := range configs() {
		s := recordSession(t, config[0], config[1], 300, 310, 320, 330, 340, 350)
		const pieces = 12
		for out := len(s.pieces) - pieces; out < len(s.pieces)-2; out++ {
			var got result
			c := NewConn[int](s.env(), &got)
			feed(c, s.pieces[:out], 0)
			gone := s.pieces[out]
			c.Gap(gone.side, len(gone.b), out)
			feed(c, s.pieces[out+1:], 0)
			k := (out - (len(s.pieces) - pieces)) / 2
			lost := 300 + 10*k
			want := len(s.sent[gone.side]) - lost
			if c.halves[gone.side].cur != nil && c.halves[gone.side].cur.stream != nil {
				continue // RC4 cannot go on
			}
			n := len(got.plain[gone.side])
			if c.halves[gone.side].cur.lostRecord() { // as is what crypto/tls splits off in TLS 1.0
				n, want = min(n, len(s.sent[gone.side])-700), len(s.sent[gone.side])-700
			}
			if n != want || got.lost[gone.side] == 0 {
				t.Errorf("%s, without piece %d of %d: read %d bytes, want %d; %+v", name, out, len(s.pieces), n, want, c.Status())
			}
			if !bytes.Equal(got.plain[1-gone.side], s.sent[1-gone.side]) {
				t.Errorf("%s: the other direction is not read", name)
			}
		}
	}
}

// lostRecord reports whether the record behind a gap is lost with it.
func (p *protection) lostRecord() bool {
	return p.version <= VersionTLS10 && p.block != nil
}
