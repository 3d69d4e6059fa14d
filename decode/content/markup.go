package content

import (
	"bytes"
	"strings"
)

// A pieceKind is what a piece of XML is.
type pieceKind uint8

const (
	textPiece   pieceKind = iota
	tagPiece              // <a b="c">, </a>, <a/>
	otherPiece            // a declaration, a processing instruction
	hiddenPiece           // a comment, or what is broken
)

// piece is a stretch of XML.
type piece struct {
	kind     pieceKind
	from, to int
}

// markup cuts XML into tags and what is between them, whatever its encoding, as long
// as < and > are there what they are in ASCII. encoding/xml does not tell where in the
// octets it is, once it has converted them.
func markup(b []byte) (pieces []piece) {
	const most = 4096
	for at := 0; at < len(b) && len(pieces) < most; {
		end, kind := len(b), textPiece
		if b[at] != '<' {
			if open := bytes.IndexByte(b[at:], '<'); open >= 0 {
				end = at + open
			}
		} else {
			end, kind = markupEnd(b, at)
		}
		pieces = append(pieces, piece{kind, at, end})
		at = end
	}
	return pieces
}

// markupEnd is where the markup ends that begins at b[at].
func markupEnd(b []byte, at int) (end int, kind pieceKind) {
	for _, m := range []struct {
		begins, ends string
		kind         pieceKind
	}{{"<!--", "-->", hiddenPiece}, {"<![CDATA[", "]]>", hiddenPiece}, {"<?", "?>", otherPiece}} {
		if !bytes.HasPrefix(b[at:], []byte(m.begins)) {
			continue
		}
		if n := bytes.Index(b[at:], []byte(m.ends)); n >= 0 {
			return at + n + len(m.ends), m.kind
		}
		return len(b), hiddenPiece
	}
	quote := byte(0)
	for i := at + 1; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1, tagPiece
		}
	}
	return len(b), hiddenPiece
}

// tagName is the local name of a tag.
func tagName(tag []byte) string {
	name := strings.TrimLeft(string(tag), "</")
	if end := strings.IndexAny(name, " \t\r\n/>"); end >= 0 {
		name = name[:end]
	}
	return name[strings.IndexByte(name, ':')+1:]
}
