package main

import (
	"context"
	"fmt"
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
)

// textFinding looks for a text by its number. It is an analyze.Handler.
type textFinding struct {
	want  uint64
	found *result.Text
	of    *result.Text // of which what has the number is a receipt
	seen  uint64       // texts
	last  uint64       // the highest number of one
}

// Text implements analyze.TextHandler.
func (f *textFinding) Text(t *result.Text) {
	f.seen, f.last = f.seen+1, max(f.last, t.ID)
	if t.ID == f.want {
		clone := t.Clone()
		f.found = &clone
	}
	if slices.ContainsFunc(t.Receipts, func(r result.Receipt) bool { return r.Delivery == f.want }) {
		clone := t.Clone()
		f.of = &clone
	}
}

// OrphanReceipt implements analyze.TextHandler.
func (f *textFinding) OrphanReceipt(*result.Receipt) {}

// Transaction implements analyze.Handler.
func (f *textFinding) Transaction(*result.Transaction) {}

// Finding implements analyze.Handler.
func (f *textFinding) Finding(*result.Finding) {}

// findText reads the captures for the text that was asked for.
func (c *showCommand) findText(ctx context.Context, names []string, options analyze.Options) (*result.Text, error) {
	f := &textFinding{want: c.want.text}
	options.PlainTexts = true
	_, err := c.search(ctx, names, options, f)
	switch {
	case err != nil:
		return nil, err
	case f.found != nil:
		return f.found, nil
	case f.of != nil:
		return nil, usage(fmt.Errorf("number %d is no text, but a receipt of text %d", f.want, f.of.ID), fmt.Sprintf("--text %d tells of both", f.of.ID))
	case f.seen == 0:
		return nil, usage(fmt.Errorf("the capture holds no text"), "simplecap FILE says what there is instead")
	}
	return nil, usage(fmt.Errorf("no text %d: there are %d, the last of them number %d", f.want, f.seen, f.last), "simplecap --by text FILE lists them")
}

// findDelivery finds the delivery that was asked for, or those that carried a text and
// its receipts. A text of a session may have none.
func (c *showCommand) findDelivery(ctx context.Context, names []string, t *result.Text, options analyze.Options) (*finding, error) {
	if t == nil {
		return c.find(ctx, names, options)
	}
	c.want.deliveries = slices.Clone(t.Deliveries)
	for i := range t.Receipts {
		if d := t.Receipts[i].Delivery; d != 0 {
			c.want.deliveries = append(c.want.deliveries, d)
		}
	}
	if len(c.want.deliveries) == 0 {
		return &finding{want: c.want}, nil
	}
	return c.find(ctx, names, options)
}
