package capture

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

const (
	magicBytes    = 6   // tell every format that we read
	describeBytes = 512 // tell people what else a file is
)

// compressions are the leading bytes of the compressed formats that are read.
// zstd data may begin with a skippable frame, as pzstd writes it.
var compressions = []struct{ name, magic string }{
	{"gzip", "\x1f\x8b"},
	{"zstd", "\x28\xb5\x2f\xfd"},
	{"zstd", "\x50\x2a\x4d\x18"},
	{"lz4", "\x04\x22\x4d\x18"},
	{"lz4", "\x02\x21\x4c\x18"}, // the legacy format
	{"xz", "\xfd7zXZ\x00"},
	{"bzip2", "BZh"},
}

// detectCompression returns the name of the compression of data that begins
// with b, or "".
func detectCompression(b []byte) string {
	for _, c := range compressions {
		if bytes.HasPrefix(b, []byte(c.magic)) {
			return c.name
		}
	}
	return ""
}

// strangers are the leading bytes of files that people mistake for captures we
// read.
var strangers = []struct{ what, magic string }{
	{"a snoop capture (editcap -F pcapng converts it)", "snoop\x00\x00\x00"},
	{"a Network Monitor capture (editcap -F pcapng converts it)", "GMBU"},
	{"a Network Monitor capture (editcap -F pcapng converts it)", "RTSS"},
	{"an iptrace capture (editcap -F pcapng converts it)", "iptrace "},
	{"a Windows event trace (etl2pcapng converts it)", "\x00\x00\x01\x00\x00\x00\x01\x00"},
	{"a zip archive (unpack it first)", "PK\x03\x04"},
	{"a 7-Zip archive (unpack it first)", "7z\xbc\xaf\x27\x1c"},
	{"a RAR archive (unpack it first)", "Rar!"},
	{"a program", "\x7fELF"},
	{"a PDF document", "%PDF-"},
	{"an SQLite database", "SQLite format 3\x00"},
}

// describe says in a few words what a file that begins with b is, for people.
func describe(b []byte) string {
	if len(b) == 0 {
		return "an empty file"
	}
	for _, s := range strangers {
		if bytes.HasPrefix(b, []byte(s.magic)) {
			return s.what
		}
	}
	head := b[:min(len(b), describeBytes)]
	switch {
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return "a tar archive (unpack it first)"
	case detectCompression(b) != "":
		return detectCompression(b) + " data (compressed more than once)"
	case isText(head):
		return "a text file"
	case len(bytes.Trim(head, "\x00")) == 0:
		return "a file that begins with nothing but NUL bytes"
	}
	return "a file of an unknown format"
}

// isText reports whether the head of a file looks like text: UTF-8, of which the
// last character may be cut, without control characters that text has not.
func isText(head []byte) bool {
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		switch {
		case r == utf8.RuneError && size == 1:
			return len(head) < utf8.UTFMax
		case r < ' ' && !strings.ContainsRune("\t\n\r\f\x1b", r):
			return false
		}
		head = head[size:]
	}
	return true
}
