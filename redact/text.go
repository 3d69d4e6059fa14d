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

// text puts pseudonyms into words that a program wrote: into URIs, numbers, the
// names that are given, and, in All, each word that programs do not write by
// themselves.
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

// words puts pseudonyms into addresses such as alice@example.com, the names that
// are given, and what is left between them.
func (r *Redactor) words(b []byte, names names) {
	done := 0
	for i := 0; i < len(b); i++ {
		from := i
		for i < len(b) && (isAddress(b[i]) || b[i] == '@') {
			i++
		}
		word := b[from:i]
		name, at := names.find(word, r.all())
		switch {
		case bytes.IndexByte(word, '@') >= 0:
			r.rest(b[done:from])
			r.address(word)
			done = i
		case name > 0:
			r.rest(b[done : from+at])
			r.user(word[at : at+name])
			done = from + at + name
			i = done - 1
		}
	}
	r.rest(b[done:])
}

func isAddress(c byte) bool { return isWord(c) || strings.IndexByte("+-._%", c) >= 0 }

// rest puts pseudonyms into the words of a text that are neither addresses nor
// names that are given: into numbers, or into all that programs do not write by
// themselves.
func (r *Redactor) rest(b []byte) {
	if !r.all() {
		r.numbers(b, numberInText)
		return
	}
	for i := 0; i < len(b); i++ {
		from := i
		for i < len(b) && isAddress(b[i]) {
			i++
		}
		r.word(b[from:i])
	}
}

func (r *Redactor) word(b []byte) {
	trimmed := bytes.Trim(b, ".-")
	switch {
	case isIP(trimmed) || isProgramWord(b):
	case isHost(trimmed):
		r.host(trimmed)
	default:
		r.permute(b)
	}
}

// isProgramWord reports whether a word is one that programs write, or the number of
// a version, which has a point, and few digits between its points.
func isProgramWord(b []byte) bool {
	digits := 0
	switch {
	case bytes.IndexByte(b, '.') >= 0:
		digits = 5
	case bytes.IndexByte(b, '_') >= 0: // x86_64
		digits = 2
	}
	return bytes.IndexByte(b, '%') < 0 && known(b, &digits, protocolWords(), textWords())
}

// isHost reports whether a word can only be a host name: parts with dots, the
// last of which are letters.
func isHost(b []byte) bool {
	dot := bytes.LastIndexByte(b, '.')
	return dot > 0 && len(b)-dot > 2 && len(bytes.Trim(bytes.ToLower(b[dot+1:]), "abcdefghijklmnopqrstuvwxyz")) == 0
}

// find returns the length of the first name in a word, and where it is: not
// inside of a run of letters and digits. all says that names of letters count
// as well as numbers.
func (n names) find(word []byte, all bool) (length, at int) {
	for _, name := range n {
		if !all && !isNumber(name) {
			continue
		}
		for at := 0; at+len(name) <= len(word); at++ {
			end := at + len(name)
			if bytes.EqualFold(word[at:end], name) && (at == 0 || !isWord(word[at-1])) && (end == len(word) || !isWord(word[end])) {
				return len(name), at
			}
		}
	}
	return 0, 0
}
