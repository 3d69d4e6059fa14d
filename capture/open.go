package capture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Options are the options of [Open]. The zero value has the defaults.
type Options struct {
	// Stdin is what the name "-" reads, os.Stdin by default. It is not closed.
	Stdin io.Reader

	// Pipe is applied to standard input and whatever else is no regular file, and what it
	// returns is read instead; nil for no such thing. A read may end with its error.
	Pipe func(io.Reader) io.Reader

	// Apart is how long a gap between two files has to be for them to be two traces:
	// neither is the continuation of the other. 0 makes all files one trace.
	Apart time.Duration

	// Each makes every file a trace of its own: files are read one after the other,
	// in the order of their first frames, and not merged.
	Each bool

	// Limits bounds memory.
	Limits Limits
}

// Open opens captures for reading. A name is that of
//
//   - a file, FIFO or device;
//   - a directory, which stands for the captures in it: the regular files that
//     are captures by their content. Other files and directories inside it are
//     left out;
//   - "-", which is standard input.
//
// A file that is named twice, be it by another path, a link or its directory, is
// read once.
//
// Where there is more than one input, Open reads to the first frame of each, to
// learn in which order they come; it waits for pipes. Files are open only while
// frames of theirs are due, so ten thousand rotated files need few descriptors.
//
// Open fails with an error for which errors.Is(err, fs.ErrNotExist) holds where
// a name does not exist, and with [ErrNoNames]. Whatever else is wrong with an
// input becomes its [Input].Error, and the rest is read.
func Open(names []string, options Options) (*Files, error) {
	if len(names) == 0 {
		return nil, errNoNames
	}
	if options.Stdin == nil {
		options.Stdin = os.Stdin
	}
	s := &Files{limits: options.Limits.withDefaults(), apart: options.Apart, each: options.Each, pipe: options.Pipe, latest: noTime, peek: make([]byte, peekWindow)}
	s.memory.limit = int64(s.limits.DictionaryBytes)
	for _, name := range names {
		if err := s.add(name, options.Stdin); err != nil {
			s.Close()
			return nil, err
		}
	}
	s.dropRepeated()
	if len(s.files) > 1 {
		for _, f := range s.files {
			s.look(f)
		}
	}
	s.number()
	s.measure()
	return s, nil
}

// add adds the inputs that a name stands for.
func (s *Files) add(name string, stdin io.Reader) error {
	f := newFile(name)
	if name == "-" {
		f.in = io.NopCloser(stdin)
		s.files = append(s.files, f)
		return nil
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%q: %w", name, fs.ErrNotExist)
	case err != nil:
		f.fail("cannot be opened: " + withoutPath(err).Error())
	case info.IsDir():
		s.files = append(s.files, s.directory(name)...)
		return nil
	default:
		f.regular, f.size = info.Mode().IsRegular(), info.Size()
		f.fifo = info.Mode()&fs.ModeNamedPipe != 0
	}
	s.files = append(s.files, f)
	return nil
}

// directory returns the captures in a directory, or one failed input where
// there is none. A file that has the name of a capture and is none is a failed input
// too, as if it had been named: what was recorded in it is lost.
func (s *Files) directory(name string) []*file {
	entries, err := os.ReadDir(name)
	if err != nil {
		f := newFile(name)
		f.fail("cannot be opened: " + withoutPath(err).Error())
		return []*file{f}
	}
	var files []*file
	some := false
	for _, entry := range entries {
		f := newFile(filepath.Join(name, entry.Name()))
		info, err := os.Stat(f.path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		f.regular, f.size = true, info.Size()
		captures := s.look(f)
		some = some || captures
		if captures || namedAsCapture(f.path) {
			files = append(files, f)
		}
	}
	if !some {
		f := newFile(name)
		f.fail(fmt.Sprintf("not a capture: a directory of %d entries with no capture among its files (directories in it are not searched); %s",
			len(entries), expected))
		return []*file{f}
	}
	return files
}

// namedAsCapture reports whether a file has the name of a capture: *.pcap, *.pcapng or
// *.cap, with the number of tcpdump -C and the name of a compression behind it or not.
func namedAsCapture(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	switch filepath.Ext(name) {
	case ".gz", ".zst", ".lz4", ".xz", ".bz2":
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	switch strings.TrimRight(filepath.Ext(name), "0123456789") {
	case ".pcap", ".pcapng", ".cap":
		return true
	}
	return false
}

// look reads a file's first frame to learn its time, and reports false where it
// is no capture. A regular file is closed again.
func (s *Files) look(f *file) bool {
	if f.done || f.looked {
		return true
	}
	f.looked = true
	if !f.regular {
		return s.lookAtPipe(f)
	}
	in, err := os.Open(f.path)
	if err != nil {
		f.fail("cannot be opened: " + withoutPath(err).Error())
		return true
	}
	defer in.Close()
	r := newReader(in, s.peek, &s.memory, s.limits)
	defer r.close()
	var first [1]Frame
	n, err := r.read(first[:])
	f.setFirst(first[:n])
	var not *notCaptureError
	if errors.As(err, &not) {
		f.info.Compression = r.compression
		f.fail(err.Error())
		return false
	}
	return true
}

// lookAtPipe reads the first frames of an input that can be read only once, and
// keeps them.
func (s *Files) lookAtPipe(f *file) bool {
	f.open(s, false)
	if f.done {
		return true
	}
	if !f.nextBatch() {
		f.key = lastKey
	}
	return true
}

// setFirst sets the sort key of a file from its first frame.
func (f *file) setFirst(frames []Frame) {
	switch {
	case len(frames) == 0:
		f.key = lastKey
	case frames[0].HasTime:
		f.key = frames[0].Time
	}
}

// dropRepeated drops inputs that are the same file as one before, by name.
func (s *Files) dropRepeated() {
	slices.SortStableFunc(s.files, func(f, g *file) int { return strings.Compare(f.info.Name, g.info.Name) })
	seen := map[string]bool{}
	s.files = slices.DeleteFunc(s.files, func(f *file) bool {
		path := f.realPath()
		repeated := seen[path]
		seen[path] = true
		return repeated
	})
}

// realPath returns what two names of one file have in common.
func (f *file) realPath() string {
	if !f.regular {
		return f.path
	}
	path, err := filepath.EvalSymlinks(f.path)
	if err != nil {
		path = f.path
	}
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return path
}

// number puts the inputs in order.
func (s *Files) number() {
	for _, f := range s.files {
		if f.done && len(f.batch) == 0 {
			f.key = lastKey
		}
	}
	slices.SortFunc(s.files, compareFirst)
	for i, f := range s.files {
		f.number = i + 1
		for j := range f.batch {
			f.batch[j].File = f.number
		}
	}
	s.pending = slices.Clone(s.files)
}

// measure adds up the sizes of the inputs, or gives up at one that has none.
func (s *Files) measure() {
	for _, f := range s.files {
		if !f.regular && !f.done {
			s.total = 0
			return
		}
		s.total += f.size
	}
}
