package content

import (
	"bytes"
	"strings"
)

// CPIM are the message headers of a message/cpim (RFC 3862).
type CPIM struct {
	From, To    string   // URIs
	DateTime    string   // as written
	MessageID   string   // imdn.Message-ID (RFC 5438), whatever the prefix
	Disposition []string // imdn.Disposition-Notification, lower case
	RecordRoute []string // imdn.IMDN-Record-Route
	IMDNRoute   []string // imdn.IMDN-Route

	Syntax []string // what is against the syntax
}

// Wants reports whether a notification is asked for ("positive-delivery",
// "negative-delivery", "display", "processing").
func (c *CPIM) Wants(notification string) bool {
	for _, d := range c.Disposition {
		if d == notification {
			return true
		}
	}
	return false
}

const imdnNamespace = "urn:ietf:params:imdn"

// cpimReader reads the two blocks of header fields of a CPIM.
type cpimReader struct {
	*CPIM
	content   Header
	prefixes  map[string]string // namespace by prefix
	lines     [][2]string       // header fields of the first block
	inContent bool              // the header fields at hand are those of the content
	places    *[]fieldLine      // where all of them stand; nil where nobody asks
}

func (r *reader) cpim(body []byte, depth int) {
	c := cpimReader{CPIM: &CPIM{}, prefixes: map[string]string{}}
	rest := c.read(body)
	c.interpret()
	if r.c.CPIM == nil {
		r.c.CPIM = c.CPIM
	} else if r.c.Inner == nil {
		r.c.Inner = c.CPIM
	}
	if c.content.Disposition != "" {
		r.c.Disposition = mediaType(c.content.Disposition)
	}
	for _, s := range c.Syntax {
		r.defect(len(body)-len(rest), "CPIM: "+s)
	}
	if c.content.Type == "" && len(rest) > 0 {
		c.content.Type = "text/plain" // RFC 2045 5.2
	}
	r.body(c.content, rest, depth+1)
}

func (c *cpimReader) syntax(what string) {
	for _, s := range c.Syntax {
		if s == what {
			return
		}
	}
	c.Syntax = append(c.Syntax, what)
}

// read goes through the header fields and returns what is behind them. The
// content's header fields follow an empty line, which some leave out.
func (c *cpimReader) read(b []byte) (rest []byte) {
	const mostLines = 200
	all := len(b)
	for range mostLines {
		from := all - len(b)
		line, rest, ok := c.line(b)
		if !ok {
			return b
		}
		b = rest
		name, value, colon := strings.Cut(line, ":")
		c.place(fieldLine{from, all - len(b), strings.TrimSpace(name), strings.TrimSpace(value)})
		switch {
		case line == "" && c.inContent:
			return b
		case line == "":
			c.inContent = true
			continue
		}
		if !colon {
			c.syntax("a line that is no header field")
			continue
		}
		if !strings.HasPrefix(value, " ") && !strings.HasPrefix(value, ";") && value != "" {
			c.syntax("no space behind the colon of a header field")
		}
		if !c.inContent && len(name) > 8 && strings.EqualFold(name[:8], "Content-") {
			c.syntax("no empty line before the content's header fields")
			c.inContent = true
		}
		if c.inContent {
			c.contentField(name, strings.TrimSpace(value))
		} else {
			c.lines = append(c.lines, [2]string{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return b
}

func (c *cpimReader) place(l fieldLine) {
	if c.places != nil {
		*c.places = append(*c.places, l)
	}
}

// line cuts the next line off, with the lines that continue it.
func (c *cpimReader) line(b []byte) (line string, rest []byte, ok bool) {
	first, rest, ok := c.cutLine(b)
	if !ok || len(first) == 0 || !continues(rest) {
		return string(first), rest, ok
	}
	whole := bytes.Clone(first)
	for continues(rest) {
		more, after, ok := c.cutLine(rest)
		if !ok {
			break
		}
		whole = append(append(whole, ' '), bytes.TrimSpace(more)...)
		rest = after
	}
	return string(whole), rest, true
}

// continues reports whether a line is continued by what follows (RFC 5322 2.2.3).
func continues(rest []byte) bool { return len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') }

func (c *cpimReader) cutLine(b []byte) (line, rest []byte, ok bool) {
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		return nil, b, false
	}
	line = bytes.TrimSuffix(b[:end], []byte("\r"))
	if len(line) == end {
		c.syntax("lines end in LF alone")
	}
	return line, b[end+1:], true
}

func (c *cpimReader) contentField(name, value string) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "content-type":
		c.content.Type = value
	case "content-encoding":
		c.content.Encoding = value
	case "content-transfer-encoding":
		c.content.TransferEncoding = value
	case "content-disposition":
		c.content.Disposition = value
	}
}

// interpret takes what the message header fields say, when all namespaces are known.
func (c *cpimReader) interpret() {
	for _, l := range c.lines {
		if strings.EqualFold(l[0], "NS") {
			c.named(l[0], "NS")
			c.namespace(l[1])
		}
	}
	for _, l := range c.lines {
		prefix, name, dotted := strings.Cut(l[0], ".")
		switch {
		case !dotted:
			c.field(l[0], l[1])
		case c.prefixes[prefix] == imdnNamespace:
			c.imdnField(name, l[1])
		case strings.EqualFold(prefix, "imdn") && c.prefixes[prefix] == "":
			c.syntax("the namespace prefix " + strings.ToLower(prefix) + " is not declared")
			c.imdnField(name, l[1])
		}
	}
}

// namespace takes an NS header field: "NS: prefix <URI>".
func (c *cpimReader) namespace(value string) {
	prefix, uri, ok := strings.Cut(value, "<")
	if !ok {
		c.syntax("an NS without a URI")
		return
	}
	if prefix != "" && !strings.HasSuffix(prefix, " ") {
		c.syntax("no space in NS")
	}
	uri, _, _ = strings.Cut(uri, ">")
	c.prefixes[strings.TrimSpace(prefix)] = strings.TrimSpace(uri)
}

// named notes a name that is not written as it must be: they are case-sensitive
// (RFC 3862 2.2).
func (c *cpimReader) named(name, want string) bool {
	if name != want && strings.EqualFold(name, want) {
		c.syntax("header names in another case")
		return true
	}
	return name == want
}

func (c *cpimReader) field(name, value string) {
	switch {
	case c.named(name, "From"):
		c.From = uriIn(value)
	case c.named(name, "To"):
		if c.To == "" {
			c.To = uriIn(value)
		}
	case c.named(name, "DateTime"):
		c.DateTime = value
	}
}

func (c *cpimReader) imdnField(name, value string) {
	switch {
	case c.named(name, "Message-ID"):
		c.MessageID = value
	case c.named(name, "Disposition-Notification"):
		for d := range strings.SplitSeq(value, ",") {
			if d = strings.ToLower(strings.TrimSpace(d)); d != "" && len(c.Disposition) < 16 {
				c.Disposition = append(c.Disposition, d)
			}
		}
	case c.named(name, "IMDN-Record-Route"):
		c.RecordRoute = append(c.RecordRoute, uriIn(value))
	case c.named(name, "IMDN-Route"):
		c.IMDNRoute = append(c.IMDNRoute, uriIn(value))
	}
}

// uriIn is the URI of a name-addr.
func uriIn(value string) string {
	if i := strings.LastIndexByte(value, '<'); i >= 0 {
		value, _, _ = strings.Cut(value[i+1:], ">")
	}
	return strings.TrimSpace(value)
}
