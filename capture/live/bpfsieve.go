package live

import (
	"encoding/binary"

	"golang.org/x/net/bpf"

	"simplecap/capture"
)

// bpfSieve runs a filter for Ethernet where the kernel of /dev/bpf does not: because the
// filter is longer than its 512 instructions, or because frames begin with the address
// family that loopbacks and tunnels have there (LinkNull).
type bpfSieve struct {
	vm      *bpf.VM
	link    capture.LinkType
	scratch []byte // an Ethernet header and what followed the family
}

// newBPFSieve returns nil if everything passes, as it does for link types of which no
// filter knows.
func newBPFSieve(filter func(capture.LinkType) ([]bpf.Instruction, error), link capture.LinkType) (*bpfSieve, error) {
	if filter == nil || link != capture.LinkEthernet && link != capture.LinkNull {
		return nil, nil
	}
	program, err := filter(capture.LinkEthernet)
	if err != nil {
		return nil, err
	}
	vm, err := bpf.NewVM(program)
	return &bpfSieve{vm: vm, link: link}, err
}

// passes reports whether a frame is wanted. What the filter cannot judge is.
func (s *bpfSieve) passes(frame []byte) bool {
	if s == nil {
		return true
	}
	if s.link == capture.LinkNull {
		frame = s.ethernet(frame)
	}
	n, err := s.vm.Run(frame)
	return err != nil || n > 0
}

// ethernet puts an Ethernet header in the place of the address family. The version of the
// packet says the type, since systems number IPv6 differently.
func (s *bpfSieve) ethernet(frame []byte) []byte {
	const family, header = 4, 14
	if len(frame) <= family {
		return frame
	}
	s.scratch = append(append(s.scratch[:0], make([]byte, header)...), frame[family:]...)
	ethertype := uint16(0x0800)
	if frame[family]>>4 == 6 {
		ethertype = 0x86dd
	}
	binary.BigEndian.PutUint16(s.scratch[header-2:], ethertype)
	return s.scratch
}
