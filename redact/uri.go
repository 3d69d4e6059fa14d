package redact

import (
	"bytes"
	"strings"
	"sync"
)

// uri puts pseudonyms into a URI, or into an address without a scheme.
func (r *Redactor) uri(b []byte) {
	scheme, rest, ok := bytes.Cut(b, []byte(":"))
	if !ok {
		r.address(b)
		return
	}
	switch strings.ToLower(string(bytes.TrimSpace(scheme))) {
	case "sip", "sips", "im", "pres", "mailto", "xmpp":
		r.address(rest)
	case "tel", "fax", "sms":
		number, headers := cutAt(rest, '?')
		r.headers(headers)
		number, params := cutAt(number, ';')
		r.user(number)
		r.params(params)
	case "urn":
		r.urn(rest)
	case "http", "https", "cid", "ws", "wss", "msrp", "msrps", "data", "ftp", "ldap", "h323", "modem", "about":
		r.opaque(rest)
	default: // what stands before the colon may be a user, or a host
		r.address(b)
	}
}

// urn puts pseudonyms into the name of a URN that names a device. Those of
// services stay.
func (r *Redactor) urn(b []byte) {
	namespace, name := cutAt(b, ':')
	switch strings.ToLower(string(namespace)) {
	case "service", "urn-7":
		r.grammar(name, grammar{})
	default:
		if !isProtocol(namespace) {
			r.opaque(namespace)
		}
		r.opaque(name)
	}
}

// opaque puts pseudonyms into what has no parts that matter here.
func (r *Redactor) opaque(b []byte) {
	if r.all() {
		r.permute(b)
		return
	}
	r.numbers(b, numberInName)
}

// address puts pseudonyms into user@host:port;parameters?headers.
func (r *Redactor) address(b []byte) {
	b, headers := cutAt(b, '?')
	r.headers(headers)
	at := bytes.IndexByte(b, '@')
	if at >= 0 {
		r.userInfo(b[:at])
	}
	host, params := cutAt(b[at+1:], ';')
	if at < 0 && isNumber(host) {
		r.digits(host) // a number without a host, as some write it
	} else {
		r.hostPort(host)
	}
	r.params(params)
}

// headers puts pseudonyms into the header fields that a URI asks for, and hides the texts
// in them.
func (r *Redactor) headers(b []byte) {
	r.opaque(b)
	if !r.all() { // where nothing of it stays as it was
		hideWritten(b)
	}
}

// userInfo puts pseudonyms into a user, the parameters of a number, and a password.
func (r *Redactor) userInfo(b []byte) {
	name, password := cutAt(b, ':')
	name, params := cutAt(name, ';')
	r.user(name)
	r.params(params)
	r.permute(password)
}

// user puts a pseudonym in the place of a user or number.
func (r *Redactor) user(b []byte) {
	switch {
	case isNumber(b):
		r.digits(b)
	case r.all() && !strings.EqualFold(string(b), "anonymous"):
		r.permute(b)
	case !r.all():
		r.numbers(b, numberInName)
	}
}

// isNumber reports whether a user part is a telephone number: digits with what
// may stand between them (RFC 3966 3), and * and # of local ones, escaped or not.
func isNumber(b []byte) bool {
	digits := 0
	for i := 0; i < len(b); {
		_, size := digitAt(b, i)
		switch {
		case size > 0:
			digits++
		case bytes.HasPrefix(b[i:], []byte("%2")) && i+2 < len(b): // %20 to %2F: blank, plus, point and the like
			size = 3
		case bytes.IndexByte([]byte("+-.()*# "), b[i]) >= 0:
			size = 1
		default:
			return false
		}
		i += size
	}
	return digits > 0 && !isIP(b)
}

// hostPort puts a pseudonym in the place of a host name. Its port stays, and so
// does an IPv6 address.
func (r *Redactor) hostPort(b []byte) {
	if isIP(b) {
		return
	}
	host, port := cutAt(b, ':')
	if bytes.HasPrefix(b, []byte("[")) {
		end := bytes.IndexByte(b, ']')
		if end < 0 || !isIP(b[1:end]) {
			r.unknown(b, nil)
			return
		}
		host, port = nil, bytes.TrimPrefix(b[end+1:], []byte(":"))
	}
	r.host(bytes.TrimSpace(host))
	r.grammar(port, grammar{digits: 5})
}

// host puts a pseudonym in the place of a host name, label by label, without
// regard to case. Addresses stay, and names that are nobody's.
func (r *Redactor) host(b []byte) {
	if isIP(b) {
		return
	}
	if !r.all() {
		r.numbers(b, numberInText)
		return
	}
	for len(b) > 0 {
		label, rest := cutAt(b, '.')
		switch strings.ToLower(string(label)) {
		case "localhost", "invalid", "anonymous":
		default:
			r.label(label)
		}
		b = rest
	}
}

func (r *Redactor) label(b []byte) {
	lower := bytes.ToLower(b)
	if len(lower) != len(b) { // letters that are longer in lower case
		r.permute(b)
		return
	}
	r.permute(lower)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			lower[i] -= 'a' - 'A'
		}
	}
	copy(b, lower)
}

// paramKind is what the value of a parameter is.
type paramKind uint8

const (
	paramUnknown paramKind = iota
	paramWords             // words of the protocol and numbers
	paramCallID
	paramBranch
	paramHost
	paramContext
	paramText
)

// paramGrammar is the kind of a parameter's value, and how many digits are the
// protocol's in it.
type paramGrammar struct {
	kind   paramKind
	digits int
}

// paramGrammars are those of parameters, by their names in lower case.
var paramGrammars = sync.OnceValue(func() map[string]paramGrammar {
	return map[string]paramGrammar{
		"tag": {kind: paramCallID}, "ftag": {kind: paramCallID}, "from-tag": {kind: paramCallID}, "to-tag": {kind: paramCallID},
		"icid-value": {kind: paramCallID}, "call-id": {kind: paramCallID}, "branch": {kind: paramBranch}, "maddr": {kind: paramHost},
		"received": {kind: paramHost}, "phone-context": {kind: paramContext}, "text": {kind: paramText},
		"expires": {paramWords, 7}, "q": {paramWords, 4}, "lr": {paramWords, 1}, "transport": {kind: paramWords}, "user": {kind: paramWords},
		"method": {kind: paramWords}, "ttl": {paramWords, 3}, "rport": {paramWords, 5}, "screen": {kind: paramWords}, "privacy": {kind: paramWords},
		"party": {kind: paramWords}, "reason": {kind: paramWords}, "cause": {paramWords, 3}, "counter": {paramWords, 3}, "index": {paramWords, 5},
		"reg-id": {paramWords, 3}, "refresher": {kind: paramWords}, "handling": {kind: paramWords}, "comp": {kind: paramWords},
		"limit": {paramWords, 3}, "cpc": {kind: paramWords}, "oli": {paramWords, 3}, "screen-ind": {kind: paramWords}, "isub-encoding": {kind: paramWords},
		"charset": {paramWords, 5}, "level": {paramWords, 2}, "duration": {paramWords, 7}, "retry-after": {paramWords, 7}, "alias": {paramWords, 6},
		"format": {kind: paramWords}, "delsp": {kind: paramWords}, "protocol": {kind: paramWords}, "smsip": {kind: paramWords}, "nat": {kind: paramWords},
		"purpose": {kind: paramWords}, "type": {kind: paramWords}, "mobility": {kind: paramWords}, "methods": {kind: paramWords}, "r2": {kind: paramWords},
	}
})

// params puts pseudonyms into parameters after a semicolon: their names, where the
// protocol does not know them, and their values.
func (r *Redactor) params(b []byte) {
	for len(b) > 0 {
		var one []byte
		one, b = cutParam(b)
		name, value := cutAt(one, '=')
		r.param(bytes.TrimSpace(name), bytes.TrimSpace(value))
	}
}

func (r *Redactor) param(name, value []byte) {
	g := paramGrammars()[strings.ToLower(string(name))]
	r.grammar(name, grammar{digits: 1})
	switch g.kind {
	case paramCallID:
		r.token(value)
	case paramBranch:
		r.branch(value)
	case paramHost:
		r.uriOrHost(value)
	case paramContext:
		r.phoneContext(value)
	case paramText:
		r.text(value, nil)
	case paramWords:
		r.grammar(value, grammar{digits: g.digits})
	default:
		r.opaque(value)
	}
}

// uriOrHost tells "192.0.2.1" from "sip:192.0.2.1:5060".
func (r *Redactor) uriOrHost(b []byte) {
	b = bytes.Trim(b, `" `)
	if rest, ok := bytes.CutPrefix(b, []byte("sip:")); ok {
		b = rest
	}
	r.address(b)
}

// phoneContext puts pseudonyms into the context of a local number: the first
// digits of a global one, or a host (RFC 3966 5.1.5). In an address without brackets the
// host of the address stands behind it.
func (r *Redactor) phoneContext(b []byte) {
	switch {
	case isNumber(b):
		r.numbers(b, numberInName)
	case bytes.IndexByte(b, '@') >= 0:
		r.address(b)
	default:
		r.host(b)
	}
}

// token puts pseudonyms into a Call-ID or a tag: into the numbers in it, or
// into all of it but an address behind its @.
func (r *Redactor) token(b []byte) {
	local, host := cutAt(b, '@')
	r.opaque(local)
	r.hostPort(host)
}

// cookie begins the branch of a Via since RFC 3261 (8.1.1.7).
const cookie = "z9hG4bK"

func (r *Redactor) branch(b []byte) {
	if len(b) >= len(cookie) && strings.EqualFold(string(b[:len(cookie)]), cookie) {
		b = b[len(cookie):]
	}
	r.opaque(b)
}

// cutAt cuts b around the first c. What is before it and what is behind it are
// parts of b.
func cutAt(b []byte, c byte) (before, after []byte) {
	i := bytes.IndexByte(b, c)
	if i < 0 {
		return b, nil
	}
	return b[:i], b[i+1:]
}

// cutParam cuts b around the first semicolon that is in no quoted string.
func cutParam(b []byte) (before, after []byte) {
	return cutOutside(b, ';')
}

// cutOutside cuts b around the first c outside of quoted strings and angle brackets.
func cutOutside(b []byte, c byte) (before, after []byte) {
	quoted, angle := false, false
	for i := 0; i < len(b); i++ {
		switch {
		case quoted && b[i] == '\\':
			i++
		case b[i] == '"' && !angle:
			quoted = !quoted
		case quoted:
		case b[i] == c && !angle:
			return b[:i], b[i+1:]
		case b[i] == '<':
			angle = true
		case b[i] == '>':
			angle = false
		}
	}
	return b, nil
}
