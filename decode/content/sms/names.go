package sms

import "strconv"

// Cause is the value of RP-Cause (TS 24.011 8.2.5.4, table 8.4).
type Cause uint8

var causes = map[Cause]string{
	1: "unassigned (unallocated) number", 8: "operator determined barring", 10: "call barred", 11: "reserved", 21: "short message transfer rejected",
	22: "memory capacity exceeded", 27: "destination out of order", 28: "unidentified subscriber", 29: "facility rejected", 30: "unknown subscriber",
	38: "network out of order", 41: "temporary failure", 42: "congestion", 47: "resources unavailable, unspecified", 50: "requested facility not subscribed",
	69: "requested facility not implemented", 81: "invalid short message transfer reference value", 95: "semantically incorrect message",
	96: "invalid mandatory information", 97: "message type non-existent or not implemented",
	98: "message not compatible with short message protocol state", 99: "information element non-existent or not implemented",
	111: "protocol error, unspecified", 127: "interworking, unspecified",
}

// String is the number and the name of the cause.
func (c Cause) String() string {
	name := causes[c]
	if name == "" {
		name = "unknown cause"
	}
	return strconv.Itoa(int(c)) + " " + name
}

// FailureCause is TP-FCS (TS 23.040 9.2.3.22).
type FailureCause uint8

var failureCauses = map[FailureCause]string{
	0x80: "telematic interworking not supported", 0x81: "short message type 0 not supported", 0x82: "cannot replace short message", 0x8f: "unspecified TP-PID error",
	0x90: "data coding scheme not supported", 0x91: "message class not supported", 0x9f: "unspecified TP-DCS error", 0xa0: "command cannot be actioned",
	0xa1: "command unsupported", 0xaf: "unspecified TP-Command error", 0xb0: "TPDU not supported", 0xc0: "SC busy", 0xc1: "no SC subscription",
	0xc2: "SC system failure", 0xc3: "invalid SME address", 0xc4: "destination SME barred", 0xc5: "SM rejected, duplicate SM", 0xc6: "TP-VPF not supported",
	0xc7: "TP-VP not supported", 0xd0: "(U)SIM SMS storage full", 0xd1: "no SMS storage capability in (U)SIM", 0xd2: "error in MS", 0xd3: "memory capacity exceeded",
	0xd4: "(U)SIM application toolkit busy", 0xd5: "(U)SIM data download error", 0xff: "unspecified error cause",
}

// String is the value in hexadecimal and its name.
func (f FailureCause) String() string {
	name := failureCauses[f]
	switch {
	case name != "":
	case f >= 0xe0 && f <= 0xfe:
		name = "application specific"
	default:
		name = "reserved"
	}
	return inHex(byte(f)) + " " + name
}

// Status is TP-ST of a STATUS-REPORT (TS 23.040 9.2.3.15).
type Status uint8

// StatusClass is what a TP-ST says of the short message.
type StatusClass uint8

// The classes of TP-ST.
const (
	Completed   StatusClass = iota // received by the SME
	Forwarded                      // sent on, the centre cannot tell whether it arrived
	Replaced                       // replaced by the centre
	Trying                         // temporary error, the centre is still trying
	Permanent                      // permanent error, the centre is not trying any more
	GivenUp                        // temporary error, the centre is not trying any more
	OtherStatus                    // reserved, or specific to a centre
)

// Class tells the class of a status.
func (s Status) Class() StatusClass {
	switch {
	case s == 0:
		return Completed
	case s == 1 || s >= 0x10 && s < 0x20:
		return Forwarded
	case s == 2:
		return Replaced
	case s >= 0x20 && s < 0x40:
		return Trying
	case s >= 0x40 && s < 0x60:
		return Permanent
	case s >= 0x60 && s < 0x80:
		return GivenUp
	}
	return OtherStatus
}

var statuses = map[Status]string{
	0x00: "received by the SME", 0x01: "forwarded, delivery not confirmed", 0x02: "replaced by the service centre",
	0x20: "congestion", 0x21: "SME busy", 0x22: "no response from SME", 0x23: "service rejected", 0x24: "quality of service not available", 0x25: "error in SME",
	0x40: "remote procedure error", 0x41: "incompatible destination", 0x42: "connection rejected by SME", 0x43: "not obtainable", 0x44: "quality of service not available",
	0x45: "no interworking available", 0x46: "validity period expired", 0x47: "deleted by originating SME", 0x48: "deleted by service centre administration",
	0x49: "does not exist", 0x60: "congestion", 0x61: "SME busy", 0x62: "no response from SME", 0x63: "service rejected",
	0x64: "quality of service not available", 0x65: "error in SME",
}

var classNames = [...]string{"completed", "forwarded", "replaced", "still trying", "permanent error", "given up", "reserved"}

// String is the value, its class and its name.
func (s Status) String() string {
	text := inHex(byte(s)) + " " + classNames[s.Class()]
	if name := statuses[s]; name != "" {
		text += ": " + name
	}
	return text
}

var commands = [...]string{"enquiry", "cancel status report request", "delete", "enable status report request"}

// CommandName names a TP-CT (TS 23.040 9.2.3.19).
func CommandName(ct byte) string {
	if int(ct) < len(commands) {
		return commands[ct]
	}
	return "command " + inHex(ct)
}
