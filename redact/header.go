package redact

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"simplecap/decode/sip"
)

// kind is the grammar of a header field's value, as far as it matters here.
type kind uint8

const (
	kindUnknown kind = iota // may hold anything
	kindWords               // words of the protocol, a number, parameters, comments
	kindTag                 // the same, and a language's two letters
	kindCSeq
	kindDate
	kindAddresses // display names, URIs and parameters
	kindVia
	kindCallID
	kindCallIDs
	kindAuth    // credentials and challenges
	kindText    // the words of a program
	kindWarning // codes, hosts, and the words of a program
	kindPerson  // the words of a person
	kindSign    // signed claims about the sender
)

// grammar is the kind of a header field's value, and how many digits a number of
// the protocol has in it at most.
type grammar struct {
	kind   kind
	digits int
}

// grammars are those of the header fields that the decoder tells apart.
var grammars = [...]grammar{
	sip.HeaderAccept: {kindWords, 0}, sip.HeaderAcceptEncoding: {kindWords, 0}, sip.HeaderAcceptLanguage: {kindTag, 0},
	sip.HeaderAllow: {kindWords, 0}, sip.HeaderAllowEvents: {kindWords, 0}, sip.HeaderContentDisposition: {kindWords, 0},
	sip.HeaderContentEncoding: {kindWords, 0}, sip.HeaderContentLength: {kindWords, 8}, sip.HeaderContentType: {kindWords, 0},
	sip.HeaderCSeq: {kindCSeq, 10}, sip.HeaderDate: {kindDate, 0}, sip.HeaderExpires: {kindWords, 7},
	sip.HeaderMaxForwards: {kindWords, 3}, sip.HeaderPrivacy: {kindWords, 0}, sip.HeaderRequestDisposition: {kindWords, 0},
	sip.HeaderRequire: {kindWords, 0}, sip.HeaderRetryAfter: {kindWords, 7}, sip.HeaderRSeq: {kindWords, 7},
	sip.HeaderSessionExpires: {kindWords, 7}, sip.HeaderSupported: {kindWords, 0}, sip.HeaderTimestamp: {kindWords, 9},
	sip.HeaderUnsupported: {kindWords, 0}, sip.HeaderSubscriptionState: {kindWords, 0}, sip.HeaderEvent: {kindWords, 0},
	sip.HeaderAcceptContact: {kindWords, 0}, sip.HeaderRejectContact: {kindWords, 0},

	sip.HeaderContact: {kind: kindAddresses}, sip.HeaderFrom: {kind: kindAddresses}, sip.HeaderTo: {kind: kindAddresses},
	sip.HeaderPAssertedIdentity: {kind: kindAddresses}, sip.HeaderPAssociatedURI: {kind: kindAddresses},
	sip.HeaderPCalledPartyID: {kind: kindAddresses}, sip.HeaderPPreferredIdentity: {kind: kindAddresses},
	sip.HeaderRecordRoute: {kind: kindAddresses}, sip.HeaderRoute: {kind: kindAddresses}, sip.HeaderReferTo: {kind: kindAddresses},
	sip.HeaderReferredBy: {kind: kindAddresses}, sip.HeaderIdentityInfo: {kind: kindAddresses},

	sip.HeaderVia: {kind: kindVia}, sip.HeaderCallID: {kind: kindCallID}, sip.HeaderInReplyTo: {kind: kindCallIDs},
	sip.HeaderXCallID: {kind: kindCallID}, sip.HeaderAuthorization: {kind: kindAuth}, sip.HeaderProxyAuthorization: {kind: kindAuth},
	sip.HeaderWWWAuthenticate: {kind: kindAuth}, sip.HeaderProxyAuthenticate: {kind: kindAuth}, sip.HeaderReason: {kindWords, 3},
	sip.HeaderServer: {kind: kindText}, sip.HeaderUserAgent: {kind: kindText}, sip.HeaderWarning: {kind: kindWarning},
	sip.HeaderSubject: {kind: kindPerson}, sip.HeaderIdentity: {kind: kindSign},
}

// otherGrammars are those of the others, by their names in lower case.
var otherGrammars = sync.OnceValue(func() map[string]grammar {
	return map[string]grammar{
		"mime-version": {kindWords, 2}, "min-expires": {kindWords, 7}, "min-se": {kindWords, 7}, "p-asserted-service": {kind: kindAddresses},
		"p-preferred-service": {kind: kindAddresses}, "priority": {kindWords, 0}, "content-language": {kindTag, 0}, "path": {kind: kindAddresses},
		"service-route": {kind: kindAddresses}, "reply-to": {kind: kindAddresses}, "history-info": {kind: kindAddresses},
		"diversion": {kind: kindAddresses}, "remote-party-id": {kind: kindAddresses}, "p-served-user": {kind: kindAddresses},
		"call-info": {kind: kindAddresses}, "alert-info": {kind: kindAddresses}, "error-info": {kind: kindAddresses},
		"p-profile-key": {kind: kindAddresses}, "authentication-info": {kind: kindAuth}, "proxy-authentication-info": {kind: kindAuth},
		"proxy-require": {kindWords, 0}, "content-transfer-encoding": {kindWords, 0},
	}
})

// grammarOf returns the grammar of a header field.
func (r *Redactor) grammarOf(h *sip.Header, raw []byte) grammar {
	if int(h.ID) < len(grammars) && grammars[h.ID] != (grammar{}) {
		return grammars[h.ID]
	}
	name := h.Name.In(raw)
	if r != nil && r.holdsCallID(name) {
		return grammar{kind: kindCallID}
	}
	return otherGrammars()[strings.ToLower(string(name))]
}

// name puts a pseudonym in the place of the name of a header field, unless it is
// registered, or one that the user has named.
func (r *Redactor) name(h *sip.Header, b []byte) {
	switch {
	case h.ID != sip.HeaderOther || r.holdsCallID(b) || isRegistered(b):
	case r.all():
		r.permuteUnlike(b, func(b []byte) bool { return isRegistered(b) || r.holdsCallID(b) })
	default:
		r.numbers(b, numberInName)
	}
}

// decoded are the names of the header fields that the decoder tells apart, in lower case.
var decoded = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for id, g := range grammars {
		if g != (grammar{}) {
			set[strings.ToLower(sip.HeaderID(id).String())] = true
		}
	}
	return set
})

// isRegistered reports whether a header field of that name is known. Those of one
// letter are, or may become so.
func isRegistered(name []byte) bool {
	lower := strings.ToLower(string(name))
	_, hasGrammar := otherGrammars()[lower]
	return hasGrammar || registered()[lower] || decoded()[lower] || len(name) <= 1
}

// header puts pseudonyms into the value of a header field.
func (r *Redactor) header(g grammar, b []byte, names names) {
	switch g.kind {
	case kindWords, kindTag:
		r.each(b, func(one []byte) { r.wordsAndParams(one, g) })
	case kindCSeq:
		r.cseq(b, g.digits)
	case kindDate:
		r.date(b, names)
	case kindAddresses:
		r.each(b, r.nameAddr)
	case kindVia:
		r.each(b, r.via)
	case kindCallID:
		r.token(b)
	case kindCallIDs:
		r.each(b, r.token)
	case kindAuth:
		r.auth(b)
	case kindText:
		r.text(b, names)
	case kindWarning:
		r.each(b, func(one []byte) { r.warning(one, names) })
	case kindPerson:
		HideText(b)
	case kindSign:
		r.permute(b)
	default:
		r.unknown(b, names)
	}
}

// date keeps a date, which has one form (RFC 3261 20.17).
func (r *Redactor) date(b []byte, names names) {
	if _, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", string(b)); err != nil {
		r.unknown(b, names)
	}
}

// cseq keeps a number and a method, which the decoder tells apart by the first byte
// that is no digit, white space or not.
func (r *Redactor) cseq(b []byte, digits int) {
	at := bytes.IndexFunc(b, func(c rune) bool { return c < '0' || c > '9' })
	if at < 0 {
		at = len(b)
	}
	r.grammar(b[:at], grammar{digits: digits})
	rest := bytes.TrimLeft(b[at:], " \t\r\n")
	method, more := cutBlank(rest)
	r.method(method)
	r.unknown(more, nil)
}

// warning puts pseudonyms into a warning-value (RFC 3261 20.43): a code, a host,
// and words.
func (r *Redactor) warning(b []byte, names names) {
	code, rest := cutBlank(bytes.TrimLeft(b, " \t\r\n"))
	r.grammar(code, grammar{digits: 3})
	host, words := cutBlank(bytes.TrimLeft(rest, " \t\r\n"))
	r.hostPort(host)
	r.text(words, names)
}

// cutBlank cuts b before the first white space.
func cutBlank(b []byte) (before, after []byte) {
	if i := bytes.IndexAny(b, " \t\r\n"); i >= 0 {
		return b[:i], b[i:]
	}
	return b, nil
}

// each calls f for each element of a list with commas.
func (r *Redactor) each(b []byte, f func([]byte)) {
	for len(b) > 0 {
		var one []byte
		one, b = cutOutside(b, ',')
		f(one)
	}
}

// nameAddr puts pseudonyms into a display name, a URI and its parameters
// (RFC 3261 25.1, name-addr and addr-spec).
func (r *Redactor) nameAddr(b []byte) {
	open, end := indexOutside(b, '<'), -1
	if open >= 0 {
		end = bytes.IndexByte(b[open:], '>')
	}
	if open < 0 {
		uri, params := cutParam(b)
		r.uri(bytes.TrimSpace(uri))
		r.params(params)
		return
	}
	r.displayName(b[:open])
	if end < 0 {
		r.uri(b[open+1:])
		return
	}
	r.uri(b[open+1 : open+end])
	r.params(b[open+end+1:])
}

func (r *Redactor) displayName(b []byte) {
	if r.all() && !strings.EqualFold(string(bytes.Trim(b, `" `)), "anonymous") {
		r.permute(b)
		return
	}
	r.numbers(b, numberInName)
}

// indexOutside returns where c stands first outside of quoted strings, -1 for nowhere.
func indexOutside(b []byte, c byte) int {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch {
		case quoted && b[i] == '\\':
			i++
		case b[i] == '"':
			quoted = !quoted
		case !quoted && b[i] == c:
			return i
		}
	}
	return -1
}

// via puts pseudonyms into a via-parm (RFC 3261 25.1).
func (r *Redactor) via(b []byte) {
	head, params := cutParam(b)
	r.params(params)
	protocol, sentBy := head, []byte(nil)
	if slash := bytes.LastIndexByte(head, '/'); slash >= 0 {
		at := slash + 1 + len(head[slash+1:]) - len(bytes.TrimLeft(head[slash+1:], " \t\r\n"))
		word, _ := cutBlank(head[at:])
		protocol, sentBy = head[:at+len(word)], bytes.TrimLeft(head[at+len(word):], " \t\r\n")
	}
	r.grammar(protocol, grammar{digits: 2})
	sentBy, comment := cutBlank(sentBy)
	r.hostPort(sentBy)
	if rest := bytes.TrimLeft(comment, " \t\r\n"); len(rest) > 0 && rest[0] == ':' { // "host : port"
		r.grammar(comment, grammar{digits: 5})
		return
	}
	r.unknown(comment, nil)
}

// auth puts pseudonyms into credentials, and takes out what proves that somebody
// knows a password.
func (r *Redactor) auth(b []byte) {
	hideSecrets(b)
	scheme, rest := cutScheme(b)
	if scheme != nil && !strings.EqualFold(string(scheme), "digest") {
		return
	}
	r.each(rest, func(one []byte) {
		name, value := cutAt(one, '=')
		value = bytes.Trim(value, "\" \t\r\n")
		switch strings.ToLower(string(bytes.TrimSpace(name))) {
		case "username":
			r.userName(value)
		case "uri", "domain":
			r.uri(value)
		case "realm":
			r.host(value)
		case "nc", "response", "rspauth", "auts", "ik", "ck": // a count, or hidden already
			if len(value) > 8 {
				fill(value, '0')
			}
		case "qop", "algorithm", "stale", "integrity-protected", "userhash":
			r.grammar(value, grammar{digits: 3})
		default:
			r.opaque(value)
		}
	})
}

// userName puts a pseudonym in the place of the name in credentials: a user, or
// user@host.
func (r *Redactor) userName(b []byte) {
	name, host := cutAt(b, '@')
	if i := bytes.IndexByte(name, ':'); i >= 0 { // sip:alice@example.com
		name = name[i+1:]
	}
	r.user(name)
	r.host(host)
}

// cutScheme cuts off the scheme of credentials and the white space behind it, nil
// where they begin with a parameter.
func cutScheme(b []byte) (scheme, rest []byte) {
	b = bytes.TrimLeft(b, " \t\r\n")
	word, rest := cutBlank(b)
	rest = bytes.TrimLeft(rest, " \t\r\n")
	if len(rest) == 0 || rest[0] == '=' || bytes.ContainsAny(word, "=,\"") {
		return nil, b
	}
	return word, rest
}
