package decode

import (
	"bytes"
	"slices"
	"testing"

	"simplecap/capture"
)

// naiveDatagram does with one bool a byte what partial does with ranges.
type naiveDatagram struct {
	data  [8 << 10]byte
	have  [8 << 10]bool
	total int
	end   int // of what has come
}

// add returns the datagram once it is complete, and begins anew.
func (n *naiveDatagram) add(from int, payload []byte, more bool) []byte {
	to := from + len(payload)
	if n.total > 0 && (to > n.total || !more && to != n.total) || !more && to < n.end {
		return nil
	}
	if !more {
		n.total = to
	}
	n.end = max(n.end, to)
	for i := from; i < to; i++ {
		if !n.have[i] {
			n.data[i], n.have[i] = payload[i-from], true
		}
	}
	if n.total == 0 || slices.Contains(n.have[:n.total], false) {
		return nil
	}
	whole := bytes.Clone(n.data[:n.total])
	*n = naiveDatagram{}
	return whole
}

// FuzzDefragment turns bytes into fragments of one datagram, four bytes each, and
// compares with the naive way of putting them together. A second table with
// narrow limits gets the same among others: it must keep to its limits.
func FuzzDefragment(f *testing.F) {
	f.Add([]byte{0, 2, 1, 'a', 2, 2, 1, 'b', 4, 5, 0, 'c'})
	f.Add([]byte{4, 5, 0, 'c', 0, 3, 1, 'a', 1, 4, 1, 'b', 0, 2, 1, 'd'})
	f.Add([]byte{0, 2, 1, 'a', 2, 9, 4, 'b', 2, 9, 0, 'b', 0, 1, 3, 'c'})
	f.Fuzz(func(t *testing.T, ops []byte) {
		narrow := Limits{Datagrams: 2, DatagramBytes: 5000, FrameList: 3}.WithDefaults()
		limits, stats, narrowStats := DefaultLimits, Stats{}, Stats{}
		var whole, small fragments
		whole.init(&limits, &stats)
		small.init(&narrow, &narrowStats)
		var naive naiveDatagram
		for i := uint64(1); len(ops) >= 4; i, ops = i+1, ops[4:] {
			p := packet{ref: capture.Ref(i), hasTime: true, time: int64(i) * 1e6}
			h := fuzzFragment(ops)
			want := naive.add(h.offset, h.payload, h.more)
			if got := collect(&whole, &p, h); !bytes.Equal(got, want) {
				t.Fatalf("fragment %d completes %q, want %q", i, got, want)
			}
			h.id = uint32(ops[2] >> 2 & 7)
			collect(&small, &p, h)
			checkFragments(t, &whole)
			checkFragments(t, &small)
		}
		small.flush()
		if len(small.table) != 0 || small.bytes != 0 || len(narrowStats.IncompleteFrames) > 3 {
			t.Fatalf("%d datagrams and %d bytes left, %d frames", len(small.table), small.bytes, len(narrowStats.IncompleteFrames))
		}
	})
}

// fuzzFragment makes a fragment of an offset, a size, flags and a letter.
func fuzzFragment(op []byte) *ipHeader {
	h := &ipHeader{offset: int(op[0]) * 8, more: op[2]&1 != 0, next: protoUDP}
	size := int(op[1])*8 + 8
	if !h.more {
		size -= int(op[2] >> 5)
	}
	h.payload, h.length = bytes.Repeat(op[3:4], size), size
	return h
}

// collect adds a fragment and returns the datagram that it completes.
func collect(f *fragments, p *packet, h *ipHeader) []byte {
	g := f.add(p, h)
	if g == nil {
		return nil
	}
	whole, buffer := f.complete(g)
	defer f.buffers.put(buffer)
	return bytes.Clone(whole.payload)
}

// checkFragments checks what must hold between any two fragments.
func checkFragments(t *testing.T, f *fragments) {
	held, lists := 0, 0
	for _, l := range []*partialList{&f.waiting, &f.done} {
		for g := l.first(); g != nil && g != &l.ends; g = g.succ {
			held += g.memory()
			lists++
			for i := 1; i < len(g.filled); i++ {
				if g.filled[i-1].to >= g.filled[i].from {
					t.Fatalf("ranges %v touch", g.filled)
				}
			}
		}
	}
	if held != f.bytes || held > f.limits.DatagramBytes || lists != len(f.table) {
		t.Fatalf("%d bytes in %d datagrams, counted %d in %d", held, lists, f.bytes, len(f.table))
	}
	if f.waiting.len > f.limits.Datagrams || f.done.len > f.limits.Datagrams {
		t.Fatalf("%d and %d datagrams", f.waiting.len, f.done.len)
	}
}
