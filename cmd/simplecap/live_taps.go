package main

import (
	"simplecap/capture"
	"simplecap/decode"
)

// taps look on while both messages are forwarded and frames kept as evidence.
type taps struct {
	forward  *forwarder
	evidence *evidence
}

// Message implements analyze.Tap.
func (t taps) Message(m *decode.Message) {
	t.forward.Message(m)
	t.evidence.Message(m)
}

// Frame implements analyze.Tap.
func (t taps) Frame(f *capture.Frame, carries bool) { t.evidence.Frame(f, carries) }

// ICMP implements decode.ICMPHandler.
func (t taps) ICMP(i *decode.ICMPError) { t.evidence.ICMP(i) }

// Connection implements decode.ConnHandler.
func (t taps) Connection(c *decode.ConnEvent) { t.evidence.Connection(c) }
