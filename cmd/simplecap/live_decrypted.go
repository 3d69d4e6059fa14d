package main

import (
	"bytes"

	"simplecap/capture"
	"simplecap/capture/made"
	"simplecap/decode"
	"simplecap/redact"
)

// plainFrames makes frames of messages: of those that other programs cannot read, or of
// more where names are taken out. A nil one makes none.
type plainFrames struct {
	packets made.Packets
	names   *redact.Frames // takes names and texts out; nil for none
	comment string         // on the frames that were made last
}

// makes reports whether frames are made of a message, in place of those that were captured.
// Names can be taken out of a datagram where it is; alone says that it holds all of the message.
func (p *plainFrames) makes(m *decode.Message, alone bool) bool {
	return p != nil && (m.Hidden() || p.names != nil && !alone)
}

// message returns the frames of a message; they are valid until the next call.
func (p *plainFrames) message(m *decode.Message) []capture.Frame {
	p.comment = "simplecap: " + m.MadeOf()
	if p.names != nil {
		m = p.names.Message(m)
	}
	plain := m.Plain()
	return p.packets.Message(&plain)
}

// msrp is message for MSRP. Where names are taken out all that is said in it is hidden.
func (p *plainFrames) msrp(m *decode.MSRP) []capture.Frame {
	plain := m.Plain()
	if p.names != nil {
		plain.Payload = bytes.Clone(m.Raw)
		redact.HideText(plain.Payload)
	}
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

// captured is a frame that was captured, as it may be written.
func (p *plainFrames) captured(f *capture.Frame) *capture.Frame {
	if p == nil || p.names == nil {
		return f
	}
	changed := *f
	changed.Data = p.names.Rewrite(f)
	return &changed
}
