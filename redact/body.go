package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"simplecap/decode/content"
	"simplecap/decode/content/sms"
	"simplecap/decode/sip"
)

// bodies rewrites bodies in their own bytes, so that what they say of receipts, causes
// and references can be judged again: numbers, addresses and ids get pseudonyms, what
// somebody wrote is hidden, and what no field covers is hidden too.
type bodies struct {
	r         *Redactor
	texts     *Texts
	heads     bool // header fields get pseudonyms as well, and so do boundaries
	wordsOnly bool // nothing is hidden but what somebody wrote, and what is not known to be something else
}

// HideWritten hides, in the bytes of a message, what somebody wrote in its body: texts,
// also those of an SMS and inside CPIM and multipart bodies. Who it is from and to, ids,
// references and every length stay, so that receipts can still be matched.
func HideWritten(m *sip.Message) {
	bodies{texts: &Texts{}, wordsOnly: true}.message(m)
}

// message rewrites the body of m, whose header fields have not been changed yet.
func (b bodies) message(m *sip.Message) {
	if body := m.Bytes(m.Body); len(body) > 0 {
		b.rewrite(content.Describe(content.HeaderOf(m), body, content.Limits{}), body)
	}
}

// rewrite changes a body of which the fields are known.
func (b bodies) rewrite(fields []content.Field, body []byte) {
	old, end := bytes.Clone(body), 0
	for i := range fields {
		f := &fields[i]
		if f.From > end {
			hideGap(body[end:f.From], f.Holds)
		}
		end = max(end, f.To)
		b.field(f, old, body)
	}
	if end < len(body) {
		last := content.Written
		if len(fields) > 0 {
			last = fields[len(fields)-1].Holds
		}
		hideGap(body[end:], last)
	}
}

// hideGap hides what belongs to no field; among octets, no NUL and no line end is one.
func hideGap(b []byte, near content.Holding) {
	if near != content.Short {
		HideText(b)
		return
	}
	for i := range b {
		b[i] = hidden1
	}
}

func (b bodies) field(f *content.Field, old, body []byte) {
	value := body[f.From:f.To]
	if b.wordsOnly && !b.holdsWords(f) {
		return
	}
	if !b.heads && (f.Layer == "CPIM" || f.Layer == "imdn+xml") && (f.Holds == content.Address || f.Holds == content.ID) {
		hidePasswords(value)
		return // who and which message: header fields that stay say so too
	}
	switch f.Holds {
	case content.Syntax:
	case content.Short:
		b.short(f, old, body)
	case content.Markup:
		b.r.tag(value)
	case content.Words:
		b.words(f.Name, value)
	case content.Address:
		if bytes.IndexByte(value, '&') >= 0 {
			HideText(value)
			return
		}
		b.r.nameAddr(value)
	case content.ID:
		b.r.token(value)
	case content.Boundary:
		if b.heads {
			b.r.opaque(value)
		}
	case content.Encoded:
		b.encoded(f, value)
	case content.Written:
		b.texts.hide(value)
	default:
		HideText(value)
	}
}

// holdsWords reports whether a field holds what somebody wrote, or may hold it.
func (b bodies) holdsWords(f *content.Field) bool {
	switch f.Holds {
	case content.Syntax, content.Markup, content.Address, content.ID, content.Boundary:
		return false
	case content.Short:
		return f.SMS.Holds != sms.Digits && (f.SMS.Holds != sms.Septets || f.SMS.At.Text)
	}
	return true
}

// words keeps what a protocol writes in a field and takes the rest out.
func (b bodies) words(name string, value []byte) {
	switch lower := strings.ToLower(name); {
	case strings.HasPrefix(lower, "content-") || lower == "mime-version":
		if b.heads {
			b.r.wordsAndParams(value, grammar{digits: 8})
		}
	case lower == "ns" && bytes.Contains(value, []byte("<urn:ietf:params:")):
	case !b.heads && (lower == "ns" || lower == "require"): // names of extensions
	case len(bytes.Trim(value, "0123456789-+:.TZ")) == 0 && len(value) <= len("2006-01-02T15:04:05.000000000+00:00"):
	case keptWords()[strings.ToLower(string(value))]:
	default:
		for part := range bytes.SplitSeq(value, []byte(",")) {
			if !keptWords()[strings.ToLower(string(bytes.TrimSpace(part)))] {
				HideText(part)
			}
		}
	}
}

// keptWords may stand in fields of bodies and tell nothing of anybody.
var keptWords = setOf(`positive-delivery negative-delivery display processing active idle notification imdn ok error
		keepalive catalog alarm mediastatus deviceinfo devicestatus recordinfo configdownload presetquery mobileposition devicecontrol broadcast
		text/plain text/html message/cpim audio video image/jpeg image/png delivered displayed failed processed stored forbidden`)

// encoded rewrites what stands in base64 or hexadecimal, which keeps its length. Other
// encodings are hidden whole.
func (b bodies) encoded(f *content.Field, value []byte) {
	decoded := bytes.Clone(f.Decoded)
	var written []byte
	switch f.Encoding {
	case "base64":
		b.rewrite(f.Inner, decoded)
		written = []byte(base64.StdEncoding.EncodeToString(decoded))
	case "hex":
		b.rewrite(f.Inner, decoded)
		written = []byte(hex.EncodeToString(decoded))
	default: // also its signs of equality: who reads it again is to see that it is hidden
		HideText(value)
		return
	}
	at := 0
	for i, c := range value {
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '=':
		case at < len(written):
			value[i] = written[at]
			at++
		default:
			value[i] = hidden1
		}
	}
}

// tag takes names and values out of a tag of XML that no known format has.
func (r *Redactor) tag(b []byte) {
	for i := 0; i < len(b); i++ {
		from := i
		switch c := b[i]; {
		case c == '"' || c == '\'':
			end := bytes.IndexByte(b[i+1:], c)
			if end < 0 {
				HideText(b[i:])
				return
			}
			value := b[i+1 : i+1+end]
			if !bytes.HasPrefix(value, []byte("urn:ietf:params:")) && !keptValues()[strings.ToLower(string(value))] {
				r.permute(value)
			}
			i += 1 + end
		case isWord(c):
			for i < len(b) && (isWord(b[i]) || b[i] == '-' || b[i] == '_' || b[i] == '.') {
				i++
			}
			if name := strings.ToLower(string(b[from:i])); !keptTags()[name] {
				r.permute(b[from:i])
			}
			i--
		}
	}
}

// keptTags are names of elements, attributes and prefixes in the XML that a text may
// have.
var keptTags = setOf(`xml version encoding standalone xmlns xsi schemalocation imdn message-id datetime recipient-uri original-recipient-uri subject
		delivery-notification display-notification processing-notification status delivered displayed failed processed stored forbidden error
		iscomposing state contenttype refresh lastactive resource-lists list entry uri cp copycontrol cc to bcc display-name
		notify query control response cmdtype sn deviceid result sumnum devicelist num item info note lang i rl`)

// keptValues are those of attributes.
var keptValues = setOf("1.0 1.1 utf-8 gb2312 gbk gb18030 us-ascii iso-8859-1 to cc bcc yes no http://www.w3.org/2001/xmlschema-instance")
