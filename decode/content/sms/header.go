package sms

import (
	"iter"
	"strconv"
)

// Identifiers of elements of the user data header (TS 23.040 9.2.3.24).
const (
	concat8      = 0x00
	ports8       = 0x04
	ports16      = 0x05
	concat16     = 0x08
	singleShift  = 0x24
	lockingShift = 0x25
)

// Element is one element of a user data header.
type Element struct {
	ID   byte
	Data []byte // points into the header
}

// Elements yields the elements of a user data header up to one that is cut short.
func Elements(header []byte) iter.Seq[Element] {
	return func(yield func(Element) bool) {
		for len(header) >= 2 && 2+int(header[1]) <= len(header) {
			end := 2 + int(header[1])
			if !yield(Element{header[0], header[2:end]}) {
				return
			}
			header = header[end:]
		}
	}
}

var elementNames = map[byte]string{
	0x00: "concatenation, 8-bit reference", 0x01: "special SMS message indication", 0x04: "application ports, 8 bits", 0x05: "application ports, 16 bits",
	0x06: "SMSC control parameters", 0x07: "UDH source indicator", 0x08: "concatenation, 16-bit reference", 0x09: "wireless control message protocol",
	0x0a: "text formatting", 0x0b: "predefined sound", 0x0c: "user defined sound", 0x0d: "predefined animation", 0x0e: "large animation", 0x0f: "small animation",
	0x10: "large picture", 0x11: "small picture", 0x12: "variable picture", 0x13: "user prompt indicator", 0x14: "extended object", 0x15: "reused extended object",
	0x16: "compression control", 0x17: "object distribution indicator", 0x18: "standard WVG object", 0x19: "character size WVG object",
	0x1a: "extended object data request", 0x20: "RFC 822 e-mail header", 0x21: "hyperlink format", 0x22: "reply address", 0x23: "enhanced voice mail information",
	0x24: "national language single shift", 0x25: "national language locking shift",
}

// elementLengths are those of the elements that hold numbers of the protocol and
// nothing else.
var elementLengths = map[byte]int{concat8: 3, ports8: 2, ports16: 4, concat16: 4, singleShift: 1, lockingShift: 1}

// describe says what the element is, and its numbers where it has such.
func (e Element) describe() string {
	d := e.Data
	if elementLengths[e.ID] != len(d) || len(d) == 0 {
		return e.Name()
	}
	switch e.ID {
	case concat8:
		return e.Name() + " " + strconv.Itoa(int(d[0])) + ", part " + strconv.Itoa(int(d[2])) + " of " + strconv.Itoa(int(d[1]))
	case concat16:
		return e.Name() + " " + strconv.Itoa(int(d[0])<<8|int(d[1])) + ", part " + strconv.Itoa(int(d[3])) + " of " + strconv.Itoa(int(d[2]))
	case ports8:
		return e.Name() + ", to " + strconv.Itoa(int(d[0])) + " from " + strconv.Itoa(int(d[1]))
	case ports16:
		return e.Name() + ", to " + strconv.Itoa(int(d[0])<<8|int(d[1])) + " from " + strconv.Itoa(int(d[2])<<8|int(d[3]))
	}
	return e.Name() + " " + strconv.Itoa(int(d[0]))
}

// Name says what the element is.
func (e Element) Name() string {
	name := elementNames[e.ID]
	switch {
	case name != "":
		return name
	case e.ID >= 0x70 && e.ID <= 0x7f:
		return "SIM toolkit security header"
	case e.ID >= 0x80 && e.ID <= 0x9f:
		return "SME to SME element " + inHex(e.ID)
	case e.ID >= 0xc0 && e.ID <= 0xdf:
		return "service centre element " + inHex(e.ID)
	}
	return "reserved element " + inHex(e.ID)
}
