package tui

import (
	"encoding/binary"
	"errors"
	"os"
)

// blobs are byte strings in a temporary file that has no name any more: what is written
// is read again at random, and a million of them take no memory of this process. They
// are used under the Store's lock.
type blobs struct {
	file  *os.File
	tail  []byte // not written yet
	begin int64  // where tail belongs in the file
	limit int64  // bytes in all
	err   error
}

// place is where a blob is, in units of blobUnit; 0 is none.
type place uint32

const (
	blobUnit = 16
	tailSize = 1 << 20
)

var errFull = errors.New("the temporary file has reached its limit")

func newBlobs(limit int64) (*blobs, error) {
	file, err := os.CreateTemp("", "simplecap-tui-*")
	if err != nil {
		return nil, err
	}
	os.Remove(file.Name())
	return &blobs{file: file, limit: limit, begin: blobUnit, tail: make([]byte, 0, tailSize+tailSize/4)}, nil
}

// put stores b.
func (s *blobs) put(b []byte) place {
	at := s.begin + int64(len(s.tail))
	if at+int64(len(b)) > s.limit {
		s.err = errFull
	}
	if s.err != nil {
		return 0
	}
	s.tail = binary.LittleEndian.AppendUint32(s.tail, uint32(len(b)))
	s.tail = append(s.tail, b...)
	for (s.begin+int64(len(s.tail)))%blobUnit != 0 {
		s.tail = append(s.tail, 0)
	}
	if len(s.tail) >= tailSize {
		s.flush()
	}
	return place(at / blobUnit)
}

func (s *blobs) flush() {
	if _, err := s.file.WriteAt(s.tail, s.begin); err != nil {
		s.err = err
		return
	}
	s.begin += int64(len(s.tail))
	s.tail = s.tail[:0]
}

// get returns the blob at a place.
func (s *blobs) get(p place) ([]byte, error) {
	at := int64(p) * blobUnit
	var head [4]byte
	if err := s.read(head[:], at); err != nil {
		return nil, err
	}
	b := make([]byte, binary.LittleEndian.Uint32(head[:]))
	return b, s.read(b, at+4)
}

func (s *blobs) read(b []byte, at int64) error {
	if at >= s.begin {
		copy(b, s.tail[at-s.begin:])
		return nil
	}
	_, err := s.file.ReadAt(b, at)
	return err
}

// reset forgets everything.
func (s *blobs) reset() {
	s.file.Truncate(0)
	s.tail, s.begin, s.err = s.tail[:0], blobUnit, nil
}

func (s *blobs) close() { s.file.Close() }
