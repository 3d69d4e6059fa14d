//go:build darwin || freebsd

package live

import (
	"fmt"
	"os"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"simplecap/capture"
)

// tap is /dev/bpf. We have not run it: it is built, vetted, and its reader of buffers is
// tested.
type tap struct {
	device *bpfDevice
	memory []byte // what a read fills
	buffer bpfBuffer
}

// open binds a device to the interface and finds out what comes from it.
func (t *tap) open(o *Options) (link capture.LinkType, err error) {
	if t.device, err = openBPF(); err != nil {
		return 0, err
	}
	if link, err = t.begin(o); err != nil {
		t.device.close()
	}
	return link, err
}

func (t *tap) begin(o *Options) (capture.LinkType, error) {
	name := o.Interfaces[0]
	if err := t.device.bind(name, o.Buffer); err != nil {
		return 0, err
	}
	size, err := t.device.get(unix.BIOCGBLEN)
	if err != nil {
		return 0, os.NewSyscallError("BIOCGBLEN", err)
	}
	link, err := t.device.get(unix.BIOCGDLT)
	if err != nil {
		return 0, os.NewSyscallError("BIOCGDLT", err)
	}
	t.memory, t.buffer = make([]byte, size), bpfBuffer{bpfLayout: systemBPF}
	if o.Promiscuous {
		if err := t.device.control(unix.BIOCPROMISC, nil); err != nil { // a loopback has no such mode
			o.Notify(fmt.Sprintf("%s: no promiscuous mode: %v", name, err))
		}
	}
	return capture.LinkType(link), nil
}

// filter gives the kernel a program.
func (t *tap) filter(raw []bpf.RawInstruction) error { return t.device.filter(raw) }

// empty reports whether nothing is at hand.
func (t *tap) empty() bool { return len(t.buffer.rest) == 0 }

// waiting reports whether fill would not wait.
func (t *tap) waiting() bool { return t.device.waiting() }

// fill reads what has come, and reports whether anything has within idleWait.
func (t *tap) fill() (bool, error) {
	n, err := t.device.read(t.memory)
	if err != nil {
		return false, err
	}
	t.buffer.rest = t.memory[:n]
	return n > 0, nil
}

// next makes a frame of the next packet that is at hand.
func (t *tap) next(f *capture.Frame) bool { return t.buffer.next(f) }

// drops is how many packets found no room since the beginning.
func (t *tap) drops() uint64 { return t.device.drops() }

func (t *tap) close() error { return t.device.close() }
