package main

import (
	"context"
	"errors"
	"io"
	"slices"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/redact"
	"simplecap/report"
)

// maxMessages is how many messages of one delivery are shown.
const maxMessages = 500

// collector keeps the messages that a delivery may consist of. It is a
// decode.Handler.
type collector struct {
	frames map[decode.FrameRef]bool // that hold messages of its transactions
	calls  []string
	kept   []*decode.Message
	left   uint64
}

// Message implements decode.Handler.
func (c *collector) Message(m *decode.Message) {
	if !c.frames[m.Frame] && !slices.Contains(c.calls, string(m.Bytes(m.CallID))) {
		return
	}
	if len(c.kept) == maxMessages {
		c.left++
		return
	}
	c.kept = append(c.kept, m.Clone())
}

// ICMP implements decode.Handler.
func (c *collector) ICMP(*decode.ICMPError) {}

// Connection implements decode.Handler.
func (c *collector) Connection(*decode.ConnEvent) {}

// collect reads the captures again for the messages of what was found.
func collect(ctx context.Context, names []string, f *finding, r *analyze.Report, options analyze.Options) (*report.Detail, error) {
	c := &collector{frames: make(map[decode.FrameRef]bool)}
	for i := range f.transactions {
		t := &f.transactions[i]
		c.calls = append(c.calls, t.CallID)
		for _, frame := range slices.Concat(t.RequestFrames, t.ResponseFrames) {
			c.frames[frame] = true
		}
	}
	if err := decodeAll(ctx, names, c, options); err != nil {
		return nil, err
	}
	d := &report.Detail{
		Delivery: f.delivery, Transactions: f.transactions, Messages: c.kept, Left: c.left,
		Findings: r.Findings, Inputs: r.Inputs, Analysis: options,
	}
	redactDetail(d, options.Redact)
	return d, nil
}

// redactDetail puts pseudonyms into what is shown; its findings have them.
func redactDetail(d *report.Detail, r *redact.Redactor) {
	if r == nil {
		return
	}
	if d.Delivery != nil {
		delivery := analyze.RedactedDelivery(r, d.Delivery)
		d.Delivery = &delivery
	}
	for i := range d.Transactions {
		d.Transactions[i] = analyze.Redacted(r, &d.Transactions[i])
	}
	for i := range d.Messages {
		d.Messages[i] = r.Message(d.Messages[i])
	}
}

// decodeAll hands all SIP messages of the captures to a handler.
func decodeAll(ctx context.Context, names []string, h decode.Handler, options analyze.Options) error {
	src, err := openSource(names, nil)
	if err != nil {
		return err
	}
	defer src.Close()
	decoder := decode.NewDecoder(h, decode.Options{Ports: options.Ports, Limits: options.Limits.Decode})
	frames := make([]capture.Frame, 512)
	for {
		n, err := src.ReadBatch(frames)
		for i := range frames[:n] {
			decoder.Frame(&frames[i])
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			decoder.Flush()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// locator looks for the message that a frame is a part of. It is a decode.Handler.
type locator struct {
	collector
	frame decode.FrameRef
	found *decode.Message
	exact bool // the frame begins or completes the message
}

// Message implements decode.Handler.
func (l *locator) Message(m *decode.Message) {
	exact := m.Frame == l.frame || m.First == l.frame
	within := m.First <= l.frame && l.frame <= m.Frame
	if exact && !l.exact || within && l.found == nil {
		l.found, l.exact = m.Clone(), exact
	}
}

// messageAt returns the message that the frame is a part of, or nil.
func messageAt(ctx context.Context, names []string, frame decode.FrameRef, options analyze.Options) (*decode.Message, error) {
	l := &locator{frame: frame}
	if err := decodeAll(ctx, names, l, options); err != nil {
		return nil, &failure{code: exitInput, err: err}
	}
	return l.found, nil
}
