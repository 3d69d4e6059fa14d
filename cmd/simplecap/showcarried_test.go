package main

import "testing"

// What the delivery to be shown carried is known however many others there are, and of
// these the latest are.
func TestCarriedTexts(t *testing.T) {
	c := carriedTexts{limit: 10, shown: 3}
	for id := range uint64(1000) {
		c.put(id, "a text")
		if n := len(c.now) + len(c.before); n > 11 {
			t.Fatalf("%d are remembered behind %d", n, id)
		}
	}
	for _, id := range []uint64{3, 996, 999} {
		if _, known := c.get(id); !known {
			t.Errorf("%d is forgotten", id)
		}
	}
	if _, known := c.get(500); known {
		t.Error("500 is remembered")
	}
}
