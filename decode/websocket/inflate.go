package websocket

import (
	"bytes"
	"compress/flate"
	"io"
)

// windowBytes is how far back a compressed message may refer (RFC 7692 7.1).
const windowBytes = 32 << 10

// DefaultWindows is how many directions may keep a window unless Shared says otherwise.
const DefaultWindows = 1024

// Shared is what the connections of one goroutine share: the machine that inflates, and
// the number of windows that are kept.
type Shared struct {
	Windows int    // directions that may keep a window, 32 KiB each (default DefaultWindows)
	Evicted uint64 // windows that were not kept because there were too many

	kept   int
	reader io.ReadCloser
	input  bytes.Reader
	packed []byte
	out    []byte
}

// tail ends a message so that the reader comes to its end: the bytes that the sender
// left out, and an empty final block (RFC 7692 7.2.2).
var tail = []byte{0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff}

// inflate is the context of one direction that compresses: the last of its plain text.
// Whether the sender starts afresh for each message makes no difference, since it then
// refers to nothing before it.
type inflate struct {
	window []byte
	counts bool // among Shared.kept
}

// inflated returns the plain text of the message at hand, which is whole if ok, and false
// where there is none. What refers to text that was never seen is an error of the reader,
// so that nothing wrong comes out.
func (s *side) inflated(ok bool) ([]byte, bool) {
	if ok {
		text, err := s.conn.options.Shared.run(s.message, s.window, s.conn.options.Limits.MessageBytes)
		if err == nil {
			s.keep(text)
			return text, true
		}
	}
	s.forgetWindow()
	return nil, false
}

// run inflates one message, up to a limit.
func (p *Shared) run(packed, window []byte, limit int) ([]byte, error) {
	p.packed = append(append(p.packed[:0], packed...), tail...)
	p.input.Reset(p.packed)
	if p.reader == nil {
		p.reader = flate.NewReader(&p.input)
	}
	if err := p.reader.(flate.Resetter).Reset(&p.input, window); err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(p.out[:0])
	n, err := io.Copy(out, io.LimitReader(p.reader, int64(limit)+1))
	p.out = out.Bytes()
	if err == nil && n > int64(limit) {
		err = io.ErrShortBuffer
	}
	return p.out, err
}

// keep puts the text of a message into the window.
func (s *side) keep(text []byte) {
	shared := s.conn.options.Shared
	if !s.counts {
		limit := shared.Windows
		if limit <= 0 {
			limit = DefaultWindows
		}
		if shared.kept >= limit {
			shared.Evicted++
			return
		}
		s.counts = true
		shared.kept++
	}
	text = text[max(0, len(text)-windowBytes):]
	if over := len(s.window) + len(text) - windowBytes; over > 0 {
		s.window = s.window[:copy(s.window, s.window[over:])]
	}
	s.window = append(s.window, text...)
}

// forgetWindow gives up the window.
func (s *side) forgetWindow() {
	if s.counts {
		s.conn.options.Shared.kept--
	}
	s.inflate = inflate{}
}
