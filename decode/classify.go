package decode

import (
	"bytes"
	"encoding/binary"

	"simplecap/decode/msrp"
	"simplecap/decode/packet"
	"simplecap/decode/sip"
	"simplecap/decode/stream"
)

// This file has the probes of what is not SIP: what a payload is by its content, cheaply
// enough to do for every packet of a capture.

// isDNS checks that a header is sane: a known opcode, the reserved bit unset, and
// some records but not many (RFC 1035 4.1.1).
func isDNS(b []byte, src, dst uint16) bool {
	if !packet.IsDNSPort(src) && !packet.IsDNSPort(dst) || len(b) < 12 || b[2]>>3&0x0f > 6 || b[3]&0x40 != 0 {
		return false
	}
	records := 0
	for i := 4; i < 12; i += 2 {
		records += int(binary.BigEndian.Uint16(b[i:]))
	}
	return records > 0 && records <= len(b)
}

func rtpFirst(c byte) bool { return c>>6 == 2 }

// isRTCP tells RTCP from RTP by the packet type (RFC 3550 6.4, RFC 5761 4).
func isRTCP(b []byte, _, _ uint16) bool { return len(b) >= 8 && b[1] >= 200 && b[1] <= 211 }

// isRTP looks for a whole header (RFC 3550 5.1).
func isRTP(b []byte, _, _ uint16) bool { return len(b) >= 12 }

// classifyRTP is the class of what begins as RTP and RTCP do.
func classifyRTP(b []byte) Class {
	switch {
	case isRTCP(b, 0, 0):
		return ClassRTCP
	case isRTP(b, 0, 0):
		return ClassRTP
	}
	return ClassOther
}

func sigCompFirst(c byte) bool { return c>>3 == 0x1f }

// isSigComp goes by the port too: five bits alone say little (RFC 3320 7).
func isSigComp(_ []byte, src, dst uint16) bool { return src == portSIP || dst == portSIP }

func stunFirst(c byte) bool { return c>>6 == 0 }

// isSTUN looks for the magic cookie (RFC 8489 5).
func isSTUN(b []byte, _, _ uint16) bool {
	return len(b) >= 20 && binary.BigEndian.Uint32(b[4:]) == 0x2112a442
}

func tlsFirst(c byte) bool { return c >= 20 && c <= 25 }

// isDTLS goes by the version in the record header (RFC 9147 4).
func isDTLS(b []byte, _, _ uint16) bool { return len(b) >= 13 && b[1] == 0xfe && b[2] >= 0xfc }

// isTLS goes by the version in the record header (RFC 8446 5.1).
func isTLS(b []byte, _, _ uint16) bool { return len(b) >= 5 && b[1] == 3 && b[2] <= 4 }

func keepAliveFirst(c byte) bool { return isKeepAlive([]byte{c}, 0, 0) }

// isKeepAlive reports whether there is nothing but CR, LF and NUL.
func isKeepAlive(b []byte, _, _ uint16) bool { return sip.KeepAlive(b) == len(b) }

var msrpStart = []byte("MSRP ")

func msrpFirst(c byte) bool { return c == msrpStart[0] }

// isMSRP looks for the beginning of a request or response (RFC 4975 9).
func isMSRP(b []byte, _, _ uint16) bool { return bytes.HasPrefix(b, msrpStart) }

// msrpBegins is the probe of MSRP on a stream.
func msrpBegins(b []byte, _ bool) stream.Match {
	match := beginsWith(b, msrpStart)
	if match == stream.Yes && !msrpJoins(b) {
		if _, ended := stream.Line(b); ended || !msrp.Start(b) {
			return stream.No
		}
		return stream.Maybe
	}
	return match
}

// beginsWith reports whether b begins with a mark, or may.
func beginsWith(b, mark []byte) stream.Match {
	switch n := min(len(b), len(mark)); {
	case !bytes.Equal(b[:n], mark[:n]):
		return stream.No
	case n < len(mark):
		return stream.Maybe
	}
	return stream.Yes
}

func tokenFirst(c byte) bool { return sip.IsToken([]byte{c}) }

// isHTTP reports whether b begins with a request or status line of HTTP (RFC 9112 3 and 4).
func isHTTP(b []byte, _, _ uint16) bool {
	line, ended := stream.Line(b)
	return bytes.HasPrefix(line, []byte("HTTP/")) || ended && bytes.HasPrefix(lastWord(line), []byte("HTTP/"))
}

// httpBegins is the probe of HTTP on a stream.
func httpBegins(b []byte, _ bool) stream.Match {
	if isHTTP(b, 0, 0) {
		return stream.Yes
	}
	return stream.No // until its line ends it may be SIP, whose probe waits
}

// lastWord returns what follows the last space of a line, nil where there is none.
func lastWord(line []byte) []byte {
	i := bytes.LastIndexByte(line, ' ')
	if i < 0 {
		return nil
	}
	return line[i+1:]
}
