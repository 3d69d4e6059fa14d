package analyze

import (
	"bytes"
	"net/netip"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// privacyRules are about who may read a message and learn who sent it.
var privacyRules = []Rule{
	{
		ID:        "cleartext",
		Title:     "a readable text leaves the network",
		Doc:       "The text can be read and changed by everyone on the way. Use TLS between domains, or S/MIME from end to end. With --trusted it is a note where one end is outside of these networks; without, it is info where one end has a public address.",
		Reference: "RFC 3428 11", Severity: result.Note, Since: "0.1",
		Trap:  "messages inside one domain, and bodies that are encrypted",
		Scope: EachMessage,
		Kind:  sip.Request,
		Check: func(x *Exchange) bool {
			m := x.Message
			return m.Body.Len > 0 && !(x.inside(m.Dst) && x.inside(m.Src)) && x.isMessage() && !encrypted(x.text(m.ContentType))
		},
		Level: func(x *Exchange) result.Severity {
			if len(x.Trusted) == 0 {
				return result.Info
			}
			return result.Note
		},
		Say: func(x *Exchange) string {
			return "sends a MESSAGE with a readable body over " + transportName(x.Message) + " to " + x.Message.Dst.Host()
		},
	},
	{
		ID:        "asserted-identity",
		Title:     "P-Asserted-Identity that cannot be right",
		Doc:       "There may be one or two asserted identities, a SIP and a telephone URI. More, or other ones, are ignored by some peers and misread by others. With --trusted, one that comes from outside is reported: anybody can write it, and the first trusted proxy has to remove it.",
		Reference: "RFC 3325 9.1 and 5", Words: "There may be one or two P-Asserted-Identity values. If there is one value, it MUST be a sip, sips, or tel URI", Severity: result.Warning, Since: "0.1",
		Trap:   "commas in a display name, and identities inside the trust domain",
		Scope:  EachMessage,
		Header: sip.HeaderPAssertedIdentity,
		Check: func(x *Exchange) bool {
			return x.wholeHead() && (badIdentities(x.Message) || x.outside(x.Message.Src))
		},
		Places: []Place{atField(sip.HeaderPAssertedIdentity)},
		Say: func(x *Exchange) string {
			if badIdentities(x.Message) {
				return "sends " + x.noun() + " with the P-Asserted-Identity " + allValues(x, sip.HeaderPAssertedIdentity)
			}
			return "sends " + x.noun() + " with P-Asserted-Identity from outside of the trusted networks"
		},
	},
	{
		ID:        "preferred-identity-leak",
		Title:     "P-Preferred-Identity that a trusted proxy passed on",
		Doc:       "A proxy that asserts who the sender is takes out what the sender would like to be. Here both stand in a request that a proxy has passed on: the next hop learns an identity that nobody has verified. Correct the proxy that asserts the identity.",
		Reference: "RFC 3325 6", Words: "MUST remove the user-provided P-Preferred-Identity header", Severity: result.Warning, Since: "0.2",
		Trap:   "the sender's own request, and proxies that assert nothing",
		Scope:  EachMessage,
		Kind:   sip.Request,
		Header: sip.HeaderPPreferredIdentity,
		Check: func(x *Exchange) bool {
			return x.Message.ViaCount > 1 && x.has(sip.HeaderPAssertedIdentity) && x.wholeHead()
		},
		Say: func(x *Exchange) string {
			return "passes on " + x.noun() + " with P-Preferred-Identity beside P-Asserted-Identity"
		},
	},
	{
		ID:        "privacy-leak",
		Title:     "an identity that was to stay private",
		Doc:       "The sender asked for privacy, and its asserted identity leaves the trusted networks all the same. The last trusted proxy has to remove it. Needs --trusted.",
		Reference: "RFC 3325 7", Words: "proxies MUST remove all the P-Asserted-Identity header fields before forwarding messages to elements that are not trusted", Severity: result.Error, Since: "0.1",
		Trap:   "a hop inside the trust domain, and Privacy: none",
		Scope:  EachMessage,
		Header: sip.HeaderPrivacy,
		Check: func(x *Exchange) bool {
			return x.has(sip.HeaderPAssertedIdentity) && x.outside(x.Message.Dst) && wantsPrivacy(x.Message)
		},
		Places: []Place{atField(sip.HeaderPrivacy), atField(sip.HeaderPAssertedIdentity)},
		Say: func(x *Exchange) string {
			return "sends " + x.noun() + " with Privacy: id and P-Asserted-Identity to " + x.Message.Dst.Host() + ", outside of the trusted networks"
		},
	},
}

// inside reports whether an address is in the own networks: the trusted ones, or
// private addresses where none are named.
func (x *Exchange) inside(e decode.Endpoint) bool {
	if len(x.Trusted) > 0 {
		return x.trusts(e)
	}
	return isPrivate(e.IP.NetIP())
}

// outside reports whether an address is known to be outside of the trust domain.
func (x *Exchange) outside(e decode.Endpoint) bool { return len(x.Trusted) > 0 && !x.trusts(e) }

// isPrivate reports whether an address cannot be reached from the internet.
func isPrivate(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast()
}

// encrypted reports whether a body of this type cannot be read on the way.
func encrypted(contentType []byte) bool {
	media := sip.MediaType(contentType)
	return sameFold(media, "APPLICATION/PKCS7-MIME") || sameFold(media, "MULTIPART/ENCRYPTED")
}

// wantsPrivacy reports whether Privacy has the value id (RFC 3325 9.3).
func wantsPrivacy(m *decode.Message) bool {
	for value := range m.All(sip.HeaderPrivacy) {
		for _, word := range bytes.FieldsFunc(value, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			if sameFold(word, "ID") {
				return true
			}
		}
	}
	return false
}

// badIdentities holds P-Asserted-Identity against RFC 3325 9.1: one sip, sips or
// tel URI, or two of which one is a tel URI.
func badIdentities(m *decode.Message) bool {
	sips, tels, others := 0, 0, 0 // URIs by their scheme
	for value := range m.All(sip.HeaderPAssertedIdentity) {
		for len(value) > 0 && sips+tels+others <= 2 {
			var uri []byte
			uri, value = nextIdentity(value)
			switch scheme, _, _ := bytes.Cut(uri, []byte(":")); {
			case sameFold(scheme, "SIP"), sameFold(scheme, "SIPS"):
				sips++
			case sameFold(scheme, "TEL"):
				tels++
			default:
				others++
			}
		}
	}
	return others > 0 || sips > 1 || tels > 1
}

// nextIdentity takes the first of a list of addresses: its URI, and what follows
// the comma behind it.
func nextIdentity(list []byte) (uri, rest []byte) {
	one, rest := cutValue(list)
	quote, angle := false, false
	begin, end := 0, -1
	for i, c := range one {
		switch {
		case c == '"' && !angle && (i == 0 || one[i-1] != '\\'):
			quote = !quote
		case quote:
		case c == '<':
			angle, begin = true, i+1
		case c == '>' && angle:
			angle, end = false, i
		}
	}
	if end < begin {
		end = len(one)
	}
	return bytes.TrimSpace(one[begin:end]), rest
}

// cutValue cuts the first of several values off a header field: at a comma that is
// neither in a quoted string nor in a URI (RFC 3261 7.3.1).
func cutValue(list []byte) (first, rest []byte) {
	quoted, inURI := false, false
	for i, c := range list {
		switch {
		case c == '"' && !inURI && (i == 0 || list[i-1] != '\\'):
			quoted = !quoted
		case quoted:
		case c == '<' || c == '>':
			inURI = c == '<'
		case c == ',' && !inURI:
			return list[:i], list[i+1:]
		}
	}
	return list, nil
}
