package capture

import (
	"io"
	"sync/atomic"
	"time"
)

// Files is a [Source] that reads capture files and pipes and merges them in time
// order. See [Open].
type Files struct {
	limits Limits
	files  []*file // as Inputs lists them
	total  int64   // bytes on disk, 0 where not known
	done   atomic.Int64
	memory dictionaries // of the decompressors of open files

	apart  time.Duration // see Options
	each   bool
	pipe   func(io.Reader) io.Reader // may be nil
	trace  int                       // number of the current one
	latest int64                     // largest time of a file that is done, or noTime

	pending []*file  // not yet being read, by the time of their first frame
	active  []*file  // being read, by the time of their next frame
	buffers [][]byte // of files that are done, for those to come
	peek    []byte   // the buffer for looking at files
	single  PacketReader
	secrets Secrets
}

var _ Source = (*Files)(nil)

// ReadBatch implements [Source]. It does not wait for a pipe as long as it has
// frames to return.
func (s *Files) ReadBatch(frames []Frame) (int, error) {
	for len(frames) > 0 {
		s.admit()
		if len(s.active) == 0 {
			return 0, io.EOF
		}
		if n := s.advance(frames); n > 0 {
			return n, nil
		}
	}
	return 0, nil
}

// Inputs implements [Source]. Inputs stand in the order of their first frames'
// times and then of their names, whatever the order in which they were named;
// those without a frame come last.
func (s *Files) Inputs() []Input {
	inputs := make([]Input, len(s.files))
	for i, f := range s.files {
		inputs[i] = f.input()
	}
	return inputs
}

// Trace returns the number, from 1, of the trace that a file belongs to, and 0 as long
// as nothing has been read of it. Files are one trace where they overlap, or where one
// begins no later than Options.Apart after another one ended. Nothing that happened in
// one trace has to do with another one.
func (s *Files) Trace(file int) int { return s.files[file-1].trace }

// Traces returns how many traces have been read so far.
func (s *Files) Traces() int { return s.trace }

// Progress returns how many bytes have been read of how many, as they lie on
// disk; compressed where the files are. The total is 0 where it cannot be known,
// since one of the inputs is a pipe. Progress may be called from any goroutine.
func (s *Files) Progress() (done, total int64) {
	done = s.done.Load()
	if s.total > 0 {
		done = min(done, s.total) // a file may have grown since
	}
	return done, s.total
}

// Close implements [Source]. It leaves standard input open.
func (s *Files) Close() error {
	for _, f := range s.files {
		f.close()
	}
	s.pending, s.active, s.buffers = nil, nil, nil
	return nil
}
