package main

import (
	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/decode"
)

// taps look on together.
type taps []analyze.Tap

// lookOn has e look on as well as tap, where there is one.
func lookOn(tap analyze.Tap, e *evidence) analyze.Tap {
	switch {
	case e == nil:
		return tap
	case tap == nil:
		return e
	}
	return taps{tap, e}
}

// Message implements analyze.Tap.
func (t taps) Message(m *decode.Message) {
	for _, one := range t {
		one.Message(m)
	}
}

// Frame implements analyze.Tap.
func (t taps) Frame(f *capture.Frame, carries bool) {
	for _, one := range t {
		one.Frame(f, carries)
	}
}

// ICMP implements decode.ICMPHandler.
func (t taps) ICMP(i *decode.ICMPError) {
	for _, one := range t {
		if wants, ok := one.(decode.ICMPHandler); ok {
			wants.ICMP(i)
		}
	}
}

// Connection implements decode.ConnHandler.
func (t taps) Connection(c *decode.ConnEvent) {
	for _, one := range t {
		if wants, ok := one.(decode.ConnHandler); ok {
			wants.Connection(c)
		}
	}
}

// MSRP implements decode.MSRPHandler.
func (t taps) MSRP(m *decode.MSRP) {
	for _, one := range t {
		if wants, ok := one.(decode.MSRPHandler); ok {
			wants.MSRP(m)
		}
	}
}
