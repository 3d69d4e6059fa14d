package live

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"simplecap/capture"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/bpf"
)

// Tcpdump returns a compiler of an expression in tcpdump's language
// (pcap-filter(7)), for SIPFilter.Expression. It runs the tcpdump that is found
// in PATH.
//
// The language has pitfalls that the program keeps: "port" never matches a later
// fragment, which SIPFilter lets pass for that reason; and "vlan" looks for tags
// in the packet, where Linux seldom leaves them.
func Tcpdump(expression string) func(capture.LinkType) ([]bpf.Instruction, error) {
	return func(link capture.LinkType) ([]bpf.Instruction, error) {
		path, err := exec.LookPath("tcpdump")
		if err != nil {
			return nil, fmt.Errorf("the expression %q needs tcpdump to compile it, and there is none in PATH: install the package tcpdump, "+
				"or filter by --host, --udp-port and --tcp-port", expression)
		}
		program, err := compile(path, expression, link)
		if err != nil {
			return nil, err
		}
		if link == capture.LinkSLL2 {
			return withoutCookedHeader(program)
		}
		return program, nil
	}
}

// ExpressionError says what tcpdump finds wrong with an expression.
type ExpressionError struct{ err error }

// Error is what tcpdump says.
func (e *ExpressionError) Error() string { return e.err.Error() }

// compileTime is how long tcpdump may take.
const compileTime = 10 * time.Second

// compile runs tcpdump. For LinkSLL2 the program is one for version 1, whose
// fields the kernel can give as well.
func compile(path, expression string, link capture.LinkType) ([]bpf.Instruction, error) {
	ctx, cancel := context.WithTimeout(context.Background(), compileTime)
	defer cancel()
	if link == capture.LinkSLL2 {
		link = capture.LinkLinuxSLL
	}
	var problem strings.Builder
	command := exec.CommandContext(ctx, path, "-y", link.String(), "-ddd", "--", expression)
	command.Stderr = &problem
	out, err := command.Output()
	if err != nil {
		said := strings.TrimPrefix(strings.TrimSpace(problem.String()), "tcpdump: ")
		if said == "" {
			said = err.Error()
		}
		return nil, &ExpressionError{fmt.Errorf("filter expression %q: %s", expression, said)}
	}
	program, err := parseDecimal(string(out))
	if err != nil {
		return nil, fmt.Errorf("filter expression %q: %s -ddd: %w", expression, path, err)
	}
	return program, nil
}

// parseDecimal reads what tcpdump -ddd prints, and checks that it is a program.
func parseDecimal(text string) ([]bpf.Instruction, error) {
	lines := strings.Fields(text)
	if len(lines) == 0 {
		return nil, errors.New("no program")
	}
	if n, err := strconv.Atoi(lines[0]); err != nil || len(lines) != 1+4*n {
		return nil, errors.New("not a program in decimal numbers")
	}
	var raw []bpf.RawInstruction
	for f := lines[1:]; len(f) > 0; f = f[4:] {
		op, err1 := strconv.ParseUint(f[0], 10, 16)
		jt, err2 := strconv.ParseUint(f[1], 10, 8)
		jf, err3 := strconv.ParseUint(f[2], 10, 8)
		k, err4 := strconv.ParseUint(f[3], 10, 32)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return nil, err
		}
		raw = append(raw, bpf.RawInstruction{Op: uint16(op), Jt: uint8(jt), Jf: uint8(jf), K: uint32(k)})
	}
	program, known := bpf.Disassemble(raw)
	if !known {
		return nil, errors.New("an instruction that is not known")
	}
	if _, err := bpf.NewVM(program); err != nil {
		return nil, err
	}
	return program, nil
}

// sll1Header is the size of a LINUX_SLL header in bytes; its last two are the protocol.
const sll1Header = 16

// withoutCookedHeader turns a program for LINUX_SLL into one for packets that
// begin with their network header: of what is in the LINUX_SLL header, the kernel
// gives the protocol and the direction otherwise.
func withoutCookedHeader(program []bpf.Instruction) ([]bpf.Instruction, error) {
	errHeader := errors.New("the filter expression looks at a part of the link-layer header that is not there " +
		"where several interfaces, or all, are captured: name one Ethernet interface")
	moved := make([]bpf.Instruction, len(program))
	for i, ins := range program {
		switch l := ins.(type) {
		case bpf.LoadAbsolute:
			switch {
			case l.Off >= sll1Header:
				ins = bpf.LoadAbsolute{Off: l.Off - sll1Header, Size: l.Size}
			case l.Off == 14 && l.Size == 2:
				ins = bpf.LoadExtension{Num: bpf.ExtProto}
			case l.Off == 0 && l.Size == 2:
				ins = bpf.LoadExtension{Num: bpf.ExtType}
			default:
				return nil, errHeader
			}
		case bpf.LoadIndirect:
			if l.Off < sll1Header {
				return nil, errHeader
			}
			ins = bpf.LoadIndirect{Off: l.Off - sll1Header, Size: l.Size}
		case bpf.LoadMemShift:
			if l.Off < sll1Header {
				return nil, errHeader
			}
			ins = bpf.LoadMemShift{Off: l.Off - sll1Header}
		}
		moved[i] = ins
	}
	return moved, nil
}

// expression puts the user's program before ours: what it lets through ours
// judges, and so it does later fragments, which show no ports.
func (f *SIPFilter) expression(a *assembler, link capture.LinkType) error {
	program, err := f.Expression(link)
	if err != nil {
		return err
	}
	const rejected = "rejected by the expression"
	for _, ins := range program {
		switch ret := ins.(type) {
		case bpf.RetConstant:
			if ret.Val == 0 {
				a.jump(rejected)
			} else {
				a.jump(ourProgram)
			}
		case bpf.RetA:
			return errors.New("the filter expression computes how much of a packet to keep: that is not understood")
		default:
			a.do(ins)
		}
	}
	a.label(rejected)
	laterFragments(a, link, ourProgram)
	a.do(bpf.RetConstant{Val: 0})
	a.label(ourProgram)
	return nil
}

// laterFragments jumps if the packet is a fragment other than the first, of IPv4
// or IPv6 without VLAN tag in the packet.
func laterFragments(a *assembler, link capture.LinkType, to string) {
	header := uint32(0)
	if link == capture.LinkEthernet {
		header = 14
		a.do(bpf.LoadAbsolute{Off: 12, Size: 2})
	} else {
		a.do(bpf.LoadExtension{Num: bpf.ExtProto})
	}
	const four, six, none = "later fragment 4", "later fragment 6", "no later fragment"
	a.is(four, 0x0800)
	a.is(six, 0x86dd)
	a.jump(none)
	a.label(four)
	a.do(bpf.LoadAbsolute{Off: header + 6, Size: 2})
	a.when(bpf.JumpBitsSet, 0x1fff, to)
	a.jump(none)
	a.label(six)
	a.do(bpf.LoadAbsolute{Off: header + 6, Size: 1})
	a.when(bpf.JumpNotEqual, 44, none)
	a.do(bpf.LoadAbsolute{Off: header + 40 + 2, Size: 2})
	a.when(bpf.JumpBitsSet, 0xfff8, to)
	a.label(none)
}
