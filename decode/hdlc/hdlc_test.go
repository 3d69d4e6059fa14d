package hdlc

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"testing"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The check value that is published for CRC-16/X-25, which this FCS is, and what is left
// over a frame that ends with it.
func TestFCS(t *testing.T) {
	if got := fcs16([]byte("123456789")); got != 0x906e {
		t.Errorf("%04x", got)
	}
	b := unhex(t, "ff03c021010100140206000000000506a1b2c3d407020802")
	sum := fcs16(b)
	if got := ^fcs16(append(b, byte(sum), byte(sum>>8))); got != 0xf0b8 { // "good FCS" of RFC 1662 C.2
		t.Errorf("over the frame with its FCS %04x", got)
	}
}

func TestFrames(t *testing.T) {
	for _, test := range []struct {
		line string
		want []string // "!" where the sender gave it up
	}{
		{"7eff7d23c02101", []string{"ff03c02101"}},
		{"7eff7d23c0217e", []string{"ff03c021"}},
		{"ff7d23c0217d5e7d5d7e7e", []string{"ff03c0217e7d"}},
		{"7e217d387e7e2199", []string{"2118", "2199"}},
		{"7e21017d7e21027e", []string{"2101!", "2102"}},
		{"7e7e7e", nil}, {"", nil},
	} {
		var got []string
		for frame, rest := Next(unhex(t, test.line)); len(frame) > 0; frame, rest = Next(rest) {
			octets, ok := Open(nil, frame)
			got = append(got, hex.EncodeToString(octets)+map[bool]string{false: "!"}[ok])
		}
		if len(got) != len(test.want) {
			t.Fatalf("%s: %q", test.line, got)
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%s: frame %d is %s, want %s", test.line, i, got[i], test.want[i])
			}
		}
	}
}

func TestStuffed(t *testing.T) {
	for line, want := range map[string]bool{"7e21": true, "ff7d23c021": true, "ff030021": false, "0021": false, "2145": false, "": false, "ff7d": false} {
		if got := Stuffed(unhex(t, line)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

func TestRewrite(t *testing.T) {
	for _, test := range []struct{ name, line, octets, want string }{
		{"nothing escaped", "7e2141427e", "214344", "7e2143447e"},
		{"escaped stays escaped", "7e217d2d7d2a7e", "210a0d", "7e217d2a7d2d7e"},
		{"a new octet may be escaped without need", "7e217d5e427e", "214142", "7e217d61427e"},
		{"another needs the escape more", "7e7d2d41427e", "0d417e", "7e0d417d5e7e"},
		{"too many need one", "7e4142437e", "41427e", ""},
		{"the escape would be no other octet", "7e7d5e427e", "5e42", ""},
		{"of another length", "7e4142437e", "4142", ""},
		{"given up", "7e41427d7e", "4142", ""},
		{"no flags", "ff7d234142", "ff034344", "ff7d234344"},
	} {
		got, ok := Rewrite(unhex(t, test.line), unhex(t, test.octets))
		if ok != (test.want != "") || ok && !bytes.Equal(got, unhex(t, test.want)) {
			t.Errorf("%s: %x, %v", test.name, got, ok)
		}
	}
}

// A check sequence that was right is right, and one that was wrong is left alone.
func TestRewriteChecks(t *testing.T) {
	old, now := []byte("alice and more"), []byte("bob_x and more")
	for name, tail := range map[string]func(b []byte) []byte{
		"16": func(b []byte) []byte { s := fcs16(b); return append(bytes.Clone(b), byte(s), byte(s>>8)) },
		"32": func(b []byte) []byte { return binary.LittleEndian.AppendUint32(bytes.Clone(b), crc32.ChecksumIEEE(b)) },
	} {
		before, want := tail(old), tail(now)
		given := append(bytes.Clone(now), make([]byte, len(want)-len(now))...)
		got, ok := Rewrite(append([]byte{flag}, before...), given)
		if octets, _ := Open(nil, got[1:]); !ok || !bytes.Equal(octets, want) {
			t.Errorf("FCS of %s bits: %x, want %x", name, octets, want)
		}
		before[len(before)-1] ^= 1
		if got, _ = Rewrite(append([]byte{flag}, before...), given); !bytes.Equal(got[1:], given) {
			t.Errorf("FCS of %s bits that was wrong: %x, want %x", name, got[1:], given)
		}
	}
}

// Any bytes open to no more than they are, and what is put in their place opens to what
// was given, at the same length.
func FuzzRewrite(f *testing.F) {
	f.Add([]byte("~\xff}#\xc0!a~"), byte(1))
	f.Add([]byte("~}]}^ab~~"), byte(0x5f))
	f.Fuzz(func(t *testing.T, line []byte, mask byte) {
		frame, rest := Next(line)
		octets, ok := Open(nil, frame)
		if len(octets) > len(frame) || len(frame)+len(rest) > len(line) {
			t.Fatalf("%d octets of %d", len(octets), len(frame))
		}
		for i := range octets {
			octets[i] ^= mask
		}
		stuffed, placed := Rewrite(line, octets)
		if !placed {
			return
		}
		frame, after := Next(stuffed)
		back, _ := Open(nil, frame)
		if !ok || len(stuffed) != len(line) || !bytes.Equal(after, rest) || !bytes.Equal(back[:max(0, len(back)-4)], octets[:max(0, len(octets)-4)]) {
			t.Fatalf("%x with %x: %x", line, octets, stuffed)
		}
	})
}
