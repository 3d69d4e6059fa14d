package main

import (
	"bytes"
	"strings"
	"testing"

	"simplecap/capture"
)

// TestCutMiddle wants of a delivery with too many packets the first and the last ones, in
// no more bytes than were allowed, and a word of those between.
func TestCutMiddle(t *testing.T) {
	var frames []heldFrame
	for i := range 1000 {
		frames = append(frames, heldFrame{capture.Frame{Data: bytes.Repeat([]byte{byte(i)}, 1000), Length: 1000, HasTime: true, Time: int64(i), Link: capture.LinkEthernet}, origin{"host", "refused"}})
	}
	if kept := cutMiddle(frames[:10], 64<<10); len(kept) != 10 || strings.Contains(kept[9].comment, "left out") {
		t.Errorf("%d of 10", len(kept))
	}
	kept := cutMiddle(frames, 64<<10)
	var b bytes.Buffer
	if err := writeHeld(&b, kept); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 64<<10 || b.Len() < 48<<10 {
		t.Errorf("%d bytes", b.Len())
	}
	if n := len(kept); n < 40 || kept[0].Time != 0 || kept[n-1].Time != 999 {
		t.Fatalf("%d packets", n)
	}
	said := 0
	for i := range kept {
		if strings.Contains(kept[i].comment, "packets before it are left out") {
			if said++; kept[i].Time < 900 {
				t.Errorf("said by packet %d", kept[i].Time)
			}
		}
	}
	if said != 1 {
		t.Errorf("said %d times", said)
	}
}
