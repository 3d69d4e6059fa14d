package packet

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"simplecap/capture"
	"simplecap/decode/stream"
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
		limits := Limits{Datagrams: 4096, DatagramBytes: 16 << 20, FragmentTime: time.Minute, CopyTime: time.Second, FrameList: 100}
		narrow := limits
		narrow.Datagrams, narrow.DatagramBytes, narrow.FrameList = 2, 5000, 3
		longest := 0
		var whole, small Fragments
		whole.Init(&limits)
		small.Init(&narrow)
		small.Incomplete = func(_ []byte, _ int, frames []capture.Ref) { longest = max(longest, len(frames)) }
		var naive naiveDatagram
		for i := uint64(1); len(ops) >= 4; i, ops = i+1, ops[4:] {
			at := stream.Mark{Frame: capture.Ref(i), HasTime: true, Time: int64(i) * 1e6}
			h := fuzzFragment(ops)
			want := naive.add(h.Offset, h.Payload, h.more)
			if got := collect(&whole, &at, h); !bytes.Equal(got, want) {
				t.Fatalf("fragment %d completes %q, want %q", i, got, want)
			}
			h.ID = uint32(ops[2] >> 2 & 7)
			collect(&small, &at, h)
			checkFragments(t, &whole)
			checkFragments(t, &small)
		}
		small.Flush()
		if len(small.table) != 0 || small.bytes != 0 || longest > 3 {
			t.Fatalf("%d datagrams and %d bytes left, %d frames", len(small.table), small.bytes, longest)
		}
	})
}

// fuzzFragment makes a fragment of an offset, a size, flags and a letter.
func fuzzFragment(op []byte) *Header {
	h := &Header{Offset: int(op[0]) * 8, more: op[2]&1 != 0, Next: ProtoUDP}
	size := int(op[1])*8 + 8
	if !h.more {
		size -= int(op[2] >> 5)
	}
	h.Payload, h.length = bytes.Repeat(op[3:4], size), size
	return h
}

// collect adds a fragment and returns the datagram that it completes.
func collect(f *Fragments, at *stream.Mark, h *Header) []byte {
	g := f.add(&Walk{At: *at, IP: *h})
	if g == nil {
		return nil
	}
	whole, buffer := f.complete(g)
	defer f.buffers.put(buffer)
	return bytes.Clone(whole.Payload)
}

// checkFragments checks what must hold between any two fragments.
func checkFragments(t *testing.T, f *Fragments) {
	held, lists := 0, 0
	for _, l := range []*partialList{&f.waiting, &f.done} {
		for g := l.Oldest(); g != nil; g = g.where.Newer() {
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

// TestFragmentMemory makes datagrams of many short pieces, whose list takes more
// than they do.
func TestFragmentMemory(t *testing.T) {
	limits := Limits{Datagrams: 4096, DatagramBytes: 256 << 10, FragmentTime: time.Minute, CopyTime: time.Second, FrameList: 100}
	var f Fragments
	f.Init(&limits)
	w := &Walk{IP: Header{more: true, Next: ProtoUDP, Payload: make([]byte, 8), length: 8}}
	for id := range uint32(30) {
		w.IP.ID = id
		for w.IP.Offset = 0; w.IP.Offset+16 < 60000; w.IP.Offset += 16 {
			f.Add(w, 1, nil)
		}
		checkFragments(t, &f)
	}
	unused := 0
	for _, g := range f.unused {
		unused += cap(g.filled)
	}
	if unused > len(f.unused)*spareExtents || f.Stats.Evicted == 0 {
		t.Errorf("%d ranges kept for later, %d evicted", unused, f.Stats.Evicted)
	}
}
