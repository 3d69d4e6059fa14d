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
	tell(t, func(wants decode.ICMPHandler) { wants.ICMP(i) })
}

// Connection implements decode.ConnHandler.
func (t taps) Connection(c *decode.ConnEvent) {
	tell(t, func(wants decode.ConnHandler) { wants.Connection(c) })
}

// MSRP implements decode.MSRPHandler.
func (t taps) MSRP(m *decode.MSRP) {
	tell(t, func(wants decode.MSRPHandler) { wants.MSRP(m) })
}

// tell calls f for those of all that want to hear of something.
func tell[Wants, One any](all []One, f func(wants Wants)) {
	for _, one := range all {
		if wants, ok := any(one).(Wants); ok {
			f(wants)
		}
	}
}
