package stream

import (
	"slices"
	"strings"
	"testing"

	"simplecap/capture"
)

// pairs cuts a stream into units of two bytes and notes the frames of each.
type pairs struct {
	Buffer
	units []string
	parts [][]capture.Ref
}

func (p *pairs) Step(b []byte) (int, bool) {
	if len(b) < 2 {
		return 0, false
	}
	at := p.Mark(2)
	p.units = append(p.units, string(b[:2]))
	p.parts = append(p.parts, append(slices.Clone(at.Also), at.Frame))
	return 2, true
}

func TestBuffer(t *testing.T) {
	p := &pairs{}
	feed := func(b string, frame capture.Ref, also ...capture.Ref) {
		p.Feed([]byte(b), &Mark{Frame: frame, Also: also}, p)
	}
	feed("ab", 1)
	feed("c", 2)
	feed("d", 3)
	feed("e", 6, 4, 5) // a record in three frames, and a unit that begins with it
	feed("f", 8, 7)
	feed("ghi", 10, 9) // two units, both out of one record
	feed("j", 11)
	want := [][]capture.Ref{{1}, {2, 3}, {4, 5, 6, 7, 8}, {9, 10}, {9, 10, 11}}
	if !slices.Equal(p.units, []string{"ab", "cd", "ef", "gh", "ij"}) || !slices.EqualFunc(p.parts, want, slices.Equal) {
		t.Errorf("units %q in %d, want %d", p.units, p.parts, want)
	}
	feed("k", 12)
	if held, wait := p.Waiting(); held == 0 || wait != ForRest {
		t.Errorf("holds %d, waits %d", held, wait)
	}
	if n := p.Clear(); n != 1 {
		t.Errorf("cleared %d", n)
	}
	feed("lm", 13)
	if got := p.parts[5]; !slices.Equal(got, []capture.Ref{13}) {
		t.Errorf("after a gap: %d", got)
	}
	for i := range capture.Ref(2 * maxPieces) {
		p.Add(1, &Mark{Frame: i, Also: []capture.Ref{i}})
	}
	if len(p.pieces) > maxPieces {
		t.Errorf("%d pieces", len(p.pieces))
	}
}

// A look is put off until a line ends, or there are enough bytes.
func TestLineWait(t *testing.T) {
	var w LineWait
	if w.Still([]byte("INVITE")) {
		t.Error("it waits for nothing and puts off a look")
	}
	for _, end := range []string{"\r", "\n", strings.Repeat("x", 20)} {
		w.For([]byte("MESSAGE "), 20)
		if !w.Still([]byte("MESSAGE s")) || !w.Still([]byte("MESSAGE si")) {
			t.Error("bytes without the end of a line are looked at")
		}
		if w.Still([]byte("MESSAGE si" + end)) {
			t.Errorf("%q puts off a look", end)
		}
	}
	w.For([]byte("a"), 20)
	if w.Stop(); w.Still([]byte("ab")) {
		t.Error("it goes on waiting")
	}
}
