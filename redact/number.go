package redact

import (
	"bytes"
	"encoding/base64"
	"net/netip"
	"unicode"
	"unicode/utf8"
)

// How many digits are taken for a number, by where they stand: in a row in a
// place for names, in a row in the words of a program, and in any place, with
// whatever stands between them.
const (
	numberInName = 3
	numberInText = 4
	numberAtAll  = 6
	ownNumber    = 7 // so many in a row are a number of their own among others
)

// digitAt returns the slot of the digit that begins at b[i], and its length: a
// digit, one that is escaped (%34), or one of another script. The length is 0
// where none begins.
func digitAt(b []byte, i int) (slot, int) {
	switch c := b[i]; {
	case isDigit(c):
		return slot{i, '0', 10}, 1
	case c == '%' && i+2 < len(b) && b[i+1] == '3' && isDigit(b[i+2]):
		return slot{i + 2, '0', 10}, 3
	case c >= utf8.RuneSelf:
		r, size := utf8.DecodeRune(b[i:])
		if !unicode.IsDigit(r) {
			return slot{}, 0
		}
		for zero := r; r-zero < 10; zero-- {
			if !unicode.IsDigit(zero - 1) { // the digits of a script follow each other
				return lastByte(b, i, size, zero)
			}
		}
	}
	return slot{}, 0
}

// lastByte is the slot of a digit of a script whose zero is given.
func lastByte(b []byte, i, size int, zero rune) (slot, int) {
	var z [utf8.UTFMax]byte
	n := utf8.EncodeRune(z[:], zero)
	if n != size || !bytes.Equal(z[:n-1], b[i:i+size-1]) {
		return slot{i + size - 1, b[i+size-1], 1}, size
	}
	return slot{i + size - 1, z[n-1], 10}, size
}

// gapAt returns the length of what may stand between two digits of a number:
// at most some characters that are neither letters nor digits, escaped ones among
// them. It is 0 where no digit follows.
func gapAt(b []byte, i int) int {
	const most = 4
	from := i
	for n := 0; n <= most && i < len(b); n++ {
		switch _, digit := digitAt(b, i); {
		case digit > 0:
			return i - from
		case b[i] == '%' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]):
			i += 3
		case isWord(b[i]):
			return 0
		default:
			i++
		}
	}
	return 0
}

// numbers puts pseudonyms in the place of numbers: of least digits in a row that
// are no part of a word, and of more, whatever they are a part of and whatever
// separates them, also in base64. IP addresses stay.
func (r *Redactor) numbers(b []byte, least int) {
	r.encoded(b)
	for i := 0; i < len(b); {
		if n := addressAt(b, i); n > 0 {
			i += n
		} else if _, size := digitAt(b, i); size > 0 {
			i = r.number(b, i, least)
		} else if b[i] == '%' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]) {
			i += 3
		} else {
			i++
		}
	}
}

// number puts a pseudonym in the place of the number whose first digit begins at
// b[i], and returns where it ends.
func (r *Redactor) number(b []byte, i, least int) (end int) {
	from, longest, run := i, 0, 0
	r.slots, r.runs = r.slots[:0], r.runs[:0]
	for i < len(b) {
		if s, size := digitAt(b, i); size > 0 {
			r.slots = append(r.slots, s)
			run, i = run+1, i+size
			longest = max(longest, run)
			continue
		}
		gap := gapAt(b, i)
		if gap == 0 {
			break
		}
		r.runs, run, i = append(r.runs, len(r.slots)), 0, i+gap
	}
	bounded := (from == 0 || !isWord(b[from-1])) && (i == len(b) || !isWord(b[i]))
	switch {
	case longest >= ownNumber:
		r.eachOf(b, append(r.runs, len(r.slots)))
	case len(r.slots) >= numberAtAll || longest >= least && bounded:
		r.shuffle(b, r.slots)
	}
	return i
}

// eachOf puts a pseudonym in the place of each run of digits by itself.
func (r *Redactor) eachOf(b []byte, ends []int) {
	from := 0
	for _, end := range ends {
		r.shuffle(b, r.slots[from:end])
		from = end
	}
}

// addressAt returns the length of the IP address, with its port where it has one,
// that begins at b[i]; 0 where none does.
func addressAt(b []byte, i int) int {
	if i > 0 && (isWord(b[i-1]) || b[i-1] == '.' || b[i-1] == ':') || !isHex(b[i]) {
		return 0
	}
	const longest = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255:65535")
	to := i
	for to < len(b) && to-i <= longest && (isHex(b[to]) || b[to] == '.' || b[to] == ':') {
		to++
	}
	if to < len(b) && isWord(b[to]) {
		return 0
	}
	text := bytes.TrimRight(b[i:to], ".:")
	if bytes.Count(text, []byte(".")) < 3 && bytes.Count(text, []byte(":")) < 2 {
		return 0
	}
	if _, err := netip.ParseAddr(string(text)); err == nil {
		return len(text)
	}
	if _, err := netip.ParseAddrPort(string(text)); err == nil {
		return len(text)
	}
	return 0
}

// isIP reports whether b is an IP address and nothing else: a zone may be a word.
func isIP(b []byte) bool {
	addr, err := netip.ParseAddr(string(b))
	return err == nil && addr.Zone() == ""
}

// leastEncoded is the length of the shortest number in base64.
const leastEncoded = 8

// encoded puts pseudonyms in the place of base64 that holds a number.
func (r *Redactor) encoded(b []byte) {
	for i := 0; i < len(b); i++ {
		from := i
		for i < len(b) && base64Value(b[i]) != notBase64 {
			i++
		}
		if run := b[from:i]; len(run) >= leastEncoded && r.holdsNumber(run) {
			r.permute(run)
		}
	}
}

const notBase64 = 0xff

// base64Value is the letter that stands for c in the alphabet of URLs, which has
// two letters of its own.
func base64Value(c byte) byte {
	switch {
	case c < utf8.RuneSelf && asciiSlot(c).n > 0 || c == '-' || c == '_':
		return c
	case c == '+':
		return '-'
	case c == '/':
		return '_'
	}
	return notBase64
}

// holdsNumber reports whether a run of base64 letters has a number in it, wherever
// its first group of four begins.
func (r *Redactor) holdsNumber(run []byte) bool {
	r.letters = r.letters[:0]
	for _, c := range run {
		r.letters = append(r.letters, base64Value(c))
	}
	for skip := range min(4, len(run)) {
		r.decoded, _ = base64.RawURLEncoding.AppendDecode(r.decoded[:0], whole(r.letters[skip:]))
		if countDigits(r.decoded) >= numberAtAll {
			return true
		}
	}
	return false
}

// whole leaves out a last letter that cannot be decoded alone.
func whole(letters []byte) []byte {
	if len(letters)%4 == 1 {
		return letters[:len(letters)-1]
	}
	return letters
}

// countDigits counts the digits of the longest number in b.
func countDigits(b []byte) (most int) {
	for i := 0; i < len(b); {
		if _, size := digitAt(b, i); size == 0 {
			i++
			continue
		}
		n := 0
		for i < len(b) {
			_, size := digitAt(b, i)
			if size > 0 {
				n++
			} else if size = gapAt(b, i); size == 0 {
				break
			}
			i += size
		}
		most = max(most, n)
	}
	return most
}
