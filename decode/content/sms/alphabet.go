package sms

import (
	"strings"
	"unicode/utf8"
)

// table is an alphabet of 128 characters.
type table [128]rune

// defaultTable is the GSM 7-bit default alphabet (TS 23.038 6.2.1). The escape is 0x1b.
var defaultTable = tableOf("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")

// extension is what stands after an escape in the default extension table (6.2.1.1).
var extension = changed(table{}, change{0x0a, "\f"}, change{0x14, "^"}, change{0x28, "{}"}, change{0x2f, `\`},
	change{0x3c, "[~]"}, change{0x40, "|"}, change{0x65, "€"})

const escape = 0x1b

func tableOf(text string) (t table) {
	i := 0
	for _, r := range text {
		t[i] = r
		i++
	}
	return t
}

// change replaces the characters of a table from one code on.
type change struct {
	from int
	text string
}

func changed(t table, changes ...change) table {
	for _, c := range changes {
		i := c.from
		for _, r := range c.text {
			t[i] = r
			i++
		}
	}
	return t
}

// gsm7 decodes n septets that begin after fill bits, and counts the characters.
// An escape before a code that its table does not have gives that code's character
// of the main table.
func gsm7(data []byte, fill, n int, locking, single byte) (text string, characters int) {
	if n <= 0 {
		return "", 0
	}
	main, shifted := &languages[locking].locking, &languages[single].single
	var b strings.Builder
	b.Grow(n)
	escaped := false
	for i := range n {
		code := septet(data, fill+7*i)
		switch r := main[code]; {
		case escaped:
			escaped = false
			if s := shifted[code]; s != 0 {
				r = s
			} else if code == escape { // TS 23.038 6.2.1.1: reserved for a further table
				r = ' '
			}
			put(&b, r)
			characters++
		case code == escape:
			escaped = true
		default:
			put(&b, r)
			characters++
		}
	}
	return b.String(), characters
}

func put(b *strings.Builder, r rune) {
	if r < utf8.RuneSelf {
		b.WriteByte(byte(r))
		return
	}
	b.WriteRune(r)
}

// septet reads seven bits from a bit on, low bits first.
func septet(data []byte, bit int) byte {
	i, shift := bit/8, bit%8
	v := uint(data[i])
	if shift > 1 && i+1 < len(data) {
		v |= uint(data[i+1]) << 8
	}
	return byte(v >> shift & 0x7f)
}
