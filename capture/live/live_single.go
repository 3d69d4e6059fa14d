//go:build darwin || freebsd || windows

package live

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/bpf"

	"simplecap/capture"
)

// Capture is a [capture.Source] of the packets on one network interface, by way of
// /dev/bpf, or of Npcap on Windows.
type Capture struct {
	options Options
	tap     tap       // the system's
	sieve   *bpfSieve // nil where the tap has the filter
	seen    seen
	link    capture.LinkType
	single  capture.PacketReader
	clock   int64

	reading sync.Mutex // held by ReadBatch, and by Close
	closing atomic.Bool
}

// Open captures on one interface. Without the right to, the error wraps
// fs.ErrPermission. ReadBatch waits for 100 ms at most and then returns 0 frames and no
// error; when the interface goes away it returns an error.
func Open(options Options) (*Capture, error) {
	l := &Capture{options: options.withDefaults()}
	if len(l.options.Interfaces) != 1 || l.options.isAny() {
		return nil, errors.New("name one interface: this system has no way to capture on several")
	}
	name := l.options.Interfaces[0]
	var err error
	if l.link, err = l.tap.open(&l.options); err == nil {
		l.seen.input = capture.Input{Name: name, Format: "live", LinkTypes: []string{l.link.String()}, Complete: true}
		if err = l.attach(); err != nil {
			l.tap.close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("capture on %s: %w", name, err)
	}
	return l, nil
}

// MayCapture returns nil: on this system only the attempt shows it.
func MayCapture() error { return nil }

// attach gives the filter to the tap if it takes it, and else to the sieve.
func (l *Capture) attach() (err error) {
	if l.link == capture.LinkEthernet {
		raw, err := l.options.program(l.link, nil)
		if err != nil {
			return err
		}
		if l.tap.filter(raw) == nil {
			return nil
		}
	}
	if l.sieve, err = newBPFSieve(l.options.Filter, l.link); err != nil {
		return err
	}
	cut, err := bpf.Assemble([]bpf.Instruction{bpf.RetConstant{Val: uint32(l.options.Snaplen)}})
	if err != nil {
		return err
	}
	return l.tap.filter(cut)
}

// Link returns the link type of all frames.
func (l *Capture) Link() capture.LinkType { return l.link }

// InterfaceName returns the name of the interface.
func (l *Capture) InterfaceName(int) string { return l.options.Interfaces[0] }

// State says how the capture goes. These systems do not tell.
func (*Capture) State() State { return State{} }

// next reads what has come, and waits for it if it is to.
func (l *Capture) next(frames []capture.Frame, wait bool) (int, error) {
	if l.tap.empty() && (wait || l.tap.waiting()) {
		if err := l.fill(); err != nil {
			return 0, err
		}
	}
	n := 0
	for n < len(frames) && l.tap.next(&frames[n]) {
		if f := &frames[n]; l.sieve.passes(f.Data) {
			f.Link = l.link
			l.seen.add(f)
			n++
		}
	}
	return n, nil
}

// fill reads what has come. When nothing has, every packet from before the read has
// been delivered, save for what the system had in its hands then.
func (l *Capture) fill() error {
	before := time.Now().UnixNano()
	some, err := l.tap.fill()
	if err != nil {
		return fmt.Errorf("capture on %s: %w", l.options.Interfaces[0], err)
	}
	if !some {
		l.clock = max(l.clock, before-int64(idleWait))
	}
	return nil
}

// count asks what the system has dropped.
func (l *Capture) count() { l.seen.input.KernelDrops = l.tap.drops() }

// wakeUp does nothing: the tap cannot be woken up, and waits for 100 ms at most.
func (l *Capture) wakeUp() {}

func (l *Capture) release() error { return l.tap.close() }
