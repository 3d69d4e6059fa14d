package spool

import (
	"bufio"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// spill writes the rows in memory, which are sorted, to the file as one run:
// for each row its ID, its length and its bytes.
func (s *Spool) spill() {
	if s.err == nil && len(s.rows) > 0 {
		s.err = s.writeRun()
	}
	clear(s.rows)
	s.rows, s.arena = s.rows[:0], arena{}
}

func (s *Spool) writeRun() error {
	if err := s.openFile(); err != nil {
		return err
	}
	offset := s.size
	w := bufio.NewWriterSize(s.file, 256<<10)
	var head [2 * binary.MaxVarintLen64]byte
	for _, r := range s.rows {
		h := binary.AppendUvarint(head[:0], r.id)
		h = binary.AppendUvarint(h, uint64(len(r.data)))
		w.Write(h)
		w.Write(r.data)
		s.size += int64(len(h) + len(r.data))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("keep rows in a temporary file: %w (TMPDIR names another directory for it)", err)
	}
	s.runs = append(s.runs, run{offset, s.size - offset})
	return nil
}

func (s *Spool) openFile() (err error) {
	if s.file != nil {
		return nil
	}
	if s.file, err = os.CreateTemp("", "simplecap-rows-*"); err != nil {
		return fmt.Errorf("keep rows in a temporary file: %w (TMPDIR names another directory for it)", err)
	}
	// Where the system allows it the file loses its name at once, so that not
	// even a killed process leaves it behind. close tries again.
	os.Remove(s.file.Name())
	return nil
}

// merge reads all runs side by side. The later run wins where an ID is in two.
func (s *Spool) merge(f func(id uint64, row []byte) bool) error {
	h, err := s.openRuns()
	if err != nil {
		return err
	}
	for given := 0; len(h) > 0 && (s.keep == 0 || given < s.keep); given++ {
		id := h[0].id
		if !f(id, h[0].row) {
			return nil
		}
		for len(h) > 0 && h[0].id == id {
			if err := h.advance(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Spool) openRuns() (runHeap, error) {
	buffer := min(64<<10, max(4<<10, int(s.limit)/len(s.runs)))
	h := make(runHeap, len(s.runs))
	for i, r := range s.runs {
		section := io.NewSectionReader(s.file, r.offset, r.size)
		h[i] = &runReader{age: i, r: bufio.NewReaderSize(section, buffer)}
		if err := h[i].next(); err != nil {
			return nil, fmt.Errorf("read rows back: %w", err)
		}
	}
	heap.Init(&h)
	return h, nil
}

// runReader stands at one row of a run.
type runReader struct {
	r   *bufio.Reader
	age int // the run's place among all; a greater one is younger
	id  uint64
	row []byte
}

// next moves to the next row; io.EOF says that there is none.
func (r *runReader) next() (err error) {
	if r.id, err = binary.ReadUvarint(r.r); err != nil {
		return err
	}
	n, err := binary.ReadUvarint(r.r)
	if err != nil {
		return err
	}
	if uint64(cap(r.row)) < n {
		r.row = make([]byte, n)
	}
	r.row = r.row[:n]
	_, err = io.ReadFull(r.r, r.row)
	return err
}

// runHeap orders runs by the row they stand at, the youngest first among equals.
type runHeap []*runReader

func (h runHeap) Len() int      { return len(h) }
func (h runHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h runHeap) Less(i, j int) bool {
	return h[i].id < h[j].id || h[i].id == h[j].id && h[i].age > h[j].age
}
func (h *runHeap) Push(x any) { *h = append(*h, x.(*runReader)) }
func (h *runHeap) Pop() any {
	last := len(*h) - 1
	r := (*h)[last]
	*h = (*h)[:last]
	return r
}

// advance moves the first run on and drops it at its end.
func (h *runHeap) advance() error {
	switch err := (*h)[0].next(); err {
	case nil:
		heap.Fix(h, 0)
	case io.EOF:
		heap.Pop(h)
	default:
		return fmt.Errorf("read rows back: %w", err)
	}
	return nil
}
