//go:build (windows && amd64) || (!linux && !windows && cgo && pcap)

package live

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/google/gopacket"
	"github.com/google/gopacket/pcap"
	"golang.org/x/net/bpf"

	"simplecap/capture"
)

// Capture is a [capture.Source] of the packets on one network interface, by way of libpcap:
// on Windows of Npcap, which is loaded when the program starts and may be absent; on other
// systems with cgo and the build tag pcap. We have not run it.
type Capture struct {
	handle *pcap.Handle
	sieve  *bpfSieve // nil where the handle has the filter
	seen   seen
	link   capture.LinkType
	name   string
}

var _ capture.Source = (*Capture)(nil)

// Open captures on one interface.
func Open(options Options) (*Capture, error) {
	options = options.withDefaults()
	if len(options.Interfaces) != 1 || options.isAny() {
		return nil, errors.New("name one interface: this system has no way to capture on several")
	}
	name := options.Interfaces[0]
	handle, err := pcap.OpenLive(pcapDevice(name), int32(options.Snaplen), options.Promiscuous, idleWait)
	if err != nil {
		return nil, fmt.Errorf("capture on %s: %w", name, err)
	}
	l := &Capture{handle: handle, link: capture.LinkType(handle.LinkType()), name: name}
	l.seen.input = capture.Input{Name: name, Format: "live", LinkTypes: []string{l.link.String()}, Complete: true}
	if err := l.attach(&options); err != nil {
		handle.Close()
		return nil, fmt.Errorf("capture on %s: %w", name, err)
	}
	return l, nil
}

// attach sets the filter where it is one for the link type and is taken, and else gives
// it to the sieve.
func (l *Capture) attach(options *Options) (err error) {
	if l.link == capture.LinkEthernet {
		raw, err := options.program(l.link, nil)
		if err != nil {
			return err
		}
		if l.handle.SetBPFInstructionFilter(instructions(raw)) == nil {
			return nil
		}
	}
	l.sieve, err = newBPFSieve(options.Filter, l.link)
	return err
}

// pcapDevice is what libpcap calls an interface: on Windows a device of Npcap's, which has the
// same addresses; else the name itself.
func pcapDevice(name string) string {
	wanted, err := net.InterfaceByName(name)
	devices, listed := pcap.FindAllDevs()
	if err != nil || listed != nil {
		return name
	}
	addresses := interfaceAddresses(*wanted)
	for _, d := range devices {
		for _, a := range d.Addresses {
			if slices.ContainsFunc(addresses, func(p netip.Prefix) bool { return a.IP.Equal(p.Addr().AsSlice()) }) {
				return d.Name
			}
		}
	}
	return name
}

func instructions(raw []bpf.RawInstruction) (program []pcap.BPFInstruction) {
	for _, i := range raw {
		program = append(program, pcap.BPFInstruction{Code: i.Op, Jt: i.Jt, Jf: i.Jf, K: i.K})
	}
	return program
}

// Link returns the link type of all frames.
func (l *Capture) Link() capture.LinkType { return l.link }

// InterfaceName returns the name of the interface.
func (l *Capture) InterfaceName(int) string { return l.name }

// State says how the capture goes. libpcap does not tell.
func (*Capture) State() State { return State{} }

// Clock returns 0: libpcap does not say what is still on its way.
func (l *Capture) Clock() int64 { return 0 }

// ReadBatch implements [capture.Source], one frame at a time.
func (l *Capture) ReadBatch(frames []capture.Frame) (int, error) {
	data, info, err := l.ZeroCopyReadPacketData()
	switch {
	case errors.Is(err, pcap.NextErrorTimeoutExpired):
		return 0, nil
	case err != nil:
		return 0, err
	}
	if !l.sieve.passes(data) {
		return 0, nil
	}
	frames[0] = capture.Frame{Data: data, Time: info.Timestamp.UnixNano(), HasTime: true, Length: info.Length, File: 1, Link: l.link}
	l.seen.add(&frames[0])
	return 1, nil
}

// poll is ReadBatch: libpcap waits as it was told when it was opened.
func (l *Capture) poll(frames []capture.Frame) (int, error) { return l.ReadBatch(frames) }

// ZeroCopyReadPacketData implements gopacket.ZeroCopyPacketDataSource.
func (l *Capture) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	return l.handle.ZeroCopyReadPacketData()
}

// Inputs implements [capture.Source].
func (l *Capture) Inputs() []capture.Input {
	if s, err := l.handle.Stats(); err == nil {
		l.seen.input.KernelDrops = uint64(s.PacketsDropped)
	}
	return []capture.Input{l.seen.input}
}

// Close implements [capture.Source].
func (l *Capture) Close() error {
	l.handle.Close()
	return nil
}
