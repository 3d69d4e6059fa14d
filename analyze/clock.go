package analyze

import (
	"bytes"
	"slices"

	"simplecap/capture"
)

// timekeeper reads frames and says what time it is when each of them comes: by the
// capture's clock, which never goes back. Neither does a frame in no exact order
// disturb it, nor a clock that was set back, which goes on from where it was, nor a
// time that no neighbour shares: such a frame is counted and moves nothing.
type timekeeper struct {
	src     capture.Source
	now     int64
	started bool
	trace   int             // of the frames at hand
	current int             // whose frames they are
	traces  traced          // nil where the source has one only
	shift   int64           // what makes the time of a frame one of the capture's clock
	known   []int64         // shifts until now, the latest last: several hosts may take turns
	lone    int64           // how far from the clock the latest lone time was
	held    []capture.Frame // read already; the first waits for its neighbour
	shifts  []int64         // of the frames read last
	jumps   uint64          // lone times, and times at which the clock was set back
	frames  []capture.Ref   // the first of them
	limit   int             // of frames
	clocks  int             // as Limits.Clocks
}

// All in nanoseconds.
const (
	clockSlack   = int64(2e9)         // how far the times of neighbours may be apart
	unbelievable = int64(3600e9)      // a lone time so far off is taken for none
	longestBreak = int64(24 * 3600e9) // the last frame may be so much later than the one before it
)

// read fills frames as ReadBatch does, and shifts. It takes times away that cannot
// be right.
func (k *timekeeper) read(frames []capture.Frame) (n int, err error) {
	held := copy(frames, k.held)
	k.held = k.held[:0]
	if held < len(frames) {
		n, err = k.src.ReadBatch(frames[held:])
	}
	last := n == 0 || err != nil
	n += held
	k.shifts = slices.Grow(k.shifts[:0], n)[:n]
	for i := range n {
		if f := &frames[i]; k.usual(f) {
			k.now = max(k.now, f.Time+k.shift)
			k.shifts[i] = k.shift
			continue
		}
		shift, known := k.tick(frames[i:n], last)
		if !known {
			k.hold(frames[i:n])
			return i, nil
		}
		k.shifts[i] = shift
	}
	return n, err
}

// usual reports whether a frame goes on in the file at hand, at a time near the clock.
func (k *timekeeper) usual(f *capture.Frame) bool {
	at := f.Time + k.shift
	return f.HasTime && k.started && f.File == k.current && at >= k.now-clockSlack && at <= k.now+clockSlack
}

// hold keeps frames for the next call.
func (k *timekeeper) hold(frames []capture.Frame) {
	k.held = append(k.held, frames...)
	for i := range k.held {
		k.held[i].Data = bytes.Clone(k.held[i].Data)
	}
}

// tick moves the clock to the first of the frames, and returns its shift. It reports
// false where only the next one can tell; last says that none will come.
func (k *timekeeper) tick(frames []capture.Frame, last bool) (shift int64, known bool) {
	f := &frames[0]
	if trace := k.traceOf(f.File); trace != k.trace {
		k.trace, k.started, k.shift = trace, false, 0
	}
	k.current = f.File
	switch {
	case !f.HasTime:
	case !k.started:
		k.started, k.now, k.known = true, f.Time+k.shift, []int64{0}
	case !k.usual(f):
		return k.judge(frames, last)
	default:
		k.now = max(k.now, f.Time+k.shift)
	}
	return k.shift, true
}

// judge decides about a time that is not near the clock.
func (k *timekeeper) judge(frames []capture.Frame, last bool) (shift int64, known bool) {
	f := &frames[0]
	for _, shift := range k.known {
		if alike(f.Time+shift, k.now) {
			k.shift, k.now = shift, max(k.now, f.Time+shift)
			return shift, true
		}
	}
	next, followed, apart := k.nextTime(frames[1:])
	if !followed && !last && !apart {
		return 0, false
	}
	off, shared := f.Time+k.shift-k.now, followed && next >= f.Time-clockSlack
	switch {
	case off > 0 && (shared || !followed && off <= longestBreak):
		k.now += off
		return k.shift, true
	case off < 0 && shared && next+k.shift < k.now-clockSlack, followed && alike(off, k.lone):
		k.set(k.now - f.Time)
		k.note(f)
		return k.shift, true
	}
	k.lone = off
	k.note(f)
	if off > unbelievable || off < -unbelievable {
		f.Time, f.HasTime = 0, false
	}
	return k.now - f.Time, true
}

// set makes a shift the one in use.
func (k *timekeeper) set(shift int64) {
	k.shift = shift
	k.known = append(k.known, shift)
	if len(k.known) > k.clocks {
		k.known = k.known[1:]
	}
}

// note counts a frame with a strange time.
func (k *timekeeper) note(f *capture.Frame) {
	k.jumps++
	if len(k.frames) < k.limit {
		k.frames = append(k.frames, capture.MakeRef(f.File, f.Number))
	}
}

func alike(a, b int64) bool { return a-b <= clockSlack && b-a <= clockSlack }

// nextTime returns the time of the first frame that has one, or that another trace
// begins.
func (k *timekeeper) nextTime(frames []capture.Frame) (time int64, ok, apart bool) {
	for i := range frames {
		switch {
		case k.traceOf(frames[i].File) != k.trace:
			return 0, false, true
		case frames[i].HasTime:
			return frames[i].Time, true, false
		}
	}
	return 0, false, false
}

// strangeTimes are frames whose time no neighbour shares, or with which the clock was
// set back.
type strangeTimes struct {
	count  uint64
	frames []capture.Ref // the first of them
}

func (k *timekeeper) strange() strangeTimes { return strangeTimes{k.jumps, slices.Clone(k.frames)} }
