package content

import (
	"bytes"
	"slices"
	"strings"

	"simplecap/decode/content/sms"
	"simplecap/decode/sip"
	"simplecap/internal/preset"
)

// Kind is what a body is.
type Kind uint8

// The kinds of body.
const (
	Other     Kind = iota // a service, or something that nobody knows
	IM                    // the text of a person or a service to a person
	IMDN                  // notifications about texts (RFC 5438)
	Composing             // somebody is typing (RFC 3994)
	SMS                   // a short message or a report about one (TS 24.341)
)

// String names the kind as a report does.
func (k Kind) String() string {
	return [...]string{"other", "im", "imdn", "is-composing", "sms"}[k]
}

// Header is what the header fields say of a body, as they stand there.
type Header struct {
	Type             string // Content-Type with its parameters; "" where there is none
	Encoding         string // Content-Encoding
	TransferEncoding string // Content-Transfer-Encoding
	Disposition      string // Content-Disposition
}

// HeaderOf returns what the header fields of a SIP message say of its body.
func HeaderOf(m *sip.Message) Header {
	text := func(id sip.HeaderID) string {
		if !m.Present.Has(id) {
			return ""
		}
		value, _ := m.Header(id)
		return string(value)
	}
	media := typeSMS // most of what is read
	if value := m.ContentType.In(m.Raw); string(value) != typeSMS {
		media = string(value)
	}
	return Header{Type: media, Encoding: text(sip.HeaderContentEncoding),
		TransferEncoding: text(sip.HeaderContentTransferEncoding), Disposition: text(sip.HeaderContentDisposition)}
}

// Content is what a body says.
type Content struct {
	Kind       Kind
	Type       string // media type of the innermost content, lower case; "" where nothing says
	Charset    string // of a text/* content, lower case; utf-8 where nothing says
	Text       string // decoded to UTF-8; see HasText
	HasText    bool
	Characters int // runes of Text
	Opaque     bool

	Wrapped          string   // multipart type around the content, or message/cpim around an SMS
	Parts            []string // media types of the parts of that multipart
	Encoding         string   // Content-Encoding, lower case
	TransferEncoding string   // other than binary, lower case
	Disposition      string   // Content-Disposition nearest to the content, lower case, without parameters
	Service          string   // what a body with a name is: "file transfer", "GB/T 28181 Keepalive"; "" for a plain text

	CPIM       *CPIM // the outermost
	Inner      *CPIM // a CPIM in it
	IMDNs      []Notification
	Composing  State
	SMS        *sms.Message
	Undeclared string    // "base64" or "hex" where an SMS is written so and nothing says it
	Recipients []string  // URIs of a recipient list (RFC 5365)
	Exchange   Reference // of a GB/T 28181 body
	Defects    []Defect
}

// Defect is something wrong with a body. At is the offset in what the part of it
// was decoded to.
type Defect = sms.Defect

// Limits are the bounds of a reader. A zero field means the default.
type Limits struct {
	Depth      int // multiparts and CPIMs in each other (default 8)
	Parts      int // parts of all multiparts of a body (default 64)
	Inflated   int // bytes that all Content-Encodings of a body may become (default 256 KiB)
	Text       int // bytes of text that are kept (default 64 KiB)
	XML        int // bytes of XML that are read (default 64 KiB)
	Recipients int // URIs of a recipient list that are kept (default 100)
}

// defaults are the limits where nobody sets them. They are not changed.
var defaults = Limits{Depth: 8, Parts: 64, Inflated: 256 << 10, Text: 64 << 10, XML: 64 << 10, Recipients: 100}

func (l Limits) withDefaults() Limits {
	if (l == Limits{}) {
		return defaults
	}
	preset.Numbers(&l, defaults)
	return l
}

// Read says what a body is. The fields of Content.SMS that are octets point into body.
func Read(h Header, body []byte, limits Limits) *Content {
	return new(Memory).Read(h, body, limits)
}

// Memory is what a content and the SMS in it take, for those who read many.
type Memory struct {
	content Content
	sms     sms.Message
}

// Read is the function Read into memory that is used again: the result is valid until
// the next call.
func (s *Memory) Read(h Header, body []byte, limits Limits) *Content {
	s.content = Content{}
	r := reader{limits: limits.withDefaults(), c: &s.content, sms: &s.sms}
	r.body(h, body, 0)
	r.finish()
	return r.c
}

// Keep copies a content that is valid for a moment only, with the SMS in it, and returns
// the copy. TPDU.Octets is not in it.
func (s *Memory) Keep(c *Content) *Content {
	s.content = *c
	if c.SMS == nil {
		return &s.content
	}
	s.sms = *c.SMS
	s.content.SMS = &s.sms
	t := &s.sms.TPDU
	t.Octets, t.Data, t.Header = nil, bytes.Clone(t.Data), bytes.Clone(t.Header)
	s.sms.Defects = slices.Clone(s.sms.Defects)
	return &s.content
}

// reader reads one body. The content that counts is the first text, or else the
// first thing with a kind of its own.
type reader struct {
	limits Limits
	c      *Content
	sms    *sms.Message // memory for c.SMS
	parts  int
	grown  int  // bytes that Content-Encodings have become
	found  bool // the content has been found
}

func (r *reader) defect(at int, what string) {
	if len(r.c.Defects) < r.limits.Parts {
		r.c.Defects = append(r.c.Defects, Defect{At: at, What: what})
	}
}

// body reads a body at a depth of wrapping: takes its encodings off and looks at
// what is in it.
func (r *reader) body(h Header, body []byte, depth int) {
	media := mediaType(h.Type)
	if depth > r.limits.Depth {
		r.defect(0, "wrapped more than "+number(r.limits.Depth)+" times")
		return
	}
	if depth == 0 {
		r.c.Disposition = mediaType(h.Disposition)
	}
	body = r.decode(h, body)
	switch {
	case media == "" && len(body) == 0 || len(body) == 0 && depth == 0 && !isSMS(media):
		r.empty(media)
	case strings.HasPrefix(media, "multipart/"):
		r.multipart(h.Type, media, body, depth)
	case media == "message/cpim":
		r.cpim(body, depth)
	default:
		r.leaf(h, media, body)
	}
}

// empty is a message without a body: a text without characters.
func (r *reader) empty(media string) {
	if r.found || strings.HasPrefix(media, "application/") {
		r.c.Type = media
		return
	}
	r.found = true
	r.c.Kind, r.c.HasText, r.c.Type = IM, true, media
}

// leaf reads a content that is not wrapped.
func (r *reader) leaf(h Header, media string, body []byte) {
	switch {
	case isSMS(media):
		r.short(media, body)
	case media == "message/imdn+xml":
		r.imdn(media, body)
	case media == "application/im-iscomposing+xml":
		r.composing(media, body)
	case media == "application/resource-lists+xml":
		r.list(media, body)
	case strings.HasPrefix(media, "text/"):
		r.text(h.Type, media, body)
	default:
		r.service(media, body)
	}
}

// take makes media the content that counts, unless there is one already.
func (r *reader) take(kind Kind, media string) bool {
	if r.found {
		return false
	}
	r.found = true
	r.c.Kind, r.c.Type, r.c.Service = kind, media, services[media]
	return true
}

func (r *reader) text(contentType, media string, body []byte) {
	if !r.take(IM, media) {
		return
	}
	r.c.Charset = alone(strings.ToLower(parameter(contentType, "charset")), len(contentType))
	if r.c.Charset == "" {
		r.c.Charset = "utf-8"
	}
	r.c.Text, r.c.HasText = r.decodeText(r.c.Charset, body)
	r.c.Characters = runes(r.c.Text)
}

// finish decides what the wrapping makes of the content: anything in CPIM is a
// text, unless it is about one.
func (r *reader) finish() {
	if r.c.CPIM != nil && r.c.Kind == Other && r.c.SMS == nil {
		r.c.Kind = IM
	}
}
