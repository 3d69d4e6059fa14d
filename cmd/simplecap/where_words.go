package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"simplecap/report"
)

// wordChecker finds the fields that an expression names, and words that a field
// never has: a filter with one matches nothing, and a test with it passes for ever.
type wordChecker struct {
	bodies bool // there are texts to ask for
	used   []*filterField
	err    error // the first
}

// Visit implements ast.Visitor.
func (c *wordChecker) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		c.name(n.Value)
	case *ast.BinaryNode:
		c.compare(n, fieldOf)
	case *ast.BuiltinNode: // any(findings, # == "...")
		c.each(n)
	}
}

// name notes that the expression names a field.
func (c *wordChecker) name(name string) {
	f := fieldNamed(name)
	if f == nil || slices.Contains(c.used, f) {
		return
	}
	c.used = append(c.used, f)
	if f.written && !c.bodies {
		c.fail(errors.New(name + " needs --bodies"))
	}
	if c.used[0].isOfTexts() != f.isOfTexts() {
		c.fail(fmt.Errorf("%s and %s: an expression asks for fields of texts or of transactions, not for both", c.used[0].name, name))
	}
}

// each checks the predicate of any, all, filter and the like over a list of words.
func (c *wordChecker) each(n *ast.BuiltinNode) {
	if len(n.Arguments) < 2 {
		return
	}
	f := fieldOf(n.Arguments[0])
	if f == nil || f.values == nil {
		return
	}
	element := func(node ast.Node) *filterField {
		if p, ok := node.(*ast.PointerNode); ok && p.Name == "" {
			return f
		}
		return nil
	}
	ast.Walk(&n.Arguments[1], visitor(func(node *ast.Node) {
		if b, ok := (*node).(*ast.BinaryNode); ok {
			c.compare(b, element)
		}
	}))
}

// visitor is an ast.Visitor of one function.
type visitor func(*ast.Node)

// Visit implements ast.Visitor.
func (v visitor) Visit(node *ast.Node) { v(node) }

// compare checks the words that a field is compared with.
func (c *wordChecker) compare(n *ast.BinaryNode, of func(ast.Node) *filterField) {
	field, other := of(n.Left), n.Right
	if field == nil {
		field, other = of(n.Right), n.Left
	}
	if field != nil && (n.Operator == "==" || n.Operator == "!=" || n.Operator == "in") {
		c.inForm(field.name, words(other))
	}
	fits, known := comparisons[n.Operator]
	if field == nil || field.values == nil || !known {
		return
	}
	values := field.values()
	for _, word := range words(other) {
		if !slices.ContainsFunc(values, func(v string) bool { return fits(v, word) }) {
			c.fail(neverIs(field.name, word, values))
		}
	}
}

// inForm checks the form of words that are compared with a field in full.
func (c *wordChecker) inForm(field string, words []string) {
	form := formOf(field)
	if form == nil {
		return
	}
	for _, word := range words {
		c.fail(form(word))
	}
}

// comparisons are the operators that compare words, and when a word may be met.
var comparisons = map[string]func(value, word string) bool{
	"==": func(value, word string) bool { return value == word }, "!=": func(value, word string) bool { return value == word },
	"in": func(value, word string) bool { return value == word }, "contains": strings.Contains,
	"startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix,
}

// neverIs says which words a field has.
func neverIs(field, word string, values []string) error {
	text := fmt.Sprintf("%s is never %q", field, word)
	if near := report.Near(word, values); near != "" {
		text += ": did you mean " + near + "?"
	}
	if len(values) > 20 {
		return errors.New(text + " (simplecap rules lists them)")
	}
	if !strings.HasSuffix(text, "?") {
		text += "."
	}
	return errors.New(text + " It is one of " + strings.Join(values, ", "))
}

func (c *wordChecker) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// words are the texts of a literal, or of a list of them; the empty one is what a
// field without a value has.
func words(node ast.Node) (list []string) {
	switch n := node.(type) {
	case *ast.StringNode:
		if n.Value != "" {
			list = append(list, n.Value)
		}
	case *ast.ArrayNode:
		for _, e := range n.Nodes {
			list = append(list, words(e)...)
		}
	case *ast.ConstantNode: // a list that the compiler has made a set of
		if set, ok := n.Value.(map[string]struct{}); ok {
			for word := range set {
				list = append(list, word)
			}
			slices.Sort(list)
		}
	}
	return list
}

// fieldOf is the field that a node names, or nil.
func fieldOf(node ast.Node) *filterField {
	if id, ok := node.(*ast.IdentifierNode); ok {
		return fieldNamed(id.Value)
	}
	return nil
}
