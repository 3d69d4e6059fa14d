package tls

import "encoding/binary"

// Content types of records (RFC 8446 5.1).
const (
	recordNothing      = 0
	recordChangeCipher = 20
	recordAlert        = 21
	recordHandshake    = 22
	recordData         = 23
	recordHeader       = 5
	maxRecord          = 1<<14 + 2048 // RFC 5246 6.2.3
)

// Begins reports whether b can be the beginning of a TLS connection or of a record
// of one (yes), or whether that takes more bytes to say (more).
func Begins(b []byte) (yes, more bool) {
	if len(b) < recordHeader {
		return false, plausiblePrefix(b)
	}
	n, ok := recordSize(b)
	if !ok {
		return false, false
	}
	if b[0] == recordHandshake && len(b) > recordHeader {
		return b[recordHeader] <= typeKeyUpdate || n > 64, false
	}
	return true, false
}

// plausiblePrefix reports whether b can be the beginning of a record header.
func plausiblePrefix(b []byte) bool {
	return (len(b) < 1 || b[0] >= recordChangeCipher && b[0] <= recordData) &&
		(len(b) < 2 || b[1] == 3) && (len(b) < 3 || b[2] <= 4)
}

// recordSize reads a record header of at least 5 bytes and returns the size of the
// record with it, or false where it is none.
func recordSize(b []byte) (size int, ok bool) {
	n := int(binary.BigEndian.Uint16(b[3:]))
	if !plausiblePrefix(b[:3]) || n == 0 && b[0] != recordData || n > maxRecord {
		return 0, false
	}
	return recordHeader + n, true
}

// parseRecord cuts a record of n bytes, which recordSize has found.
func parseRecord(b []byte, n int) record {
	return record{kind: b[0], version: binary.BigEndian.Uint16(b[1:]), body: b[recordHeader:n]}
}
