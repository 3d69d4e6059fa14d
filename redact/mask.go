package redact

import (
	"crypto/sha256"
	"unicode/utf8"
)

// What stands in the place of hidden characters, by their size in UTF-8. A byte
// that is part of no character becomes one that is none either, so that a text
// that is not UTF-8 stays so.
const (
	hidden1 = 'x'
	hidden2 = "×"
	hidden3 = "✕"
	hidden4 = "🗙"
	hidden0 = 0xff
)

// HideText puts an x in the place of each character of a text. Line ends and
// NULs stay, and every character keeps its size.
func HideText(b []byte) {
	for i := 0; i < len(b); {
		c, size := utf8.DecodeRune(b[i:])
		switch {
		case c == '\r' || c == '\n' || c == 0:
		case (c == ' ' || c == '\t') && i > 0 && (b[i-1] == '\n' || b[i-1] == '\r'): // a folded line stays one
		case c == utf8.RuneError && size == 1:
			b[i] = hidden0
		default:
			copy(b[i:], [...]string{1: string(rune(hidden1)), 2: hidden2, 3: hidden3, 4: hidden4}[size])
		}
		i += size
	}
}

// numberChars is how many characters of a hidden text may be its number: see Texts.
const numberChars = 8

// IsHidden reports whether a body is what Hide or HideText leaves of one: perhaps a
// number in letters, then nothing but what stands for characters. Whoever reads
// redacted evidence again must not take it for a broken SMS or CPIM.
func IsHidden(b []byte) bool {
	letters, hidden := 0, 0
	for i := 0; i < len(b); {
		c, size := utf8.DecodeRune(b[i:])
		switch {
		case c == '\r' || c == '\n' || c == 0:
		case (c == ' ' || c == '\t') && i > 0 && (b[i-1] == '\n' || b[i-1] == '\r'):
		case c == hidden1 || size == 1 && b[i] == hidden0 || size > 1 && isHidden(b[i:i+size]):
			hidden++
		case 'a' <= c && c < hidden1 && hidden == 0 && letters < numberChars:
			letters++
		default:
			return false
		}
		i += size
	}
	return hidden > 0
}

// isHidden reports whether a character of several bytes stands for another one.
func isHidden(c []byte) bool {
	return string(c) == hidden2 || string(c) == hidden3 || string(c) == hidden4
}

// Texts hides texts so that equal ones stay equal and different ones different:
// the first of each shape becomes x alone, the others begin with their number.
// The zero Texts is ready for use.
type Texts struct {
	numbers map[[sha256.Size]byte]int // of each text
	counts  map[[sha256.Size]byte]int // texts of each shape
}

// hide hides a text.
func (t *Texts) hide(b []byte) {
	if len(b) == 0 {
		return
	}
	text := sha256.Sum256(b)
	HideText(b)
	t.mark(text, b)
}

// mark writes the number of a text, of which a hash is given, over what it was hidden
// with.
func (t *Texts) mark(text [sha256.Size]byte, b []byte) {
	number, known := t.numbers[text]
	if !known {
		if t.numbers == nil {
			t.numbers, t.counts = map[[sha256.Size]byte]int{}, map[[sha256.Size]byte]int{}
		}
		if len(t.numbers) < DefaultLimits.Texts {
			shape := sha256.Sum256(b)
			number = t.counts[shape]
			t.counts[shape]++
			t.numbers[text] = number
		}
	}
	writeNumber(b, number)
}

// writeNumber writes a number over the first x of a hidden text, as letters
// before x, the lowest digit first. What there is no room for is left out.
func writeNumber(b []byte, n int) {
	const digits = hidden1 - 'a'
	for i := 0; i < len(b) && n > 0; i++ {
		if b[i] == hidden1 {
			b[i] = byte('a' + n%digits)
			n /= digits
		}
	}
}

// fill puts c in the place of letters and digits.
func fill(b []byte, c byte) {
	for i := range b {
		if isWord(b[i]) {
			b[i] = c
		}
	}
}
