package live

import "golang.org/x/net/bpf"

// assembler puts a classic BPF program together with names for the places that
// are jumped to. BPF jumps forward only, so a label stands after its jumps.
type assembler struct {
	lines []line
	code  []bpf.Instruction // from the last to the first, while it is made
	at    map[string]int    // length of code where a label stands
}

// line is one of a label, an instruction, or a jump to a label.
type line struct {
	label string
	ins   bpf.Instruction
	to    string
	cond  bpf.JumpTest
	val   uint32
	test  bool // the jump is conditional
}

func (a *assembler) do(ins ...bpf.Instruction) {
	for _, i := range ins {
		a.lines = append(a.lines, line{ins: i})
	}
}

func (a *assembler) label(name string) { a.lines = append(a.lines, line{label: name}) }

func (a *assembler) jump(to string) { a.lines = append(a.lines, line{to: to}) }

// when jumps if the test of the accumulator with val holds.
func (a *assembler) when(cond bpf.JumpTest, val uint32, to string) {
	a.lines = append(a.lines, line{cond: cond, val: val, to: to, test: true})
}

// is jumps if the accumulator is one of the values.
func (a *assembler) is(to string, values ...uint32) {
	for _, v := range values {
		a.when(bpf.JumpEqual, v, to)
	}
}

// class jumps by a byte in the accumulator: to whatever target says of it. It
// compares with the first byte of each run of equal targets, the last run first,
// because letters come late.
func (a *assembler) class(target func(c byte) string) {
	for c := 255; c > 0; c-- {
		if to := target(byte(c)); to != target(byte(c-1)) {
			a.when(bpf.JumpGreaterOrEqual, uint32(c), to)
		}
	}
	a.jump(target(0))
}

// assemble returns the program. It works from the end to the beginning, so that
// the distance of every jump is known when it is written.
func (a *assembler) assemble() []bpf.Instruction {
	a.code, a.at = nil, make(map[string]int)
	for i := len(a.lines) - 1; i >= 0; i-- {
		a.prepend(a.lines[i])
	}
	program := make([]bpf.Instruction, len(a.code))
	for i, ins := range a.code {
		program[len(a.code)-1-i] = ins
	}
	return program
}

func (a *assembler) prepend(l line) {
	if l.label != "" {
		a.at[l.label] = len(a.code)
		return
	}
	if l.ins != nil {
		a.code = append(a.code, l.ins)
		return
	}
	target, defined := a.at[l.to]
	if !defined {
		panic("capture: no label " + l.to + " after its jump") // an error in this package, which any test shows
	}
	switch skip := len(a.code) - target; {
	case l.test && skip <= 255:
		a.code = append(a.code, bpf.JumpIf{Cond: l.cond, Val: l.val, SkipTrue: uint8(skip)})
	case l.test: // too far for a conditional jump: go round an unconditional one
		a.code = append(a.code, bpf.Jump{Skip: uint32(skip)}, bpf.JumpIf{Cond: l.cond, Val: l.val, SkipFalse: 1})
	default: // also where skip is 0: an instruction for each line keeps the jumps of a program that was taken in
		a.code = append(a.code, bpf.Jump{Skip: uint32(skip)})
	}
}
