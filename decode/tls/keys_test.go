package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

func pemKey(t testing.TB, pkcs8 bool) []byte {
	t.Helper()
	if !pkcs8 {
		return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey())})
	}
	der, err := x509.MarshalPKCS8PrivateKey(rsaKey())
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// TestRSAKey reads with nothing but the server's private key: with extended master
// secret and a session that is resumed without another key exchange.
func TestRSAKey(t *testing.T) {
	for _, version := range []uint16{VersionTLS10, VersionTLS11, VersionTLS12} {
		client := &stdtls.Config{
			MinVersion: version, MaxVersion: version, CipherSuites: []uint16{stdtls.TLS_RSA_WITH_AES_128_CBC_SHA},
			ClientSessionCache: stdtls.NewLRUClientSessionCache(1), ServerName: "sip.example.com",
		}
		server := &stdtls.Config{MinVersion: version, CipherSuites: client.CipherSuites, Certificates: []stdtls.Certificate{certificate(rsaKey())}}
		var sessions []*session
		for range 3 { // the second and third resume the first
			sessions = append(sessions, recordSession(t, client, server, 300, 700))
		}
		e := NewEnv(Limits{})
		if n, err := e.Secrets.AddPEM(append([]byte("junk\n"), pemKey(t, version == VersionTLS11)...)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		for i, s := range sessions {
			var got result
			c := NewConn[int](e, &got)
			feed(c, s.pieces, 0)
			if got.check(t, s); t.Failed() {
				t.Fatalf("%x, connection %d: %+v", version, i, c.Status())
			}
			if i > 0 && c.first.encrypted != nil {
				t.Errorf("%x: connection %d was not resumed", version, i)
			}
		}
	}
}

func TestNoRSAKey(t *testing.T) {
	der, err := x509.MarshalPKCS8PrivateKey(ecKey())
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range [][]byte{nil, []byte("junk"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})} {
		if n, err := NewSecrets(Limits{}).AddPEM(file); n != 0 || err != errNoRSAKey {
			t.Errorf("%q: %d, %v", file, n, err)
		}
	}
}

// wrong is the key log with the secrets of lines that match changed.
func (s *session) wrong(match string) []byte {
	var out []string
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, match) {
			i := strings.LastIndexByte(line, ' ') + 1
			other := "00"
			if line[i:i+2] == other {
				other = "01"
			}
			line = line[:i] + other + line[i+2:]
		}
		out = append(out, line)
	}
	return []byte(strings.Join(out, ""))
}

// TestWrongSecrets reads with secrets that do not fit, then with the right ones beside.
func TestWrongSecrets(t *testing.T) {
	for name, config := range configs() {
		s := recordSession(t, config[0], config[1], 300, 700)
		var got result
		e := NewEnv(Limits{})
		e.readLog(s.wrong(" "))
		c := NewConn[int](e, &got)
		feed(c, s.pieces, 0)
		if st := c.Status(); st.Sides[0].Reason != WrongKeys || len(got.plain[0])+len(got.plain[1]) > 0 {
			t.Errorf("%s: %+v", name, st)
		}
		e.readLog(s.log.Bytes())
		e.Retry()
		if got.check(t, s); t.Failed() {
			t.Fatalf("%s: %+v", name, c.Status())
		}
	}
}

// TestSomeSecrets leaves out lines of the key log of TLS 1.3.
func TestSomeSecrets(t *testing.T) {
	for _, test := range []struct {
		out  string
		read [2]bool
	}{
		{"HANDSHAKE", [2]bool{true, true}},
		{"SERVER", [2]bool{true, false}},
		{"CLIENT", [2]bool{false, true}},
		{"CLIENT_HANDSHAKE", [2]bool{true, true}},
	} {
		s := recordSession(t, &stdtls.Config{}, &stdtls.Config{}, 300, 700, 20)
		var got result
		e := NewEnv(Limits{})
		for line := range strings.Lines(s.log.String()) {
			if !strings.HasPrefix(line, test.out) && !strings.Contains(line, "_"+test.out) {
				e.readLog([]byte(line))
			}
		}
		c := NewConn[int](e, &got)
		feed(c, s.pieces, 0)
		for side, want := range test.read {
			if read := bytes.Equal(got.plain[side], s.sent[side]); read != want {
				t.Errorf("without %s: side %d read %v, want %v; %+v", test.out, side, read, want, c.Status())
			}
		}
	}
}

// TestReasons looks at connections that cannot be read.
func TestReasons(t *testing.T) {
	config := &stdtls.Config{MaxVersion: VersionTLS12, CipherSuites: []uint16{stdtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}
	s := recordSession(t, config.Clone(), config.Clone(), 300, 700)
	later := s.pieces[len(s.pieces)-2:]
	oneSide := func() (p []piece) {
		for _, q := range s.pieces {
			if q.side == 0 {
				p = append(p, q)
			}
		}
		return p
	}()
	for name, test := range map[string]struct {
		feed func(c *Conn[int])
		want Reason
	}{
		"begins later": {func(c *Conn[int]) { feed(c, later, 0) }, BeginsLater},
		"one side":     {func(c *Conn[int]) { feed(c, oneSide, 0) }, BeginsLater},
		"hello lost": {func(c *Conn[int]) {
			c.Gap(0, len(s.pieces[0].b), 0)
			feed(c, s.pieces[1:], 0)
		}, BytesLost},
		"cipher": {func(c *Conn[int]) {
			p := bytes.Clone(s.pieces[1].b)
			i := bytes.Index(p, []byte{0xc0, 0x2f})
			p[i+1] = 0x3c
			feed(c, append([]piece{s.pieces[0], {1, p}}, s.pieces[2:]...), 0)
		}, Unsupported},
		"bad record": {func(c *Conn[int]) {
			feed(c, s.pieces[:len(s.pieces)-2], 0)
			p := bytes.Clone(later[0].b)
			p[len(p)-1] ^= 1
			feed(c, []piece{{later[0].side, p}, later[1]}, 0)
		}, BadRecord},
	} {
		e := s.env()
		c := NewConn[int](e, &result{})
		test.feed(c)
		if st := c.Status(); st.Sides[0].Reason != test.want {
			t.Errorf("%s: %+v, want %d", name, st, test.want)
		}
	}
}

// TestHeldBytes feeds handshakes without keys beyond the bound.
func TestHeldBytes(t *testing.T) {
	s := recordSession(t, &stdtls.Config{}, &stdtls.Config{}, 300, 700, 10000, 10000)
	e := NewEnv(Limits{HeldBytes: 100 << 10, WaitBytes: 16 << 10})
	for range 50 {
		feed(NewConn[int](e, &result{}), s.pieces, 0)
		if e.Held() > 100<<10 {
			t.Fatalf("%d bytes held", e.Held())
		}
	}
	if e.Stats.Evicted == 0 {
		t.Error("nothing was evicted")
	}
	e.Flush()
	if e.Held() != 0 {
		t.Errorf("%d bytes held after Flush", e.Held())
	}
}

// TestGoesOnAfterShed gives secrets to a connection that had to give up records.
func TestGoesOnAfterShed(t *testing.T) {
	for _, version := range []uint16{VersionTLS12, VersionTLS13} {
		config := &stdtls.Config{MinVersion: version, MaxVersion: version}
		s := recordSession(t, config.Clone(), config.Clone(), 300, 310, 320, 330, 340)
		var got result
		e := NewEnv(Limits{})
		c := NewConn[int](e, &got)
		feed(c, s.pieces[:len(s.pieces)-4], 0)
		c.shed()
		e.readLog(s.log.Bytes())
		e.Retry()
		feed(c, s.pieces[len(s.pieces)-4:], 0)
		for side := range got.plain {
			if n := len(got.plain[side]); n != 330+340 || got.lost[side] == 0 {
				t.Errorf("%x, side %d: %d bytes, %d times lost; %+v", version, side, n, got.lost[side], c.Status())
			}
		}
	}
}

func TestSuiteNames(t *testing.T) {
	for n, want := range map[uint16]string{
		0x1301: "AES-128-GCM (0x1301)", 0xc0a1: "AES-256-CCM-8 (0xc0a1)", 0x0041: "Camellia (0x0041)", 0xc050: "ARIA (0xc050)",
		0xfafa: "cipher suite (0xfafa)", 0xcca8: "ChaCha20-Poly1305 (0xcca8)", 0x000a: "3DES-CBC (0x000a)",
	} {
		if got := SuiteName(n); got != want {
			t.Errorf("%04x: %s, want %s", n, got, want)
		}
	}
	for _, s := range stdtls.CipherSuites() {
		if suites()[s.ID] == nil {
			t.Errorf("%s is not known", s.Name)
		}
	}
}

// FuzzSession cuts a session of crypto/tls at random and mixes its directions: what
// was sent is read.
func FuzzSession(f *testing.F) {
	var sessions []*session
	for _, config := range configs() {
		if len(sessions) < 12 {
			sessions = append(sessions, recordSession(f, config[0], config[1], 300, 1, 700, 3000))
		}
	}
	f.Add(uint8(0), []byte{1, 2, 3, 200, 130})
	f.Add(uint8(3), []byte("cut and mixed"))
	f.Fuzz(func(t *testing.T, which uint8, cuts []byte) {
		s := sessions[int(which)%len(sessions)]
		var streams [2][]byte
		for _, p := range s.pieces {
			streams[p.side] = append(streams[p.side], p.b...)
		}
		var got result
		e := NewEnv(Limits{})
		if len(cuts)%2 == 0 {
			e = s.env()
		}
		c := NewConn[int](e, &got)
		for i := 0; len(streams[0])+len(streams[1]) > 0; i++ {
			side, n := Side(i&1), 1000
			if i < len(cuts) {
				side, n = Side(cuts[i]&1), int(cuts[i]>>1)*3
			}
			n = min(n, len(streams[side]))
			c.Feed(side, streams[side][:n], i)
			streams[side] = streams[side][n:]
		}
		e.readLog(s.log.Bytes())
		e.Retry()
		e.Flush()
		got.check(t, s)
	})
}

// FuzzAnything feeds any bytes: no panic, bounded memory, an end.
func FuzzAnything(f *testing.F) {
	s := recordSession(f, &stdtls.Config{}, &stdtls.Config{}, 30)
	e := NewEnv(Limits{HeldBytes: 1 << 16, HandshakeBytes: 1 << 12})
	e.readLog(s.log.Bytes())
	for i := range s.pieces {
		f.Add(s.pieces[i].b, uint16(i*37))
	}
	f.Fuzz(func(t *testing.T, b []byte, how uint16) {
		c := NewConn[int](e, &result{})
		for i, p := range s.pieces {
			if i == int(how%16) {
				c.Feed(p.side, b, i)
			}
			if i == int(how>>4%16) {
				c.Gap(p.side, int(how), i)
			}
			c.Feed(p.side, p.b, i)
		}
		if e.Held() > 1<<16 {
			t.Errorf("%d bytes held", e.Held())
		}
		Begins(b)
		if e.Flush(); e.Held() != 0 {
			t.Errorf("%d bytes held after Flush", e.Held())
		}
	})
}
