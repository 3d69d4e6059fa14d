package tls

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// peers are sessions recorded between OpenSSL, GnuTLS and NSS: the connections of each
// file in their order, as one may resume another.
type peers struct {
	name string
	log  []byte // key log
	pem  []byte // the server's private key, where there is no key log
	all  []*session
}

// readPeers reads testdata/peers, which says in each file what it was made with.
func readPeers(t testing.TB) (all []*peers) {
	t.Helper()
	files, err := filepath.Glob("testdata/peers/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), "files", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p := &peers{name: strings.TrimSuffix(filepath.Base(file), ".txt")}
		for line := range strings.Lines(string(text)) {
			if err := p.line(strings.TrimSuffix(line, "\n")); err != nil {
				t.Fatalf("%s: %q: %v", file, line, err)
			}
		}
		all = append(all, p)
	}
	return all
}

// line reads one line: a secret, a piece of a connection, or what was sent in it.
func (p *peers) line(line string) (err error) {
	what, rest, _ := strings.Cut(line, " ")
	side, sent := Side(0), false
	if what == "sent" {
		sent = true
		what, rest, _ = strings.Cut(rest, " ")
	}
	switch what {
	case "key":
		p.log = append(p.log, rest+"\n"...)
	case "pem":
		p.pem, err = base64.StdEncoding.DecodeString(rest)
	case "connection":
		p.all = append(p.all, &session{})
	case "<":
		side = 1
		fallthrough
	case ">":
		s := p.all[len(p.all)-1]
		if sent {
			s.sent[side] = []byte(rest)
			return nil
		}
		var b []byte
		b, err = base64.StdEncoding.DecodeString(rest)
		s.pieces = append(s.pieces, piece{side, b})
	}
	return err
}

// env returns an Env with the secrets.
func (p *peers) env(t *testing.T) *Env {
	t.Helper()
	e := NewEnv(Limits{})
	e.readLog(p.log)
	if p.pem != nil {
		if _, err := e.Secrets.AddPEM(p.pem); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// TestPeers reads the sessions in pieces of several sizes.
func TestPeers(t *testing.T) {
	for _, p := range readPeers(t) {
		for _, cut := range []int{0, 1, 7} {
			e := p.env(t)
			for i, s := range p.all {
				var got result
				c := NewConn[int](e, &got)
				feed(c, s.pieces, cut)
				c.End(0)
				c.End(1)
				got.check(t, s)
				st := c.Status()
				if st.Sides[0].Reason != 0 || st.Sides[1].Reason != 0 || got.lost != [2]int{} || !got.over || t.Failed() {
					t.Fatalf("%s, connection %d, cut %d: %+v, lost %v, over %v", p.name, i, cut, st, got.lost, got.over)
				}
			}
		}
	}
}

// TestPeersOneSideFirst feeds everything of one side before the other.
func TestPeersOneSideFirst(t *testing.T) {
	for _, p := range readPeers(t) {
		for first := range Side(2) {
			e := p.env(t)
			for i, s := range p.all {
				var got result
				c := NewConn[int](e, &got)
				for _, side := range []Side{first, 1 - first} {
					for at, q := range s.pieces {
						if q.side == side {
							c.Feed(side, q.b, at)
						}
					}
				}
				if got.check(t, s); t.Failed() {
					t.Fatalf("%s, connection %d, side %d first: %+v", p.name, i, first, c.Status())
				}
			}
		}
	}
}

// TestPeersLateSecrets gives the secrets when all connections are over.
func TestPeersLateSecrets(t *testing.T) {
	for _, p := range readPeers(t) {
		if p.pem != nil {
			continue // a private key is there from the beginning
		}
		e := NewEnv(Limits{})
		got := make([]result, len(p.all))
		for i, s := range p.all {
			c := NewConn[int](e, &got[i])
			feed(c, s.pieces, 0)
			c.End(0)
			c.End(1)
		}
		e.readLog(p.log)
		e.Retry()
		for i, s := range p.all {
			if got[i].check(t, s); t.Failed() || !got[i].over || e.Held() != 0 {
				t.Fatalf("%s, connection %d: over %v, %d bytes held", p.name, i, got[i].over, e.Held())
			}
		}
	}
}

// TestPeersGap leaves out each piece in turn: what is read is what was sent without a
// part of it, and the end where that piece was not part of a handshake.
func TestPeersGap(t *testing.T) {
	for _, p := range readPeers(t) {
		for i, s := range p.all {
			for out := range s.pieces {
				e := p.env(t)
				for _, before := range p.all[:i] {
					feed(NewConn[int](e, &result{}), before.pieces, 0)
				}
				var got result
				c := NewConn[int](e, &got)
				feed(c, s.pieces[:out], 0)
				gone := s.pieces[out]
				c.Gap(gone.side, len(gone.b), out)
				feed(c, s.pieces[out+1:], 0)
				e.Flush()
				for side := range got.plain {
					if !without(got.plain[side], s.sent[side]) {
						t.Errorf("%s, connection %d, without piece %d: side %d has %q of %q", p.name, i, out, side, got.plain[side], s.sent[side])
					}
				}
				st := c.Status()
				lost := len(s.sent[0]) + len(s.sent[1]) - len(got.plain[0]) - len(got.plain[1])
				if lost > 2*len("c00 |") && st.Sides[0].Reason == 0 && st.Sides[1].Reason == 0 {
					t.Errorf("%s, connection %d, without piece %d: %d bytes are lost, and nothing is said: %+v", p.name, i, out, lost, st)
				}
				if p.name == "tls12-renegotiation" && (out == 8 || out == 9) && lost > len("c00 |") {
					t.Errorf("without the ChangeCipherSpec of a renegotiation, which is in piece %d, %d bytes are lost", out, lost)
				}
			}
		}
	}
}

// without reports whether part is whole with pieces of it left out.
func without(part, whole []byte) bool {
	for len(part) > 0 {
		i := bytes.IndexByte(whole, part[0])
		if i < 0 {
			return false
		}
		part, whole = part[1:], whole[i+1:]
	}
	return true
}

// TestEarlyDataWithoutSecret leaves the secret of early data out of the key log, as some
// programs do: the rest is read, and it is said that something was not.
func TestEarlyDataWithoutSecret(t *testing.T) {
	for _, p := range readPeers(t) {
		if p.name != "tls13-early-data" {
			continue
		}
		e := NewEnv(Limits{})
		for line := range bytes.Lines(p.log) {
			if !bytes.HasPrefix(line, []byte("CLIENT_EARLY")) {
				e.readLog(line)
			}
		}
		s := p.all[1]
		var got result
		c := NewConn[int](e, &got)
		feed(c, s.pieces, 0)
		const early = len("c90 |")
		if string(got.plain[0]) != string(s.sent[0][early:]) || string(got.plain[1]) != string(s.sent[1]) {
			t.Errorf("read %q and %q", got.plain[0], got.plain[1])
		}
		if st := c.Status(); st.Sides[0].Reason != NoKeys || st.Sides[1].Reason != 0 || got.lost[0] == 0 {
			t.Errorf("%+v, lost %v", st, got.lost)
		}
	}
}
