package content

import (
	"bytes"
	"strconv"
	"strings"

	"simplecap/decode/content/sms"
)

// Holding says what of a field may be about somebody.
type Holding uint8

// The holdings.
const (
	Syntax   Holding = iota // what the format writes by itself, which is no field for people
	Markup                  // a tag of XML
	Words                   // words and numbers of a protocol
	Address                 // a URI, with a display name around it or not
	ID                      // a message id, or the number of a device
	Boundary                // of a multipart
	Unknown                 // a header field that nobody knows
	Written                 // what somebody wrote
	Short                   // a field of an SMS: see Field.SMS
	Encoded                 // see Field.Encoding
)

// Field is a field of a body for people: what it belongs to, its name, what it
// says, and the octets [From, To) of the body that it stands in.
type Field struct {
	Layer       string // "multipart/mixed", "CPIM", "imdn+xml", "RP", "TP"
	Name, Value string // Value is "" where the octets say it themselves, and in what somebody wrote
	From, To    int
	Holds       Holding
	SMS         sms.Field // of a field of an SMS; its offsets count from Base
	Base        int
	Encoding    string  // of an encoded body: "base64", "hex", "gzip", ...
	Decoded     []byte  // what it becomes
	Inner       []Field // the fields of that, with offsets in Decoded
}

// Describe lists what a body is made of, in the order of its octets. Octets that
// no field covers belong to nothing that is known.
func Describe(h Header, body []byte, limits Limits) []Field {
	d := describer{r: reader{limits: limits.withDefaults(), c: &Content{}}, b: body}
	d.part(h, 0, len(body), 0)
	return d.fields
}

// describer lists the fields of a body. Its reader takes encodings off.
type describer struct {
	r      reader
	b      []byte
	fields []Field
}

func (d *describer) add(f Field) {
	if f.To > f.From {
		d.fields = append(d.fields, f)
	}
}

// part describes what stands from one offset to another.
func (d *describer) part(h Header, from, to, depth int) {
	media := mediaType(h.Type)
	if depth > d.r.limits.Depth {
		return
	}
	if d.encoded(h, media, from, to, depth) {
		return
	}
	switch {
	case strings.HasPrefix(media, "multipart/"):
		d.multipart(h.Type, media, from, to, depth)
	case media == "message/cpim":
		d.cpim(from, to, depth)
	case isSMS(media):
		d.sms(from, to)
	case strings.HasSuffix(media, "xml"):
		d.xml(media[strings.IndexByte(media, '/')+1:], from, to)
	default:
		d.add(Field{Layer: media, Name: "text", From: from, To: to, Holds: Written})
	}
}

// encoded describes a body that is encoded, by what it becomes. It reports false
// where it is not.
func (d *describer) encoded(h Header, media string, from, to, depth int) bool {
	body, rest := d.b[from:to], Header{Type: h.Type}
	name, only := mediaType(h.Encoding), Header{Encoding: h.Encoding}
	switch transfer := mediaType(h.TransferEncoding); {
	case transfer != "" && transfer != "binary" && transfer != "7bit" && transfer != "8bit":
		name, only = transfer, Header{TransferEncoding: transfer}
		rest.Encoding = h.Encoding
	case name != "" && name != "identity":
	case isSMS(media):
		decoded, how := undeclared(body)
		if how != "" {
			d.inner(rest, how+" without saying so", decoded, from, to, depth)
		}
		return how != ""
	default:
		return false
	}
	decoded := d.r.decode(only, body)
	if bytes.Equal(decoded, body) {
		d.add(Field{Layer: media, Name: "unreadable " + name, From: from, To: to, Holds: Written})
		return true
	}
	d.inner(rest, name, decoded, from, to, depth)
	return true
}

func (d *describer) inner(h Header, name string, decoded []byte, from, to, depth int) {
	in := describer{r: d.r, b: decoded}
	in.part(h, 0, len(decoded), depth+1)
	d.r.grown = in.r.grown
	encoding, _, _ := strings.Cut(name, " ")
	d.add(Field{Layer: mediaType(h.Type), Name: "encoded", Value: name, From: from, To: to, Holds: Encoded, Encoding: encoding, Decoded: decoded, Inner: in.fields})
}

func (d *describer) sms(from, to int) {
	_, fields := sms.Describe(d.b[from:to])
	for _, f := range fields {
		layer := "RP"
		if strings.HasPrefix(f.Name, "TP") {
			layer = "TP"
		}
		d.add(Field{Layer: layer, Name: f.Name, Value: f.Value, From: from + f.From, To: from + f.To, Holds: Short, SMS: f, Base: from})
	}
}

func (d *describer) multipart(contentType, media string, from, to, depth int) {
	boundary := parameter(contentType, "boundary")
	if boundary == "" {
		return
	}
	parts, _ := cut(boundary, d.b[from:to])
	at := from
	for _, p := range parts {
		if d.r.parts++; d.r.parts > d.r.limits.Parts {
			return
		}
		d.delimiter(media, boundary, at, from+p.head)
		fields := p.fields(d.b[from:to])
		for i := range fields {
			d.field(media, from+p.head, &fields[i])
		}
		d.part(headerOf(fields, "text/plain"), from+p.from, from+p.to, depth+1)
		at = from + p.to
	}
	d.delimiter(media, boundary, at, to)
}

// delimiter describes what stands between two parts: the boundary, and line ends. What
// else is there belongs to nothing (RFC 2046 5.1.1).
func (d *describer) delimiter(media, boundary string, from, to int) {
	at := bytes.LastIndex(d.b[from:to], []byte("--"+boundary))
	if at < 0 {
		return
	}
	at += from
	name := at + 2 + len(boundary)
	d.add(Field{Layer: media, From: max(at-2, from), To: at + 2})
	d.add(Field{Layer: media, Name: "boundary", From: at + 2, To: name, Holds: Boundary})
	rest := bytes.TrimLeft(d.b[name:to], "- \t")
	end := to - len(rest)
	if bytes.HasPrefix(rest, []byte("\r\n")) {
		end += 2
	} else if bytes.HasPrefix(rest, []byte("\n")) {
		end++
	}
	d.add(Field{Layer: media, From: name, To: end})
}

func (d *describer) cpim(from, to, depth int) {
	c := cpimReader{CPIM: &CPIM{}, prefixes: map[string]string{}, places: new([]fieldLine)}
	rest := c.read(d.b[from:to])
	c.interpret()
	for i := range *c.places {
		d.field("CPIM", from, &(*c.places)[i])
	}
	if c.content.Type == "" {
		c.content.Type = "text/plain"
	}
	d.part(c.content, to-len(rest), to, depth+1)
}

// field describes a header field of a part or a CPIM; base is what its offsets count from.
func (d *describer) field(layer string, base int, l *fieldLine) {
	from, to := base+l.from, base+l.to
	line := d.b[from:to]
	colon := bytes.IndexByte(line, ':')
	if colon < 0 {
		if len(bytes.TrimSpace(line)) == 0 {
			d.add(Field{Layer: layer, From: from, To: to})
		}
		return
	}
	name := string(bytes.TrimSpace(line[:colon]))
	holds, known := holdingOf(name)
	value := bytes.TrimSpace(line[colon+1:])
	begin := from + colon + 1 + len(line[colon+1:]) - len(bytes.TrimLeft(line[colon+1:], " \t\r\n"))
	if begin == from+colon+1 && len(value) > 0 && value[0] == ';' { // parameters stand before the space (RFC 3862 2)
		begin, value = begin+1, value[1:]
	}
	begins := from
	if !known {
		begins += colon
	}
	d.add(Field{Layer: layer, From: begins, To: begin})
	d.add(Field{Layer: layer, Name: name, Value: valueOf(holds, value), From: begin, To: begin + len(value), Holds: holds})
	d.add(Field{Layer: layer, From: begin + len(value), To: to})
}

// valueOf is what people are told of a field.
func valueOf(holds Holding, value []byte) string {
	if holds == Written || holds == Unknown {
		return ""
	}
	return string(value)
}

// holdings are what the header fields hold that RFC 3862, 5438 and 2045 know, by
// their names in lower case and without the prefix of a namespace.
var holdings = map[string]Holding{
	"from": Address, "to": Address, "cc": Address, "original-to": Address, "imdn-record-route": Address, "imdn-route": Address,
	"message-id": ID, "content-id": ID, "datetime": Words, "ns": Words, "require": Words, "disposition-notification": Words, "subject": Written,
	"content-type": Words, "content-length": Words, "content-encoding": Words, "content-transfer-encoding": Words, "content-disposition": Words,
	"content-language": Words, "mime-version": Words,
}

func holdingOf(name string) (holds Holding, known bool) {
	name = strings.ToLower(name)
	if holds, known = holdings[name[strings.IndexByte(name, '.')+1:]]; known {
		return holds, true
	}
	return Unknown, false
}

// elementHoldings are what the elements of XML hold that say something of a text, by
// their local names in lower case.
var elementHoldings = map[string]Holding{
	"message-id": ID, "recipient-uri": Address, "original-recipient-uri": Address, "datetime": Words, "state": Words, "refresh": Words,
	"lastactive": Words, "contenttype": Words, "cmdtype": Words, "sn": Words, "status": Words, "result": Words, "deviceid": ID, "sumnum": Words,
	"alarmpriority": Words, "alarmmethod": Words, "alarmtime": Words, "notifytype": Words, "disposition": Words,
}

func (d *describer) xml(layer string, from, to int) {
	var open []string
	element := "" // that the text at hand stands in
	for _, p := range markup(d.b[from:to]) {
		piece := d.b[from+p.from : from+p.to]
		switch {
		case p.kind == tagPiece:
			inside := element
			open, element = opened(open, piece)
			d.tag(layer, inside, from+p.from, piece)
		case len(bytes.TrimSpace(piece)) == 0:
			d.add(Field{Layer: layer, From: from + p.from, To: from + p.to})
		case p.kind == textPiece:
			holds, known := elementHoldings[strings.ToLower(element)]
			if !known {
				holds = Written
			}
			d.add(Field{Layer: layer, Name: element, Value: valueOf(holds, bytes.TrimSpace(piece)), From: from + p.from, To: from + p.to, Holds: holds})
		case p.kind == otherPiece:
			d.add(Field{Layer: layer, From: from + p.from, To: from + p.to, Holds: Markup})
		}
	}
}

// opened follows a tag: which elements are open after it, and which is the innermost.
func opened(open []string, tag []byte) ([]string, string) {
	const deepest = 32
	name := tagName(tag)
	switch {
	case bytes.HasPrefix(tag, []byte("</")):
		open = open[:max(len(open)-1, 0)]
	case !bytes.HasSuffix(tag, []byte("/>")) && len(open) < deepest:
		open = append(open, name)
	}
	if len(open) == 0 {
		return open, ""
	}
	return open, open[len(open)-1]
}

// tag describes a tag in an element: the URI of an entry of a list apart. Those in a
// status say what it is (RFC 5438 7.2.1.2).
func (d *describer) tag(layer, element string, from int, tag []byte) {
	if element == "status" && tag[1] != '/' {
		d.add(Field{Layer: layer, Name: element, Value: tagName(tag), From: from, To: from + len(tag), Holds: Markup})
		return
	}
	at := bytes.Index(tag, []byte("uri=\""))
	if tagName(tag) != "entry" || at < 0 {
		d.add(Field{Layer: layer, From: from, To: from + len(tag), Holds: Markup})
		return
	}
	at += len("uri=\"")
	end := bytes.IndexByte(tag[at:], '"')
	if end < 0 {
		return
	}
	d.add(Field{Layer: layer, From: from, To: from + at, Holds: Markup})
	d.add(Field{Layer: layer, Name: "entry uri", Value: string(tag[at : at+end]), From: from + at, To: from + at + end, Holds: Address})
	d.add(Field{Layer: layer, From: from + at + end, To: from + len(tag), Holds: Markup})
}

// Hex writes octets of a field for people, at most so many of them.
func Hex(b []byte, most int) string {
	var out []byte
	for i, c := range b {
		if i == most {
			return string(out) + " +" + strconv.Itoa(len(b)-most)
		}
		if i > 0 {
			out = append(out, ' ')
		}
		const digits = "0123456789abcdef"
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}
