package live

import (
	"cmp"
	"simplecap/capture"
	"time"

	"golang.org/x/net/bpf"
)

// AnyInterface is the name that stands for every interface of the host.
const AnyInterface = "any"

// Options says what [Open] captures and how.
type Options struct {
	// Interfaces are the names of network interfaces. None, or AnyInterface,
	// means all of them.
	Interfaces []string

	// Promiscuous asks the interfaces for packets that are addressed to others.
	// It has no effect with AnyInterface.
	Promiscuous bool

	// Snaplen is how many bytes of a packet are kept. Default 262144.
	Snaplen int

	// Buffer is how many bytes of packets the kernel may hold until they are
	// read. What does not fit is dropped and counted. Default 32 MiB.
	Buffer int

	// Filter makes the program that the kernel runs on every packet, for the
	// given link type: LinkEthernet, or LinkSLL2 for packets that begin with
	// their network header. Nil lets everything through. SIPFilter.Program is one.
	Filter func(link capture.LinkType) ([]bpf.Instruction, error)

	// Notify is told in one line when an interface goes away or comes back. It is
	// called from ReadBatch. Nil means that nobody wants to know.
	Notify func(line string)

	// Limits are bounds; zero fields mean the defaults.
	Limits Limits
}

// Limits bounds what a Capture remembers.
type Limits struct {
	Interfaces int // interfaces told apart (default 4,096); on a host where they come and go for weeks, further ones count as the first
}

// How long ReadBatch waits: the kernel hands over a part of its buffer that is
// not full after retireAfter, and ReadBatch returns with nothing after idleWait.
const (
	retireAfter = 50 * time.Millisecond
	idleWait    = 100 * time.Millisecond
	watchEvery  = time.Second // how often interfaces and drops are looked at
	sampleEvery = retireAfter // how often the kernel's buffer is
)

const (
	defaultSnaplen = 262144
	defaultBuffer  = 32 << 20
)

func (o Options) withDefaults() Options {
	o.Snaplen = cmp.Or(max(o.Snaplen, 0), defaultSnaplen)
	o.Buffer = cmp.Or(max(o.Buffer, 0), defaultBuffer)
	o.Filter = remembered(o.Filter)
	o.Limits.Interfaces = cmp.Or(max(o.Limits.Interfaces, 0), 4096)
	if o.Notify == nil {
		o.Notify = func(string) {}
	}
	return o
}

// remembered asks for a filter once: when an interface comes back the process may
// have lost the right to run a compiler.
func remembered(filter func(capture.LinkType) ([]bpf.Instruction, error)) func(capture.LinkType) ([]bpf.Instruction, error) {
	if filter == nil {
		return nil
	}
	made := make(map[capture.LinkType][]bpf.Instruction)
	return func(link capture.LinkType) ([]bpf.Instruction, error) {
		if program, ok := made[link]; ok {
			return program, nil
		}
		program, err := filter(link)
		if err == nil {
			made[link] = program
		}
		return program, err
	}
}

// State says how a live capture goes.
type State struct {
	RingBlocks int              // parts of the kernel's buffer
	RingFilled int              // the most of them that waited to be read, of late
	RingFull   uint64           // how often the kernel found all of them filled
	Interfaces []InterfaceState // those that were named; none where all are captured
}

// InterfaceState is an interface that was named.
type InterfaceState struct {
	Name string
	Up   bool // it is there and up
}

// isAny reports whether the options name all interfaces.
func (o *Options) isAny() bool {
	if len(o.Interfaces) == 0 {
		return true
	}
	for _, name := range o.Interfaces {
		if name == AnyInterface {
			return true
		}
	}
	return false
}

// program is the filter that the kernel is given: what the caller wants, cut to
// the snapshot length, behind instructions of this package.
func (o *Options) program(link capture.LinkType, before []bpf.Instruction) ([]bpf.RawInstruction, error) {
	wanted := []bpf.Instruction{bpf.RetConstant{Val: defaultSnaplen}}
	if o.Filter != nil {
		made, err := o.Filter(link)
		if err != nil {
			return nil, err
		}
		wanted = made
	}
	whole := append([]bpf.Instruction(nil), before...)
	for _, ins := range wanted {
		if ret, ok := ins.(bpf.RetConstant); ok {
			ins = bpf.RetConstant{Val: min(ret.Val, uint32(o.Snaplen))}
		}
		whole = append(whole, ins)
	}
	return bpf.Assemble(whole)
}

// seen keeps an Input up to date with the frames that were read.
type seen struct {
	input capture.Input
	last  int64 // largest time so far
}

// add counts one frame.
func (s *seen) add(f *capture.Frame) {
	in := &s.input
	in.Packets++
	in.Bytes += uint64(len(f.Data))
	f.Number = in.Packets
	t := time.Unix(0, f.Time)
	switch {
	case in.Packets == 1:
		in.First, in.Last, s.last = t, t, f.Time
	case f.Time >= s.last:
		in.Last, s.last = t, f.Time
	default:
		in.OutOfOrder++
		if t.Before(in.First) {
			in.First = t
		}
	}
}
