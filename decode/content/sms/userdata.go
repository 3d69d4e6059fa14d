package sms

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Alphabet is what the user data is written in (TS 23.038 4).
type Alphabet uint8

// The alphabets.
const (
	NoAlphabet Alphabet = iota
	GSM7
	EightBit
	UCS2
	Compressed // TS 23.042: not read
)

// String names the alphabet.
func (a Alphabet) String() string {
	return [...]string{"", "gsm7", "8bit", "ucs2", "compressed"}[a]
}

// coding reads TP-DCS (TS 23.038 4). Reserved values are the default alphabet.
func coding(dcs byte) (a Alphabet, class int8) {
	class = -1
	switch group := dcs >> 4; {
	case group < 8: // general, and marked for automatic deletion
		if dcs&0x10 != 0 {
			class = int8(dcs & 3)
		}
		if dcs&0x20 != 0 {
			return Compressed, class
		}
		return [...]Alphabet{GSM7, EightBit, UCS2, GSM7}[dcs>>2&3], class
	case group == 14:
		return UCS2, class // message waiting
	case group == 15 && dcs&4 != 0:
		return EightBit, int8(dcs & 3)
	case group == 15:
		return GSM7, int8(dcs & 3)
	}
	return GSM7, class
}

// text reads TP-UDL and TP-UD.
func (d *decoder) text() {
	t := &d.m.TPDU
	from := d.at
	length, ok := d.number("TP-UDL")
	if !ok {
		return
	}
	data, n := d.b[d.at:], int(length)
	octets := n
	if t.Alphabet == GSM7 {
		octets = (n*7 + 7) / 8
	}
	switch {
	case octets > len(data):
		d.defect(from, "TP-UDL says "+strconv.Itoa(octets)+" octets of user data where "+strconv.Itoa(len(data))+" are left")
	case octets < len(data):
		d.defect(from, "TP-UDL says "+strconv.Itoa(octets)+" octets of user data where there are "+strconv.Itoa(len(data)))
		data = data[:octets]
	}
	if octets > 140 {
		d.defect(from, "more than 140 octets of user data")
	}
	used := d.header(data)
	begin := d.at
	d.at += len(data)
	holds, at := Octets, Packed{From: begin + used, N: len(data) - used, Text: true}
	switch t.Alphabet {
	case GSM7:
		fill := -used * 8 % 7
		if fill < 0 {
			fill += 7
		}
		holds, at.Fill = Septets, fill
		at.N = max(min(n-(used*8+fill)/7, (len(data[used:])*8-fill)/7), 0)
		t.Text, t.Characters = gsm7(data[used:], fill, at.N, t.Locking, t.Single)
		t.HasText = true
	case UCS2:
		holds = Units
		d.ucs2(begin+used, data[used:])
	default:
		t.Data = data[used:]
	}
	if d.tells() {
		d.note(begin+used, "TP-UD", strconv.Itoa(len(data)-used)+" octets, "+strconv.Itoa(t.Characters)+" characters")
		d.holds(holds, at)
	}
}

// ucs2 reads UTF-16: phones send surrogate pairs. Half a pair is U+FFFD.
func (d *decoder) ucs2(at int, data []byte) {
	t := &d.m.TPDU
	if len(data)%2 != 0 {
		d.defect(at+len(data)-1, "half a UCS2 character at the end of the user data")
	}
	b := make([]byte, 0, 3*len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		r := rune(data[i])<<8 | rune(data[i+1])
		if utf16.IsSurrogate(r) {
			low := rune(0)
			if i+3 < len(data) {
				low = rune(data[i+2])<<8 | rune(data[i+3])
			}
			half := r
			switch r = utf16.DecodeRune(r, low); {
			case r != utf8.RuneError:
				i += 2
			case i == 0 && half >= 0xdc00:
				t.Halves.First = half
			case i+2 == len(data) && half < 0xdc00:
				t.Halves.Last = half
			}
		}
		b = utf8.AppendRune(b, r)
		t.Characters++
	}
	t.Text, t.HasText = string(b), true
}

// header reads the user data header (TS 23.040 9.2.3.24) and returns how many
// octets of data it takes, its length included.
func (d *decoder) header(data []byte) (used int) {
	t := &d.m.TPDU
	if !t.hasHeader() || t.Kind == SubmitReport || t.Kind == DeliverReport && len(data) == 0 {
		return 0
	}
	if len(data) == 0 {
		d.defect(d.at, "TP-UDHI is set, but there is no user data")
		return 0
	}
	used = 1 + int(data[0])
	if used > len(data) {
		d.defect(d.at, "TP-UDHL says "+strconv.Itoa(used-1)+" octets where "+strconv.Itoa(len(data)-1)+" are left")
		used = len(data)
	}
	t.Header = data[1:used]
	was := d.at
	d.at++
	if d.tells() {
		d.note(was, "TP-UDHL", strconv.Itoa(used-1))
	}
	d.at = was
	at := d.at + 1
	for e := range Elements(t.Header) {
		d.element(at, e)
		at += 2 + len(e.Data)
	}
	if at < d.at+used {
		d.defect(at, "an element of the user data header is cut short")
	}
	return used
}

// element takes what an element of the header says.
func (d *decoder) element(at int, e Element) {
	t := &d.m.TPDU
	was := d.at
	d.at = at + 2 + len(e.Data)
	if d.tells() {
		d.note(at, "TP-UDH", e.describe())
		if _, known := elementLengths[e.ID]; !known {
			d.holds(HeaderData, Packed{From: at + 2, N: len(e.Data), Text: true})
		}
	}
	d.at = was
	switch {
	case e.ID == concat8 && len(e.Data) == 3:
		d.concat(at, Concat{uint16(e.Data[0]), 8, e.Data[1], e.Data[2]})
	case e.ID == concat16 && len(e.Data) == 4:
		d.concat(at, Concat{uint16(e.Data[0])<<8 | uint16(e.Data[1]), 16, e.Data[2], e.Data[3]})
	case e.ID == ports8 && len(e.Data) == 2:
		t.Ports = Ports{uint16(e.Data[0]), uint16(e.Data[1]), 8}
	case e.ID == ports16 && len(e.Data) == 4:
		t.Ports = Ports{uint16(e.Data[0])<<8 | uint16(e.Data[1]), uint16(e.Data[2])<<8 | uint16(e.Data[3]), 16}
	case e.ID == singleShift && len(e.Data) == 1:
		t.Single = d.language(at, e.Data[0])
	case e.ID == lockingShift && len(e.Data) == 1:
		t.Locking = d.language(at, e.Data[0])
	case elementLengths[e.ID] != 0:
		d.defect(at, e.Name()+" of "+strconv.Itoa(len(e.Data))+" octets")
	}
}

// concat takes a concatenation element; one that cannot be is to be ignored (9.2.3.24.1).
func (d *decoder) concat(at int, c Concat) {
	if c.Parts == 0 || c.Part == 0 || c.Part > c.Parts {
		d.defect(at, "part "+strconv.Itoa(int(c.Part))+" of "+strconv.Itoa(int(c.Parts)))
		return
	}
	d.m.TPDU.Concat = c
}

// language takes the number of a national language table; one that is not known
// is the default table (TS 23.038 6.2.1.2.2).
func (d *decoder) language(at int, n byte) byte {
	if int(n) >= len(languages) {
		d.defect(at, "national language "+strconv.Itoa(int(n))+" does not exist")
		return 0
	}
	return n
}
