//go:build darwin || freebsd

package live

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// The most that these systems let a buffer hold unless they are told otherwise
// (debug.bpf_maxbufsize, net.bpf.maxbufsize), and the devices that are tried.
const (
	bpfMaxBuffer = 512 << 10
	bpfDevices   = 256
)

// bpfDevice is a descriptor of /dev/bpf (bpf(4)).
type bpfDevice struct{ fd int }

// openBPF opens the first device that nobody uses. FreeBSD makes one for whoever opens
// /dev/bpf; macOS has them numbered.
func openBPF() (*bpfDevice, error) {
	fd, err := unix.Open("/dev/bpf", unix.O_RDWR|unix.O_CLOEXEC, 0)
	for n := 0; n < bpfDevices && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.EBUSY)); n++ {
		name := fmt.Sprintf("/dev/bpf%d", n)
		fd, err = unix.Open(name, unix.O_RDWR|unix.O_CLOEXEC, 0)
		if n > 0 && errors.Is(err, fs.ErrNotExist) {
			return nil, errors.New("all of /dev/bpf* are in use")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open /dev/bpf: %w", err)
	}
	return &bpfDevice{fd}, nil
}

// control is ioctl with a pointer to what the request is about.
func (d *bpfDevice) control(request uint, about unsafe.Pointer) error {
	if _, _, code := unix.Syscall(unix.SYS_IOCTL, uintptr(d.fd), uintptr(request), uintptr(about)); code != 0 {
		return code
	}
	return nil
}

func (d *bpfDevice) set(request uint, value uint32) error {
	return d.control(request, unsafe.Pointer(&value))
}

func (d *bpfDevice) get(request uint) (value uint32, err error) {
	err = d.control(request, unsafe.Pointer(&value))
	return value, err
}

// bind begins to capture on an interface, with packets handed over as they come and a
// read that ends after idleWait. The buffer has to be asked for before.
func (d *bpfDevice) bind(name string, buffer int) error {
	request := struct { // struct ifreq
		name [unix.IFNAMSIZ]byte
		_    [16]byte
	}{}
	if len(name) >= len(request.name) {
		return unix.ENXIO
	}
	copy(request.name[:], name)
	if err := d.set(unix.BIOCSBLEN, uint32(min(buffer, bpfMaxBuffer))); err != nil {
		return os.NewSyscallError("BIOCSBLEN", err)
	}
	if err := d.control(unix.BIOCSETIF, unsafe.Pointer(&request)); err != nil {
		return err
	}
	if err := d.set(unix.BIOCIMMEDIATE, 1); err != nil {
		return os.NewSyscallError("BIOCIMMEDIATE", err)
	}
	wait := unix.NsecToTimeval(int64(idleWait / time.Nanosecond))
	return os.NewSyscallError("BIOCSRTIMEOUT", d.control(unix.BIOCSRTIMEOUT, unsafe.Pointer(&wait)))
}

// filter gives the kernel a program; what came before it is thrown away.
func (d *bpfDevice) filter(raw []bpf.RawInstruction) error {
	code := make([]unix.BpfInsn, len(raw))
	for i, r := range raw {
		code[i] = unix.BpfInsn{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	program := unix.BpfProgram{Len: uint32(len(code)), Insns: &code[0]}
	return os.NewSyscallError("BIOCSETF", d.control(unix.BIOCSETF, unsafe.Pointer(&program)))
}

// drops is how many packets found no room since the beginning.
func (d *bpfDevice) drops() uint64 {
	var s unix.BpfStat
	if d.control(unix.BIOCGSTATS, unsafe.Pointer(&s)) != nil {
		return 0
	}
	return uint64(s.Drop)
}

// waiting reports whether a read would return packets at once.
func (d *bpfDevice) waiting() bool {
	const fionread = 0x4004667f // FIONREAD of sys/filio.h, which x/sys does not have for these systems
	n, err := d.get(fionread)
	return err == nil && n > 0
}

// read fills the buffer, which has to have the size that the device says. It returns 0
// when nothing came.
func (d *bpfDevice) read(buffer []byte) (int, error) {
	n, err := unix.Read(d.fd, buffer)
	if errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ETIMEDOUT) {
		return 0, nil
	}
	return max(n, 0), err
}

func (d *bpfDevice) close() error { return unix.Close(d.fd) }
