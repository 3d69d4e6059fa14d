package capture

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
)

// dictionaries is the memory that the decompressors of all open files share. A
// file that is read ahead takes from it in a goroutine of its own.
type dictionaries struct {
	limit int64
	mu    sync.Mutex
	used  int64
}

// dictionaryShare is what the decompressor of one file has taken.
type dictionaryShare struct {
	of    *dictionaries
	taken int64 // bytes
}

// What a decompressor holds whose format has no window of variable size, in bytes.
const (
	gzipMemory  = 64 << 10
	lz4Memory   = 8 << 20 // two blocks of the largest size
	bzip2Memory = 4 << 20
)

// errNoRoom is wrapped where a file is sound, but others have taken the memory.
var errNoRoom = errors.New("decompress it first")

// collectFrom is from how many bytes on memory that is given back is collected at
// once, because the next file takes as much before the garbage collector would run.
const collectFrom = 8 << 20

// need makes sure that the share has size bytes; what names them in an error.
func (s *dictionaryShare) need(what string, size int64) error {
	d := s.of
	if size > d.limit {
		return fmt.Errorf("%s of %d bytes is larger than %d", what, size, d.limit)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	more := max(0, size-s.taken)
	if left := d.limit - d.used; more > left {
		return fmt.Errorf("%w: its %s takes %d bytes, and other open files leave %d of %d", errNoRoom, what, size, left+s.taken, d.limit)
	}
	d.used += more
	s.taken += more
	return nil
}

// release gives back all that was taken.
func (s *dictionaryShare) release() {
	if s.taken == 0 {
		return
	}
	if s.taken >= collectFrom {
		runtime.GC()
	}
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.of.used -= s.taken
	s.taken = 0
}
