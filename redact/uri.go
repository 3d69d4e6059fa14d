package redact

import (
	"bytes"
	"net/netip"
	"strings"
)

// How many digits in a row are taken for a telephone number, by where they stand:
// in a place for names, in one for identifiers, and in any other.
const (
	numberInName = 3
	numberInText = 6
)

// uri puts pseudonyms into a URI, or into an address without a scheme.
func (r *Redactor) uri(b []byte) {
	scheme, rest, ok := bytes.Cut(b, []byte(":"))
	if !ok || bytes.ContainsAny(scheme, "@.[ \t") {
		r.address(b)
		return
	}
	switch strings.ToLower(string(bytes.TrimSpace(scheme))) {
	case "sip", "sips", "im", "pres", "mailto", "xmpp":
		r.address(rest)
	case "tel", "fax", "sms":
		number, params := cutAt(rest, ';')
		r.user(number)
		r.params(params)
	case "urn":
		r.urn(rest)
	default:
		r.opaque(rest)
	}
}

// urn puts pseudonyms into the name of a URN that names a device. Those of
// services stay.
func (r *Redactor) urn(b []byte) {
	namespace, name := cutAt(b, ':')
	switch strings.ToLower(string(namespace)) {
	case "service", "urn-7":
	default:
		r.opaque(name)
	}
}

// opaque puts pseudonyms into what has no parts that matter here.
func (r *Redactor) opaque(b []byte) {
	if r.all() {
		r.permute(b)
		return
	}
	r.runs(b, numberInName)
}

// address puts pseudonyms into user@host:port;parameters?headers.
func (r *Redactor) address(b []byte) {
	b, headers := cutAt(b, '?')
	r.opaque(headers)
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
		r.longRuns(b, numberInText)
	}
}

// isNumber reports whether a user part is a telephone number: digits with what
// may stand between them (RFC 3966 3), and * and # of local ones.
func isNumber(b []byte) bool {
	if rest, escaped := bytes.CutPrefix(b, []byte("%2B")); escaped {
		b = rest
	}
	digits := 0
	for _, c := range b {
		switch {
		case isDigit(c):
			digits++
		case !strings.ContainsRune("+-.()*# ", rune(c)):
			return false
		}
	}
	_, err := netip.ParseAddr(string(b))
	return digits > 0 && err != nil
}

// hostPort puts a pseudonym in the place of a host name. Its port stays.
func (r *Redactor) hostPort(b []byte) {
	if bytes.HasPrefix(bytes.TrimLeft(b, " \t"), []byte("[")) || bytes.Count(b, []byte(":")) > 1 {
		return // an IPv6 address
	}
	host, _ := cutAt(b, ':')
	r.host(bytes.TrimSpace(host))
}

// host puts a pseudonym in the place of a host name, label by label, without
// regard to case. Addresses stay, and names that are nobody's.
func (r *Redactor) host(b []byte) {
	if _, err := netip.ParseAddr(string(b)); err == nil || !r.all() {
		r.longRuns(b, numberInText)
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

// harmless are parameters whose values tell nothing of people.
const harmless = " expires q lr transport user method ttl rport screen privacy party reason cause counter index reg-id ob " +
	"refresher text refer-sub handling isub rn npdi alias comp sigcomp-id limit cpc oli isub-encoding screen-ind "

// params puts pseudonyms into the values of parameters after a semicolon.
func (r *Redactor) params(b []byte) {
	for len(b) > 0 {
		var one []byte
		one, b = cutParam(b)
		name, value := cutAt(one, '=')
		r.param(strings.ToLower(string(bytes.TrimSpace(name))), bytes.TrimSpace(value))
	}
}

func (r *Redactor) param(name string, value []byte) {
	switch {
	case name == "tag" || strings.HasSuffix(name, "ftag") || name == "icid-value" || name == "call-id":
		r.token(value)
	case name == "branch":
		r.branch(value)
	case name == "maddr", name == "received":
		r.uriOrHost(value)
	case name == "phone-context":
		r.phoneContext(value)
	case strings.Contains(harmless, " "+name+" "):
		r.longRuns(value, numberInText)
	case bytes.HasPrefix(value, []byte(`"`)):
		r.opaque(value)
	case r.all():
		r.permute(value)
	default:
		r.runs(value, numberInText)
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
// digits of a global one, or a host (RFC 3966 5.1.5).
func (r *Redactor) phoneContext(b []byte) {
	if bytes.HasPrefix(b, []byte("+")) {
		r.runs(b, numberInName)
		return
	}
	r.host(b)
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

// runs puts pseudonyms in the place of numbers of at least so many digits that
// are no part of a word.
func (r *Redactor) runs(b []byte, least int) {
	r.eachRun(b, func(from, to int) {
		bounded := (from == 0 || !isWord(b[from-1])) && (to == len(b) || !isWord(b[to]))
		if to-from >= least && bounded {
			r.digits(b[from:to])
		}
	})
}

// longRuns does the same inside of words.
func (r *Redactor) longRuns(b []byte, least int) {
	r.eachRun(b, func(from, to int) {
		if to-from >= least {
			r.digits(b[from:to])
		}
	})
}

func (r *Redactor) eachRun(b []byte, run func(from, to int)) {
	for i := 0; i < len(b); i++ {
		from := i
		for i < len(b) && isDigit(b[i]) {
			i++
		}
		if i > from {
			run(from, i)
		}
	}
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
