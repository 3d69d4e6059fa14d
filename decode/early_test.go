package decode

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"simplecap/internal/wire"
)

// TestJoinedProperty joins a connection of which each segment is a message, in any order,
// with some of them missing, some twice and the SYN at any time or never: each message that
// came is read once, and the bytes of those that did not come, or could not be read, are
// counted.
func TestJoinedProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "messages")
		isn := rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(1<<32-1000, 1<<32-1)).Draw(t, "isn")
		at := make([]int, n+1)
		messages := make([]string, n)
		for i := range messages {
			messages[i] = wire.StreamMessage(strconv.Itoa(i), strings.Repeat("x", i))
			at[i+1] = at[i] + len(messages[i])
		}
		order := rapid.SliceOfN(rapid.IntRange(0, n-1), 1, 2*n).Draw(t, "order")
		syn := rapid.IntRange(0, 2*len(order)).Draw(t, "syn")
		w, r := newSegmentSender(Limits{})
		first, last, came := n, 0, make(map[int]bool)
		for i, k := range order {
			if i == syn {
				w.send(clientEnd, serverEnd, isn, 0, flagSYN, "")
			}
			w.client(isn+1+uint32(at[k]), messages[k])
			came[k], first, last = true, min(first, k), max(last, k)
		}
		if syn == 0 {
			first = 0
		}
		w.Flush()
		lost, read := 0, make(map[string]int)
		for i := range r.messages {
			read[r.messages[i].Text(r.messages[i].CallID)]++
		}
		for k := first; k <= last; k++ {
			switch times := read[strconv.Itoa(k)]; {
			case times == 0:
				lost += len(messages[k])
			case times > 1 || !came[k]:
				t.Fatalf("order %d: message %d came %v and was read %d times", order, k, came[k], times)
			}
		}
		if s := w.Stats(); s.TCPGapBytes != uint64(lost) {
			t.Fatalf("order %d: %d bytes are missing in what was read, %d were counted", order, lost, s.TCPGapBytes)
		}
	})
}
