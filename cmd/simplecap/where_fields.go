package main

import (
	"cmp"
	"slices"
	"sync"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
)

// filterField is a field that expressions may name: of a transaction, or of a text.
type filterField struct {
	name    string
	values  func() []string // all that it can be; nil where that is open
	written bool            // it holds what people wrote
	asks    asked
	of      func(*result.Transaction) any // its value; nil for a field of texts
	ofText  func(*result.Text) any        // nil for a field of transactions
}

// asked is what an analysis has to know for a field, beside the transaction.
type asked uint8

const (
	asksDelivery asked = iota + 1
	asksFindings
)

// filterFields are all of them. It is not changed.
var filterFields = sync.OnceValue(allFilterFields)

func allFilterFields() (all []filterField) {
	for i := range result.Fields() {
		f := &result.Fields()[i]
		one := filterField{name: f.Name, values: valuesOf(f), written: f.Bodies, of: func(t *result.Transaction) any { return filtered(f.Get(t)) }}
		if f.Name == "verdict" {
			one.asks = asksDelivery
		}
		all = append(all, one)
	}
	for i := range result.DeliveryFields() {
		f := &result.DeliveryFields()[i]
		one := filterField{name: result.DeliveryFieldPrefix + f.Name, values: valuesOf(f), asks: asksDelivery, of: func(t *result.Transaction) any {
			return filtered(f.Get(cmp.Or(t.InDelivery, &result.Delivery{})))
		}}
		if f.Name == "findings" {
			one.asks = asksFindings // it is judged before its transactions are filtered
		}
		all = append(all, one)
	}
	for i := range result.HopFields() {
		f := &result.HopFields()[i]
		all = append(all, filterField{name: result.HopFieldPrefix + f.Name, asks: asksDelivery, of: func(t *result.Transaction) any { return filtered(f.Get(hopOf(t))) }})
	}
	for i := range result.FindingFields() {
		f := &result.FindingFields()[i]
		all = append(all, filterField{name: result.FindingFieldPrefix + f.Name, values: valuesOf(f), asks: asksFindings, of: func(t *result.Transaction) any { return ofFindings(t, f) }})
	}
	for _, f := range result.AskedOfTexts() {
		one := filterField{name: f.Name, values: f.Values, written: f.Bodies, ofText: f.Get}
		if f.Rules {
			one.values = analyze.RuleIDs
		}
		all = append(all, one)
	}
	return all
}

// hopOf is the hop of a transaction in its delivery, an empty one where that has not
// closed.
func hopOf(t *result.Transaction) *result.Hop {
	if t.InDelivery != nil {
		for i := range t.InDelivery.Hops {
			if hop := &t.InDelivery.Hops[i]; hop.Transaction == t.ID {
				return hop
			}
		}
	}
	return &result.Hop{}
}

// ofFindings lists the values of a field of all findings that a transaction is in.
func ofFindings(t *result.Transaction, f *result.FieldOf[result.Finding]) any {
	var texts []string
	var numbers []int
	for _, one := range t.InFindings {
		switch v := filtered(f.Get(one)).(type) {
		case string:
			texts = append(texts, v)
		case int:
			numbers = append(numbers, v)
		case []int:
			numbers = append(numbers, v[:min(len(v), maxFrames-min(len(numbers), maxFrames))]...)
		}
	}
	if f.Type == result.TextField {
		return texts
	}
	return numbers
}

// valuesOf lists all that a field can be, nil where that is open.
func valuesOf[T any](f *result.FieldOf[T]) func() []string {
	if f.OfRules {
		return analyze.RuleIDs
	}
	return f.Values
}

// isOfTexts reports whether it is a field of texts, and none of transactions.
func (f *filterField) isOfTexts() bool { return f.ofText != nil }

// zero is a value of the field, for its type.
func (f *filterField) zero() any {
	if f.isOfTexts() {
		return f.ofText(&result.Text{})
	}
	return f.of(&result.Transaction{})
}

func fieldNamed(name string) *filterField {
	fields := filterFields()
	i := slices.IndexFunc(fields, func(f filterField) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return &fields[i]
}

func fieldNames() (names []string) {
	for _, f := range filterFields() {
		names = append(names, f.name)
	}
	return names
}

// filterEnvironment has a value of each field, for its type.
func filterEnvironment() map[string]any {
	env := make(map[string]any)
	for _, f := range filterFields() {
		env[f.name] = f.zero()
	}
	return env
}

// filtered is the value of a field as expressions see it: of frames the numbers.
func filtered(v any) any {
	frames, ok := v.([]capture.Ref)
	if !ok {
		return v
	}
	return appendNumbers(nil, frames)
}

func appendNumbers(numbers []int, frames []capture.Ref) []int {
	for _, frame := range frames {
		if len(numbers) == maxFrames {
			break
		}
		numbers = append(numbers, int(frame.Number()))
	}
	return numbers
}
