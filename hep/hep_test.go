package hep

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
)

// sample is a packet with every field set.
func sample() Packet {
	return Packet{
		Version: 3, Src: netip.MustParseAddrPort("192.0.2.1:5060"), Dst: netip.MustParseAddrPort("192.0.2.2:5062"),
		Protocol: ProtocolUDP, Time: 1795393239_242426_000, HasTime: true, Type: TypeSIP, AgentID: 101,
		Node: []byte("edge"), Key: []byte("secret"), Correlation: []byte("a@b"), VLAN: 7, Payload: []byte("MESSAGE sip:bob SIP/2.0\r\n\r\n"),
	}
}

func mustAppend(t testing.TB, p Packet) []byte {
	t.Helper()
	b, err := p.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	v6 := sample()
	v6.Src, v6.Dst = netip.MustParseAddrPort("[2001:db8::1]:5060"), netip.MustParseAddrPort("[2001:db8::2]:5060")
	v6.Compressed, v6.Node = true, nil
	for _, want := range []Packet{sample(), v6} {
		var got Packet
		if err := Parse(mustAppend(t, want), &got); err != nil {
			t.Fatal(err)
		}
		compare(t, &want, &got)
	}
}

// compare compares two packets by what they are made of.
func compare(t *testing.T, want, got *Packet) {
	t.Helper()
	a, b := *want, *got
	for _, part := range [][2][]byte{{a.Node, b.Node}, {a.Key, b.Key}, {a.Correlation, b.Correlation}, {a.Payload, b.Payload}} {
		if !bytes.Equal(part[0], part[1]) {
			t.Errorf("got %q, want %q", part[1], part[0])
		}
	}
	head := func(p Packet) any {
		return [...]any{p.Version, p.Src, p.Dst, p.Protocol, p.Time, p.HasTime, p.Type, p.AgentID, p.VLAN, p.Compressed, p.Cut}
	}
	if head(a) != head(b) {
		t.Errorf("got %v, want %v", head(b), head(a))
	}
}

func TestAppendTooLong(t *testing.T) {
	p := sample()
	p.Payload = make([]byte, maxPacket)
	if b, err := p.Append([]byte("x")); err == nil || string(b) != "x" {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// What is wrong with one chunk hides no other.
func TestParseDamaged(t *testing.T) {
	whole := mustAppend(t, sample())
	with := func(at int, value byte) []byte {
		b := bytes.Clone(whole)
		b[at] = value
		return b
	}
	payload := len(whole) - len(sample().Payload)
	for _, test := range []struct {
		name    string
		b       []byte
		err     error
		payload int
	}{
		{"nothing", nil, ErrNotHEP, 0},
		{"magic alone", whole[:4], ErrNotHEP, 0},
		{"header alone", whole[:6], ErrMalformed, 0},
		{"length 0", with(5, 0), nil, 0},
		{"cut in the payload", whole[:payload+3], ErrMalformed, 3},
		{"cut in a chunk header", whole[:payload-2], ErrMalformed, 0},
		{"a chunk of 5 bytes", with(11, 5), ErrMalformed, 0},
		{"a chunk of 65,286 bytes", with(10, 255), ErrMalformed, 0},
		{"a family of 8 bytes", with(11, 8), ErrMalformed, 0},
		{"a payload that goes beyond", with(payload-1, 255), ErrMalformed, len(sample().Payload)},
		{"another vendor", with(payload-5, 1), nil, 0},
		{"more behind it", append(bytes.Clone(whole), "HEP3"...), nil, len(sample().Payload)},
	} {
		var p Packet
		err := Parse(test.b, &p)
		if test.name != "length 0" && !errors.Is(err, test.err) || len(p.Payload) != test.payload {
			t.Errorf("%s: %d bytes of payload, want %d; %v, want %v", test.name, len(p.Payload), test.payload, err, test.err)
		}
	}
}

func TestParseOld(t *testing.T) {
	const sip = "OPTIONS sip:a SIP/2.0\r\n\r\n"
	addresses := []byte{2, ProtocolUDP, 0x13, 0xc4, 0x13, 0xc6, 192, 0, 2, 1, 192, 0, 2, 2}
	v1 := append(append([]byte{1, 16}, addresses...), sip...)
	v2 := append(append([]byte{2, 16}, addresses...), 1, 0, 0, 0, 2, 0, 0, 0, 101, 0, 0, 0)
	v2 = append(v2, sip...)
	big := append(append([]byte{2, 16}, addresses...), 0, 0, 0, 1, 0, 0, 0, 2, 0, 101, 0, 0)
	big = append(big, sip...)
	for _, b := range [][]byte{v1, v2, big} {
		var p Packet
		if err := Parse(b, &p); err != nil || !Looks(b) {
			t.Errorf("%v, looks like HEP: %v", err, Looks(b))
		}
		if p.Src.String() != "192.0.2.1:5060" || p.Dst.String() != "192.0.2.2:5062" || string(p.Payload) != sip || p.Type != TypeSIP {
			t.Errorf("got %+v", p)
		}
		if p.Version == 2 && (p.Time != 1e9+2e3 || p.AgentID != 101) {
			t.Errorf("time %d, agent %d", p.Time, p.AgentID)
		}
	}
	if Looks(v1[:16]) || Parse(v1[:16], new(Packet)) != ErrNotHEP {
		t.Error("a header without payload is taken for a packet")
	}
}

func TestLooks(t *testing.T) {
	for text, want := range map[string]bool{
		"HEP3\x00\x20\x00\x00\x00\x01\x00\x07": true, "EEP1\x00\x20": true, "HEP3\x00\x06": false, "HEP3\x00\x05": false,
		"HEP3\x00\x20\x00\x00\x00\x01\x00\x05": false, "HEP3\x00\x20\x00\x00\x00\x01\x00\x1b": false,
		"HELLO sip:a": false, "": false, "\x01\x01\x00\x08\x21\x12\xa4\x42": false,
	} {
		if got := Looks([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// deflate compresses text by what make returns.
func deflate(t testing.TB, text string, make func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var b bytes.Buffer
	w := make(&b)
	io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestInflate(t *testing.T) {
	text := strings.Repeat("MESSAGE sip:bob@example.com SIP/2.0\r\n", 50)
	named := func(w io.Writer) io.WriteCloser {
		z := gzip.NewWriter(w)
		z.Name, z.Comment, z.Extra = "name", "comment", []byte("extra")
		return z
	}
	plain := func(w io.Writer) io.WriteCloser {
		z, _ := flate.NewWriter(w, flate.BestSpeed)
		return z
	}
	var f Inflater
	for name, make := range map[string]func(io.Writer) io.WriteCloser{
		"zlib": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, "gzip with a name": named, "deflate": plain,
	} {
		b := deflate(t, text, make)
		if got, err := f.Inflate(b, len(text)); err != nil || string(got) != text {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if got, err := f.Inflate(b, 100); err != ErrTooLong || string(got) != text[:100] {
			t.Errorf("%s: %d bytes of at most 100, %v", name, len(got), err)
		}
		if got, err := f.Inflate(b[:len(b)/2], len(text)); err == nil || !strings.HasPrefix(text, string(got)) {
			t.Errorf("%s, cut: %q, %v", name, got, err)
		}
	}
	if _, err := f.Inflate([]byte("no such thing"), 100); err == nil {
		t.Error("a text was inflated")
	}
}

// FuzzParse checks that what is read lies in the packet, and that what was read
// without an error comes back from what is written of it.
func FuzzParse(f *testing.F) {
	f.Add(mustAppend(f, sample()))
	f.Add([]byte("HEP3\x00\x0d\x00\x00\x00\x0f\x00\x07x"))
	f.Add([]byte("\x02\x10\x02\x11\x13\xc4\x13\xc4abcdefgh\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00SIP/2.0 200 OK\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p, again Packet
		err := Parse(b[:len(b):len(b)], &p)
		if len(p.Node)+len(p.Key)+len(p.Correlation)+len(p.Payload) > len(b) {
			t.Fatal("more was read than is there")
		}
		if n, ok := Length(b); ok && n < len(b) { // what follows changes nothing
			if other := Parse(b[:n], &again); (err == nil) != (other == nil) {
				t.Fatalf("%v, but alone %v", err, other)
			}
			compare(t, &p, &again)
		}
		if err != nil {
			return
		}
		// Written are whole microseconds, and addresses of both ends alike.
		if p.Time%1e9 < 0 || p.Time/1e9 >= 1<<32 {
			return
		}
		p.Version = 3
		out, err := p.Append(nil)
		if err != nil {
			return
		}
		if err := Parse(out, &again); err != nil {
			t.Fatal(err)
		}
		compare(t, &p, &again)
	})
}
