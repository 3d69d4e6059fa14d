package main

import (
	"simplecap/capture"
	"simplecap/capture/made"
	"simplecap/decode"
)

// plainFrames makes frames of messages that other programs cannot read. A nil one
// makes none.
type plainFrames struct {
	packets made.Packets
	comment string // on the frames that were made last
}

// message returns the frames of a message; they are valid until the next call.
func (p *plainFrames) message(m *decode.Message) []capture.Frame {
	plain := m.Plain()
	p.comment = "simplecap: " + m.MadeOf()
	return p.packets.Message(&plain)
}

// msrp is message for MSRP.
func (p *plainFrames) msrp(m *decode.MSRP) []capture.Frame {
	plain := m.Plain()
	p.comment = "simplecap: " + m.MadeOf()
	return p.packets.Message(&plain)
}

// end returns the frame that ends a connection which frames were made for.
func (p *plainFrames) end(e *decode.ConnEvent) []capture.Frame {
	if p == nil {
		return nil
	}
	plain, reset := e.Plain()
	p.comment = "simplecap: " + e.MadeOf()
	return p.packets.End(&plain, reset, e.Acked)
}
