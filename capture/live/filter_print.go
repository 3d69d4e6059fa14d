package live

import (
	"fmt"
	"io"

	"golang.org/x/net/bpf"
)

// ProgramFormat is a way to print a BPF program, as tcpdump's options are called.
type ProgramFormat int

// The formats.
const (
	ProgramText    ProgramFormat = 1 + iota // -d: for people
	ProgramC                                // -dd: a C array
	ProgramDecimal                          // -ddd: decimal numbers after their count
)

// PrintProgram writes a program as tcpdump does.
func PrintProgram(w io.Writer, program []bpf.Instruction, format ProgramFormat) error {
	raw, err := bpf.Assemble(program)
	if err != nil {
		return fmt.Errorf("assemble the filter: %w", err)
	}
	if format == ProgramDecimal {
		fmt.Fprintln(w, len(raw))
	}
	for i, ins := range raw {
		switch format {
		case ProgramC:
			_, err = fmt.Fprintf(w, "{ 0x%x, %d, %d, 0x%08x },\n", ins.Op, ins.Jt, ins.Jf, ins.K)
		case ProgramDecimal:
			_, err = fmt.Fprintln(w, ins.Op, ins.Jt, ins.Jf, ins.K)
		default:
			_, err = fmt.Fprintf(w, "(%03d) %s\n", i, instructionText(i, ins, program[i]))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Parts of the operation code of a jump.
const (
	classMask, classJump = 0x07, 0x05
	testMask             = 0xf0
)

// instructionText is one instruction; the targets of jumps are line numbers.
func instructionText(at int, raw bpf.RawInstruction, ins bpf.Instruction) string {
	if raw.Op&classMask != classJump {
		return fmt.Sprint(ins)
	}
	if raw.Op&testMask == 0 {
		return fmt.Sprintf("ja %d", at+1+int(raw.K))
	}
	name := [...]string{"ja", "jeq", "jgt", "jge", "jset"}[raw.Op&testMask>>4]
	return fmt.Sprintf("%-8s #0x%-14xjt %d\tjf %d", name, raw.K, at+1+int(raw.Jt), at+1+int(raw.Jf))
}
