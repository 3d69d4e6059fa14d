package content

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// mediaType is the type and subtype of a Content-Type in lower case, or the first
// word of another header field with parameters.
func mediaType(value string) string {
	first, parameters, _ := strings.Cut(value, ";")
	return alone(strings.ToLower(strings.TrimSpace(first)), len(parameters))
}

// alone returns a word of a string without the rest, so many bytes, which would stay in
// memory with it.
func alone(word string, rest int) string {
	const little = 64
	if rest > little {
		return strings.Clone(word)
	}
	return word
}

// parameter returns a parameter of a header field, without its quotation marks,
// "" where it has none.
func parameter(value, name string) string {
	_, rest, _ := strings.Cut(value, ";")
	for rest != "" {
		var one string
		one, rest = nextParameter(rest)
		key, v, _ := strings.Cut(one, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return unquote(strings.TrimSpace(v))
		}
	}
	return ""
}

// nextParameter cuts a value at the first semicolon outside quotation marks.
func nextParameter(value string) (one, rest string) {
	quoted := false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			return value[:i], value[i+1:]
		}
	}
	return value, ""
}

func unquote(v string) string {
	if len(v) < 2 || v[0] != '"' {
		return v
	}
	var b strings.Builder
	for i := 1; i < len(v) && v[i] != '"'; i++ {
		if v[i] == '\\' && i+1 < len(v) {
			i++
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

func number(n int) string { return strconv.Itoa(n) }

func runes(s string) int { return utf8.RuneCountInString(s) }

// typeSMS is the media type of SMS over IP (TS 24.341).
const typeSMS = "application/vnd.3gpp.sms"

func isSMS(media string) bool { return media == typeSMS }

// services are bodies with a name of their own.
var services = map[string]string{
	"application/vnd.gsma.rcs-ft-http+xml":         "file transfer",
	"application/vnd.gsma.rcspushlocation+xml":     "location",
	"application/vnd.gsma.rcs-reconfigure+xml":     "RCS reconfiguration",
	"application/vnd.gsma.botmessage.v1.0+json":    "chatbot message",
	"application/vnd.gsma.botsuggestion.v1.0+json": "chatbot suggestion",
	"application/vnd.gsma.botmessage.v2.0+json":    "chatbot message",
	"application/vnd.gsma.botsuggestion.v2.0+json": "chatbot suggestion",
	"text/vcard":                             "contact",
	"text/x-vcard":                           "contact",
	"application/pkcs7-mime":                 "S/MIME",
	"application/x-pkcs7-mime":               "S/MIME",
	"application/vnd.3gpp2.sms":              "CDMA SMS",
	"application/simple-message-summary":     "message waiting",
	"application/resource-lists+xml":         "recipient list",
	"application/xml":                        "provisioning",
	"application/vnd.syncml.notification":    "provisioning",
	"application/vnd.wap.connectivity-wbxml": "provisioning",
	"application/vnd.oma.push":               "push",
	"application/sdp":                        "session description",
	"application/dtmf-relay":                 "DTMF",
	"application/octet-stream":               "octets",
	"application/json":                       "JSON",
	"message/sipfrag":                        "part of a SIP message",
	"application/vnd.3gpp.ussd+xml":          "USSD",
	"application/manscdp+xml":                "GB/T 28181",
	"application/mansrtsp":                   "GB/T 28181 playback control",
}

// service reads a body of another type.
func (r *reader) service(media string, body []byte) {
	kind := Other
	switch {
	case media == "application/pkcs7-mime" || media == "application/x-pkcs7-mime":
		kind = IM
	case strings.HasPrefix(media, "application/vnd.gsma.rcs"):
		if !strings.Contains(media, "reconfigure") {
			kind = IM
		}
	case strings.HasPrefix(media, "application/vnd.gsma.bot"):
		kind = IM
	case strings.HasSuffix(media, "signature") || strings.HasPrefix(media, "image/") || media == "application/vnd.3gpp.access-transfer-info+xml":
		if r.parts > 0 {
			return // it goes with another part
		}
	}
	if !r.take(kind, media) {
		return
	}
	r.c.Opaque = strings.Contains(media, "pkcs7-mime") && !strings.Contains(media, "signed")
	switch {
	case media == "application/manscdp+xml":
		r.manscdp(body)
	case r.c.Service == "":
		r.c.Service = media
	}
}

// PlainType reads a Content-Type for PlainText: the media type and the charset as
// Content has them. ok is false where it is no text/* in UTF-8, or a service.
func PlainType(contentType string) (media, charset string, ok bool) {
	media = mediaType(contentType)
	charset = strings.ToLower(parameter(contentType, "charset"))
	if charset == "" {
		charset = "utf-8"
	}
	return media, charset, strings.HasPrefix(media, "text/") && services[media] == "" && isUTF8(charset)
}

// isUTF8 reports whether the octets of a charset are UTF-8.
func isUTF8(charset string) bool {
	return charset == "utf-8" || charset == "us-ascii" || charset == "utf8"
}

// PlainText counts the characters of a body of such a type without any encoding. ok is
// false where there is more to be said of it than that: Read says it.
func PlainText(body []byte) (characters int, ok bool) {
	if len(body) == 0 || len(body) > plainBytes || body[0] == byteOrderMark[0] || !utf8.Valid(body) {
		return 0, false
	}
	return utf8.RuneCount(body), true
}

// plainBytes is less than any Limits.Text that somebody may want.
const plainBytes = 8 << 10

const byteOrderMark = "\xef\xbb\xbf"
