package capture

import (
	"io"
	"os"
	"sync/atomic"
)

// lateFile is a file that is opened when it is first read.
type lateFile struct {
	name string
	file atomic.Pointer[os.File]
}

// OpenLate opens a file at its first read. A FIFO is waited for there until somebody
// writes to it, where whoever reads in a goroutine of its own can give it up: before that
// read has returned, Close closes nothing.
func OpenLate(name string) io.ReadCloser { return &lateFile{name: name} }

// Read implements io.Reader.
func (l *lateFile) Read(b []byte) (int, error) {
	f := l.file.Load()
	if f == nil {
		var err error
		if f, err = os.Open(l.name); err != nil {
			return 0, err
		}
		l.file.Store(f)
	}
	return f.Read(b)
}

// Close implements io.Closer.
func (l *lateFile) Close() error {
	if f := l.file.Load(); f != nil {
		return f.Close()
	}
	return nil
}
