package sip

import "bytes"

// address reads a From or To value and returns its addr-spec and tag
// (RFC 3261 20.10 and 20.39).
func (s *scanner) address(value []byte) (uri, tag Span) {
	spec, params := cutAddress(value)
	tagValue, count := findParam(params, "tag")
	if count > 1 {
		s.m.Defects |= DefectRepeatedParameter
	}
	return s.span(spec), s.span(tagValue)
}

// cutAddress takes a name-addr or addr-spec apart: the URI without its angle
// brackets, and the header field's parameters without the first semicolon.
// Without brackets everything after the first semicolon is a parameter of the
// header field (RFC 3261 20.10); so it is where the closing bracket is missing.
func cutAddress(value []byte) (spec, params []byte) {
	if lt := indexBracket(value); lt >= 0 {
		bracketed := value[lt+1:]
		gt := bytes.IndexByte(bracketed, '>')
		if gt >= 0 {
			_, params, _ = cutUnquoted(bracketed[gt+1:], ';')
			return trimLWS(bracketed[:gt]), params
		}
		value = bracketed
	}
	spec, params, _ = cutUnquoted(value, ';')
	return trimLWS(spec), params
}

// indexBracket returns the offset of the first angle bracket outside quoted strings, or -1.
// Nearly every value begins with it, or with a quoted name and a space before it.
func indexBracket(value []byte) int {
	name := 0
	if len(value) > 0 && value[0] == '"' {
		name = quotedLen(value) + 1
	}
	if name < len(value) && name != 2 && value[name] == '<' && (name == 0 || value[name-1] == ' ') {
		return name
	}
	return indexUnquoted(value, '<')
}

// URI is a URI taken apart, as sub-slices of what was split. Nothing is
// unescaped. Params begin after the first semicolon of a SIP or SIPS URI and
// include its headers ("?..."). Port and Params are empty where there are none.
type URI struct {
	Scheme, User, Host, Port, Params []byte
}

// SplitURI takes apart a SIP or SIPS URI (RFC 3261 19.1.1), or any URI of the
// form scheme:user@host such as im: (RFC 3860). A URI without "@" has a host and
// no user, except tel: (RFC 3966), whose number is the user. A password is left
// out. Bytes that are no URI give empty parts, never an error.
func SplitURI(uri []byte) URI {
	colon := bytes.IndexByte(uri, ':')
	if colon <= 0 || !IsToken(uri[:colon]) {
		return URI{}
	}
	u := URI{Scheme: uri[:colon]}
	rest := bytes.TrimPrefix(uri[colon+1:], []byte("//"))
	if equalFold(u.Scheme, "tel") {
		u.User, u.Params = cutURIParams(rest)
		return u
	}
	if at := bytes.IndexByte(rest, '@'); at >= 0 { // a user part may hold ";" and "?", but no "@"
		u.User, _, _ = bytes.Cut(rest[:at], []byte(":"))
		rest = rest[at+1:]
	}
	rest, u.Params = cutURIParams(rest)
	u.Host, u.Port = SplitHostPort(rest)
	return u
}

// cutURIParams cuts at the first ";" or "?".
func cutURIParams(b []byte) (before, params []byte) {
	for i, c := range b {
		if c == ';' || c == '?' {
			return b[:i], b[i+1:]
		}
	}
	return b, nil
}

// SplitHostPort splits "host:port", "host" and "[2001:db8::1]:port"; the
// brackets of an IPv6 reference stay. White space around the colon is left out.
func SplitHostPort(b []byte) (host, port []byte) {
	from := 0
	if len(b) > 0 && b[0] == '[' {
		from = bytes.IndexByte(b, ']') + 1
	}
	colon := bytes.IndexByte(b[from:], ':')
	if colon < 0 {
		return trimLWS(b), nil
	}
	return trimLWS(b[:from+colon]), trimLWS(b[from+colon+1:])
}
