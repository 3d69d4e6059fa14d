package analyze

import (
	"simplecap/capture"
	"simplecap/decode"
)

// Tap looks on while a run decodes. It is called by the goroutine that reads the
// source, in the order of the capture, and must not keep it waiting. What it is
// given is valid until the method returns. One that is a decode.ICMPHandler, a
// decode.ConnHandler or a decode.MSRPHandler as well is told of these too.
type Tap interface {
	decode.Handler // before Frame is called with the frame that completes it

	// Frame is called with every frame, when it has been decoded. carries is what
	// decode.Decoder.Frame said of it.
	Frame(f *capture.Frame, carries bool)
}
