package redact

import (
	"slices"
	"testing"

	"simplecap/decode"
	"simplecap/internal/shared"
)

// The windows of a stretch are all that it touches, also where sequence numbers
// begin again.
func TestWindows(t *testing.T) {
	for _, test := range []struct {
		at   uint32
		n    int
		want []uint32
	}{
		{0, 0, []uint32{0}}, {0, 1, []uint32{0}}, {4095, 1, []uint32{0}}, {4095, 2, []uint32{0, 1}}, {4096, 8192, []uint32{1, 2}}, {4096, 8193, []uint32{1, 2, 3}},
		{1<<32 - 1, 2, []uint32{1<<20 - 1, 0}}, {1<<32 - 4097, 4098, []uint32{1<<20 - 2, 1<<20 - 1, 0}},
	} {
		var got []uint32
		for w := range (direction{}).windows(test.at, test.n) {
			got = append(got, w.number)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%d bytes from %d: %v, want %v", test.n, test.at, got, test.want)
		}
	}
}

// Messages of one stream are found wherever they lie, however many there are and also
// where sequence numbers begin anew.
func TestSegmentsAmongManyMessages(t *testing.T) {
	shared.OneGoroutine(t)
	const text = "MESSAGE sip:alice@192.0.2.1 SIP/2.0\r\nCall-ID: 1\r\nX-Who: alice\r\n\r\n"
	f := NewFrames(redactor(t, All), decode.Options{})
	m := scanned(t, text)
	m.Transport = decode.TCP
	at := uint32(1<<32 - 100_000)
	const messages = 30_000
	for i := range uint32(messages) {
		m.Seq = at + i*uint32(len(text))
		f.Learn(m)
	}
	for i := range uint32(messages) {
		b := []byte(text)
		f.segment(b[:50], &Place{Seq: at + i*uint32(len(text))})
		if string(b[:7]) != "MESSAGE" {
			t.Fatalf("message %d is hidden: %q", i, b)
		}
		f.segment(b[:3], &Place{Seq: at + i*uint32(len(text)) + 7})
		if string(b[:3]) != "xxx" {
			t.Fatalf("other bytes than those of message %d stay: %q", i, b)
		}
	}
}
