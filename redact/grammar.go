package redact

import "bytes"

// wordsAndParams puts pseudonyms into an element of words, numbers and comments
// with parameters, such as "text/plain;charset=utf-8" and "120 (in a meeting)".
func (r *Redactor) wordsAndParams(b []byte, g grammar) {
	words, params := cutParam(b)
	r.grammar(words, g)
	r.params(params)
}

// grammar leaves what the protocol defines, which is its words, IPv4 addresses, and
// numbers of at most so many digits in all, and puts pseudonyms in the place of
// everything else; comments are all else.
func (r *Redactor) grammar(b []byte, g grammar) {
	for i := 0; i < len(b); {
		to := i + 1
		switch {
		case b[i] == '(':
			to = len(b)
			if end := bytes.LastIndexByte(b, ')'); end > i {
				to = end
			}
			r.unknown(b[i:to], nil)
		case isTokenByte(b[i]):
			for to < len(b) && isTokenByte(b[to]) {
				to++
			}
			r.grammarToken(b[i:to], &g)
		}
		i = to
	}
}

// grammarToken does so with one token; what it takes of the digits is gone.
func (r *Redactor) grammarToken(b []byte, g *grammar) {
	switch {
	case bytes.IndexByte(b, '%') < 0 && known(b, &g.digits, protocolWords()), isIP(b):
	case g.kind == kindTag && len(b) == 2 && !isDigit(b[0]) && !isDigit(b[1]):
		g.kind = kindWords // only one
	case len(bytes.TrimLeft(b, "0123456789")) == 0:
		r.bigNumber(b)
	case r.all():
		r.permuteUnlike(b, isProtocol)
	default:
		r.numbers(b, numberInName)
	}
}

// bigNumber puts a pseudonym in the place of a number that has more digits than the
// protocol gives it, which is as long, so that it is as wrong.
func (r *Redactor) bigNumber(b []byte) {
	r.slots = r.slots[:0]
	for i, c := range b {
		s := slot{i, '0', 10}
		if i == 0 && c != '0' {
			s = slot{i, '1', 9}
		}
		r.slots = append(r.slots, s)
	}
	r.shuffle(b, r.slots)
}

// isTokenByte reports whether c belongs to a token, or is of a character that
// cannot stand in one (RFC 3261 25.1).
func isTokenByte(c byte) bool {
	return isWord(c) || c != 0 && bytes.IndexByte([]byte("-.!%*_+`'"), c) >= 0
}

// method leaves a method, and a slip of the pen in MESSAGE.
func (r *Redactor) method(b []byte) {
	switch {
	case isMethod(b):
	case r.all():
		r.permuteUnlike(b, isMethod)
	default:
		r.numbers(b, numberInName)
	}
}
