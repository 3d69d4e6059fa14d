package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"simplecap/analyze"
	"simplecap/decode"
)

// transactionFields is what an expression sees of a transaction. Strings are as
// they came from the wire.
type transactionFields struct {
	ID              int           `expr:"id"`
	Method          string        `expr:"method"`
	CallID          string        `expr:"call_id"`
	CSeq            int           `expr:"cseq"`
	Branch          string        `expr:"branch"`
	SentBy          string        `expr:"sent_by"`
	From            string        `expr:"from"`
	To              string        `expr:"to"`
	RequestURI      string        `expr:"request_uri"`
	Transport       string        `expr:"transport"` // "udp" or "tcp"
	Src             string        `expr:"src"`       // "192.0.2.1:5060"
	Dst             string        `expr:"dst"`
	SrcHost         string        `expr:"src_host"` // "192.0.2.1"
	DstHost         string        `expr:"dst_host"`
	ContentType     string        `expr:"content_type"`
	BodyBytes       int           `expr:"body_bytes"` // -1 where the capture holds a part of the body
	Status          int           `expr:"status"`     // 0 without a final response
	Reason          string        `expr:"reason"`
	RTT             time.Duration `expr:"rtt"`    // -1ns without a round-trip time, so that rtt > x is false
	RTTMillis       float64       `expr:"rtt_ms"` // -1 without one
	Outcome         string        `expr:"outcome"`
	Cause           string        `expr:"cause"`
	Retransmissions int           `expr:"retransmissions"`
	Duplicates      int           `expr:"duplicates"`
	Provisional     []int         `expr:"provisional"`
	Findings        []string      `expr:"findings"` // ids of rules
	Frames          []int         `expr:"frames"`   // numbers of the first 100 frames
	Delivery        int           `expr:"delivery"`
	Verdict         string        `expr:"verdict"`       // of the delivery; empty before it has closed
	FirstRequest    time.Time     `expr:"first_request"` // zero where it is not known
}

// Bounds of an expression. The virtual machine bounds what one evaluation may
// allocate; these bound how long it may take.
const (
	maxExpression = 4096 // bytes
	maxNodes      = 500
	maxPredicates = 2 // uses of any, all, filter and the like, which run over a list
	maxFrames     = 100
	maxRange      = 1000
)

// where is a compiled expression. It is used by one goroutine.
type where struct {
	name    string // what messages call it: the flag, or the expression itself
	program *vm.Program
	machine vm.VM
	fields  transactionFields
	failed  uint64 // transactions for which it could not be evaluated
	err     error  // why, the first time
}

// compileWhere compiles the expression of the flag --where.
func compileWhere(text string) (*where, error) {
	w, err := compileExpression(text)
	if err != nil {
		return nil, usage(fmt.Errorf("--where: %w", err), "names are "+fieldNames())
	}
	w.name = "--where"
	return w, nil
}

// compileExpression compiles an expression of the filter language.
func compileExpression(text string) (*where, error) {
	if len(text) > maxExpression {
		return nil, fmt.Errorf("the expression has more than %d bytes", maxExpression)
	}
	var bounds boundsChecker
	program, err := expr.Compile(text, expr.Env(&transactionFields{}), expr.AsBool(), expr.MaxNodes(maxNodes),
		expr.DisableBuiltin("now"), expr.DisableBuiltin("repeat"), expr.Patch(&bounds))
	if err == nil {
		err = bounds.check()
	}
	if err != nil {
		return nil, oneLine(err)
	}
	return &where{name: text, program: program}, nil
}

// boundsChecker finds what could make an expression run for long: functions
// that run over a list inside each other, and long ranges.
type boundsChecker struct {
	predicates int
	long       bool
}

// Visit implements ast.Visitor.
func (c *boundsChecker) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.PredicateNode:
		c.predicates++
	case *ast.BinaryNode:
		c.long = c.long || n.Operator == ".." && !isShort(n)
	}
}

// isShort reports whether a range such as 400..499 has few elements for certain.
func isShort(n *ast.BinaryNode) bool {
	from, ok1 := n.Left.(*ast.IntegerNode)
	to, ok2 := n.Right.(*ast.IntegerNode)
	return ok1 && ok2 && to.Value-from.Value < maxRange
}

func (c *boundsChecker) check() error {
	switch {
	case c.long:
		return fmt.Errorf("a range (..) must be between two numbers, and have at most %d elements", maxRange)
	case c.predicates > maxPredicates:
		return fmt.Errorf("any, all, filter and the like are allowed %d times at most", maxPredicates)
	}
	return nil
}

// oneLine turns an error of the compiler, which shows the expression on lines of
// its own, into one line that names the position.
func oneLine(err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return errors.New(strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return fmt.Errorf("%s at column %d", strings.ReplaceAll(at.Message, "\n", " "), at.Column+1)
}

func fieldNames() string {
	var names []string
	t := reflect.TypeFor[transactionFields]()
	for i := range t.NumField() {
		names = append(names, t.Field(i).Tag.Get("expr"))
	}
	return strings.Join(names, ", ")
}

// match reports whether the expression is true for t. Where it cannot be
// evaluated, which failure tells later, it is false.
func (w *where) match(t *analyze.Transaction) bool {
	w.fields.fill(t)
	result, err := w.machine.Run(w.program, &w.fields)
	if err != nil {
		if w.failed++; w.err == nil {
			w.err = oneLine(err)
		}
		return false
	}
	matched, _ := result.(bool)
	return matched
}

// failure tells of transactions for which the expression had no value. A nil
// where has none.
func (w *where) failure() error {
	if w == nil || w.failed == 0 {
		return nil
	}
	return usage(fmt.Errorf("%s: %w (transactions left out for it: %d)", w.name, w.err, w.failed), "")
}

func (f *transactionFields) fill(t *analyze.Transaction) {
	provisional, frames := t.Provisional, f.Frames[:0]
	*f = transactionFields{
		ID: int(t.ID), Delivery: int(t.Delivery), Verdict: t.Verdict.String(), Method: t.Method, CallID: t.CallID, CSeq: int(t.CSeq), Branch: t.Branch, SentBy: t.SentBy,
		From: t.From, To: t.To, RequestURI: t.RequestURI, Transport: t.Transport.String(),
		Src: t.Src.String(), Dst: t.Dst.String(), SrcHost: t.Src.Host(), DstHost: t.Dst.Host(),
		ContentType: t.ContentType, BodyBytes: t.BodyBytes, Status: t.Status, Reason: t.Reason,
		RTT: -1, RTTMillis: -1, Outcome: t.Outcome.String(), Cause: t.Cause,
		Retransmissions: t.Retransmissions, Duplicates: t.Duplicates,
		Provisional: provisional[:min(len(provisional), maxFrames)], Findings: t.Findings,
		Frames: appendNumbers(appendNumbers(frames, t.RequestFrames), t.ResponseFrames),
	}
	if t.BodyCut {
		f.BodyBytes = -1
	}
	if t.HasRTT {
		f.RTT, f.RTTMillis = t.RTT, float64(t.RTT)/1e6
	}
	if t.HasTime && len(t.RequestFrames) > 0 {
		f.FirstRequest = time.Unix(0, t.FirstRequest).UTC()
	}
}

func appendNumbers(numbers []int, frames []decode.FrameRef) []int {
	for _, frame := range frames {
		if len(numbers) == maxFrames {
			break
		}
		numbers = append(numbers, int(frame.Number()))
	}
	return numbers
}
