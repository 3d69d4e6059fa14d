package bus

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
)

// Message is what goes over the bus: an encoded batch and where it belongs.
type Message struct {
	Partition int    // or Heartbeats
	ID        string // see Batch.ID
	Data      []byte
}

// Spool keeps messages until the bus has taken them: segments in a directory, or in
// memory. Where it is full the oldest segment goes, and what was in it and not taken is
// counted. One goroutine puts and another one takes.
type Spool struct {
	dir     string // "" for memory
	size    int64
	segment int64

	mutex    sync.Mutex
	segments []*segment // the oldest first; the last one grows
	next     uint64     // number of the next segment
	held     int64      // bytes of all
	total    uint64     // bytes ever put
	grown    chan struct{}
	closed   bool
	failed   error // of the disk, the first
	dropped  atomic.Uint64
}

// segment is a part of the spool: a file, or bytes in memory.
type segment struct {
	number  uint64
	file    *os.File // nil in memory
	memory  []byte
	size    int64
	records int // that were put
	taken   int // that the bus has taken
}

// A record of a segment is its length and its checksum, then the partition, the length
// of the id, the id, and the data.
const recordHead = 8

var checksums = crc32.MakeTable(crc32.Castagnoli)

// OpenSpool opens a spool of at most size bytes in a directory, which is made, and takes
// over what an earlier run has left there; dir "" keeps it in memory.
func OpenSpool(dir string, size int64, limits Limits) (*Spool, error) {
	limits = limits.withDefaults()
	if dir == "" && size <= 0 {
		size = limits.Memory
	}
	s := &Spool{dir: dir, size: size, segment: min(int64(limits.Segment), max(1, size/4)), grown: make(chan struct{}, 1)}
	if dir == "" {
		return s, s.begin()
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.spool"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	for _, name := range names {
		if err := s.takeOver(name); err != nil {
			return nil, err
		}
	}
	return s, s.begin()
}

// takeOver adds a segment of an earlier run, as far as it is whole.
func (s *Spool) takeOver(name string) error {
	var number uint64
	if _, err := fmt.Sscanf(filepath.Base(name), "%016x.spool", &number); err != nil {
		return nil // not one of ours
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	g := &segment{number: number, file: file, size: 1 << 62}
	at := int64(0)
	for {
		_, next, err := g.read(at)
		if err != nil {
			break
		}
		at = next
		g.records++
	}
	g.size = at
	s.next = max(s.next, number+1)
	if g.records == 0 {
		return g.drop()
	}
	s.segments = append(s.segments, g)
	s.held += g.size
	return nil
}

// begin begins a new segment.
func (s *Spool) begin() error {
	g := &segment{number: s.next}
	s.next++
	if s.dir != "" {
		var err error
		name := filepath.Join(s.dir, fmt.Sprintf("%016x.spool", g.number))
		if g.file, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return err
		}
	}
	s.segments = append(s.segments, g)
	return nil
}

var errSpool = errors.New("bus: the spool is closed, or a message is larger than it")

// Put adds a message.
func (s *Spool) Put(m Message) error {
	record := appendRecord(nil, &m)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed || int64(len(record)) > s.size {
		return errSpool
	}
	for s.held+int64(len(record)) > s.size && s.dropOldest() {
	}
	if last := s.last(); last.size > 0 && last.size+int64(len(record)) > s.segment {
		if err := s.begin(); err != nil {
			return s.fail(err)
		}
	}
	if err := s.write(record); err != nil {
		return s.fail(err)
	}
	s.held += int64(len(record))
	s.total += uint64(len(record))
	select {
	case s.grown <- struct{}{}:
	default:
	}
	return nil
}

// last is the segment that grows.
func (s *Spool) last() *segment { return s.segments[len(s.segments)-1] }

// write writes a record to the last segment. Where the disk has no room, a segment that
// the bus has all of gives way: as the last one it is still there.
func (s *Spool) write(record []byte) error {
	last := s.last()
	err := last.write(record)
	if err == nil || last.records == 0 || last.taken < last.records {
		return err
	}
	if again := s.begin(); again != nil {
		return err
	}
	s.remove(last)
	return s.last().write(record)
}

// fail notes what was wrong with the disk. s.mutex is held.
func (s *Spool) fail(err error) error {
	s.failed = cmp.Or(s.failed, err)
	return err
}

// Failed is why the disk did not take a message, the first time; nil where it took all.
func (s *Spool) Failed() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.failed
}

// dropOldest gives up the oldest segment; it reports whether there was one to give up.
func (s *Spool) dropOldest() bool {
	if len(s.segments) < 2 {
		if err := s.begin(); err != nil || s.segments[0].size == 0 {
			return false
		}
	}
	g := s.segments[0]
	s.dropped.Add(uint64(max(0, g.records-g.taken)))
	s.remove(g)
	return true
}

// remove takes a segment out of the spool. s.mutex is held.
func (s *Spool) remove(g *segment) {
	s.segments = slices.DeleteFunc(s.segments, func(o *segment) bool { return o == g })
	s.held -= g.size
	g.drop()
}

// Dropped is how many messages were given up before the bus had taken them.
func (s *Spool) Dropped() uint64 { return s.dropped.Load() }

// Held is how many bytes wait in the spool.
func (s *Spool) Held() int64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.held
}

// Waits is how many messages the bus has not taken.
func (s *Spool) Waits() (n uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, g := range s.segments {
		n += uint64(max(0, g.records-g.taken))
	}
	return n
}

// Total is how many bytes have been put so far.
func (s *Spool) Total() uint64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.total
}

// Closed reports whether nothing more will be put.
func (s *Spool) Closed() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.closed
}

// Close ends putting: a Reader comes to the end when it has read what is there. Files
// that have not been taken stay for the next run.
func (s *Spool) Close() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !s.closed {
		s.closed = true
		close(s.grown)
	}
}

// Remove closes the files of the spool; those that are empty go.
func (s *Spool) Remove() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, g := range slices.Clone(s.segments) {
		if g.records == g.taken {
			s.remove(g)
		} else if g.file != nil {
			g.file.Close()
		}
	}
}

func appendRecord(dst []byte, m *Message) []byte {
	body := []byte{byte(m.Partition), byte(len(m.ID))}
	body = append(append(body, m.ID[:min(255, len(m.ID))]...), m.Data...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(body)))
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(body, checksums))
	return append(dst, body...)
}

func (g *segment) write(record []byte) error {
	if g.file == nil {
		g.memory = append(g.memory, record...)
	} else if _, err := g.file.WriteAt(record, g.size); err != nil {
		return err
	}
	g.size += int64(len(record))
	g.records++
	return nil
}

func (g *segment) drop() error {
	if g.file == nil {
		g.memory = nil
		return nil
	}
	g.file.Close()
	return os.Remove(g.file.Name())
}

var errRecord = errors.New("bus: a record of the spool is broken")

// read reads the record at an offset and says where the next one begins.
func (g *segment) read(at int64) (m Message, next int64, err error) {
	head, err := g.bytes(at, recordHead)
	if err != nil {
		return m, 0, err
	}
	n, sum := int64(binary.LittleEndian.Uint32(head)), binary.LittleEndian.Uint32(head[4:])
	if n < 2 || n > 1<<30 || at+recordHead+n > g.size {
		return m, 0, errRecord
	}
	body, err := g.bytes(at+recordHead, int(n))
	if err != nil || crc32.Checksum(body, checksums) != sum || 2+int(body[1]) > len(body) {
		return m, 0, errRecord
	}
	id := body[2 : 2+int(body[1])]
	return Message{int(body[0]), string(id), body[2+len(id):]}, at + recordHead + n, nil
}

// bytes reads n bytes at an offset.
func (g *segment) bytes(at int64, n int) ([]byte, error) {
	if g.file == nil {
		if at+int64(n) > int64(len(g.memory)) {
			return nil, errRecord
		}
		return g.memory[at : at+int64(n)], nil
	}
	b := make([]byte, n)
	_, err := g.file.ReadAt(b, at)
	return b, err
}
