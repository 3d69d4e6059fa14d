package sms

import "slices"

// This is an encoder for tests, written from the tables the other way round.

func encode7(text string, locking, single byte) (septets []byte, ok bool) {
	for _, r := range text {
		if i := slices.Index(languages[locking].locking[:], r); i >= 0 && i != escape {
			septets = append(septets, byte(i))
		} else if i := slices.Index(languages[single].single[:], r); i >= 0 && r != 0 {
			septets = append(septets, escape, byte(i))
		} else {
			return nil, false
		}
	}
	return septets, true
}

func pack(septets []byte, fill int) []byte {
	out := make([]byte, (fill+7*len(septets)+7)/8)
	for i, s := range septets {
		bit := fill + 7*i
		v := uint(s) << (bit % 8)
		out[bit/8] |= byte(v)
		if v > 0xff {
			out[bit/8+1] |= byte(v >> 8)
		}
	}
	return out
}

func packDigits(digits string) (b []byte) {
	for i, r := range digits {
		n := byte(slices.Index([]rune(semiDigits), r))
		if i%2 == 0 {
			b = append(b, 0xf0|n)
		} else {
			b[i/2] = b[i/2]&15 | n<<4
		}
	}
	return b
}

// submitOf is an RP-DATA with a SUBMIT of that user data.
func submitOf(reference byte, digits string, dcs, udl byte, first byte, data []byte) []byte {
	t := append([]byte{1 | first, 9, byte(len(digits)), 0x91}, packDigits(digits)...)
	t = append(append(t, 0, dcs, udl), data...)
	b := []byte{0, reference, 0, 7, 0x91}
	b = append(append(b, packDigits("447700900000")...), byte(len(t)))
	return append(b, t...)
}

// submit7 is submitOf with text in the default alphabet and a header.
func submit7(text string, header []byte, locking, single byte) ([]byte, bool) {
	septets, ok := encode7(text, locking, single)
	if !ok {
		return nil, false
	}
	var data []byte
	first := byte(0)
	if header != nil {
		first = 0x40
		data = append([]byte{byte(len(header))}, header...)
	}
	fill := (7 - len(data)*8%7) % 7
	udl := (len(data)*8+fill)/7 + len(septets)
	data = append(data, pack(septets, fill)...)
	return submitOf(77, "447700900123", 0, byte(udl), first, data), len(data) <= 140
}
