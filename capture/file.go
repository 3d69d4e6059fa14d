package capture

import (
	"cmp"
	"io"
	"math"
	"os"
	"slices"
	"sync/atomic"
	"time"
)

// file is one input of a Files and what has been read of it.
type file struct {
	info    Input // all but what the fields below and the reader count
	path    string
	size    int64 // of a regular file
	regular bool  // can be closed and opened again
	fifo    bool  // opening it waits for somebody who writes
	number  int   // Frame.File
	trace   int   // see Files.Trace

	in     io.ReadCloser // open input, nil before and after
	reader *reader
	ahead  *ahead // what reads on, once reader has begun and if that is worth it
	large  bool   // it is
	done   bool   // read to its end, or failed
	looked bool   // its first frame is known
	read   int64

	// To be merged: frames that are ready, and the sort key of the first of them,
	// which is the largest time in the file up to it.
	storage []Frame // of batch
	batch   []Frame
	key     int64

	// Of all frames read so far.
	earliest, latest int64
	first            int  // Interface of the first one
	disordered       bool // one came late, or of another interface than the first one

	limit  int     // Limits.SortedBytes
	sorter *sorter // what holds frames to be sorted; nil where they are handed out as they lie
}

// Sort keys that are no times.
const (
	noTime  = math.MinInt64 // of a file that has not given a time yet
	lastKey = math.MaxInt64 // of a file without frames
)

func newFile(name string) *file {
	return &file{info: Input{Name: name}, path: name, key: noTime, earliest: math.MaxInt64, latest: noTime}
}

// open opens the input for reading, ahead where that is worth a goroutine. Where
// it fails the input is done.
func (f *file) open(s *Files, ahead bool) {
	if f.in == nil && f.fifo {
		f.in = OpenLate(f.path)
	}
	if f.in == nil {
		in, err := os.Open(f.path)
		if err != nil {
			f.fail("cannot be opened: " + withoutPath(err).Error())
			return
		}
		f.in = in
	}
	var in io.Reader = f.in
	if !f.regular && s.pipe != nil {
		in = s.pipe(in)
	}
	f.reader = newReader(&meter{r: in, done: &s.done, read: &f.read}, s.buffer(), &s.memory, s.limits)
	f.reader.facts.secrets = s.secrets
	if f.limit = s.limits.SortedBytes; f.regular {
		f.startSorting()
	}
	f.large = ahead && f.regular && f.size >= aheadFrom
}

// fail ends the input with an error for people.
func (f *file) fail(message string) {
	f.done = true
	f.info.Error = message
}

// next fills frames with the next ones of an open input, and returns 0 when it
// is done.
func (f *file) next(frames []Frame) int {
	if f.sorter != nil {
		return f.nextSorted(frames)
	}
	n, err := f.take(frames)
	if err != nil {
		f.end(err)
		return 0
	}
	plain := f.account(frames[:n])
	if f.regular && f.disordered { // what comes through a pipe is not held
		f.startSorting()
		f.sort(frames[plain:n])
	}
	return plain
}

// startSorting holds the frames that come from now on.
func (f *file) startSorting() {
	f.sorter = &sorter{limit: f.limit, latest: max(f.latest, math.MinInt64+int64(sortedTime))}
}

// nextSorted is next where frames are held to be sorted.
func (f *file) nextSorted(frames []Frame) int {
	s := f.sorter
	for len(s.ready) == 0 && s.err == nil {
		n, err := f.take(frames)
		f.sort(frames[:n])
		if s.err = err; err != nil {
			s.release()
		}
	}
	n := s.take(frames)
	switch {
	case n == 0:
		f.end(s.err)
	case len(s.ready) == 0 && len(s.held) == 0 && s.err == nil && !f.sorts():
		f.sorter = nil
	}
	return n
}

// sorts reports whether the next frame may find a place before those that came before it.
func (f *file) sorts() bool { return f.disordered || f.info.Bytes <= sortedHead }

// sort gives frames to the sorter. Whether one is sorted depends on those before it, not on
// how many were read at once.
func (f *file) sort(frames []Frame) {
	for i := range frames {
		sorts := f.sorts()
		f.account(frames[i : i+1])
		f.sorter.add(&frames[i], sorts)
	}
}

// end ends the input: no more frames come.
func (f *file) end(err error) {
	f.done = true
	if err == io.EOF {
		f.info.Complete = true
	} else {
		f.info.Error = err.Error()
	}
}

// take reads frames, or takes those that have been read ahead.
func (f *file) take(frames []Frame) (int, error) {
	if f.large && f.ahead == nil && f.reader.parser != nil {
		f.ahead = newAhead(f.reader, aheadBytes)
	}
	if f.ahead != nil {
		return f.ahead.read(frames)
	}
	return f.reader.read(frames)
}

// account numbers frames and counts them; of what can be sorted, up to the first one that
// shows disorder. It returns how many these are.
func (f *file) account(frames []Frame) int {
	number, bytes := f.info.Packets, f.info.Bytes
	earliest, latest, disordered := f.earliest, f.latest, f.disordered
	n := 0
	for ; n < len(frames) && (disordered == f.disordered || !f.regular); n++ {
		frame := &frames[n]
		number++
		bytes += uint64(len(frame.Data))
		frame.Number, frame.File = number, f.number
		if number == 1 {
			f.first = frame.Interface
		}
		disordered = disordered || frame.Interface != f.first
		if !frame.HasTime {
			continue
		}
		earliest = min(earliest, frame.Time)
		if frame.Time < latest {
			f.info.OutOfOrder++
			disordered = true
		}
		latest = max(latest, frame.Time)
	}
	f.info.Packets, f.info.Bytes = number, bytes
	f.earliest, f.latest, f.disordered = earliest, latest, disordered
	return n
}

// close ends reading and returns the buffer for reuse.
func (f *file) close() []byte {
	var buf []byte
	if f.reader != nil {
		f.info = f.input()
		if f.ahead != nil {
			f.ahead.stop()
		}
		buf = f.reader.close()
		f.reader, f.ahead = nil, nil
	}
	if f.in != nil {
		f.in.Close()
		f.in = nil
	}
	return buf
}

// input returns what is known of the input.
func (f *file) input() Input {
	info := f.info
	info.LinkTypes = slices.Clone(info.LinkTypes)
	if r := f.reader; r != nil {
		links, drops := f.learnt()
		info.Format, info.Compression, info.KernelDrops = r.format, r.compression, drops
		info.LinkTypes = linkTypeNames(links)
	}
	if f.earliest <= f.latest {
		info.First, info.Last = time.Unix(0, f.earliest).UTC(), time.Unix(0, f.latest).UTC()
	}
	return info
}

// learnt returns what the reader has learnt beside the frames that were taken.
func (f *file) learnt() (links []LinkType, drops uint64) {
	if f.ahead != nil && f.ahead.load != nil {
		return f.ahead.load.links, f.ahead.load.drops
	}
	return f.reader.facts.links, f.reader.facts.drops
}

// linkTypeNames returns the names of link types, each once.
func linkTypeNames(links []LinkType) []string {
	var names []string
	for _, link := range links {
		if name := link.String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// before orders files by their sort keys, and by their numbers where these are equal.
func (f *file) before(g *file) bool {
	return f.key < g.key || f.key == g.key && f.number < g.number
}

// compareFirst orders files by the time of their first frame and by name, those
// without a frame last.
func compareFirst(f, g *file) int {
	return cmp.Or(cmp.Compare(f.key, g.key), cmp.Compare(f.info.Name, g.info.Name))
}

// meter counts what is read of an input, for that input and for all.
type meter struct {
	r    io.Reader
	done *atomic.Int64
	read *int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	*m.read += int64(n)
	m.done.Add(int64(n))
	return n, err
}
