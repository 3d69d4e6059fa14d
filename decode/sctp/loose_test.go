package sctp

import "testing"

// TestAssociationWithoutHandshake links directions that have no address in common by what
// is acknowledged.
func TestAssociationWithoutHandshake(t *testing.T) {
	otherA, otherB := [16]byte{15: 11}, [16]byte{15: 12}
	request, answer := dataChunk(be, 100, 0, 0, "request"), dataChunk(be, 7, 0, 0, "answer")
	for name, test := range map[string]struct {
		back []byte
		one  bool
	}{
		"acknowledged with the answer": {packet(2, 1, 8, sackChunk(100), answer), true},
		"acknowledged before":          {packet(2, 1, 8, sackChunk(99), answer), true},
		"another number":               {packet(2, 1, 8, sackChunk(101), answer), false},
		"long ago":                     {packet(2, 1, 8, sackChunk(36), answer), false},
		"other ports":                  {packet(3, 1, 8, sackChunk(100), answer), false},
		"nothing acknowledged":         {packet(2, 1, 8, answer), false},
	} {
		g := &got{}
		r := NewReader[int](g, Limits{})
		r.Packet(hostA, hostB, packet(1, 2, 9, request), false, 1)
		r.Packet(otherB, otherA, test.back, false, 2)
		r.Packet(hostA, hostB, packet(1, 2, 9, sackChunk(9), dataChunk(be, 101, 0, 0, "next")), false, 3)
		if len(g.assoc) != 3 || g.assoc[0] != g.assoc[2] || (g.assoc[0] == g.assoc[1]) != test.one {
			t.Errorf("%s: %v of %v", name, g.texts, g.assoc)
		}
		r.Flush()
		if test.one && r.Stats.Missing != 2 || len(r.loose) > 0 {
			t.Errorf("%s: %d chunks missing, %d wait", name, r.Stats.Missing, len(r.loose))
		}
	}
}

// TestLooseDirections has more directions between two ports than wait for their other one,
// and no room for as many directions.
func TestLooseDirections(t *testing.T) {
	g := &got{}
	r := NewReader[int](g, Limits{Directions: 4})
	for i := range uint32(20) {
		host := [16]byte{14: 1, 15: byte(i)}
		r.Packet(host, hostB, packet(1, 2, 100+i, dataChunk(be, 1000*i, 0, 0, "request")), false, 1)
		if list := r.loose[[2]uint16{1, 2}]; len(list) > 4 {
			t.Fatalf("%d directions wait", len(list))
		}
	}
	r.Packet(hostA, [16]byte{15: 11}, packet(2, 1, 8, sackChunk(19000), dataChunk(be, 7, 0, 0, "answer")), false, 2)
	if n := len(g.assoc); g.assoc[n-1] != g.assoc[n-2] || len(r.dirs) > 4 {
		t.Errorf("%v, %d directions", g.assoc, len(r.dirs))
	}
}
