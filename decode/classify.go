package decode

import (
	"bytes"
	"encoding/binary"
)

// portDNS and portMDNS are where a DNS header is looked for: it has no mark of its own.
const (
	portDNS  = 53
	portMDNS = 5353
)

// classify says what the payload of a datagram that is not SIP is, by content,
// cheaply enough to do for every packet of a capture.
func classify(payload []byte, src, dst uint16) Class {
	if len(payload) == 0 {
		return ClassEmpty
	}
	first := payload[0]
	switch {
	case isDNSPort(src) || isDNSPort(dst):
		if isDNS(payload) {
			return ClassDNS
		}
	case first>>6 == 2:
		return classifyRTP(payload)
	case first>>3 == 0x1f && (src == portSIP || dst == portSIP): // RFC 3320 7; five bits alone say little
		return ClassSigComp
	}
	switch {
	case isSTUN(payload):
		return ClassSTUN
	case first >= 20 && first <= 25:
		return classifyTLS(payload)
	case isKeepAlive(payload):
		return ClassKeepAlive
	case tokenChar[first]:
		return classifyText(payload)
	}
	return ClassOther
}

// classifyRTP tells RTP from RTCP by the packet type (RFC 3550 5.1 and 6.4, RFC 5761 4).
func classifyRTP(b []byte) Class {
	switch {
	case len(b) >= 8 && b[1] >= 200 && b[1] <= 211:
		return ClassRTCP
	case len(b) >= 12:
		return ClassRTP
	}
	return ClassOther
}

// isSTUN looks for the magic cookie (RFC 8489 5).
func isSTUN(b []byte) bool {
	return len(b) >= 20 && b[0]>>6 == 0 && binary.BigEndian.Uint32(b[4:]) == 0x2112a442
}

func isDNSPort(port uint16) bool { return port == portDNS || port == portMDNS }

// isDNS checks that a header is sane: a known opcode, the reserved bit unset, and
// some records but not many (RFC 1035 4.1.1).
func isDNS(b []byte) bool {
	if len(b) < 12 || b[2]>>3&0x0f > 6 || b[3]&0x40 != 0 {
		return false
	}
	records := 0
	for i := 4; i < 12; i += 2 {
		records += int(be16(b[i:]))
	}
	return records > 0 && records <= len(b)
}

// classifyTLS tells DTLS from TLS by the version in the record header (RFC 9147 4, RFC 8446 5.1).
func classifyTLS(b []byte) Class {
	switch {
	case len(b) >= 13 && b[1] == 0xfe && b[2] >= 0xfc:
		return ClassDTLS
	case len(b) >= 5 && b[1] == 3 && b[2] <= 4:
		return ClassTLS
	}
	return ClassOther
}

// isKeepAlive reports whether there is nothing but CR, LF and NUL.
func isKeepAlive(b []byte) bool {
	for _, c := range b {
		if c != '\r' && c != '\n' && c != 0 {
			return false
		}
	}
	return true
}

// classifyText looks at what begins with a character of a token.
func classifyText(b []byte) Class {
	switch {
	case bytes.HasPrefix(b, []byte("HEP3")), bytes.HasPrefix(b, []byte("EEP1")):
		return ClassHEP
	case bytes.HasPrefix(b, []byte("MSRP ")):
		return ClassMSRP
	case bytes.HasPrefix(b, []byte("HTTP/")):
		return ClassHTTP
	case bytes.HasPrefix(b, []byte("SIP/")):
		return ClassSIPOther
	}
	line, ended := cutLine(b)
	if !ended {
		return ClassOther
	}
	switch version := line[bytes.LastIndexByte(line, ' ')+1:]; {
	case bytes.HasPrefix(version, []byte("HTTP/")):
		return ClassHTTP
	case bytes.HasPrefix(version, []byte("SIP/")):
		return ClassSIPOther
	}
	return ClassOther
}
