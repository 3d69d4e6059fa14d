package tls

import (
	"hash/maphash"
	"io"
)

// LogFile is where a Log reads. It may grow, and may be begun anew: then it is
// shorter than before.
type LogFile interface {
	io.ReaderAt
	Size() (int64, error) // bytes that can be read now
}

// Log is a TLS key log of any length. What is kept of it is where the lines of each
// connection stand, 8 bytes a connection; its secrets are read when a handshake asks
// for them. It may serve several Secrets, one after the other, and is used by one
// goroutine at a time.
type Log struct {
	file    LogFile
	limit   int // of lines in index
	blocks  int // looked at for one connection
	seed    maphash.Seed
	lines   KeyLog
	buf     []byte // for More
	block   []byte // for find
	at      int64  // how far the file has been read
	version uint64
	err     error

	now, before *logIndex // before is full, and gives way to now
	latest      uint64    // entry
	evicted     uint64
	premasters  bool // some line leads to a premaster secret
}

// logBlock is the unit of a file in which places are counted: a line begins in one.
const logBlock = 4 << 10

// NewLog returns a Log of which nothing has been read.
func NewLog(file LogFile, limits Limits) *Log {
	limits = limits.withDefaults()
	l := &Log{file: file, limit: limits.LogLines, blocks: limits.LogBlocks, seed: maphash.MakeSeed(), now: new(logIndex), before: new(logIndex)}
	l.lines.Add = l.note
	return l
}

// Stats counts the lines read so far.
func (l *Log) Stats() LogStats { return l.lines.Stats }

// Evicted counts the lines that were forgotten because there were too many.
func (l *Log) Evicted() uint64 { return l.evicted }

// Err is why the log could not be read to its end, nil where it could.
func (l *Log) Err() error { return l.err }

// More reads what has been written to the log since the last call. final says that
// nothing more comes: the last line needs no end. It reports whether there was anything.
func (l *Log) More(final bool) (grown bool) {
	var size int64
	if size, l.err = l.file.Size(); l.err != nil {
		return false
	}
	if size < l.at {
		l.restart()
	}
	if l.buf == nil && size > l.at {
		l.buf = make([]byte, 256<<10)
	}
	for l.at < size && l.err == nil {
		var n int
		n, l.err = l.file.ReadAt(l.buf[:min(int64(len(l.buf)), size-l.at)], l.at)
		l.lines.Write(l.buf[:n])
		l.at += int64(n)
		grown = grown || n > 0
		if n == 0 {
			break
		}
	}
	if l.err == io.EOF {
		l.err = nil
	}
	if final {
		grown = grown || len(l.lines.rest) > 0
		l.lines.Flush()
		l.buf = nil
	}
	if grown {
		l.version++
	}
	return grown
}

// restart reads a file that was begun anew. What was in it before is gone.
func (l *Log) restart() {
	l.lines = KeyLog{Add: l.note, Stats: l.lines.Stats}
	l.at, l.latest = 0, 0
	l.now, l.before = new(logIndex), new(logIndex)
	l.version++
}

// note remembers where a secret stands.
func (l *Log) note(s Secret) {
	l.premasters = l.premasters || s.Label == Premaster || s.Label == PremasterOf
	entry := l.entry(&s.ID, l.lines.begin)
	if entry == l.latest {
		return // the next secret of the same connection
	}
	l.latest = entry
	if l.now.count >= l.limit/2 {
		l.evicted += uint64(l.before.count)
		l.now, l.before = new(logIndex), l.now
	}
	l.now.add(entry)
}

// entry is a hash of what a secret belongs to, and the block that its line begins in.
func (l *Log) entry(id *[32]byte, at int64) uint64 {
	return maphash.Bytes(l.seed, id[:])<<32 | uint64(uint32(at/logBlock))
}

// find calls use with each secret of a connection, or of what else id may be.
func (l *Log) find(id *[32]byte, use func(Secret)) {
	want := l.entry(id, 0)
	n := l.now.find(want, make([]uint32, 0, l.blocks))
	n = l.before.find(want, n)
	for i, block := range n {
		if i == 0 || block != n[i-1] {
			l.read(int64(block)*logBlock, id, use)
		}
	}
}

// read reads the lines that begin in a block.
func (l *Log) read(at int64, id *[32]byte, use func(Secret)) {
	if l.block == nil {
		l.block = make([]byte, 1+logBlock+maxLine)
	}
	from := at - min(at, 1) // the byte before shows whether a line begins with the block
	n, _ := l.file.ReadAt(l.block[:min(int64(len(l.block)), max(l.lines.begin-from, 0))], from)
	lines := KeyLog{begin: from, next: from}
	lines.Add = func(s Secret) {
		if s.ID == *id && lines.begin >= at && lines.begin < at+logBlock {
			use(s)
		}
	}
	lines.Write(l.block[:n])
	lines.Flush()
}

// logIndex holds entries: a hash in the upper half, a block in the lower. They lie in
// short pieces by the first bits of their hashes, so that there is nothing to copy when
// they become more, and one lookup reads few.
type logIndex struct {
	heads [1 << logHeadBits]*logPiece
	count int
}

const logHeadBits = 12

// logPiece is some of the entries with one head, and behind it those before.
type logPiece struct {
	before  *logPiece
	n       int
	entries [30]uint64
}

func (x *logIndex) add(entry uint64) {
	head := &x.heads[entry>>(64-logHeadBits)]
	if *head == nil || (*head).n == len((*head).entries) {
		*head = &logPiece{before: *head}
	}
	(*head).entries[(*head).n] = entry
	(*head).n++
	x.count++
}

// find appends the blocks of the entries with the hash of want, the latest first, up to
// the capacity of blocks.
func (x *logIndex) find(want uint64, blocks []uint32) []uint32 {
	for p := x.heads[want>>(64-logHeadBits)]; p != nil; p = p.before {
		for i := p.n - 1; i >= 0; i-- {
			if p.entries[i]>>32 == want>>32 && len(blocks) < cap(blocks) {
				blocks = append(blocks, uint32(p.entries[i]))
			}
		}
	}
	return blocks
}
