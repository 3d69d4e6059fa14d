package live

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/net/bpf"

	"simplecap/capture"
)

// tap is a handle of Npcap.
type tap struct {
	library *npcap
	handle  uintptr // pcap_t *
	header  *pcapHeader
	data    *byte // of the packet that is at hand, with its header; nil for none
}

// open begins to capture on an interface.
func (t *tap) open(o *Options) (link capture.LinkType, err error) {
	if t.library, err = loadNpcap(); err != nil {
		return 0, err
	}
	if t.handle, err = t.library.open(t.device(o.Interfaces[0]), o); err != nil {
		return 0, err
	}
	return capture.LinkType(t.library.number("pcap_datalink", t.handle)), nil
}

// device is what Npcap calls an interface: the device with its addresses, of one without
// any that of the loopback, and else the name itself.
func (t *tap) device(name string) string {
	wanted, err := net.InterfaceByName(name)
	if err != nil {
		return name
	}
	devices, addresses := t.library.devices(), interfaceAddresses(*wanted)
	for _, d := range devices {
		if slices.ContainsFunc(d.addresses, func(a netip.Addr) bool {
			return slices.ContainsFunc(addresses, func(p netip.Prefix) bool { return p.Addr() == a })
		}) {
			return d.name
		}
	}
	for _, d := range devices {
		if wanted.Flags&net.FlagLoopback != 0 && strings.HasSuffix(d.name, "_Loopback") {
			return d.name
		}
	}
	return name
}

// filter gives the driver a program.
func (t *tap) filter(raw []bpf.RawInstruction) error {
	program := struct { // struct bpf_program; an instruction is laid out as Go has it
		length       uint32
		instructions *bpf.RawInstruction
	}{uint32(len(raw)), &raw[0]}
	if t.library.number("pcap_setfilter", t.handle, uintptr(unsafe.Pointer(&program))) != 0 {
		return errors.New(t.library.failure(t.handle))
	}
	return nil
}

// empty reports whether nothing is at hand.
func (t *tap) empty() bool { return t.data == nil }

// waiting cannot tell whether fill would wait, which it does for idleWait at most.
func (t *tap) waiting() bool { return true }

// fill takes the next packet, and reports whether one came within idleWait.
func (t *tap) fill() (bool, error) {
	t.data = nil
	switch n := t.library.number("pcap_next_ex", t.handle, uintptr(unsafe.Pointer(&t.header)), uintptr(unsafe.Pointer(&t.data))); {
	case n == 1 && t.data != nil && t.header != nil:
		return true, nil
	case n >= 0:
		t.data = nil
		return false, nil
	}
	t.data = nil
	return false, fmt.Errorf("%s", t.library.failure(t.handle))
}

// next makes a frame of the packet that is at hand. Its memory is Npcap's until the next
// one is taken.
func (t *tap) next(f *capture.Frame) bool {
	if t.data == nil {
		return false
	}
	h := t.header
	*f = capture.Frame{
		Data: unsafe.Slice(t.data, h.captured), Length: int(h.length), File: 1,
		Time: int64(h.seconds)*1e9 + int64(h.micros)*1e3, HasTime: true,
	}
	t.data = nil
	return true
}

// drops is how many packets found no room since the beginning.
func (t *tap) drops() uint64 {
	var counts [16]uint32 // struct pcap_stat: received, dropped, and what versions differ in
	if t.library.number("pcap_stats", t.handle, uintptr(unsafe.Pointer(&counts))) != 0 {
		return 0
	}
	return uint64(counts[1])
}

func (t *tap) close() error {
	t.library.call("pcap_close", t.handle)
	return nil
}
