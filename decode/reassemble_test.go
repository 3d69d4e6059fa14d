package decode

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simplecap/internal/wire"
)

// partsGen cuts a stream of a length into pieces, sends some of them again with
// other boundaries, and delays some.
func partsGen(length int) *rapid.Generator[[]piece] {
	return rapid.Custom(func(t *rapid.T) (pieces []piece) {
		for at := 0; at < length; {
			n := min(rapid.SampledFrom([]int{1, 5, 60, 200, 536}).Draw(t, "size"), length-at)
			pieces = append(pieces, piece{at, at + n})
			at += n
			if rapid.IntRange(0, 4).Draw(t, "again") == 0 {
				from := rapid.IntRange(0, at-1).Draw(t, "from")
				pieces = append(pieces, piece{from, rapid.IntRange(from+1, at).Draw(t, "to")})
			}
		}
		for i := range pieces {
			if rapid.IntRange(0, 3).Draw(t, "late") == 0 {
				j := min(i+rapid.IntRange(1, 6).Draw(t, "by"), len(pieces)-1)
				p := pieces[i]
				copy(pieces[i:j], pieces[i+1:j+1])
				pieces[j] = p
			}
		}
		return pieces
	})
}

// TestReassemblyProperty: however TCP carries a stream, the messages are the same,
// and each has the frame that brought its last byte.
func TestReassemblyProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream := wire.Streams().Draw(t, "stream")
		isn := rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(1<<32-4000, 1<<32-1)).Draw(t, "isn")
		want := framedOf(frameWhole(stream))

		w, r := newSegmentSender(Limits{})
		w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
		arrived := make([]uint64, len(stream)) // the frame that brought each byte first
		for _, p := range partsGen(len(stream)).Draw(t, "pieces") {
			n := w.client(isn+1+uint32(p.from), stream[p.from:p.to])
			for i := p.from; i < p.to; i++ {
				if arrived[i] == 0 {
					arrived[i] = n
				}
			}
		}
		w.send(clientEnd, serverEnd, isn+1+uint32(len(stream)), 0, flagFIN|flagACK, "")
		if diff := cmp.Diff(want, framedOf(r.messages)); diff != "" {
			t.Fatalf("(-whole +segments):\n%s", diff)
		}
		checkFrames(t, stream, arrived, r.messages)
	})
}

// checkFrames checks First and Frame of messages, given the frame that brought each byte.
func checkFrames(t *rapid.T, stream string, arrived []uint64, messages []Message) {
	at := 0
	for i := range messages {
		m := &messages[i]
		begin := at + strings.Index(stream[at:], string(m.Raw))
		if m.First.Number() != arrived[begin] {
			t.Fatalf("message %d: first frame %d, want %d", i, m.First.Number(), arrived[begin])
		}
		at = begin + len(m.Raw)
		if last := arrived[at-1]; m.Frame.Number() != last || m.Time != int64(last)*1e6 {
			t.Fatalf("message %d: frame %d at %d, want %d", i, m.Frame.Number(), m.Time, last)
		}
	}
}

// FuzzReassembly sends pieces of a long body in any order and with different
// contents, and compares with a model that notes which copy of a byte came first.
func FuzzReassembly(f *testing.F) {
	f.Add(uint32(7), []byte{0, 0, 9, 9, 0, 9, 3, 0, 40})
	f.Add(uint32(1<<32-50), []byte{0, 200, 100, 0, 100, 255, 0, 0, 255})
	f.Fuzz(func(t *testing.T, isn uint32, ops []byte) {
		const size = 2048
		head := wire.StreamMessageOf("a", strconv.Itoa(size), "")
		w, r := newSegmentSender(Limits{})
		w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
		w.client(isn+1, head)
		var model [size]byte
		for i := 0; i+3 <= len(ops); i += 3 {
			from := (int(ops[i])<<8 | int(ops[i+1])) % size
			to := min(size, from+1+int(ops[i+2]))
			fill := byte('a' + i%26)
			for j := from; j < to; j++ {
				if model[j] == 0 {
					model[j] = fill
				}
			}
			w.client(isn+1+uint32(len(head)+from), strings.Repeat(string(fill), to-from))
		}
		w.Flush()
		want := model[:]
		if hole := bytes.IndexByte(want, 0); hole >= 0 {
			want = want[:hole]
		}
		if len(r.messages) != 1 || !bytes.Equal(r.messages[0].Body.In(r.messages[0].Raw), want) {
			t.Fatalf("%d messages, %+v\nwant body %q", len(r.messages), framedOf(r.messages), want)
		}
		gaps, missing := modelGaps(model[:])
		if s := w.Stats(); s.TCPGaps != gaps || s.TCPGapBytes != missing {
			t.Fatalf("%d gaps of %d bytes, want %d of %d", s.TCPGaps, s.TCPGapBytes, gaps, missing)
		}
		if w.flows.Held() != 0 {
			t.Fatalf("%d bytes still held", w.flows.Held())
		}
	})
}

// modelGaps counts runs of missing bytes that have something behind them.
func modelGaps(model []byte) (gaps, missing uint64) {
	model = bytes.TrimRight(model, "\x00")
	for i, c := range model {
		if c == 0 {
			missing++
			if i == 0 || model[i-1] != 0 {
				gaps++
			}
		}
	}
	return gaps, missing
}
