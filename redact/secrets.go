package redact

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"simplecap/decode/sip"
)

// hideWords takes out of a message the words of persons and what proves that
// somebody knows a password, wherever such a thing may stand.
func hideWords(m *sip.Message) {
	var none *Redactor
	hidePasswords(m.Bytes(m.URI))
	end := int(m.URI.End())
	for i := range m.Headers {
		h := &m.Headers[i]
		hideLine(m.Raw, end, int(h.Name.Off))
		value := h.Value.In(m.Raw)
		switch g := none.grammarOf(h, m.Raw); {
		case g.kind == kindPerson:
			HideText(value)
		case g.kind == kindUnknown && (secretName().Match(h.Name.In(m.Raw)) || secretValue().Match(value)):
			fill(value, '0')
		case g.kind == kindAuth, credentials().Match(value): // in whatever field they stand
			hideSecrets(value)
			hidePasswords(value) // of their uri
		default:
			hidePasswords(value)
		}
		end = int(max(h.Name.End(), h.Value.End()))
	}
	hideLine(m.Raw, end, headEnd(m))
}

// secretName and secretValue tell what may be a credential in a header field that
// nobody has registered.
var (
	secretName  = expression(`(?i)auth|token|cookie|passw|pwd|secret|api-?key|credential`)
	secretValue = expression(`(?i)\b(digest|basic|bearer|ntlm|negotiate|oauth)\s|(response|passw(or)?d|pwd|secret|token|auth|key|nonce)"?\s*[:=]`)
)

// credentials tells those from words and addresses that begin alike, such as the
// User-Agent "Basic Phone" and the address "Digest <sip:news@example.com>".
var credentials = expression(`(?i)^\s*(digest\s+[\w-]+\s*=|(basic|bearer|ntlm|negotiate|oauth)\s+[\w+/.~=-]{8,}\s*([;,]|$))`)

// expression is compiled when it is first asked for.
func expression(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// hideLine hides what stands between two header fields and can be read as none:
// it may be credentials without their colon.
func hideLine(raw []byte, from, to int) {
	if from < to && secretValue().Match(raw[from:to]) {
		fill(raw[from:to], '0')
	}
}

// hidePasswords hides the password of each URI in b, and the credentials that a
// URI asks to be put into a request (RFC 3261 19.1.1).
func hidePasswords(b []byte) {
	for rest := b; ; {
		_, uri, ok := bytes.Cut(rest, []byte(":")) // the scheme's
		if !ok {
			return
		}
		rest = uri
		if end := bytes.IndexAny(uri, "<> \t\r\n,\""); end >= 0 {
			uri = uri[:end]
		}
		if at := bytes.IndexByte(uri, '@'); at >= 0 {
			_, password := cutAt(uri[:at], ':')
			fill(password, 'x')
		}
		_, headers := cutAt(uri, '?')
		if len(headers) > 0 && secretName().Match(headers) {
			fill(headers, 'x')
		}
		hideWritten(headers)
	}
}

// hideWritten hides the texts that the header part of a URI asks to be put into a request:
// its subject and its body (RFC 3261 19.1.1, RFC 5724 2.2).
func hideWritten(headers []byte) {
	for len(headers) > 0 {
		var one []byte
		one, headers = cutAt(headers, '&')
		name, value := cutAt(one, '=')
		if plain, err := url.PathUnescape(string(name)); err != nil || writtenHeaders[strings.ToLower(plain)] {
			fill(value, 'x')
		}
	}
}

var writtenHeaders = map[string]bool{"body": true, "subject": true, "s": true}

// open are the parameters of credentials from which nobody finds a password. What
// is not among them is hidden (RFC 7616 3.4, RFC 3310 3, 3GPP TS 24.229 7.2A.1).
const open = " username realm nonce cnonce opaque uri domain algorithm qop nc stale nextnonce charset userhash integrity-protected "

// secrets are the parameters whose names stay, but not their values.
const secrets = " response rspauth ik ck auts "

// hideSecrets puts zeros in the place of what proves that somebody knows a
// password, of what cannot be read, and of credentials of another scheme than
// Digest.
func hideSecrets(b []byte) {
	scheme, rest := cutScheme(b)
	if scheme != nil && !strings.EqualFold(string(scheme), "digest") {
		if !isProtocol(scheme) {
			fill(scheme, '0')
		}
		fill(rest, '0')
		return
	}
	for len(rest) > 0 {
		var one []byte
		one, rest = cutQuoted(rest, ',')
		hideSecret(one)
	}
}

// hideSecret does so with one parameter.
func hideSecret(b []byte) {
	name, value := cutAt(b, '=')
	word := " " + strings.ToLower(string(bytes.TrimSpace(name))) + " "
	switch {
	case value != nil && strings.Contains(open, word):
		fill(behindValue(value), '0')
	case value != nil && strings.Contains(secrets, word):
		fill(value, '0')
	default:
		fill(b, '0')
	}
}

// behindValue is what stands behind a token or quoted string: all of it, where a
// quoted string does not end.
func behindValue(b []byte) []byte {
	b = bytes.TrimLeft(b, " \t\r\n")
	if len(b) == 0 || b[0] != '"' {
		_, rest := cutBlank(b)
		return rest
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return b[i+1:]
		}
	}
	return b
}

// cutQuoted cuts b around the first c outside of quoted strings.
func cutQuoted(b []byte, c byte) (before, after []byte) {
	if i := indexOutside(b, c); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}
