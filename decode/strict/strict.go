// Package strict is the second opinion on a SIP message: sipgo's parser, which stands for
// what a SIP stack makes of it. It is the only place that knows sipgo, so that a program
// that only decodes does not link it.
package strict

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	sipgo "github.com/emiago/sipgo/sip"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// ErrNotGiven is wrapped by Opinion.Err where a message was not given to the
// strict parser because a length in it is wrong or over a limit. The error's
// text says which.
var ErrNotGiven = errors.New("not given to the strict parser")

// Parser is the strict second opinion on a message: sipgo's parser, which stands
// for what a SIP stack makes of it. One goroutine at a time may use it, since it
// remembers header fields; what it returns may be read by any.
//
// sipgo takes time quadratic in the number of parameters and reserves what a
// Content-Length claims, so it is only given messages that passed check.
type Parser struct {
	strict   *sipgo.Parser
	direct   direct
	limits   decode.Limits
	readings []reading // of the messages that ParseAll is at; what they point to is valid no longer than these
}

// Opinion is what the strict parser says of a message. It shares no memory with the
// message.
type Opinion struct {
	Err     error   // why it reads no request and no response; wraps ErrNotGiven if it was not asked
	Differs Differs // what it reads otherwise than the scanner; nothing where Err is set
}

// NewParser returns a Parser; zero limits mean the defaults.
func NewParser(limits decode.Limits) *Parser {
	parsers := headerParsers()
	p := &Parser{strict: sipgo.NewParser(sipgo.WithHeadersParsers(parsers)), direct: newDirect(parsers), limits: limits.WithDefaults()}
	p.strict.MaxMessageLength = p.limits.MessageBytes
	return p
}

// Parse asks for the strict parser's opinion on a message that the Decoder has
// handed on: m.Raw ends where its body ends. A panic in the parser becomes
// Opinion.Err.
func (p *Parser) Parse(m *decode.Message) Opinion {
	var opinion [1]Opinion
	p.ParseAll([]*decode.Message{m}, opinion[:])
	return opinion[0]
}

// ParseAll is Parse for as many messages as there are opinions, which it fills in.
// Some dozens at a time go faster than one by one: the parser's code and the one that
// compares have no room beside each other in the processor's caches.
func (p *Parser) ParseAll(messages []*decode.Message, opinions []Opinion) {
	p.readings = slices.Grow(p.readings[:0], len(opinions))[:len(opinions)]
	for i := range opinions {
		opinions[i] = Opinion{Err: p.read(messages[i], &p.readings[i])}
	}
	for i := range opinions {
		if opinions[i].Err == nil {
			opinions[i].Differs = compare(messages[i], &p.readings[i])
		}
	}
}

// read sets r to what sipgo reads of the message. Most messages go the direct way; one
// that is not in order, or that the direct way refuses, is read whole, so that the
// error is that of sipgo's own parser.
func (p *Parser) read(m *decode.Message, r *reading) error {
	if err := p.check(m); err != nil {
		return err
	}
	if p.direct.read(m, r) {
		return nil
	}
	msg, err := p.parse(m)
	if err != nil {
		return err
	}
	r.set(msg)
	return nil
}

// parse gives the message to sipgo's parser.
func (p *Parser) parse(m *decode.Message) (msg sipgo.Message, err error) {
	defer func() {
		if r := recover(); r != nil {
			msg, err = nil, fmt.Errorf("the strict parser panicked: %v", r)
		}
	}()
	if msg, err = p.strict.ParseSIP(m.Raw); err != nil {
		return nil, fmt.Errorf("the strict parser rejects it: %w", err)
	}
	return msg, nil
}

// check reports why a message must not be given to sipgo, or nil.
func (p *Parser) check(m *decode.Message) error {
	head := m.Head()
	body := int64(len(m.Raw) - len(head))
	switch {
	case m.Carriage&decode.Cut != 0:
		return fmt.Errorf("%w: the capture holds a part of it only", ErrNotGiven)
	case len(m.Raw) > p.limits.MessageBytes:
		return fmt.Errorf("%w: %d bytes are more than %d", ErrNotGiven, len(m.Raw), p.limits.MessageBytes)
	case len(head) > p.limits.ParserHeader:
		return fmt.Errorf("%w: %d bytes of header fields are more than %d", ErrNotGiven, len(head), p.limits.ParserHeader)
	case m.Defects.Any(sip.DefectTooManyHeaders):
		return fmt.Errorf("%w: more than %d header fields", ErrNotGiven, p.limits.Headers)
	case m.Defects.Any(sip.DefectContentLengthInvalid):
		return fmt.Errorf("%w: its Content-Length cannot be read", ErrNotGiven)
	case m.ContentLength > body:
		return fmt.Errorf("%w: Content-Length %d is more than the %d bytes of its body", ErrNotGiven, m.ContentLength, body)
	case p.tooManyParams(m, head):
		return fmt.Errorf("%w: more than %d parameters in a line", ErrNotGiven, p.limits.ParserParams)
	}
	return nil
}

// tooManyParams reports whether a header field or the Request-URI may have more
// parameters than the limit. Few messages have so many in all of their lines
// that each has to be looked at. Where some lines could not be read, the head
// counts as one.
func (p *Parser) tooManyParams(m *decode.Message, head []byte) bool {
	if separators(head) <= p.limits.ParserParams {
		return false
	}
	if m.Defects.Any(sip.DefectHeaderLine) || separators(m.URI.In(m.Raw)) > p.limits.ParserParams {
		return true
	}
	for i := range m.Headers {
		if separators(m.Headers[i].Value.In(m.Raw)) > p.limits.ParserParams {
			return true
		}
	}
	return false
}

// separators counts what sipgo takes for the end of a parameter: a semicolon, an
// ampersand in a URI, and the end of a quoted string.
func separators(b []byte) int {
	return bytes.Count(b, []byte{';'}) + bytes.Count(b, []byte{'&'}) + bytes.Count(b, []byte{'"'})/2
}
