package sms

// TON is the type of number of an address (TS 23.040 9.1.2.5).
type TON uint8

// The types of number.
const (
	TONUnknown TON = iota
	International
	National
	NetworkSpecific
	Subscriber
	Alphanumeric
	Abbreviated
	Reserved
)

var tonNames = [...]string{"unknown", "international", "national", "network-specific", "subscriber", "alphanumeric", "abbreviated", "reserved"}

// String names the type of number.
func (t TON) String() string { return tonNames[t&7] }

// Address is one of the relay or of the transfer layer.
type Address struct {
	TON    TON
	NPI    byte   // numbering plan
	Digits string // 0-9 * # a b c, or the characters of an alphanumeric address
	There  bool   // the element was there and not empty
}

// Given reports whether the element was there and not empty.
func (a Address) Given() bool { return a.There }

// String is the address as people write it: + before international digits.
func (a Address) String() string {
	if a.TON == International && a.Digits != "" {
		return "+" + a.Digits
	}
	return a.Digits
}

func (a Address) describe() string { return a.String() + " (" + a.TON.String() + ")" }

// semiDigits are the characters of semi-octets (TS 23.040 9.1.2.3); 15 fills up.
const semiDigits = "0123456789*#abc"

// semiOctets reads n digits, low nibbles first. A filler ends them.
func semiOctets(b []byte, n int) string {
	var digits [64]byte
	used := 0
	for i := 0; i < n && i/2 < len(b) && used < len(digits); i++ {
		nibble := b[i/2] >> (4 * (i % 2)) & 15
		if nibble == 15 {
			break
		}
		digits[used] = semiDigits[nibble]
		used++
	}
	return string(digits[:used])
}

// tpAddress reads an address of the transfer layer: its length counts semi-octets
// (TS 23.040 9.1.2.5).
func (d *decoder) tpAddress(name string) (a Address, ok bool) {
	from := d.at
	n, ok := d.octet("length of " + name)
	if !ok {
		return a, false
	}
	octets := 1 + (int(n)+1)/2
	if octets > len(d.b)-d.at {
		d.defect(from, "the TPDU ends in "+name)
		d.at = len(d.b)
		return a, false
	}
	if n > 20 {
		d.defect(from, name+" of more than 20 digits")
	}
	toa := d.b[d.at]
	a.TON, a.NPI, a.There = TON(toa>>4&7), toa&15, true
	value := d.b[d.at+1 : d.at+octets]
	holds, chars := Digits, int(n)
	if a.TON == Alphanumeric {
		holds, chars = Septets, int(n)*4/7
		a.Digits = alphanumeric(value, chars)
	} else {
		a.Digits = semiOctets(value, chars)
	}
	d.at += octets
	if d.tells() {
		d.note(from, name, a.describe())
		d.holds(holds, Packed{From: from + 2, N: chars})
	}
	return a, true
}

// alphanumeric reads an address of septets.
func alphanumeric(value []byte, septets int) string {
	text, _ := gsm7(value, 0, septets, 0, 0)
	return text
}
