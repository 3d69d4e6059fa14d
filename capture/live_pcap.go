//go:build !linux && cgo && pcap

package capture

import (
	"errors"
	"fmt"

	"github.com/google/gopacket"
	"github.com/google/gopacket/pcap"
	"golang.org/x/net/bpf"
)

// Live is a [Source] of the packets on one network interface, by way of libpcap.
// Nobody has tried it: it is built on systems other than Linux alone, with the
// build tag pcap.
type Live struct {
	handle *pcap.Handle
	seen   seen
	link   LinkType
	name   string
}

var _ Source = (*Live)(nil)

// OpenLive captures on one interface.
func OpenLive(options LiveOptions) (*Live, error) {
	options = options.withDefaults()
	if len(options.Interfaces) != 1 || options.isAny() {
		return nil, errors.New("name one interface: this system has no way to capture on several")
	}
	name := options.Interfaces[0]
	handle, err := pcap.OpenLive(name, int32(options.Snaplen), options.Promiscuous, idleWait)
	if err != nil {
		return nil, fmt.Errorf("capture on %s: %w", name, err)
	}
	l := &Live{handle: handle, link: LinkType(handle.LinkType()), name: name}
	l.seen.input = Input{Name: name, Format: "live", LinkTypes: []string{l.link.String()}, Complete: true}
	if err := l.attach(&options); err != nil {
		handle.Close()
		return nil, fmt.Errorf("capture on %s: %w", name, err)
	}
	return l, nil
}

// attach sets the filter where there is one for the link type.
func (l *Live) attach(options *LiveOptions) error {
	if l.link != LinkEthernet {
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
func (l *Live) Link() LinkType { return l.link }

// InterfaceName returns the name of the interface.
func (l *Live) InterfaceName(int) string { return l.name }

// State says how the capture goes. libpcap does not tell.
func (*Live) State() LiveState { return LiveState{} }

// Clock returns 0: libpcap does not say what is still on its way.
func (l *Live) Clock() int64 { return 0 }

// ReadBatch implements [Source], one frame at a time.
func (l *Live) ReadBatch(frames []Frame) (int, error) {
	data, info, err := l.ZeroCopyReadPacketData()
	switch {
	case errors.Is(err, pcap.NextErrorTimeoutExpired):
		return 0, nil
	case err != nil:
		return 0, err
	}
	frames[0] = Frame{Data: data, Time: info.Timestamp.UnixNano(), HasTime: true, Length: info.Length, File: 1, Link: l.link}
	l.seen.add(&frames[0])
	return 1, nil
}

// poll is ReadBatch: libpcap waits as it was told when it was opened.
func (l *Live) poll(frames []Frame) (int, error) { return l.ReadBatch(frames) }

// ZeroCopyReadPacketData implements gopacket.ZeroCopyPacketDataSource.
func (l *Live) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	return l.handle.ZeroCopyReadPacketData()
}

// Inputs implements [Source].
func (l *Live) Inputs() []Input {
	if s, err := l.handle.Stats(); err == nil {
		l.seen.input.KernelDrops = uint64(s.PacketsDropped)
	}
	return []Input{l.seen.input}
}

// Close implements [Source].
func (l *Live) Close() error {
	l.handle.Close()
	return nil
}
