package sip

import (
	"bytes"
	"strconv"
)

// MethodCounts counts requests by their method token. Tokens that are not
// registered are kept in order of first appearance, so that nothing depends on
// the order of a map, and up to the limit of them.
type MethodCounts struct {
	Known   [len(knownMethods)]uint64 // exactly "MESSAGE", "INVITE", ...
	Unknown []MethodCount             // other tokens, "message" among them
	Other   uint64                    // requests with tokens beyond the limit
}

// MethodCount is a method token exactly as on the wire, and its requests. A
// token has printable characters only (RFC 3261 25.1).
type MethodCount struct {
	Method string
	Count  uint64
}

// Add counts one request; limit bounds c.Unknown.
func (c *MethodCounts) Add(token []byte, limit int) {
	for i, name := range knownMethods {
		if string(token) == name {
			c.Known[i]++
			return
		}
	}
	for i := range c.Unknown {
		if string(token) == c.Unknown[i].Method {
			c.Unknown[i].Count++
			return
		}
	}
	if len(c.Unknown) >= limit {
		c.Other++
		return
	}
	c.Unknown = append(c.Unknown, MethodCount{string(token), 1})
}

// StatusCounts counts responses by status code; those without a code from 100
// to 699 are counted together.
type StatusCounts struct {
	Codes [700]uint64
	Other uint64
}

// Add counts one response.
func (c *StatusCounts) Add(status int) {
	if status < 100 || status >= len(c.Codes) {
		c.Other++
		return
	}
	c.Codes[status]++
}

// ByName returns how many requests there were of each method, by the exact token;
// "other" stands for those of Other. The map is the caller's.
func (c *MethodCounts) ByName() map[string]uint64 {
	counts := make(map[string]uint64)
	for i, n := range c.Known {
		if n > 0 {
			counts[knownMethods[i]] = n
		}
	}
	for _, m := range c.Unknown {
		counts[m.Method] += m.Count
	}
	if c.Other > 0 {
		counts["other"] += c.Other
	}
	return counts
}

// ByCode returns how many responses there were of each status code, by its three
// digits; "other" stands for those of Other. The map is the caller's.
func (c *StatusCounts) ByCode() map[string]uint64 {
	counts := make(map[string]uint64)
	for status, n := range c.Codes {
		if n > 0 {
			counts[strconv.Itoa(status)] = n
		}
	}
	if c.Other > 0 {
		counts["other"] = c.Other
	}
	return counts
}

// DefectsMalformed are the defects that hide a part of a message or leave open
// where it ends.
const DefectsMalformed = DefectNotTerminated | DefectHeaderLine | DefectTooManyHeaders |
	DefectNoVia | DefectNoFrom | DefectNoTo | DefectNoCallID | DefectNoCSeq | DefectBadVia | DefectBadCSeq |
	DefectContentLengthInvalid | DefectContentLengthTooLong

var methodMESSAGE = []byte("MESSAGE")

// MentionsMESSAGE reports whether the message belongs to another method and
// holds the word, as an Allow header field does.
func (m *Message) MentionsMESSAGE() bool {
	return !equalFold(m.Method.In(m.Raw), "MESSAGE") && !equalFold(m.CSeqMethod.In(m.Raw), "MESSAGE") &&
		bytes.Contains(m.Raw, methodMESSAGE)
}
