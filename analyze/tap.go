package analyze

import (
	"simplecap/capture"
	"simplecap/decode"
)

// Tap looks on while a run decodes. It is called by the goroutine that reads the
// source, in the order of the capture, and must not keep it waiting. What it is
// given is valid until the method returns.
type Tap interface {
	decode.Handler // before Frame is called with the frame that completes it

	// Frame is called with every frame, when it has been decoded. carries is what
	// decode.Decoder.Frame said of it.
	Frame(f *capture.Frame, carries bool)
}

// NoTap is a Tap that looks at nothing: embed it and write the methods that matter.
type NoTap struct{}

// Message implements decode.Handler.
func (NoTap) Message(*decode.Message) {}

// ICMP implements decode.Handler.
func (NoTap) ICMP(*decode.ICMPError) {}

// Connection implements decode.Handler.
func (NoTap) Connection(*decode.ConnEvent) {}

// Frame implements Tap.
func (NoTap) Frame(*capture.Frame, bool) {}
