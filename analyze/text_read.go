package analyze

import (
	"bytes"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/sip"
	"simplecap/redact"
)

// typeSMS is the media type of SMS over IP (TS 24.341).
const typeSMS = "application/vnd.3gpp.sms"

// carries reads what a message carries, in the workers; nil where it carries
// nothing that matters, or plain text that nobody wants to see, or what redaction left of it.
// Plain text is most of the traffic, and costs one comparison. The content stands in
// memory, and what it has of octets in the message.
func (o *Options) carries(m *decode.Message, memory *content.Memory) *content.Content {
	if !o.reads(m) {
		return nil
	}
	return o.read(m, memory)
}

// read is carries of a message that reads is true of.
func (o *Options) read(m *decode.Message, memory *content.Memory) *content.Content {
	c := memory.Read(content.HeaderOf(&m.Message), m.Body.In(m.Raw), content.Limits{})
	if len(c.Defects) > 0 && !isPlain(m) && redact.IsHidden(m.Body.In(m.Raw)) {
		return nil
	}
	return c
}

// ContentOf reads what a message carries; nil where it has no body.
func ContentOf(m *decode.Message) *content.Content {
	if m.Body.Len == 0 {
		return nil
	}
	return content.Read(content.HeaderOf(&m.Message), bytes.Clone(m.Body.In(m.Raw)), content.Limits{})
}

// reads reports whether the content of a message is to be read.
func (o *Options) reads(m *decode.Message) bool {
	switch {
	case m.Kind == sip.Response:
		return m.Body.Len > 0 && m.Status/100 == 2 && saysSMS(m)
	case OfMessage(m):
		return o.PlainTexts || !isPlain(m)
	}
	return m.ContentType.Len > 0 && saysSMS(m)
}

// isPlain reports whether a MESSAGE is text and nothing else, as its header says.
func isPlain(m *decode.Message) bool {
	media := m.ContentType.In(m.Raw)
	if len(media) == 0 {
		return m.Body.Len == 0
	}
	return len(media) > 5 && string(media[:5]) == "text/"
}

// saysSMS reports whether a message of any kind says that it carries an SMS.
func saysSMS(m *decode.Message) bool {
	media := m.MediaType()
	return len(media) == len(typeSMS) && bytes.EqualFold(media, []byte(typeSMS))
}

// textKindOf is what a text with a content is.
func textKindOf(c *content.Content) result.TextKind {
	switch c.Kind {
	case content.IM:
		return result.InstantMessage
	case content.IMDN:
		return result.Notification
	case content.Composing:
		return result.TypingIndication
	case content.SMS:
		return smsKinds[c.SMS.TPDU.Kind]
	}
	return result.TextOther
}

// smsKinds are the kinds of text by the kind of their TPDU. A report in an RP-DATA
// is none of them.
var smsKinds = [...]result.TextKind{result.TextOther, result.SMSSubmit, result.SMSDeliver, result.SMSStatusReport, result.SMSCommand, result.TextOther, result.TextOther}

// userOf is the user part of a URI, by which an identity is known over its forms:
// "sip:+4912@a;user=phone", "tel:+49-12" and "sip:4912@b" are one.
func userOf[T string | []byte](uri T) T {
	if _, rest, ok := cutScheme(uri); ok {
		uri = rest
	}
	for i := 0; i < len(uri); i++ {
		if c := uri[i]; c == '@' || c == ';' || c == '?' || c == ':' {
			uri = uri[:i]
			break
		}
	}
	return canonicalUser(uri)
}

// cutScheme cuts "sip:", "sips:", "tel:" or another scheme off.
func cutScheme[T string | []byte](uri T) (scheme, rest T, ok bool) {
	for i := 0; i < len(uri) && i < 8; i++ {
		switch c := uri[i]; {
		case c == ':':
			return uri[:i], uri[i+1:], true
		case c == '@':
			return scheme, uri, false
		}
	}
	return scheme, uri, false
}

// canonicalUser is a number without its + and visual separators (RFC 3966 5.1.1),
// or the user as it stands.
func canonicalUser[T string | []byte](user T) T {
	digits := 0
	for i := 0; i < len(user); i++ {
		switch c := user[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '+' && i == 0, c == '-', c == '.', c == '(', c == ')':
		default:
			return user
		}
	}
	switch {
	case digits == len(user) || digits == 0:
		return user
	case digits == len(user)-1 && user[0] == '+':
		return user[1:]
	}
	b := make([]byte, 0, digits)
	for i := 0; i < len(user); i++ {
		if c := user[i]; c >= '0' && c <= '9' {
			b = append(b, c)
		}
	}
	return T(b)
}
