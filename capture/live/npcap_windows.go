package live

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// npcap is the library of Npcap, wpcap.dll. It is loaded when a capture begins and not
// before, so that files are read where it is absent, old or broken.
type npcap struct {
	functions map[string]*windows.Proc
}

// npcapFunctions are those that a capture needs.
var npcapFunctions = []string{
	"pcap_create", "pcap_set_snaplen", "pcap_set_promisc", "pcap_set_timeout", "pcap_set_buffer_size", "pcap_activate", "pcap_geterr",
	"pcap_datalink", "pcap_setfilter", "pcap_next_ex", "pcap_stats", "pcap_close", "pcap_findalldevs", "pcap_freealldevs",
}

// errNoNpcap says what to do.
var errNoNpcap = errors.New("Npcap is not installed: install it (https://npcap.com), or pipe what another program captures into simplecap")

// loadNpcap loads the library from where Npcap puts it, or from where it is with its
// WinPcap mode; from nowhere else.
func loadNpcap() (*npcap, error) {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{system + `\Npcap\wpcap.dll`, system + `\wpcap.dll`} {
		handle, err := windows.LoadLibraryEx(name, 0, windows.LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR|windows.LOAD_LIBRARY_SEARCH_SYSTEM32)
		if err == nil {
			return bindNpcap(&windows.DLL{Name: name, Handle: handle})
		}
		if !errors.Is(err, windows.ERROR_MOD_NOT_FOUND) {
			return nil, fmt.Errorf("%s cannot be loaded: %w", name, err)
		}
	}
	return nil, errNoNpcap
}

// bindNpcap finds the functions.
func bindNpcap(library *windows.DLL) (*npcap, error) {
	n := &npcap{functions: make(map[string]*windows.Proc)}
	for _, name := range npcapFunctions {
		f, err := library.FindProc(name)
		if err != nil {
			return nil, fmt.Errorf("%s has no function %s: it is too old, install Npcap (https://npcap.com)", library.Name, name)
		}
		n.functions[name] = f
	}
	return n, nil
}

// call calls a function.
//
//go:uintptrescapes
func (n *npcap) call(name string, arguments ...uintptr) uintptr {
	result, _, _ := n.functions[name].Call(arguments...)
	return result
}

// number calls a function that returns an int of C.
//
//go:uintptrescapes
func (n *npcap) number(name string, arguments ...uintptr) int {
	return int(int32(n.call(name, arguments...)))
}

// failure is what went wrong with a handle.
func (n *npcap) failure(handle uintptr) string { return textAt(n.call("pcap_geterr", handle)) }

// textAt is the string of C at an address of the library's.
func textAt(address uintptr) string {
	return windows.BytePtrToString(*(**byte)(unsafe.Pointer(&address)))
}

// pcapErrorSize is how long a message may be (PCAP_ERRBUF_SIZE).
const pcapErrorSize = 256

// open makes a handle that captures on a device.
func (n *npcap) open(device string, o *Options) (uintptr, error) {
	name, err := windows.BytePtrFromString(device)
	if err != nil {
		return 0, err
	}
	var message [pcapErrorSize]byte
	handle := n.call("pcap_create", uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&message)))
	if handle == 0 {
		return 0, errors.New(windows.ByteSliceToString(message[:]))
	}
	promiscuous := 0
	if o.Promiscuous {
		promiscuous = 1
	}
	n.call("pcap_set_snaplen", handle, uintptr(o.Snaplen))
	n.call("pcap_set_promisc", handle, uintptr(promiscuous))
	n.call("pcap_set_timeout", handle, uintptr(idleWait/time.Millisecond))
	n.call("pcap_set_buffer_size", handle, uintptr(o.Buffer))
	if code := n.number("pcap_activate", handle); code < 0 {
		err := fmt.Errorf("%s (error %d)", n.failure(handle), code)
		n.call("pcap_close", handle)
		return 0, err
	}
	return handle, nil
}

// pcapHeader is struct pcap_pkthdr, in which a long has 32 bits.
type pcapHeader struct {
	seconds, micros  int32
	captured, length uint32
}

// pcapInterface is struct pcap_if, and pcapAddress struct pcap_addr with the beginning
// of a struct sockaddr.
type (
	pcapInterface struct {
		next              *pcapInterface
		name, description *byte
		addresses         *pcapAddress
		flags             uint32
	}
	pcapAddress struct {
		next    *pcapAddress
		address *struct {
			family uint16
			_      uint16
			ipv4   [4]byte // of IPv6 the flow
			ipv6   [16]byte
		}
		_, _, _ uintptr
	}
)

// npcapDevice is an interface as Npcap names it.
type npcapDevice struct {
	name      string
	addresses []netip.Addr
}

// devices lists the interfaces.
func (n *npcap) devices() (list []npcapDevice) {
	var first *pcapInterface
	var message [pcapErrorSize]byte
	if n.number("pcap_findalldevs", uintptr(unsafe.Pointer(&first)), uintptr(unsafe.Pointer(&message))) != 0 || first == nil {
		return nil
	}
	for i := first; i != nil; i = i.next {
		d := npcapDevice{name: windows.BytePtrToString(i.name)}
		for a := i.addresses; a != nil; a = a.next {
			switch {
			case a.address == nil:
			case a.address.family == windows.AF_INET:
				d.addresses = append(d.addresses, netip.AddrFrom4(a.address.ipv4))
			case a.address.family == windows.AF_INET6:
				d.addresses = append(d.addresses, netip.AddrFrom16(a.address.ipv6))
			}
		}
		list = append(list, d)
	}
	n.call("pcap_freealldevs", uintptr(unsafe.Pointer(first)))
	return list
}
