//go:build linux || darwin || freebsd || windows

package live

import (
	"os"

	"github.com/google/gopacket"

	"simplecap/capture"
)

// This file has what a Capture is on every system that has one. A system's own has its
// fields reading, closing, clock, seen and single, and the methods next, count, wakeUp and
// release.

var _ capture.Source = (*Capture)(nil)

// ReadBatch implements [capture.Source]. The frames' Data is valid until the next call; on
// Linux it lies in the kernel's ring.
func (l *Capture) ReadBatch(frames []capture.Frame) (int, error) { return l.read(frames, true) }

// poll is ReadBatch without waiting, where the system can tell.
func (l *Capture) poll(frames []capture.Frame) (int, error) { return l.read(frames, false) }

func (l *Capture) read(frames []capture.Frame, wait bool) (int, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	if l.closing.Load() {
		return 0, os.ErrClosed
	}
	return l.next(frames, wait)
}

// Clock returns a time, in nanoseconds since 1970 UTC, before which no further
// frame lies. It moves on when ReadBatch returns nothing, so that timers run
// out on an idle interface too.
func (l *Capture) Clock() int64 { return l.clock }

// Inputs implements [capture.Source]. All interfaces together are one input, named as
// the user named them.
func (l *Capture) Inputs() []capture.Input {
	l.reading.Lock()
	defer l.reading.Unlock()
	if !l.closing.Load() {
		l.count()
	}
	return []capture.Input{l.seen.input}
}

// ZeroCopyReadPacketData implements gopacket.ZeroCopyPacketDataSource. It waits
// for a packet. The data is valid until the next call. Use either it or ReadBatch.
func (l *Capture) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	return l.single.Wait(l.ReadBatch)
}

// Close implements [capture.Source]. It may be called from any goroutine: a ReadBatch
// that waits ends first, and later ones return os.ErrClosed. The frames' Data must not be
// used any more, since their memory is given back.
func (l *Capture) Close() error {
	if l.closing.Swap(true) {
		return nil
	}
	l.wakeUp()
	l.reading.Lock()
	defer l.reading.Unlock()
	return l.release()
}
