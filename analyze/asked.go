package analyze

import (
	"bytes"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// This file finds what a sender does after a challenge or a redirection where it takes
// another Call-ID, as it may after a redirection (RFC 3261 8.1.3.4), or the same CSeq
// number: the nonce and the target say what it answers.

// asks remembers what a final response asks the sender of the request for.
func (gs *groups) asks(h handle, m *decode.Message) {
	var id sip.HeaderID
	part := nonceOf
	switch {
	case m.Status == 401:
		id = sip.HeaderWWWAuthenticate
	case m.Status == 407:
		id = sip.HeaderProxyAuthenticate
	case m.Status/100 == 3:
		id, part = sip.HeaderContact, targetOf
	default:
		return
	}
	src, _ := gs.table.at(h).ends()
	for value := range m.All(id) {
		for len(value) > 0 {
			one := value
			if value = nil; id == sip.HeaderContact {
				one, value = cutValue(one)
			}
			if what := part(one); len(what) > 0 {
				gs.asked.put(askedKey(what, src, m), deadline{id: gs.table.idOf(h), h: h})
			}
		}
	}
}

// does returns the transaction whose answer asked for the new request m, 0 for none. What
// was asked for once is done once.
func (gs *groups) does(m *decode.Message) (before handle) {
	if len(gs.asked.entries) == 0 {
		return 0
	}
	take := func(what []byte) {
		if len(what) == 0 {
			return
		}
		key := askedKey(what, m.Src, m)
		one, known := gs.asked.get(key)
		if !known || one.h == 0 {
			return
		}
		gs.asked.put(key, deadline{})
		if gs.table.holds(one.h, one.id) && sameText(gs.table.at(one.h), m) {
			before = one.h
		}
	}
	for _, id := range [...]sip.HeaderID{sip.HeaderAuthorization, sip.HeaderProxyAuthorization} {
		for value := range m.All(id) {
			take(nonceOf(value))
		}
	}
	take(m.URI.In(m.Raw))
	return before
}

// sameText reports whether m has the body of a request that was challenged or redirected.
func sameText(tx txn, m *decode.Message) bool {
	outcome := result.OutcomeOf(int(tx.status))
	return (outcome == result.Challenged || outcome == result.Redirected) && tx.parent == 0 && bodyMatches(tx, m)
}

func askedKey(what []byte, src decode.Endpoint, m *decode.Message) uint64 {
	host := src.IP.As16()
	return hashOf(what, host[:], m.FromURI.In(m.Raw))
}

// targetOf is the URI in a Contact.
func targetOf(contact []byte) []byte {
	if _, uri, ok := bytes.Cut(contact, []byte("<")); ok {
		uri, _, _ = bytes.Cut(uri, []byte(">"))
		return uri
	}
	uri, _, _ := bytes.Cut(contact, []byte(";"))
	return bytes.TrimSpace(uri)
}

// nonceOf is the nonce in a challenge or in credentials (RFC 7616 3.3 and 3.4).
func nonceOf(value []byte) []byte {
	const name = "nonce"
	for at := 0; at+len(name) <= len(value); at++ {
		if at > 0 && !strings.ContainsRune(" \t\r\n,", rune(value[at-1])) || !bytes.EqualFold(value[at:at+len(name)], []byte(name)) {
			continue
		}
		rest := bytes.TrimLeft(value[at+len(name):], " \t\r\n")
		if !bytes.HasPrefix(rest, []byte("=")) {
			continue
		}
		rest = bytes.TrimLeft(rest[1:], " \t\r\n")
		if quoted, ok := bytes.CutPrefix(rest, []byte(`"`)); ok {
			nonce, _, _ := bytes.Cut(quoted, []byte(`"`))
			return nonce
		}
		if end := bytes.IndexAny(rest, ", \t\r\n"); end >= 0 {
			rest = rest[:end]
		}
		return rest
	}
	return nil
}
