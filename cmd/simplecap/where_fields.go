package main

import (
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
)

// filterField is a field that expressions may name: of a transaction, or of a text.
type filterField struct {
	name        string
	values      func() []string // all that it can be; nil where that is open
	transaction *result.Field
	text        *result.FieldOf[result.Text]
}

// filterFields are all of them. It is not changed.
var filterFields = allFilterFields()

func allFilterFields() (all []filterField) {
	for i := range result.Fields() {
		f := &result.Fields()[i]
		all = append(all, filterField{name: f.Name, values: valuesOf(f), transaction: f})
	}
	for i := range result.TextFields() {
		f := &result.TextFields()[i]
		all = append(all, filterField{name: result.TextFieldPrefix + f.Name, values: valuesOf(f), text: f})
	}
	return all
}

// valuesOf lists all that a field can be, nil where that is open.
func valuesOf[T any](f *result.FieldOf[T]) func() []string {
	if f.OfRules {
		return analyze.RuleIDs
	}
	return f.Values
}

func (f *filterField) ofText() bool { return f.text != nil }

// isWritten reports whether the field holds what people wrote.
func (f *filterField) isWritten() bool {
	return f.ofText() && f.text.Name == "text" || !f.ofText() && f.name == "body"
}

// zero is a value of the field, for its type.
func (f *filterField) zero() any {
	if f.ofText() {
		return filtered(f.text.Get(&result.Text{}))
	}
	return filtered(f.transaction.Get(&result.Transaction{}))
}

func fieldNamed(name string) *filterField {
	i := slices.IndexFunc(filterFields, func(f filterField) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return &filterFields[i]
}

func fieldNames() (names []string) {
	for i := range filterFields {
		names = append(names, filterFields[i].name)
	}
	return names
}

// filterEnvironment has a value of each field, for its type.
func filterEnvironment() map[string]any {
	env := make(map[string]any)
	for i := range filterFields {
		env[filterFields[i].name] = filterFields[i].zero()
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
