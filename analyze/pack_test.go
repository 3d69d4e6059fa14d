package analyze

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/internal/wire"
)

// filled writes into a record what is made of its number, and checks returns what is not
// so any more.
func filled(tx txn, n uint64) {
	var b [40]byte
	binary.LittleEndian.PutUint64(b[:], n*0x9e3779b97f4a7c15)
	tx.callID, tx.branch = tx.put(b[:8+n%32]), tx.put(fmt.Appendf(nil, "z9hG4bK-%d", n))
	tx.from = tx.intern(fmt.Appendf(nil, "sip:user%d@example.com", n%500))
	tx.first, tx.requestHash, tx.status = int64(n)*1e6, uint32(n)*31, uint16(n%7*100)
	for i := range n % 5 {
		tx.push(nodeProvisional, n+i)
	}
}

func changed(tx txn, n uint64) bool {
	var b [40]byte
	binary.LittleEndian.PutUint64(b[:], n*0x9e3779b97f4a7c15)
	nodes := uint64(0)
	tx.each(nodeProvisional, func(v uint64) { nodes++ })
	return tx.id() != n || !bytes.Equal(tx.get(tx.callID), b[:8+n%32]) || string(tx.get(tx.branch)) != fmt.Sprintf("z9hG4bK-%d", n) ||
		string(tx.get(tx.from)) != fmt.Sprintf("sip:user%d@example.com", n%500) ||
		tx.first != int64(n)*1e6 || tx.requestHash != uint32(n)*31 || tx.status != uint16(n%7*100) || nodes != n%5 || !tx.is(isOpen)
}

// TestPacked asks a store that packs all that it may for records of any age, in any order.
func TestPacked(t *testing.T) {
	const most = 20 * chunkRecords
	var s store
	s.init(1, nil)
	defer s.close()
	random := rand.New(rand.NewPCG(1, 2))
	var open []handle
	packed, first := 0, uint64(1)
	look := func(i int) {
		if tx, n := s.at(open[i]), first+uint64(i); changed(tx, n) {
			t.Fatalf("record %d is not what it was: %+v", n, tx.record)
		}
	}
	for n := uint64(1); n <= 2*most; n++ {
		h, tx := s.add()
		filled(tx, n)
		s.account(tx.chunk)
		open = append(open, h)
		if n%(3*chunkRecords) == 0 {
			look(random.IntN(len(open)))
		}
		if len(open) > most { // from now on, as many go as come
			look(0)
			s.remove(open[0])
			open, first = open[1:], first+1
		}
		if s.packer.bytes > 0 {
			packed++
		}
	}
	if packed == 0 {
		t.Error("nothing was packed")
	}
	for i := range open {
		look(i)
	}
	if s.packer.bytes != 0 {
		t.Errorf("%d bytes are packed of nothing", s.packer.bytes)
	}
	size := int64(0)
	for _, c := range s.list() {
		size += c.bytes()
	}
	if s.size != size {
		t.Errorf("%d bytes counted, %d there", s.size, size)
	}
}

// TestPackedSmaller: what is packed takes less than a third.
func TestPackedSmaller(t *testing.T) {
	a := newAnalyzer(Options{Limits: Limits{Unpacked: 1}}, discard{})
	defer a.close()
	for _, m := range messagesOf(t, "udp", 9*chunkRecords) {
		a.see(&m)
	}
	packed, awake := 0, 0
	for _, c := range a.table.list() {
		if c.rest.Load() != nil {
			packed++
		} else if c.full {
			awake++
		}
	}
	if packed < 4 || awake > 4 {
		t.Fatalf("%d chunks are packed and %d are not", packed, awake)
	}
	as := (a.table.size - a.table.packer.bytes) / int64(awake+1)
	if is := a.table.packer.bytes / int64(packed); is > as/3 {
		t.Errorf("a packed chunk takes %d bytes, and %d as it was", is, as)
	}
}

// TestPackedSame: packing changes nothing of what comes out.
func TestPackedSame(t *testing.T) {
	frames := generated(t, "lossy", 5*chunkRecords)
	var want, got everything
	wantReport, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{Limits: Limits{Unpacked: 1 << 40}}, &want)
	if err != nil {
		t.Fatal(err)
	}
	report, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{Limits: Limits{Unpacked: 1}}, &got)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(want.lines, got.lines) {
		t.Error("other lines")
	}
	if diff := cmp.Diff(wantReport, report); diff != "" {
		t.Error(diff)
	}
}

// TestPackedLate: what is within the limit stays as it is, and what is more takes no more
// room together than the limit or, packed, what it has to.
func TestPackedLate(t *testing.T) {
	for _, limit := range []int64{16 << 20, 2 << 20} {
		a := newAnalyzer(Options{Limits: Limits{Unpacked: limit}}, discard{})
		for _, m := range messagesOf(t, "udp", 30*chunkRecords) {
			a.see(&m)
		}
		s := &a.table.store
		awake, chunk := s.size-s.packer.bytes, int64(chunkRecords*recordBytes+textBytes+chunkNodes*nodeBytes)
		switch {
		case s.size < limit && s.packer.bytes > 0:
			t.Errorf("of %d bytes, %d are packed, though %d need not be", s.size, s.packer.bytes, limit)
		case awake > max(limit*2/5, limit-s.packer.bytes)+(stayAwake+2)*chunk:
			t.Errorf("%d bytes are packed and %d are not, of which %d need not be", s.packer.bytes, awake, limit)
		}
		if limit < 10<<20 && s.packer.bytes == 0 {
			t.Errorf("nothing of %d bytes is packed", s.size)
		}
		a.close()
	}
}

// What is packed are columns: the first bytes of all records, then all second ones. However
// many records there are, they come back.
func TestColumns(t *testing.T) {
	for n := 1; n < 20; n++ {
		records, columns, back := make([]byte, n*recordBytes), make([]byte, n*recordBytes), make([]byte, n*recordBytes)
		for i := range records {
			records[i] = byte(i*i>>3 + i)
		}
		toColumns(columns, records, n)
		for i := range n {
			for j := range recordBytes {
				if got, want := columns[j*n+i], records[i*recordBytes+j]; got != want {
					t.Fatalf("%d records: byte %d of record %d is %d, want %d", n, j, i, got, want)
				}
			}
		}
		if toRecords(back, columns, n); !bytes.Equal(back, records) {
			t.Errorf("%d records do not come back", n)
		}
	}
}
