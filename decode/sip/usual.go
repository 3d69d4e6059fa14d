package sip

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// This file reads heads as nearly all are written, for a fraction of what it costs to
// read those that are not: every line ends in CR LF, and every header field is on one line,
// its colon right behind its name.

// scanUsual is scanHead for such a head. Of any other one it reports false, and m
// holds nothing of use.
func scanUsual(raw []byte, m *Message, limits *Limits) (body int, ok bool) {
	s := newScanner(raw, m, limits)
	if body = s.usualHead(); body == 0 {
		return 0, false
	}
	s.finish(body)
	return body, true
}

// usualHead reads the head and returns where it ends; 0 where it is of another kind.
func (s *scanner) usualHead() (body int) {
	line, pos := s.usualLine(0)
	if !endsVersion(line) {
		return 0
	}
	s.startLine(line, false)
	for lines := 1; ; lines++ {
		line, pos = s.usualLine(pos)
		switch {
		case pos == 0:
			return 0
		case len(line) > 0:
			if !s.usualField(line) {
				return 0
			}
		case bytes.Count(s.raw[:pos], []byte{'\r'}) > lines+1: // a CR that is not before one of the LFs
			return 0
		default:
			return pos
		}
	}
}

// usualLine returns the line at pos and where the next one begins, 0 where it does not
// end in CR LF.
func (s *scanner) usualLine(pos int) (line []byte, next int) {
	rest := s.raw[pos:]
	lf := bytes.IndexByte(rest, '\n')
	if lf < 1 || rest[lf-1] != '\r' {
		return nil, 0
	}
	return rest[:lf-1], pos + lf + 1
}

// usualField takes a header field and reports whether it is one.
func (s *scanner) usualField(line []byte) bool {
	colon := indexColon(line)
	if colon <= 0 {
		return false
	}
	name := line[:colon]
	id := exactHeaderID(name)
	if id == HeaderOther {
		if !IsToken(name) {
			return false
		}
		id = headerID(name)
	}
	value := line[colon+1:]
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	s.add(id, name, trimLWS(value))
	return true
}

// indexColon returns the offset of the first colon, or -1.
func indexColon(b []byte) int {
	const low, high, colons = 0x0101010101010101, 0x8080808080808080, ':' * 0x0101010101010101
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:]) ^ colons
		if zero := (w - low) &^ w & high; zero != 0 { // its lowest bit marks the first colon
			return i + bits.TrailingZeros64(zero)/8
		}
	}
	for ; i < len(b); i++ {
		if b[i] == ':' {
			return i
		}
	}
	return -1
}
