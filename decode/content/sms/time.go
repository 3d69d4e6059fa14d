package sms

import "strconv"

// Timestamp is a time in semi-octets with its zone (TS 23.040 9.2.3.11): year,
// month, day, hour, minute, second, quarters of an hour from UTC.
type Timestamp struct {
	Octets [7]byte
	Given  bool
}

// swapped reads two semi-octets as a decimal number; ok is false where they are none.
func swapped(b byte) (n int, ok bool) {
	low, high := int(b&15), int(b>>4)
	return low*10 + high, low < 10 && high < 10
}

// valid reports whether the octets are a time.
func (t Timestamp) valid() bool {
	limits := [6][2]int{{0, 99}, {1, 12}, {1, 31}, {0, 23}, {0, 59}, {0, 59}}
	for i, l := range limits {
		if n, ok := swapped(t.Octets[i]); !ok || n < l[0] || n > l[1] {
			return false
		}
	}
	quarters, ok := swapped(t.Octets[6] &^ 8)
	return ok && quarters <= 56 && t.Given
}

// String is the time in ISO 8601 with its own zone, "" where it is none.
func (t Timestamp) String() string {
	if !t.valid() {
		return ""
	}
	b := make([]byte, 0, 32)
	year, _ := swapped(t.Octets[0])
	century := "20"
	if year >= 90 { // SMS began in 1992
		century = "19"
	}
	b = append(b, century...)
	for i, octet := range t.Octets[:6] {
		n, _ := swapped(octet)
		if i > 0 {
			b = append(b, ".--T::"[i])
		}
		b = twoDigits(b, n)
	}
	quarters, _ := swapped(t.Octets[6] &^ 8)
	sign := byte('+')
	if t.Octets[6]&8 != 0 {
		sign = '-'
	}
	b = append(b, sign)
	b = append(twoDigits(b, quarters/4), ':')
	return string(twoDigits(b, quarters%4*15))
}

func twoDigits(b []byte, n int) []byte { return append(b, '0'+byte(n/10), '0'+byte(n%10)) }

func (d *decoder) timestamp(name string) (t Timestamp, ok bool) {
	from := d.at
	if len(d.b)-d.at < len(t.Octets) {
		d.defect(len(d.b), "the TPDU ends in "+name)
		d.at = len(d.b)
		return t, false
	}
	t.Given = true
	d.at += copy(t.Octets[:], d.b[d.at:])
	if !t.valid() {
		d.defect(from, name+" is no time")
	}
	if d.tells() {
		d.note(from, name, t.String())
	}
	return t, true
}

// ValidityFormat says how a validity period is given (TS 23.040 9.2.3.3).
type ValidityFormat uint8

// The formats of TP-VP.
const (
	NoValidity ValidityFormat = iota
	Enhanced
	Relative
	Absolute
)

// String names the format, "" where there is no period.
func (f ValidityFormat) String() string {
	return [...]string{"", "enhanced", "relative", "absolute"}[f]
}

// Validity is TP-VP: how long the service centre shall try.
type Validity struct {
	Format  ValidityFormat
	Seconds int       // of a relative or enhanced period; 0 where it says none
	Until   Timestamp // absolute
}

// Minutes is the period in whole minutes, 0 where there is none.
func (v Validity) Minutes() int { return v.Seconds / 60 }

// relative is the period of an octet in seconds (9.2.3.12.1).
func relative(n int) int {
	const minute, day = 60, 24 * 3600
	switch {
	case n < 144:
		return (n + 1) * 5 * minute
	case n < 168:
		return day/2 + (n-143)*30*minute
	case n < 197:
		return (n - 166) * day
	}
	return (n - 192) * 7 * day
}

// validity reads TP-VP as TP-VPF says.
func (d *decoder) validity() bool {
	v, from := &d.m.TPDU.Validity, d.at
	v.Format = ValidityFormat(d.m.TPDU.First >> 3 & 3)
	switch v.Format {
	case NoValidity:
		return true
	case Relative:
		n, ok := d.octet("TP-VP")
		if ok {
			v.Seconds = relative(int(n))
		}
		d.noteValidity(from)
		return ok
	case Absolute:
		var ok bool
		v.Until, ok = d.timestamp("TP-VP")
		return ok
	}
	if len(d.b)-d.at < 7 {
		d.defect(len(d.b), "the TPDU ends in TP-VP")
		d.at = len(d.b)
		return false
	}
	d.enhanced(d.b[d.at : d.at+7])
	d.at += 7
	d.noteValidity(from)
	return true
}

func (d *decoder) noteValidity(from int) {
	if d.tells() {
		v := &d.m.TPDU.Validity
		d.note(from, "TP-VP", v.Format.String()+" "+strconv.Itoa(v.Seconds)+" s")
	}
}

// enhanced reads the seven octets of an enhanced period (9.2.3.12.3).
func (d *decoder) enhanced(b []byte) {
	v := &d.m.TPDU.Validity
	i := 1
	for extended := b[0]; extended&0x80 != 0 && i < len(b)-1; i++ {
		extended = b[i]
	}
	switch b[0] & 7 {
	case 1:
		v.Seconds = relative(int(b[i]))
	case 2:
		v.Seconds = int(b[i])
	case 3:
		if i+3 > len(b) {
			return
		}
		h, ok1 := swapped(b[i])
		m, ok2 := swapped(b[i+1])
		s, ok3 := swapped(b[i+2])
		if !ok1 || !ok2 || !ok3 {
			d.defect(d.at+i, "TP-VP is no time")
			return
		}
		v.Seconds = h*3600 + m*60 + s
	}
}
