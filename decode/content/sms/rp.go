package sms

import "strconv"

// Type is the RP message type (TS 24.011 8.2.2), which says the direction too.
type Type uint8

// The RP message types.
const (
	DataUp          Type = iota // RP-DATA, mobile station to network
	DataDown                    // RP-DATA, network to mobile station
	AckUp                       // RP-ACK, mobile station to network
	AckDown                     // RP-ACK, network to mobile station
	ErrorUp                     // RP-ERROR, mobile station to network
	ErrorDown                   // RP-ERROR, network to mobile station
	MemoryAvailable             // RP-SMMA, mobile station to network
	NoType          Type = 0xff // there is no RP message
)

var typeNames = [...]string{"RP-DATA", "RP-DATA", "RP-ACK", "RP-ACK", "RP-ERROR", "RP-ERROR", "RP-SMMA"}

// String names the message as TS 24.011 does, without its direction.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return ""
}

// Up reports whether the message goes from the mobile station to the network.
func (t Type) Up() bool { return t&1 == 0 && t != NoType }

// Direction is "ms-to-n" or "n-to-ms", and "" where there is no RP message.
func (t Type) Direction() string {
	switch {
	case int(t) >= len(typeNames):
		return ""
	case t.Up():
		return "ms-to-n"
	}
	return "n-to-ms"
}

// IsData reports whether the message carries a short message.
func (t Type) IsData() bool { return t == DataUp || t == DataDown }

// IsReport reports whether the message says what became of another one.
func (t Type) IsReport() bool { return t >= AckUp && t <= ErrorDown }

// IsError reports whether the message is an RP-ERROR.
func (t Type) IsError() bool { return t == ErrorUp || t == ErrorDown }

// Answers reports whether a report of type t may be about a message of type
// other: an RP-DATA or RP-SMMA that went the other way.
func (t Type) Answers(other Type) bool {
	return t.IsReport() && (other.IsData() || other == MemoryAvailable) && t.Up() != other.Up()
}

// Message is one RP message and the TPDU in it.
type Message struct {
	Type          Type
	Reference     byte // RP-Message-Reference
	HasReference  bool
	Originator    Address // RP-Originator Address, in RP-DATA
	Destination   Address // RP-Destination Address, in RP-DATA
	Cause         Cause   // in RP-ERROR
	HasCause      bool
	Diagnostic    byte // field of RP-Cause
	HasDiagnostic bool
	TPDU          TPDU     // TPDU.Kind is NoTPDU where there is none
	Defects       []Defect // what is wrong, in the order of the bytes
}

// Defect is something wrong with a message.
type Defect struct {
	At   int // offset of the octet in the body, from 0
	What string
}

// String says the defect in a sentence's words.
func (d Defect) String() string { return d.What + " at octet " + strconv.Itoa(d.At) }

// Field is a field of a message for people: its name, what it says, and the
// octets [From, To) of the body that it stands in.
type Field struct {
	Name, Value string
	From, To    int
	Holds       Holding
	At          Packed // where Holds is not Plain, how characters stand at the end of the field
}

// Holding says what of a field is about somebody.
type Holding uint8

// The holdings.
const (
	Plain      Holding = iota // words and numbers of the protocol
	Digits                    // an address in semi-octets
	Septets                   // characters of 7 bits: an alphanumeric address, or a text
	Units                     // a text in UCS2
	Octets                    // a text of octets of which nothing is known
	HeaderData                // an element of the user data header that may hold anything
)

// Packed is how characters are packed: N of them from octet From of the body on,
// after Fill bits that belong to none.
type Packed struct {
	From, N, Fill int
	Text          bool // somebody's text, and no address
}

// Decode reads an RP message. Strings are copied; TPDU.Data and TPDU.Header point
// into body.
func Decode(body []byte) (m Message) {
	DecodeTo(&m, body)
	return m
}

// DecodeTo is Decode into memory that is used again.
func DecodeTo(m *Message, body []byte) {
	*m = Message{Defects: m.Defects[:0]}
	d := decoder{b: body, m: m}
	d.rp()
}

// Describe is Decode, and lists the fields for people too.
func Describe(body []byte) (Message, []Field) {
	var fields []Field
	var m Message
	d := decoder{b: body, m: &m, fields: &fields}
	d.rp()
	return m, fields
}

// decoder reads a message from the front. end is where the element at hand ends.
type decoder struct {
	b      []byte
	at     int
	m      *Message
	fields *[]Field // nil where nobody wants them
}

func (d *decoder) defect(at int, what string) {
	d.m.Defects = append(d.m.Defects, Defect{at, what})
}

// tells reports whether somebody wants the fields.
func (d *decoder) tells() bool { return d.fields != nil }

// note lists a field. Callers ask tells first where the value costs something.
func (d *decoder) note(from int, name, value string) {
	if d.fields != nil {
		*d.fields = append(*d.fields, Field{Name: name, Value: value, From: from, To: d.at})
	}
}

// holds says what the field that was listed last holds.
func (d *decoder) holds(what Holding, at Packed) {
	if d.fields != nil {
		last := &(*d.fields)[len(*d.fields)-1]
		last.Holds, last.At = what, at
	}
}

// octet reads one octet; where there is none, that is a defect.
func (d *decoder) octet(name string) (o byte, ok bool) {
	if d.at >= len(d.b) {
		d.defect(len(d.b), "no "+name)
		return 0, false
	}
	o = d.b[d.at]
	d.at++
	return o, true
}

func (d *decoder) rp() {
	d.m.Type, d.m.TPDU.Kind = NoType, NoTPDU
	if len(d.b) == 0 {
		d.defect(0, "no RP message")
		return
	}
	mti, _ := d.octet("RP-MTI")
	if mti&7 > byte(MemoryAvailable) {
		d.note(0, "RP-MTI", strconv.Itoa(int(mti&7)))
		d.defect(0, "RP message type "+strconv.Itoa(int(mti&7))+" does not exist")
		return
	}
	d.m.Type = Type(mti & 7)
	if d.tells() {
		d.note(0, "RP-MTI", d.m.Type.String()+" "+d.m.Type.Direction())
	}
	if mti > 7 {
		d.defect(0, "spare bits of the RP message type are set")
	}
	if d.m.Reference, d.m.HasReference = d.octet("RP-Message-Reference"); !d.m.HasReference {
		return
	}
	if d.tells() {
		d.note(1, "RP-Message-Reference", strconv.Itoa(int(d.m.Reference)))
	}
	switch {
	case d.m.Type.IsData():
		d.rpData()
	case d.m.Type.IsError():
		d.rpError()
	case d.m.Type.IsReport():
		d.rpOptional()
	}
	if d.at < len(d.b) {
		d.defect(d.at, strconv.Itoa(len(d.b)-d.at)+" octets after the end of the RP message")
	}
}

// rpData reads the addresses and the user data of an RP-DATA (TS 24.011 7.3.1).
func (d *decoder) rpData() {
	var ok bool
	if d.m.Originator, ok = d.rpAddress("RP-Originator-Address"); !ok {
		return
	}
	if d.m.Destination, ok = d.rpAddress("RP-Destination-Address"); !ok {
		return
	}
	d.userData("RP-User-Data")
}

// rpAddress reads an address of the relay layer: its length counts octets (8.2.5.1).
func (d *decoder) rpAddress(name string) (a Address, ok bool) {
	from := d.at
	n, ok := d.octet("length of " + name)
	if !ok {
		return a, false
	}
	if n == 0 {
		d.note(from, name, "empty")
		return a, true
	}
	if int(n) > len(d.b)-d.at {
		d.defect(from, name+" of "+strconv.Itoa(int(n))+" octets where "+strconv.Itoa(len(d.b)-d.at)+" are left")
		d.at = len(d.b)
		return a, false
	}
	if n > 11 {
		d.defect(from, name+" of "+strconv.Itoa(int(n))+" octets, 11 at most")
	}
	a.TON, a.NPI, a.There = TON(d.b[d.at]>>4&7), d.b[d.at]&15, true
	a.Digits = semiOctets(d.b[d.at+1:d.at+int(n)], 2*(int(n)-1))
	d.at += int(n)
	if d.tells() {
		d.note(from, name, a.describe())
		d.holds(Digits, Packed{From: from + 2, N: 2 * (int(n) - 1)})
	}
	return a, true
}

// rpError reads the cause of an RP-ERROR (8.2.5.4) and its user data.
func (d *decoder) rpError() {
	from := d.at
	n, ok := d.octet("length of RP-Cause")
	if !ok {
		return
	}
	if n == 0 || int(n) > len(d.b)-d.at {
		d.defect(from, "RP-Cause of "+strconv.Itoa(int(n))+" octets where "+strconv.Itoa(len(d.b)-d.at)+" are left")
		d.at = len(d.b)
		return
	}
	d.m.Cause, d.m.HasCause = Cause(d.b[d.at]&0x7f), true
	if n > 1 {
		d.m.Diagnostic, d.m.HasDiagnostic = d.b[d.at+1], true
	}
	d.at += int(n)
	if d.tells() {
		d.note(from, "RP-Cause", d.m.Cause.String())
	}
	d.rpOptional()
}

// rpOptional reads the user data that RP-ACK and RP-ERROR may have.
func (d *decoder) rpOptional() {
	if d.at == len(d.b) {
		return
	}
	const userData = 0x41
	if d.b[d.at] != userData {
		d.defect(d.at, "element "+inHex(d.b[d.at])+" where RP-User-Data ("+inHex(userData)+") may stand")
		d.at = len(d.b)
		return
	}
	d.at++
	d.note(d.at-1, "RP-User-Data identifier", inHex(userData))
	d.userData("RP-User-Data")
}

// userData reads a length and the TPDU that it counts.
func (d *decoder) userData(name string) {
	from := d.at
	n, ok := d.octet("length of " + name)
	if !ok {
		return
	}
	end := d.at + int(n)
	if end > len(d.b) {
		d.defect(from, name+" of "+strconv.Itoa(int(n))+" octets where "+strconv.Itoa(len(d.b)-d.at)+" are left")
		end = len(d.b)
	}
	if d.tells() {
		d.note(from, name, strconv.Itoa(int(n))+" octets")
	}
	all := d.b
	d.b = all[:end]
	d.tpdu()
	d.b, d.at = all, end
}

func inHex(b byte) string {
	const digits = "0123456789abcdef"
	return "0x" + string([]byte{digits[b>>4], digits[b&15]})
}
