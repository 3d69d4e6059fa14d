package redact

import (
	"crypto/sha256"
	"encoding/binary"
	"unicode/utf8"
)

// slot is a byte that a pseudonym changes: to one of n values from low on.
type slot struct {
	at     int
	low, n byte
}

// rounds is how often each half of a value is added to the other. Four make a
// pseudorandom permutation (Luby and Rackoff); halves of a few values take more.
const rounds = 8

// permute puts a pseudonym in the place of b.
func (r *Redactor) permute(b []byte) {
	r.slots = r.slots[:0]
	for i := 0; i < len(b); {
		i += r.addSlots(b, i)
	}
	r.shuffle(b, r.slots)
}

// permuteUnlike does so, until what comes of it is none of what it must not be
// taken for; b is none of these.
func (r *Redactor) permuteUnlike(b []byte, taken func([]byte) bool) {
	const most = 1 << 10 // tries: more are needed only where nearly everything is taken
	for range most {
		if r.permute(b); !taken(b) {
			return
		}
	}
}

// digits puts a pseudonym in the place of the digits of b and leaves the rest.
func (r *Redactor) digits(b []byte) {
	r.slots = r.slots[:0]
	for i := 0; i < len(b); {
		s, size := digitAt(b, i)
		if size > 0 {
			r.slots = append(r.slots, s)
		} else if size = 1; b[i] == '%' {
			size = min(3, len(b)-i)
		}
		i += size
	}
	r.shuffle(b, r.slots)
}

// addSlots adds the slots of the character at b[i] and returns its length.
func (r *Redactor) addSlots(b []byte, i int) int {
	c := b[i]
	switch {
	case c == '%' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]):
		r.slots = append(r.slots, hexSlot(b, i+1, '2', 6), hexSlot(b, i+2, '0', 10))
		return 3
	case c < utf8.RuneSelf:
		if s := asciiSlot(c); s.n > 0 {
			r.slots = append(r.slots, slot{i, s.low, s.n})
		}
		return 1
	}
	if _, size := utf8.DecodeRune(b[i:]); size > 1 {
		r.runeSlots(b[i:i+size], i)
		return size
	}
	b[i] = 0xff // no character: it stays none
	return 1
}

func asciiSlot(c byte) slot {
	switch {
	case isDigit(c):
		return slot{low: '0', n: 10}
	case c >= 'a' && c <= 'z':
		return slot{low: 'a', n: 26}
	case c >= 'A' && c <= 'Z':
		return slot{low: 'A', n: 26}
	}
	return slot{}
}

// hexSlot is a digit of an escaped character. The first digit stays within low
// to low+n-1, so that no control character comes of one that is none.
func hexSlot(b []byte, at int, low, n byte) slot {
	switch c := b[at]; {
	case c >= low && c < low+n:
		return slot{at, low, n}
	case c >= 'A' && c <= 'F':
		return slot{at, 'A', 6}
	case c >= 'a' && c <= 'f':
		return slot{at, 'a', 6}
	}
	return slot{at, b[at], 1}
}

// runeSlots adds the bytes after the first of a character of several. What comes
// of them is valid UTF-8 again (RFC 3629 4), and no control character.
func (r *Redactor) runeSlots(b []byte, at int) {
	low, n := byte(0x80), byte(64)
	switch b[0] {
	case 0xc2:
		low, n = 0xa0, 32
	case 0xe0:
		low, n = 0xa0, 32
	case 0xed, 0xf4:
		n = 16
	case 0xf0:
		low, n = 0x90, 48
	}
	for i := 1; i < len(b); i++ {
		if c := b[i]; c >= low && c < low+n {
			r.slots = append(r.slots, slot{at + i, low, n})
		}
		low, n = 0x80, 64
	}
}

// shuffle replaces the values of the slots by a permutation of all values that
// they could have.
func (r *Redactor) shuffle(b []byte, slots []slot) {
	half := len(slots) / 2
	first, second := slots[:half], slots[half:]
	for round := range rounds {
		if round%2 == 0 {
			r.shift(b, second, first, round)
		} else {
			r.shift(b, first, second, round)
		}
	}
}

// shift adds to the values of some slots what the key makes of those of others.
func (r *Redactor) shift(b []byte, from, to []slot, round int) {
	r.values = append(r.values[:0], byte(round), byte(len(from)), byte(len(to)))
	for _, s := range from {
		r.values = append(r.values, b[s.at]-s.low)
	}
	r.sum = r.macOf(r.sum[:0], r.values)
	const perBlock = sha256.Size / 2
	for block := 0; len(to) > 0; block++ {
		r.values = binary.BigEndian.AppendUint32(append(r.values[:0], r.sum...), uint32(block))
		r.block = r.macOf(r.block[:0], r.values)
		n := min(len(to), perBlock)
		for i, s := range to[:n] {
			add := int(binary.BigEndian.Uint16(r.block[2*i:])) % int(s.n)
			b[s.at] = s.low + byte((int(b[s.at]-s.low)+add)%int(s.n))
		}
		to = to[n:]
	}
}

func (r *Redactor) macOf(dst, b []byte) []byte {
	r.mac.Reset()
	r.mac.Write(b)
	return r.mac.Sum(dst)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// isWord reports whether a character belongs to a word or number.
func isWord(c byte) bool {
	return asciiSlot(c).n > 0 || c >= utf8.RuneSelf
}
