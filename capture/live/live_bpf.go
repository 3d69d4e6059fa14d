//go:build (darwin || freebsd) && !(cgo && pcap)

package live

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/gopacket"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"simplecap/capture"
)

// Capture is a [capture.Source] of the packets on one network interface, by way of
// /dev/bpf. We have not run it: it is built, vetted, and its reader of buffers is
// tested.
type Capture struct {
	options Options
	device  *bpfDevice
	memory  []byte // what a read fills
	buffer  bpfBuffer
	sieve   *bpfSieve // nil where the kernel has the filter
	seen    seen
	link    capture.LinkType
	single  capture.PacketReader
	clock   int64

	reading sync.Mutex // held by ReadBatch, and by Close
	closing atomic.Bool
}

var _ capture.Source = (*Capture)(nil)

// Open captures on one interface through /dev/bpf. Without the right to open it the
// error wraps fs.ErrPermission. ReadBatch waits for 100 ms at most and then returns 0
// frames and no error; when the interface goes away it returns an error.
func Open(options Options) (*Capture, error) {
	l := &Capture{options: options.withDefaults(), buffer: bpfBuffer{bpfLayout: systemBPF}}
	if len(l.options.Interfaces) != 1 || l.options.isAny() {
		return nil, errors.New("name one interface: this system has no way to capture on several")
	}
	var err error
	if l.device, err = openBPF(); err == nil {
		if err = l.begin(); err != nil {
			l.device.close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("capture on %s: %w", l.options.Interfaces[0], err)
	}
	return l, nil
}

// begin binds the device and finds out what comes from it.
func (l *Capture) begin() error {
	name := l.options.Interfaces[0]
	if err := l.device.bind(name, l.options.Buffer); err != nil {
		return err
	}
	size, err := l.device.get(unix.BIOCGBLEN)
	if err != nil {
		return os.NewSyscallError("BIOCGBLEN", err)
	}
	link, err := l.device.get(unix.BIOCGDLT)
	if err != nil {
		return os.NewSyscallError("BIOCGDLT", err)
	}
	l.memory, l.link = make([]byte, size), capture.LinkType(link)
	l.seen.input = capture.Input{Name: name, Format: "live", LinkTypes: []string{l.link.String()}, Complete: true}
	if l.options.Promiscuous {
		if err := l.device.control(unix.BIOCPROMISC, nil); err != nil { // a loopback has no such mode
			l.options.Notify(fmt.Sprintf("%s: no promiscuous mode: %v", name, err))
		}
	}
	return l.attach()
}

// attach gives the filter to the kernel if it takes it, and else to the sieve.
func (l *Capture) attach() (err error) {
	if l.link == capture.LinkEthernet {
		raw, err := l.options.program(l.link, nil)
		if err != nil {
			return err
		}
		if l.device.filter(raw) == nil {
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
	return l.device.filter(cut)
}

// Link returns the link type of all frames.
func (l *Capture) Link() capture.LinkType { return l.link }

// InterfaceName returns the name of the interface.
func (l *Capture) InterfaceName(int) string { return l.options.Interfaces[0] }

// State says how the capture goes. The device does not tell.
func (*Capture) State() State { return State{} }

// Clock returns a time, in nanoseconds since 1970 UTC, before which no further
// frame lies. It moves on when ReadBatch returns nothing.
func (l *Capture) Clock() int64 { return l.clock }

// ReadBatch implements [capture.Source]. The frames' Data is valid until the next call.
func (l *Capture) ReadBatch(frames []capture.Frame) (int, error) { return l.read(frames, true) }

// poll is ReadBatch without waiting.
func (l *Capture) poll(frames []capture.Frame) (int, error) { return l.read(frames, false) }

func (l *Capture) read(frames []capture.Frame, wait bool) (int, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	if l.closing.Load() {
		return 0, os.ErrClosed
	}
	if len(l.buffer.rest) == 0 && (wait || l.device.waiting()) {
		if err := l.fill(); err != nil {
			return 0, err
		}
	}
	n := 0
	for n < len(frames) && l.buffer.next(&frames[n]) {
		if f := &frames[n]; l.sieve.passes(f.Data) {
			f.Link = l.link
			l.seen.add(f)
			n++
		}
	}
	return n, nil
}

// fill reads what has come. When nothing has, every packet from before the read has
// been delivered, save for what the kernel had in its hands then.
func (l *Capture) fill() error {
	before := time.Now().UnixNano()
	n, err := l.device.read(l.memory)
	if err != nil {
		return fmt.Errorf("capture on %s: %w", l.options.Interfaces[0], err)
	}
	if n == 0 {
		l.clock = max(l.clock, before-int64(idleWait))
	}
	l.buffer.rest = l.memory[:n]
	return nil
}

// Inputs implements [capture.Source].
func (l *Capture) Inputs() []capture.Input {
	l.reading.Lock()
	defer l.reading.Unlock()
	if !l.closing.Load() {
		l.seen.input.KernelDrops = l.device.drops()
	}
	return []capture.Input{l.seen.input}
}

// ZeroCopyReadPacketData implements gopacket.ZeroCopyPacketDataSource. It waits
// for a packet. The data is valid until the next call. Use either it or ReadBatch.
func (l *Capture) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	return l.single.Wait(l.ReadBatch)
}

// Close implements [capture.Source]. It may be called from any goroutine: it waits for a
// ReadBatch that waits, and later ones return os.ErrClosed.
func (l *Capture) Close() error {
	if l.closing.Swap(true) {
		return nil
	}
	l.reading.Lock()
	defer l.reading.Unlock()
	return l.device.close()
}
