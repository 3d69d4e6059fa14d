package analyze

import (
	"bytes"
	"time"
	"unicode/utf8"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// headerRules are about what single header fields say.
var headerRules = []Rule{
	{
		ID:        "content-type-missing",
		Title:     "a body without Content-Type",
		Doc:       "The receiver cannot know what the body is. Some show it as text, some answer 415, some show nothing. Correct the sender.",
		Reference: "RFC 3261 20.15", Words: "The Content-Type header field MUST be present if the body is not empty", Severity: result.Error, Since: "0.1",
		Trap:  "line ends behind the header fields of a message without Content-Length, and a header that the snapshot length cut",
		Scope: EachMessage,
		Check: func(x *Exchange) bool {
			m := x.Message
			return m.Body.Len > 0 && m.ContentType.Len == 0 && x.wholeHead() && hasBody(m)
		},
		EndToEnd: true,
		Say:      func(x *Exchange) string { return "sends " + x.noun() + " with a body and no Content-Type" },
	},
	{
		ID:        "date-format",
		Title:     "a Date in another format",
		Doc:       "SIP knows one format of dates, that of RFC 1123 in GMT. Peers that cannot read it show the wrong time or none, and cannot tell when a stored message expires. They have to pass it on all the same.",
		Reference: "RFC 3261 20.17", Words: "SIP only supports the most recent RFC 1123 format for dates", Severity: result.Note, Since: "0.1",
		Trap:   "white space around the date, another case, and a Date that is missing",
		Scope:  EachMessage,
		Header: sip.HeaderDate,
		Check: func(x *Exchange) bool {
			value, _ := x.header(sip.HeaderDate)
			return !isDate(value) && x.wholeHead()
		},
		EndToEnd: true,
		Places:   []Place{atField(sip.HeaderDate)},
		Say: func(x *Exchange) string {
			value, _ := x.header(sip.HeaderDate)
			return "sends " + x.noun() + " with the Date " + quoted(value)
		},
	},
	{
		ID:        "not-utf8",
		Title:     "text that is not UTF-8",
		Doc:       "The header fields, or a text that names no other charset, are not UTF-8. The receiver shows wrong characters, cuts the text, or refuses the message. Let the sender use UTF-8, or name its charset.",
		Reference: "RFC 3261 7 and 7.4.1", Words: "media subtypes of the \"text\" type are defined to have a default charset value of \"UTF-8\"", Severity: result.Warning, Since: "0.1",
		Trap:  "binary types, compressed bodies, other charsets that are named, and a character that the snapshot length cut in two",
		Scope: EachMessage,
		Check: func(x *Exchange) bool {
			return x.Message.Defects.Any(sip.DefectNotUTF8) && !x.isCut() || textNotUTF8(x)
		},
		EndToEnd: true,
		Say: func(x *Exchange) string {
			if x.Message.Defects.Any(sip.DefectNotUTF8) {
				return "sends " + x.noun() + " with header fields that are not UTF-8"
			}
			return "sends " + x.noun() + " with a text that is not UTF-8 and names no other charset"
		},
	},
}

// sipDate is the format of a Date (RFC 3261 25.1, rfc1123-date).
const sipDate = "Mon, 02 Jan 2006 15:04:05 GMT"

// isDate reports whether the value of Date has the format of SIP. Literals of its grammar
// have no case (RFC 5234 2.3), and a second no fraction, which time.Parse takes.
func isDate(value []byte) bool {
	if len(value) != len(sipDate) || !bytes.EqualFold(value[len(value)-3:], []byte("GMT")) {
		return false
	}
	_, err := time.Parse(sipDate[:len(sipDate)-3], string(value[:len(value)-3]))
	return err == nil
}

// hasBody reports whether the body is more than the line ends that some append
// to a message without Content-Length.
func hasBody(m *decode.Message) bool {
	return m.ContentLength >= 0 || len(bytes.Trim(m.Body.In(m.Raw), "\r\n\x00")) > 0
}

// textNotUTF8 reports whether the body is a text of the default charset and
// breaks it.
func textNotUTF8(x *Exchange) bool {
	m := x.Message
	if m.Body.Len == 0 || x.isCut() || utf8.Valid(x.text(m.Body)) {
		return false
	}
	media := x.text(m.ContentType)
	if !hasPrefixFold(media, "TEXT/") || x.has(sip.HeaderContentEncoding) {
		return false
	}
	charset, named := sip.Param(media, "charset")
	return !named || sameFold(bytes.Trim(charset, `"`), "UTF-8")
}
