//go:build !linux && cgo && pcap

package live

import (
	"errors"
	"fmt"

	"github.com/google/gopacket"
	"github.com/google/gopacket/pcap"
	"golang.org/x/net/bpf"

	"simplecap/capture"
)

// Capture is a [capture.Source] of the packets on one network interface, by way of libpcap.
// Nobody has tried it: it is built on systems other than Linux alone, with the
// build tag pcap.
type Capture struct {
	handle *pcap.Handle
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
	handle, err := pcap.OpenLive(name, int32(options.Snaplen), options.Promiscuous, idleWait)
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

// attach sets the filter where there is one for the link type.
func (l *Capture) attach(options *Options) error {
	if l.link != capture.LinkEthernet {
		return nil // user space looks at everything anyway
	}
	raw, err := options.program(l.link, nil)
	if err != nil {
		return err
	}
	return l.handle.SetBPFInstructionFilter(instructions(raw))
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
