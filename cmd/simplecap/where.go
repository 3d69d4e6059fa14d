package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/report"
)

// Bounds of an expression. The virtual machine bounds what one evaluation may
// allocate; these bound how long it may take.
const (
	maxExpression = 4096 // bytes
	maxNodes      = 500
	maxPredicates = 2   // uses of any, all, filter and the like, which run over a list
	maxFrames     = 100 // and other entries of a list
	maxRange      = 1000
)

// where is a compiled expression. It is used by one goroutine.
type where struct {
	name    string // what messages call it: the flag, or the expression itself
	program *vm.Program
	machine vm.VM
	used    []*filterField // fields that the expression names, of transactions or of texts
	env     map[string]any // their values for what is at hand
	failed  uint64         // transactions or texts for which it could not be evaluated
	err     error          // why, the first time
}

// compileWhere compiles the expression of the flag --where. bodies says that
// there are texts to ask for.
func compileWhere(text string, bodies bool) (*where, error) {
	w, err := compileAny(text, bodies)
	if err != nil {
		return nil, usage(fmt.Errorf("--where: %w", err), hintOf(err))
	}
	w.name = "--where"
	return w, nil
}

// compileAny compiles an expression of the filter language.
func compileAny(text string, bodies bool) (*where, error) {
	if len(text) > maxExpression {
		return nil, fmt.Errorf("the expression has more than %d bytes", maxExpression)
	}
	var bounds boundsChecker
	words := wordChecker{bodies: bodies}
	program, err := expr.Compile(text, expr.Env(filterEnvironment()), expr.AsBool(), expr.MaxNodes(maxNodes),
		expr.DisableBuiltin("now"), expr.DisableBuiltin("repeat"), expr.Patch(&bounds), expr.Patch(&words))
	if err == nil {
		err = bounds.check()
	}
	if err != nil {
		return nil, suggest(oneLine(err))
	}
	if words.err != nil {
		return nil, words.err
	}
	return &where{name: text, program: program, used: words.used, env: make(map[string]any, len(words.used))}, nil
}

// prefixes stand before the names of fields that are not a transaction's own.
var prefixes = sync.OnceValue(func() []string {
	return slices.Concat([]string{result.DeliveryFieldPrefix, result.HopFieldPrefix, result.FindingFieldPrefix}, result.AskedPrefixes())
})

// namesHint lists the names of fields that an unknown one may have meant: all of them fill
// a screen.
func namesHint(err error) string {
	rest, found := strings.CutPrefix(err.Error(), unknownName)
	if !found {
		return "docs/report.md describes the fields and what they may be"
	}
	kind := prefixOf(rest)
	var names []string
	for _, name := range fieldNames() {
		if prefixOf(name) == kind {
			names = append(names, name)
		}
	}
	list := "names are " + strings.Join(names, ", ")
	if kind != "" {
		return list
	}
	return list + "; others begin with " + strings.Join(prefixes(), ", ")
}

// prefixOf is the prefix that a name begins with, "" for none.
func prefixOf(name string) string {
	for _, p := range prefixes() {
		if strings.HasPrefix(name, p) {
			return p
		}
	}
	return ""
}

// unknownName is what the compiler says of a name that is none.
const unknownName = "unknown name "

// suggest says which name a misspelt one is likely to mean.
func suggest(err error) error {
	rest, found := strings.CutPrefix(err.Error(), unknownName)
	name, _, _ := strings.Cut(rest, " ")
	near := cmp.Or(renamed(name), report.Near(name, fieldNames()))
	if found && near != "" {
		return fmt.Errorf("%w: did you mean %s?", err, near)
	}
	return err
}

// renamed is the field that has what a name ends in, with another prefix: sms_rp_mr for
// rp_mr and text_cause for sms_rp_cause. Of a name that begins as those of texts do it is
// one of texts.
func renamed(name string) string {
	names, ofTexts := fieldNames(), slices.Contains(result.AskedPrefixes(), prefixOf(name))
	for found := true; found; _, name, found = strings.Cut(name, "_") {
		if !ofTexts && slices.Contains(names, name) {
			return name
		}
		for _, p := range prefixes() {
			if slices.Contains(names, p+name) {
				return p + name
			}
		}
	}
	return ""
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

// ofTexts reports whether the expression asks for fields of texts.
func (w *where) ofTexts() bool { return len(w.used) > 0 && w.used[0].isOfTexts() }

// notOfTexts is what is wrong with an expression where only transactions are at hand.
func (w *where) notOfTexts() error {
	if !w.ofTexts() {
		return nil
	}
	return fmt.Errorf("%s is a field of texts, which read --by text lists", w.used[0].name)
}

// notOfTransactions is notOfTexts the other way round.
func (w *where) notOfTransactions() error {
	if w.ofTexts() || len(w.used) == 0 {
		return nil
	}
	return fmt.Errorf("%s is a field of transactions: those of texts begin with %s", w.used[0].name, strings.Join(result.AskedPrefixes(), ", "))
}

// asks is the most that an analysis has to know for a field of the expression.
func (w *where) asks() (most asked) {
	for _, f := range w.used {
		most = max(most, f.asks)
	}
	return most
}

// ask has an analysis know what the expression asks for.
func (w *where) ask(options *analyze.Options) {
	options.Whole = options.Whole || w.asks() >= asksDelivery
	options.Found = options.Found || w.asks() == asksFindings
}

// match reports whether the expression is true for t. Where it cannot be
// evaluated, which failure tells later, it is false.
func (w *where) match(t *result.Transaction) bool {
	for _, f := range w.used {
		w.env[f.name] = f.of(t)
	}
	return w.holds()
}

// matchText is match for an expression that asks for fields of texts.
func (w *where) matchText(t *result.Text) bool {
	for _, f := range w.used {
		w.env[f.name] = f.ofText(t)
	}
	return w.holds()
}

func (w *where) holds() bool {
	result, err := w.machine.Run(w.program, w.env)
	if err != nil {
		if w.failed++; w.err == nil {
			w.err = oneLine(err)
		}
		return false
	}
	matched, _ := result.(bool)
	return matched
}

// things are what the expression is about.
func (w *where) things() string {
	if w.ofTexts() {
		return "texts"
	}
	return "transactions"
}

// failure tells of transactions or texts for which the expression had no value. A nil
// where has none.
func (w *where) failure() error {
	if w == nil || w.failed == 0 {
		return nil
	}
	return usage(fmt.Errorf("%s: %w (%s left out for it: %d)", w.name, w.err, w.things(), w.failed), "")
}
