package sip

import "bytes"

// isLWS reports whether c is white space inside a header field value, where a
// fold is a line end followed by a blank (RFC 3261 25.1, LWS).
func isLWS(c byte) bool {
	return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n') // most bytes are above a space
}

// trimLWS cuts white space and folds off both ends.
func trimLWS(b []byte) []byte {
	for len(b) > 0 && isLWS(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isLWS(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// cutWord returns b up to its first white space, and what follows that.
func cutWord(b []byte) (word, rest []byte) {
	for i, c := range b {
		if isLWS(c) {
			return b[:i], trimLWS(b[i:])
		}
	}
	return b, nil
}

// indexUnquoted returns the offset of the first sep outside quoted strings, or
// -1. A quotation mark that is never closed is taken as an ordinary character,
// and so is one after a backslash outside quotes; that keeps a value with
// thousands of either linear to split: after a mark that is not closed, every
// other one has a backslash before it.
func indexUnquoted(b []byte, sep byte) int {
	if len(b) > 0 && b[0] == sep {
		return 0
	}
	at := -1 // the next sep, quoted or not
	for pos := 0; ; {
		if at < pos {
			i := bytes.IndexByte(b[pos:], sep)
			if i < 0 {
				return -1
			}
			at = pos + i
		}
		quote := bytes.IndexByte(b[pos:at], '"')
		if quote < 0 {
			return at
		}
		quote += pos
		if quote > 0 && b[quote-1] == '\\' {
			pos = quote + 1
		} else {
			pos = quote + quotedLen(b[quote:])
		}
	}
}

// quotedLen is the length of the quoted string that b begins with, with its
// quotation marks; 1 where it has no end.
func quotedLen(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 1
}

// cutUnquoted cuts b at the first sep outside quoted strings. Without one,
// before is b and found is false.
func cutUnquoted(b []byte, sep byte) (before, after []byte, found bool) {
	if i := indexUnquoted(b, sep); i >= 0 {
		return b[:i], b[i+1:], true
	}
	return b, nil, false
}

// findParam finds a parameter in a list that is separated by semicolons and
// begins after one. It returns the value of the first of that name, which is
// empty where there is no "=", and how many there are: 0, 1, or 2 for several.
func findParam(params []byte, name string) (value []byte, count int) {
	if value = onlyParam(params, name); len(value) > 0 {
		return value, 1
	}
	for more := len(params) > 0; more && count < 2; {
		var param []byte
		param, params, more = cutUnquoted(params, ';')
		param = trimLWS(param)
		if len(param) < len(name) || !equalFold(param[:len(name)], name) {
			continue
		}
		rest := trimLWS(param[len(name):])
		if len(rest) > 0 && rest[0] != '=' {
			continue // a longer name
		}
		if count++; count == 1 && len(rest) > 0 {
			value = trimLWS(rest[1:])
		}
	}
	return value, count
}

// onlyParam is findParam where the list is one parameter of that name, in the usual case of
// letters, and its value a token, as mostly; nil anywhere else.
func onlyParam(params []byte, name string) (value []byte) {
	n := len(name)
	if len(params) > n && params[n] == '=' && string(params[:n]) == name && IsToken(params[n+1:]) {
		return params[n+1:]
	}
	return nil
}

// Param finds a parameter of a header field value by its name, without case
// (RFC 3261 7.3.1), and returns its value as written, with the quotation marks
// of a quoted string. Parameters inside <> belong to the URI and are passed
// over. The result points into value.
func Param(value []byte, name string) ([]byte, bool) {
	_, params := cutAddress(value)
	v, count := findParam(params, name)
	return v, count > 0
}
