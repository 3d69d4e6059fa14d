package redact

import (
	"crypto/sha256"

	"simplecap/decode/content"
	"simplecap/decode/content/sms"
)

// short changes a field of an SMS: digits for digits in semi-octets, letters for letters
// of 7 bits, and in the place of a text characters of the same coding, as many.
func (b bodies) short(f *content.Field, old, body []byte) {
	at := f.SMS.At
	from := f.Base + at.From
	switch f.SMS.Holds {
	case sms.Digits:
		b.r.semiOctets(body[from:f.To], at.N)
	case sms.Septets:
		units := unpack(old[from:f.To], at.Fill, at.N)
		if at.Text {
			b.hideUnits(units, isEscape, 0x65) // the euro, which every extension table has
		} else {
			b.r.alphanumeric(units)
		}
		pack(body[from:f.To], at.Fill, units)
	case sms.Units:
		b.hideUCS2(body[from:f.To])
	case sms.Octets, sms.HeaderData:
		b.hideUnits(body[from:f.To], nil, 0)
	}
}

func isEscape(c byte) bool { return c == 0x1b }

// hideUnits hides a text of units, of which those after an escape become others.
func (b bodies) hideUnits(units []byte, escape func(byte) bool, escaped byte) {
	text := sha256.Sum256(units)
	for i := 0; i < len(units); i++ {
		switch {
		case escape != nil && escape(units[i]) && i+1 < len(units):
			units[i+1] = escaped
			i++
		case escape != nil && (units[i] == '\n' || units[i] == '\r'):
		default:
			units[i] = hidden1
		}
	}
	b.texts.mark(text, units)
}

// hideUCS2 hides a text of UTF-16: a pair stays one, and half of one stays half.
func (b bodies) hideUCS2(data []byte) {
	text := sha256.Sum256(data)
	units := make([]byte, len(data)/2) // x where a letter may stand
	for i := range units {
		switch high := data[2*i]; {
		case high >= 0xd8 && high < 0xdc:
			data[2*i], data[2*i+1] = 0xd8, 0x3d
		case high >= 0xdc && high < 0xe0:
			data[2*i], data[2*i+1] = 0xdd, 0xd9
		case high == 0 && (data[2*i+1] == '\n' || data[2*i+1] == '\r'):
		default:
			units[i] = hidden1
		}
	}
	b.texts.mark(text, units)
	for i, c := range units {
		if c != 0 {
			data[2*i], data[2*i+1] = 0, c
		}
	}
	if len(data)%2 != 0 {
		data[len(data)-1] = 0
	}
}

// semiOctets puts a pseudonym in the place of a number of n semi-octets, the same as of
// the number in a URI. What is no digit stays.
func (r *Redactor) semiOctets(b []byte, n int) {
	digits := make([]byte, 0, 2*len(b))
	for i := 0; i < n && i/2 < len(b); i++ {
		if d := b[i/2] >> (4 * (i % 2)) & 15; d < 10 {
			digits = append(digits, '0'+d)
		}
	}
	r.digits(digits)
	for i, next := 0, 0; i < n && i/2 < len(b); i++ {
		shift := 4 * (i % 2)
		if b[i/2]>>shift&15 < 10 {
			b[i/2] = b[i/2]&^(15<<shift) | (digits[next]-'0')<<shift
			next++
		}
	}
}

// alphanumeric puts a pseudonym in the place of an address of septets. Letters that
// ASCII does not have stay among those near them.
func (r *Redactor) alphanumeric(units []byte) {
	if !r.all() {
		r.numbers(units, numberInName)
		return
	}
	r.slots = r.slots[:0]
	for i, c := range units {
		s := asciiSlot(c)
		for _, run := range [...][2]byte{{0x04, 6}, {0x0b, 2}, {0x0e, 2}, {0x12, 9}, {0x1c, 3}, {0x5b, 4}, {0x7b, 5}} {
			if c >= run[0] && c < run[0]+run[1] {
				s = slot{low: run[0], n: run[1]}
			}
		}
		if s.n > 0 {
			r.slots = append(r.slots, slot{i, s.low, s.n})
		}
	}
	r.shuffle(units, r.slots)
}

// unpack reads n septets that begin after fill bits (TS 23.038 6.1.2.1).
func unpack(b []byte, fill, n int) []byte {
	units := make([]byte, 0, n)
	for bit := fill; len(units) < n && bit+7 <= 8*len(b); bit += 7 {
		v := uint(b[bit/8])
		if bit/8+1 < len(b) {
			v |= uint(b[bit/8+1]) << 8
		}
		units = append(units, byte(v>>(bit%8)&0x7f))
	}
	return units
}

// pack writes septets in the place of as many, and no other bit.
func pack(b []byte, fill int, units []byte) {
	for i, u := range units {
		for k := range 7 {
			bit := fill + 7*i + k
			b[bit/8] = b[bit/8]&^(1<<(bit%8)) | u>>k&1<<(bit%8)
		}
	}
}
