package live

import (
	"errors"
	"fmt"
	"math"
	"net"
	"simplecap/capture"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// socket is a packet socket on some interfaces, or on all.
type socket struct {
	options *Options
	fd      int
	wake    int // an eventfd that ends a wait
	link    capture.LinkType
	ports   []port // the interfaces by name; none where all are meant
	failed  bool   // they came back, and could not be captured again
}

// port is an interface that the user named.
type port struct {
	name    string
	index   int // 0 while there is none of that name
	up      bool
	strange bool // one of that name has no Ethernet headers, where the capture has
}

// openSocket opens a socket that receives nothing until it is started.
func openSocket(options *Options) (*socket, error) {
	s := &socket{options: options, fd: -1, wake: -1, link: capture.LinkSLL2}
	if err := s.find(); err != nil {
		return nil, err
	}
	kind := unix.SOCK_DGRAM
	if s.link == capture.LinkEthernet {
		kind = unix.SOCK_RAW
	}
	var err error
	if s.fd, err = unix.Socket(unix.AF_PACKET, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
		return nil, fmt.Errorf("open a packet socket: %w", err)
	}
	if s.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		s.close()
		return nil, fmt.Errorf("open an event descriptor: %w", err)
	}
	return s, nil
}

// find looks the interfaces up, and decides on the link type.
func (s *socket) find() error {
	if s.options.isAny() {
		return nil
	}
	for _, name := range s.options.Interfaces {
		i, err := net.InterfaceByName(name)
		if err != nil {
			return fmt.Errorf("no interface is named %q", name)
		}
		s.ports = append(s.ports, port{name: name, index: i.Index, up: i.Flags&net.FlagUp != 0})
	}
	if len(s.ports) == 1 && isEthernet(hardwareType(s.ports[0].name)) {
		s.link = capture.LinkEthernet
	}
	return nil
}

// isEthernet reports whether packets of the kind of hardware have an Ethernet header.
func isEthernet(hardware uint16) bool {
	return hardware == unix.ARPHRD_ETHER || hardware == unix.ARPHRD_LOOPBACK
}

// hardwareType is the kind of an interface, ARPHRD_VOID where it cannot be told.
func hardwareType(name string) uint16 {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return unix.ARPHRD_VOID
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq(name)
	if err != nil || unix.IoctlIfreq(fd, unix.SIOCGIFHWADDR, request) != nil {
		return unix.ARPHRD_VOID
	}
	return request.Uint16() // the family of the address is the type
}

// start attaches the filter and begins to receive, in this order, so that
// nothing comes that the filter has not seen.
func (s *socket) start() error {
	if err := s.attach(); err != nil {
		return err
	}
	if err := s.bind(); err != nil {
		return fmt.Errorf("bind the packet socket: %w", err)
	}
	if !s.options.Promiscuous {
		return nil
	}
	for _, p := range s.ports {
		if p.index == 0 {
			continue // is awaited
		}
		if err := s.promiscuous(p.index); err != nil {
			return fmt.Errorf("make %s promiscuous: %w", p.name, err)
		}
	}
	return nil
}

// attach gives the kernel the filter.
func (s *socket) attach() error {
	raw, err := s.options.program(s.link, s.ownFilter())
	if err != nil {
		return fmt.Errorf("assemble the filter: %w", err)
	}
	program := unix.SockFprog{Len: uint16(len(raw)), Filter: (*unix.SockFilter)(unsafe.Pointer(&raw[0]))}
	if len(raw) > math.MaxUint16 {
		return fmt.Errorf("the filter has %d instructions, too many for the kernel", len(raw))
	}
	if err := unix.SetsockoptSockFprog(s.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program); err != nil {
		return fmt.Errorf("attach a filter of %d instructions: %w", len(raw), err)
	}
	return nil
}

// ownFilter is what comes before every filter: packets that go out on the
// loopback interface are dropped, since they come in there as well, and so are
// those of interfaces that nobody named.
func (s *socket) ownFilter() []bpf.Instruction {
	program := []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtLinkLayerType},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.ARPHRD_LOOPBACK, SkipTrue: 3},
		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.PACKET_OUTGOING, SkipTrue: 1},
		bpf.RetConstant{Val: 0},
	}
	if len(s.ports) < 2 {
		return program
	}
	program = append(program, bpf.LoadExtension{Num: bpf.ExtInterfaceIndex})
	for i, p := range s.ports {
		toEnd := 2 * (len(s.ports) - i - 1)
		program = append(program,
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(p.index), SkipTrue: 1},
			bpf.Jump{Skip: uint32(toEnd + 1)})
	}
	return append(program, bpf.RetConstant{Val: 0})
}

// bind begins to receive: from the one interface that is meant, or from all.
func (s *socket) bind() error {
	index := 0
	if len(s.ports) == 1 {
		index = s.ports[0].index
	}
	return unix.Bind(s.fd, &unix.SockaddrLinklayer{Protocol: bits16(unix.ETH_P_ALL), Ifindex: index})
}

func (s *socket) promiscuous(index int) error {
	request := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
	return unix.SetsockoptPacketMreq(s.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &request)
}

// watch notices named interfaces that go down, disappear, or come back, and receives
// from them again.
func (s *socket) watch() {
	changed := false
	for i := range s.ports {
		changed = s.look(&s.ports[i]) || changed
	}
	if changed {
		s.restart()
	}
}

// look looks at a named interface, and reports whether it was made again since.
func (s *socket) look(p *port) (changed bool) {
	index, up := s.state(p.name)
	if index == 0 {
		p.index, p.strange = 0, false
	}
	changed = index != 0 && (index != p.index || !s.receives(index))
	if changed && s.link == capture.LinkEthernet && !isEthernet(hardwareType(p.name)) {
		s.refuse(p)
		return false
	}
	switch {
	case up != p.up:
		s.options.Notify(p.name + map[bool]string{true: " is back", false: " is down: waiting for it to come back"}[up])
	case changed && up && !s.failed:
		s.options.Notify(p.name + " was made again: packets may be missing from before that was seen, for a second or so")
	}
	p.up = up
	if changed {
		p.index, p.strange = index, false
	}
	return changed
}

// refuse says that an interface came back as one without Ethernet headers: all frames of a
// capture are of one link type.
func (s *socket) refuse(p *port) {
	if !p.strange {
		s.options.Notify(p.name + " is an interface of another kind now, which this capture cannot read: begin it again")
	}
	p.strange, p.up = true, false
}

// receives reports whether the socket is bound as it should be. The kernel takes it off an
// interface that goes, and not back to one that comes with the same index.
func (s *socket) receives(index int) bool {
	if len(s.ports) != 1 {
		return true
	}
	address, err := unix.Getsockname(s.fd)
	bound, ok := address.(*unix.SockaddrLinklayer)
	return err != nil || !ok || bound.Ifindex == index
}

// restart receives from interfaces that came back.
func (s *socket) restart() {
	err := s.start()
	if err != nil {
		if !s.failed {
			s.options.Notify("cannot capture again: " + err.Error() + "; it is tried every second")
		}
		for i := range s.ports {
			s.ports[i].index = 0 // try again
		}
	} else if s.failed {
		s.options.Notify("captures again")
	}
	s.failed = err != nil
}

// state returns the index of an interface, 0 if there is none, and whether it is up.
func (s *socket) state(name string) (index int, up bool) {
	request, err := unix.NewIfreq(name)
	if err != nil || unix.IoctlIfreq(s.fd, unix.SIOCGIFINDEX, request) != nil {
		return 0, false
	}
	index = int(request.Uint32())
	if unix.IoctlIfreq(s.fd, unix.SIOCGIFFLAGS, request) != nil {
		return 0, false
	}
	return index, request.Uint16()&unix.IFF_UP != 0
}

// wait waits until packets come or something else happens. It reports true where
// it did not wait to the end.
func (s *socket) wait(atMost time.Duration) (woken bool, err error) {
	fds := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}, {Fd: int32(s.wake), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, int(atMost.Milliseconds()))
	switch {
	case errors.Is(err, unix.EINTR):
		return true, nil
	case err != nil:
		return true, fmt.Errorf("wait for packets: %w", err)
	case fds[0].Revents&unix.POLLERR != 0:
		return true, s.clearError(atMost)
	}
	return n > 0, nil
}

// clearError takes the error off the socket. That an interface went down is
// none: the kernel goes on with it when it is up again.
func (s *socket) clearError(pause time.Duration) error {
	code, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return fmt.Errorf("ask for the error of the packet socket: %w", err)
	}
	switch e := unix.Errno(code); e {
	case 0, unix.ENETDOWN, unix.ENODEV, unix.ENXIO:
		time.Sleep(pause)
		return nil
	default:
		return fmt.Errorf("packet socket: %w", e)
	}
}

func (s *socket) wakeUp() {
	one := [8]byte{1, 1, 1, 1, 1, 1, 1, 0} // not zero in either byte order
	unix.Write(s.wake, one[:])
}

func (s *socket) close() {
	for _, fd := range []int{s.fd, s.wake} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// interfaceNumbers numbers interfaces from 0 as they are first seen.
type interfaceNumbers struct {
	names  []string
	byName map[string]int
	index  map[int32]int
	last   int32 // index that was asked for last
	number int   // and its number
	most   int   // as Limits.Interfaces
}

// of returns the number of the interface with the index.
func (n *interfaceNumbers) of(index int32) int {
	if index == n.last && n.index != nil {
		return n.number
	}
	number, known := n.index[index]
	if !known {
		number = n.add(index)
	}
	n.last, n.number = index, number
	return number
}

func (n *interfaceNumbers) add(index int32) int {
	if n.index == nil {
		n.index = make(map[int32]int)
		n.byName = make(map[string]int)
	}
	if len(n.index) >= n.most {
		return 0
	}
	name := "interface " + strconv.Itoa(int(index)) // gone already
	if i, err := net.InterfaceByIndex(int(index)); err == nil {
		name = i.Name
	}
	number, known := n.byName[name]
	if !known {
		number = len(n.names)
		n.names = append(n.names, name)
		n.byName[name] = number
	}
	n.index[index] = number
	return number
}

func (n *interfaceNumbers) name(number int) string {
	if number < 0 || number >= len(n.names) {
		return ""
	}
	return n.names[number]
}
