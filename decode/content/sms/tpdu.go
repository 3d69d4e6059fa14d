package sms

import "strconv"

// Kind is the kind of a TPDU (TS 23.040 9.2.3.1): what TP-MTI says depends on the direction.
type Kind uint8

// The kinds of TPDU.
const (
	NoTPDU Kind = iota
	Submit
	Deliver
	StatusReport
	Command
	SubmitReport
	DeliverReport
)

var kindNames = [...]string{"", "SMS-SUBMIT", "SMS-DELIVER", "SMS-STATUS-REPORT", "SMS-COMMAND", "SMS-SUBMIT-REPORT", "SMS-DELIVER-REPORT"}

// String names the kind as TS 23.040 does.
func (k Kind) String() string { return kindNames[k] }

// TPDU is a message of the transfer layer. A field that the kind does not have, or
// that was cut off, has its zero value; the Has fields tell where 0 is a value.
type TPDU struct {
	Kind      Kind
	First     byte    // the octet with TP-MTI and the bits below
	Reference byte    // TP-MR of SUBMIT, COMMAND and STATUS-REPORT
	HasRef    bool    //
	Address   Address // TP-DA, TP-OA or TP-RA
	PID, DCS  byte
	HasPID    bool
	HasDCS    bool
	Alphabet  Alphabet // from DCS; NoAlphabet where there is none
	Class     int8     // message class 0 to 3, -1 for none
	SCTS      Timestamp
	Discharge Timestamp // of a STATUS-REPORT
	Validity  Validity
	Status    Status // TP-ST of a STATUS-REPORT
	HasStatus bool
	Failure   FailureCause // TP-FCS
	HasFCS    bool
	Command   byte // TP-CT
	Number    byte // TP-MN of a COMMAND

	Header     []byte // the elements of the user data header, without its length
	Concat     Concat
	Ports      Ports
	Locking    byte // national language tables, 0 for none
	Single     byte
	Text       string // decoded; "" too where the user data is no text, see HasText
	HasText    bool
	Characters int    // runes of Text
	Halves     Halves // of UCS2
	Data       []byte // 8-bit or compressed user data without its header
	Octets     []byte // the whole TPDU
}

// Concat is what one part of a concatenated message says (TS 23.040 9.2.3.24.1
// and .8). Parts is 0 where the message is not concatenated.
type Concat struct {
	Reference uint16
	Bits      uint8 // 8 or 16: width of the reference
	Parts     uint8
	Part      uint8 // from 1
}

// Halves are halves of surrogate pairs that the part before and the part behind of a
// concatenated message have the others of, 0 for none: some cut there. In Text they are
// U+FFFD.
type Halves struct{ First, Last rune }

// Ports are application port addresses (9.2.3.24.3 and .4). Bits is 0 where there are none.
type Ports struct {
	Destination, Source uint16
	Bits                uint8 // 8 or 16
}

// Bits of the first octet. Some mean one thing in one direction and another in the other.

// ReportRequested is TP-SRR of SUBMIT and COMMAND.
func (t *TPDU) ReportRequested() bool { return t.First&0x20 != 0 }

// RejectDuplicates is TP-RD of SUBMIT.
func (t *TPDU) RejectDuplicates() bool { return t.First&4 != 0 }

// ReportIndication is TP-SRI of DELIVER, and TP-SRQ of STATUS-REPORT.
func (t *TPDU) ReportIndication() bool { return t.First&0x20 != 0 }

func (t *TPDU) hasHeader() bool { return t.First&0x40 != 0 }

// kindOf tells the kind of a TPDU by TP-MTI and what carries it.
func kindOf(rp Type, mti byte) Kind {
	if rp.IsReport() {
		if rp.Up() {
			return DeliverReport
		}
		return SubmitReport
	}
	switch {
	case rp.Up() && mti == 1:
		return Submit
	case rp.Up() && mti == 2:
		return Command
	case !rp.Up() && mti == 2:
		return StatusReport
	case !rp.Up() && mti != 1:
		return Deliver // 3 is reserved and to be read as DELIVER
	}
	return NoTPDU
}

func (d *decoder) tpdu() {
	t := &d.m.TPDU
	from := d.at
	t.Class, t.Octets = -1, d.b[from:]
	first, ok := d.octet("TPDU")
	if !ok {
		return
	}
	t.First, t.Kind = first, kindOf(d.m.Type, first&3)
	if t.Kind == NoTPDU {
		d.defect(from, "TP-MTI "+strconv.Itoa(int(first&3))+" does not go from "+d.m.Type.Direction())
		return
	}
	d.note(from, "TP-MTI", t.Kind.String())
	d.firstOctet(from)
	switch t.Kind {
	case Submit:
		d.submit()
	case Deliver:
		d.deliver()
	case StatusReport:
		d.statusReport()
	case Command:
		d.command()
	case SubmitReport, DeliverReport:
		d.report()
	}
}

// firstOctet notes the bits of the first octet that are set.
func (d *decoder) firstOctet(from int) {
	if !d.tells() {
		return
	}
	t := &d.m.TPDU
	names := map[byte]string{}
	switch t.Kind {
	case Submit:
		names = map[byte]string{4: "TP-RD", 0x20: "TP-SRR", 0x40: "TP-UDHI", 0x80: "TP-RP"}
	case Deliver:
		names = map[byte]string{4: "TP-MMS", 8: "TP-LP", 0x20: "TP-SRI", 0x40: "TP-UDHI", 0x80: "TP-RP"}
	case StatusReport:
		names = map[byte]string{4: "TP-MMS", 8: "TP-LP", 0x20: "TP-SRQ", 0x40: "TP-UDHI"}
	case Command:
		names = map[byte]string{0x20: "TP-SRR", 0x40: "TP-UDHI"}
	}
	for bit := byte(4); bit != 0; bit <<= 1 {
		if name := names[bit]; name != "" && t.First&bit != 0 {
			d.note(from, name, "1")
		}
	}
}

// number reads an octet that is a number.
func (d *decoder) number(name string) (n byte, ok bool) {
	from := d.at
	if n, ok = d.octet(name); ok && d.tells() {
		d.note(from, name, strconv.Itoa(int(n)))
	}
	return n, ok
}

func (d *decoder) submit() {
	t := &d.m.TPDU
	var ok bool
	if t.Reference, t.HasRef = d.number("TP-MR"); !t.HasRef {
		return
	}
	if t.Address, ok = d.tpAddress("TP-DA"); !ok || !d.coding() || !d.validity() {
		return
	}
	d.text()
}

func (d *decoder) deliver() {
	t := &d.m.TPDU
	var ok bool
	if t.Address, ok = d.tpAddress("TP-OA"); !ok || !d.coding() {
		return
	}
	if t.SCTS, ok = d.timestamp("TP-SCTS"); ok {
		d.text()
	}
}

// coding reads TP-PID and TP-DCS.
func (d *decoder) coding() bool {
	return d.protocol() && d.dataCoding()
}

func (d *decoder) protocol() bool {
	t := &d.m.TPDU
	t.PID, t.HasPID = d.number("TP-PID")
	return t.HasPID
}

func (d *decoder) dataCoding() bool {
	t := &d.m.TPDU
	from := d.at
	if t.DCS, t.HasDCS = d.octet("TP-DCS"); !t.HasDCS {
		return false
	}
	t.Alphabet, t.Class = coding(t.DCS)
	if d.tells() {
		d.note(from, "TP-DCS", inHex(t.DCS)+" "+t.Alphabet.String())
	}
	return true
}

func (d *decoder) statusReport() {
	t := &d.m.TPDU
	var ok bool
	if t.Reference, t.HasRef = d.number("TP-MR"); !t.HasRef {
		return
	}
	if t.Address, ok = d.tpAddress("TP-RA"); !ok {
		return
	}
	if t.SCTS, ok = d.timestamp("TP-SCTS"); !ok {
		return
	}
	if t.Discharge, ok = d.timestamp("TP-DT"); !ok {
		return
	}
	from := d.at
	st, ok := d.octet("TP-ST")
	if !ok {
		return
	}
	t.Status, t.HasStatus = Status(st), true
	if d.tells() {
		d.note(from, "TP-ST", t.Status.String())
	}
	d.optional()
}

func (d *decoder) command() {
	t := &d.m.TPDU
	var ok bool
	if t.Reference, t.HasRef = d.number("TP-MR"); !t.HasRef || !d.protocol() {
		return
	}
	if t.Command, ok = d.number("TP-CT"); !ok {
		return
	}
	if t.Number, ok = d.number("TP-MN"); !ok {
		return
	}
	if t.Address, ok = d.tpAddress("TP-DA"); !ok {
		return
	}
	from := d.at
	n, ok := d.number("TP-CDL")
	if !ok {
		return
	}
	end := d.at + int(n)
	if end > len(d.b) {
		d.defect(from, "TP-CDL says "+strconv.Itoa(int(n))+" octets where "+strconv.Itoa(len(d.b)-d.at)+" are left")
		end = len(d.b)
	}
	t.Data = d.b[d.at:end]
	d.at = end
	if len(t.Data) > 0 && d.tells() {
		d.note(end-len(t.Data), "TP-CD", strconv.Itoa(len(t.Data))+" octets")
		d.holds(Octets, Packed{From: end - len(t.Data), N: len(t.Data), Text: true})
	}
}

// report reads a SUBMIT-REPORT or DELIVER-REPORT: TP-FCS only where the SMS was
// refused (TS 23.040 9.2.2.1a and 9.2.2.2a).
func (d *decoder) report() {
	t := &d.m.TPDU
	if d.m.Type.IsError() {
		from := d.at
		fcs, ok := d.octet("TP-FCS")
		if !ok {
			return
		}
		t.Failure, t.HasFCS = FailureCause(fcs), true
		if d.tells() {
			d.note(from, "TP-FCS", t.Failure.String())
		}
	}
	if t.Kind == DeliverReport {
		d.optional()
		return
	}
	indicator, ok := d.number("TP-PI")
	if !ok {
		return
	}
	if t.SCTS, ok = d.timestamp("TP-SCTS"); ok {
		d.indicated(indicator)
	}
}

// optional reads TP-PI and what it says follows. All of it may be missing.
func (d *decoder) optional() {
	if d.at == len(d.b) {
		return
	}
	indicator, _ := d.number("TP-PI")
	for more := indicator; more&0x80 != 0 && d.at < len(d.b); { // TS 23.040 9.2.3.27
		more, _ = d.number("TP-PI, continued")
	}
	d.indicated(indicator)
}

// indicated reads the fields that TP-PI announces: TP-PID, TP-DCS, user data.
func (d *decoder) indicated(indicator byte) {
	if indicator&1 != 0 && !d.protocol() || indicator&2 != 0 && !d.dataCoding() || indicator&4 == 0 {
		return
	}
	if !d.m.TPDU.HasDCS {
		d.m.TPDU.Alphabet, d.m.TPDU.Class = coding(0)
	}
	d.text()
}
