package redact

import (
	"bytes"
	"strings"
	"time"

	"simplecap/decode"
)

// kind is the grammar of a header field's value, as far as it matters here.
type kind uint8

const (
	kindUnknown  kind = iota // may hold anything
	kindHarmless             // numbers and tokens that tell nothing of people
	kindDate
	kindAddresses // display names, URIs and parameters
	kindVia
	kindCallID
	kindCallIDs
	kindAuth  // credentials and challenges
	kindText  // the words of a program
	kindWords // the words of a person
	kindSign  // signed claims about the sender
)

// kinds are those of the header fields that the decoder tells apart.
var kinds = map[decode.HeaderID]kind{
	decode.HeaderAccept: kindHarmless, decode.HeaderAcceptEncoding: kindHarmless, decode.HeaderAcceptLanguage: kindHarmless,
	decode.HeaderAllow: kindHarmless, decode.HeaderAllowEvents: kindHarmless, decode.HeaderContentDisposition: kindHarmless,
	decode.HeaderContentEncoding: kindHarmless, decode.HeaderContentLength: kindHarmless, decode.HeaderContentType: kindHarmless,
	decode.HeaderCSeq: kindHarmless, decode.HeaderDate: kindDate, decode.HeaderExpires: kindHarmless,
	decode.HeaderMaxForwards: kindHarmless, decode.HeaderPrivacy: kindHarmless, decode.HeaderRequestDisposition: kindHarmless,
	decode.HeaderRequire: kindHarmless, decode.HeaderRetryAfter: kindHarmless, decode.HeaderRSeq: kindHarmless,
	decode.HeaderSessionExpires: kindHarmless, decode.HeaderSupported: kindHarmless, decode.HeaderTimestamp: kindHarmless,
	decode.HeaderUnsupported: kindHarmless, decode.HeaderSubscriptionState: kindHarmless, decode.HeaderEvent: kindHarmless,
	decode.HeaderAcceptContact: kindHarmless, decode.HeaderRejectContact: kindHarmless,

	decode.HeaderContact: kindAddresses, decode.HeaderFrom: kindAddresses, decode.HeaderTo: kindAddresses,
	decode.HeaderPAssertedIdentity: kindAddresses, decode.HeaderPAssociatedURI: kindAddresses, decode.HeaderPCalledPartyID: kindAddresses,
	decode.HeaderPPreferredIdentity: kindAddresses, decode.HeaderRecordRoute: kindAddresses, decode.HeaderRoute: kindAddresses,
	decode.HeaderReferTo: kindAddresses, decode.HeaderReferredBy: kindAddresses, decode.HeaderIdentityInfo: kindAddresses,

	decode.HeaderVia: kindVia, decode.HeaderCallID: kindCallID, decode.HeaderInReplyTo: kindCallIDs, decode.HeaderXCallID: kindCallID,
	decode.HeaderAuthorization: kindAuth, decode.HeaderProxyAuthorization: kindAuth, decode.HeaderWWWAuthenticate: kindAuth,
	decode.HeaderProxyAuthenticate: kindAuth, decode.HeaderReason: kindText, decode.HeaderServer: kindText,
	decode.HeaderUserAgent: kindText, decode.HeaderWarning: kindText, decode.HeaderSubject: kindWords, decode.HeaderIdentity: kindSign,
}

// otherKinds are those of the others, by their names in lower case.
var otherKinds = map[string]kind{
	"mime-version": kindHarmless, "min-expires": kindHarmless, "min-se": kindHarmless, "p-asserted-service": kindHarmless,
	"p-preferred-service": kindHarmless, "priority": kindHarmless, "content-language": kindHarmless, "path": kindAddresses,
	"service-route": kindAddresses, "reply-to": kindAddresses, "history-info": kindAddresses, "diversion": kindAddresses,
	"remote-party-id": kindAddresses, "p-served-user": kindAddresses, "call-info": kindAddresses, "alert-info": kindAddresses,
	"error-info": kindAddresses, "p-profile-key": kindAddresses, "authentication-info": kindAuth, "proxy-authentication-info": kindAuth,
}

// kindOf returns the kind of a header field.
func (r *Redactor) kindOf(h *decode.Header, raw []byte) kind {
	if k, ok := kinds[h.ID]; ok {
		return k
	}
	name := h.Name.In(raw)
	if r != nil && r.holdsCallID(name) {
		return kindCallID
	}
	return otherKinds[strings.ToLower(string(name))]
}

// header puts pseudonyms into the value of a header field.
func (r *Redactor) header(k kind, b []byte, names names) {
	switch k {
	case kindHarmless:
	case kindDate:
		if _, err := time.Parse(time.RFC1123, string(b)); err != nil {
			r.unknown(b, names)
		}
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
	case kindWords:
		HideText(b)
	case kindSign:
		r.permute(b)
	default:
		r.unknown(b, names)
	}
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
	r.runs(b, numberInName)
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
	for range 2 { // SIP/2.0/
		slash := bytes.IndexByte(head, '/')
		if slash < 0 {
			r.unknown(head, nil)
			return
		}
		head = head[slash+1:]
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	if blank := bytes.IndexAny(head, " \t\r\n"); blank >= 0 {
		r.hostPort(bytes.TrimSpace(head[blank:]))
	}
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
		case "nonce", "cnonce", "opaque", "nc", "qop", "algorithm", "stale", "response", "nextnonce", "rspauth":
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

// cutScheme cuts off the scheme of credentials, nil where they begin with a parameter.
func cutScheme(b []byte) (scheme, rest []byte) {
	word, rest := cutAt(b, ' ')
	if rest == nil || bytes.ContainsAny(word, "=,\"") {
		return nil, b
	}
	return word, rest
}
