package websocket

import (
	"bytes"
	"strings"
)

// This file follows the HTTP that a WebSocket begins with (RFC 6455 4). Of HTTP it reads
// the header blocks that begin with a segment or behind another one, and no bodies: that
// is where clients begin their requests.

var (
	get       = []byte("GET ")
	status    = []byte("HTTP/1.")
	switching = []byte(" 101")
)

// http reads one header block, or skips what is none.
func (s *side) http(b []byte) (int, bool) {
	c := s.conn
	if c.asked || c.open {
		switch f, known, valid := readFrame(b); {
		case valid && known && f.masked == (int(s.side) == c.client):
			c.begin()
			s.state = stateFrames
			return 0, true
		case valid && !known && c.open:
			return 0, false
		}
	}
	isRequest, isStatus := mayBegin(b, get), mayBegin(b, status)
	if !isRequest && !isStatus {
		s.role(b)
		return len(b), false
	}
	end := blockEnd(b)
	switch {
	case end < 0 && len(b) > c.options.Limits.HandshakeBytes:
		return len(b), false
	case end < 0:
		return 0, false
	case isRequest:
		c.client = int(s.side)
		if isUpgrade(b[:end]) {
			s.asks(b[:end])
		}
	default:
		s.answer(b[:end])
	}
	return end, true
}

// asks takes the request to become a WebSocket. Its answer may have been captured before it.
func (s *side) asks(block []byte) {
	s.unnamed = !namesSIP(block)
	if s.conn.open {
		s.state = stateFrames
		return
	}
	s.conn.asked = true
	s.conn.turns(true)
}

// role notes who asks, by the first bytes that a side sends.
func (s *side) role(b []byte) {
	if s.conn.client < 0 && len(b) > 0 && 'A' <= b[0] && b[0] <= 'Z' {
		s.conn.client = int(s.side)
	}
}

// answer reads the header block of a response.
func (s *side) answer(block []byte) {
	c := s.conn
	c.client = int(s.side.Other())
	code := block[min(len(block), len(status)+1):] // behind "HTTP/1.1"
	if !bytes.HasPrefix(code, switching) || !c.asked && !isUpgrade(block) {
		if c.asked && !bytes.HasPrefix(code, []byte(" 1")) { // not a provisional response
			c.asked = false
			c.turns(false)
		}
		return
	}
	client := &c.sides[c.client]
	if c.asked && client.state == stateHTTP { // else its request comes behind, or is missing
		client.state = stateFrames
	}
	c.begin()
	s.unnamed = !namesSIP(block) && !client.unnamed // who is not asked for it must not name it
	s.state = stateFrames
}

// mayBegin reports whether b begins with a mark, as far as it goes.
func mayBegin(b, mark []byte) bool {
	n := min(len(b), len(mark))
	return bytes.Equal(b[:n], mark[:n])
}

// blockEnd returns where the header block that b begins with ends, -1 where it does not.
func blockEnd(b []byte) int {
	crlf, lf := bytes.Index(b, []byte("\r\n\r\n")), bytes.Index(b, []byte("\n\n"))
	switch {
	case crlf >= 0 && (lf < 0 || crlf < lf):
		return crlf + 4
	case lf >= 0:
		return lf + 2
	}
	return -1
}

// isUpgrade reports whether a header block says "Upgrade: websocket".
func isUpgrade(block []byte) bool {
	return anyField(block, "Upgrade", func(value string) bool { return strings.Contains(strings.ToLower(value), "websocket") })
}

// namesSIP reports whether a header block names the subprotocol of SIP (RFC 7118 4.1).
func namesSIP(block []byte) bool {
	return anyField(block, "Sec-WebSocket-Protocol", func(value string) bool {
		for one := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(one), "sip") {
				return true
			}
		}
		return false
	})
}

// anyField reports whether the value of a header field with the name fits.
func anyField(block []byte, name string, fits func(value string) bool) bool {
	for line := range bytes.Lines(block) {
		field, value, ok := bytes.Cut(line, []byte(":"))
		if ok && strings.EqualFold(string(bytes.TrimSpace(field)), name) && fits(string(value)) {
			return true
		}
	}
	return false
}
