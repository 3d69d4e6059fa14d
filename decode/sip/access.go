package sip

import (
	"bytes"
	"iter"
)

// Bytes returns the bytes of a span in m.Raw, without copying them.
func (m *Message) Bytes(s Span) []byte { return s.In(m.Raw) }

// Text returns the bytes of a span as a string of its own, as they are on the
// wire: folded lines are still folded and nothing is unescaped.
func (m *Message) Text(s Span) string { return string(s.In(m.Raw)) }

// Unfold appends the bytes of a span to dst, each fold with the white space
// around it replaced by one space (RFC 3261 7.3.1), and returns the result.
func (m *Message) Unfold(dst []byte, s Span) []byte { return Unfold(dst, s.In(m.Raw)) }

// Unfold appends b to dst, each fold with the white space around it replaced by one
// space (RFC 3261 7.3.1), and returns the result.
func Unfold(dst, b []byte) []byte {
	for {
		end := indexLineEnd(b)
		if end == len(b) {
			return append(dst, b...)
		}
		dst = append(dst, trimLWS(b[:end])...)
		b = trimLWS(b[end:])
		if len(b) == 0 {
			return dst
		}
		dst = append(dst, ' ')
	}
}

// Header returns the value of the first header field with that ID. It points
// into m.Raw.
func (m *Message) Header(id HeaderID) (value []byte, ok bool) {
	for i := range m.Headers {
		if h := &m.Headers[i]; h.ID == id {
			return h.Value.In(m.Raw), true
		}
	}
	return nil, false
}

// Head is the start line and header fields of the message, up to and with the empty
// line. It points into m.Raw.
func (m *Message) Head() []byte {
	if m.Body.Len == 0 {
		return m.Raw
	}
	return m.Raw[:m.Body.Off]
}

// All yields the values of every header field with that ID, in the order of the
// message. They point into m.Raw.
func (m *Message) All(id HeaderID) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range m.Headers {
			if h := &m.Headers[i]; h.ID == id && !yield(h.Value.In(m.Raw)) {
				return
			}
		}
	}
}

// MethodIs reports whether the method of a request is exactly name; methods are
// case-sensitive (RFC 3261 7.1). It is false for a response.
func (m *Message) MethodIs(name string) bool {
	return m.Kind == Request && string(m.Method.In(m.Raw)) == name
}

// MediaType returns the type and subtype of the Content-Type without its
// parameters, as written; nil where there is none.
func (m *Message) MediaType() []byte { return MediaType(m.ContentType.In(m.Raw)) }

// MediaType cuts the parameters off the value of a header field such as
// Content-Type or Event, without copying it.
func MediaType(value []byte) []byte {
	value, _, _ = bytes.Cut(value, []byte(";"))
	return trimLWS(value)
}

// CopyTo copies the message into dst so that it outlives what it was read from: m.Raw is
// appended to buf, and dst.Headers is reused. It returns the longer buf, which
// dst.Raw is a part of. A batch of messages that shares one buf and keeps its
// dst values costs no allocation once both have grown.
func (m *Message) CopyTo(dst *Message, buf []byte) []byte {
	headers := append(dst.Headers[:0], m.Headers...)
	begin := len(buf)
	buf = append(buf, m.Raw...)
	*dst = *m
	dst.Raw = buf[begin:len(buf):len(buf)]
	dst.Headers = headers
	return buf
}
