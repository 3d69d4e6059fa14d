package tcp

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simplecap/decode/stream"
)

// TestHoldQueue checks that pieces stay in order, disjoint, and first come first kept.
func TestHoldQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q holdQueue
		model := map[int64]byte{}
		for i := range rapid.IntRange(1, 40).Draw(t, "segments") {
			pos, fill := int64(rapid.IntRange(0, 200).Draw(t, "pos")), byte(i)
			n := rapid.IntRange(1, 60).Draw(t, "size")
			q.hold(pos, bytes.Repeat([]byte{fill}, n), stream.Mark{}, 0)
			for j := range int64(n) {
				if _, ok := model[pos+j]; !ok {
					model[pos+j] = fill
				}
			}
			if rapid.IntRange(0, 9).Draw(t, "leave") == 0 {
				for p := q.segs[0].pos; p < q.segs[0].end(); p++ {
					delete(model, p)
				}
				q.leave(1)
			}
		}
		got, end := map[int64]byte{}, int64(-1)
		for i := range q.segs {
			s := &q.segs[i]
			if s.pos < end {
				t.Fatalf("part %d overlaps the one before", i)
			}
			end = s.end()
			for j, c := range s.data {
				got[s.pos+int64(j)] = c
			}
		}
		if diff := cmp.Diff(model, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}
