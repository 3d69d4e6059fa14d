package redact

import (
	"bytes"
	"slices"
	"strings"
)

// names are the users of an exchange, for texts that may name them.
type names [][]byte

// leastName is the length, in bytes, from which a name is looked for in texts.
const leastName = 3

// add adds the user of a URI.
func (n *names) add(uri []byte) {
	if _, rest, ok := bytes.Cut(uri, []byte(":")); ok {
		uri = rest
	}
	user, _, ok := bytes.Cut(uri, []byte("@"))
	if !ok {
		user, _, _ = bytes.Cut(uri, []byte(";"))
		if !isNumber(user) {
			return
		}
	}
	user, _, _ = bytes.Cut(user, []byte(";"))
	if len(user) >= leastName {
		*n = append(*n, bytes.Clone(user))
	}
}

// schemes are what URIs in texts begin with, before the colon.
var schemes = [][]byte{[]byte("sip"), []byte("sips"), []byte("tel"), []byte("mailto"), []byte("im"), []byte("pres")}

// text puts pseudonyms into words that a program wrote: into URIs, numbers, and
// the names that are given.
func (r *Redactor) text(b []byte, names names) {
	r.betweenURIs(b, func(b []byte) { r.words(b, names) })
}

// unknown does the same with words that anybody may have written: in All nothing
// of them stays.
func (r *Redactor) unknown(b []byte, names names) {
	r.betweenURIs(b, func(b []byte) {
		if r.all() {
			r.permute(b)
		} else {
			r.words(b, names)
		}
	})
}

// betweenURIs puts pseudonyms into the URIs of a text and hands on what is
// between them.
func (r *Redactor) betweenURIs(b []byte, between func([]byte)) {
	for len(b) > 0 {
		from, to := findURI(b)
		between(b[:from])
		r.uri(b[from:to])
		b = b[to:]
	}
}

// findURI returns where the first URI of a text is; where there is none, that is
// at its end.
func findURI(b []byte) (from, to int) {
	for colon := range b {
		if b[colon] != ':' {
			continue
		}
		from := colon
		for from > 0 && isWord(b[from-1]) {
			from--
		}
		if slices.ContainsFunc(schemes, func(s []byte) bool { return bytes.EqualFold(s, b[from:colon]) }) {
			to := colon
			for to < len(b) && strings.IndexByte("\"<>, \t\r\n'()", b[to]) < 0 {
				to++
			}
			return from, to
		}
	}
	return len(b), len(b)
}

// words puts pseudonyms into addresses such as alice@example.com, host names,
// long numbers, and the names that are given, word by word.
func (r *Redactor) words(b []byte, names names) {
	for i := 0; i < len(b); i++ {
		from := i
		for i < len(b) && (isAddress(b[i]) || b[i] == '@') {
			i++
		}
		r.word(bytes.Trim(b[from:i], ".-"), names)
	}
}

func isAddress(c byte) bool { return isWord(c) || strings.IndexByte("+-._%", c) >= 0 }

func (r *Redactor) word(b []byte, names names) {
	switch {
	case bytes.IndexByte(b, '@') >= 0:
		r.address(b)
	case r.named(b, names):
	case r.all() && isHost(b):
		r.host(b)
	default:
		r.runs(b, numberInText)
	}
}

// isHost reports whether a word can only be a host name: parts with dots, the
// last of which are letters.
func isHost(b []byte) bool {
	dot := bytes.LastIndexByte(b, '.')
	return dot > 0 && len(b)-dot > 2 && len(bytes.Trim(bytes.ToLower(b[dot+1:]), "abcdefghijklmnopqrstuvwxyz")) == 0
}

// named puts the pseudonym of a user in the place of its name, where the word is
// one or has one as a part, and reports whether it did.
func (r *Redactor) named(b []byte, names names) (found bool) {
	for _, name := range names {
		if !r.all() && !isNumber(name) {
			continue
		}
		for at := 0; at+len(name) <= len(b); at++ {
			end := at + len(name)
			if bytes.EqualFold(b[at:end], name) && (at == 0 || !isWord(b[at-1])) && (end == len(b) || !isWord(b[end])) {
				r.user(b[at:end])
				return true
			}
		}
	}
	return false
}
