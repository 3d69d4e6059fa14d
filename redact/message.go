package redact

import (
	"bytes"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// Message returns a copy of m with pseudonyms in the place of names and numbers,
// and without its text and what proves that somebody knows a password. All spans
// stay right. A nil Redactor returns m itself.
func (r *Redactor) Message(m *decode.Message) *decode.Message {
	if r == nil {
		return m
	}
	c := m.Clone()
	bodies{r: r, texts: &Texts{}, heads: true}.message(&c.Message)
	r.head(&c.Message)
	return c
}

// head changes the start line and the header fields of m in its own bytes. A nil
// Redactor takes out only the words of persons and what proves that somebody
// knows a password.
func (r *Redactor) head(m *sip.Message) {
	if r == nil {
		hideWords(m)
		return
	}
	names := namesOf(m)
	end := r.startLine(m, names)
	for i := range m.Headers {
		h := &m.Headers[i]
		r.between(m.Raw, end, int(h.Name.Off), names)
		g := r.grammarOf(h, m.Raw) // by the name, which changes
		r.name(h, h.Name.In(m.Raw))
		r.header(g, h.Value.In(m.Raw), names)
		end = int(max(h.Name.End(), h.Value.End()))
	}
	r.between(m.Raw, end, headEnd(m), names)
}

// headEnd is the offset behind the header fields.
func headEnd(m *sip.Message) int {
	if m.Body.Off > 0 {
		return int(m.Body.Off)
	}
	return len(m.Raw)
}

// namesOf are the users that the header fields of a message may name again.
func namesOf(m *sip.Message) (n names) {
	n.add(m.Bytes(m.FromURI))
	n.add(m.Bytes(m.ToURI))
	n.add(m.Bytes(m.URI))
	for value := range m.All(sip.HeaderPAssertedIdentity) {
		_, uri, _ := bytes.Cut(value, []byte("<"))
		uri, _, _ = bytes.Cut(uri, []byte(">"))
		n.add(uri)
	}
	return n
}

// startLine changes the start line and returns where it ends. The reason phrase
// of a response may name the users of From and To. A start line that is broken in several
// ends where its last part does.
func (r *Redactor) startLine(m *sip.Message, all names) (end int) {
	end = int(max(m.URI.End(), m.Version.End(), m.Reason.End()))
	if n := bytes.IndexAny(m.Raw[end:], "\r\n"); n >= 0 {
		end += n
	} else {
		end = len(m.Raw)
	}
	if m.Kind == sip.Response {
		var both names
		both.add(m.Bytes(m.FromURI))
		both.add(m.Bytes(m.ToURI))
		r.statusLine(m, end, both)
		return end
	}
	r.method(m.Bytes(m.Method))
	r.between(m.Raw, int(m.Method.End()), int(m.URI.Off), all)
	r.uri(m.Bytes(m.URI))
	if m.Version.Len > 0 {
		r.between(m.Raw, int(m.URI.End()), int(m.Version.Off), all)
		r.version(m.Bytes(m.Version))
		r.between(m.Raw, int(m.Version.End()), end, all)
	}
	return end
}

// statusLine changes a status line: its version and code, three digits, stay.
func (r *Redactor) statusLine(m *sip.Message, end int, names names) {
	reason := end
	if m.Reason.Len > 0 {
		reason = int(m.Reason.Off)
	}
	r.version(m.Bytes(m.Version))
	r.grammar(m.Raw[m.Version.End():reason], grammar{digits: 3})
	r.text(m.Raw[reason:end], names)
}

// version keeps what a start line is told by, "SIP/" and the digit before the dot.
func (r *Redactor) version(b []byte) {
	const name, major = len("SIP/"), len("SIP/2.")
	if len(b) > major && bytes.EqualFold(b[:name], []byte("SIP/")) && isDigit(b[name]) && b[major-1] == '.' {
		b = b[major:]
	}
	r.grammar(b, grammar{digits: 2})
}

// between puts pseudonyms into what is between header fields and can be read as none.
func (r *Redactor) between(raw []byte, from, to int, names names) {
	if from < to && len(bytes.Trim(raw[from:to], ": \t\r\n")) > 0 {
		r.unknown(raw[from:to], names)
	}
}
