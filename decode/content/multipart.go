package content

import (
	"bytes"
	"slices"
	"strings"
)

// multipart reads the parts of a multipart (RFC 2046 5.1) in turn. Of
// alternatives the plain text counts, and an SMS before all that stands beside it.
func (r *reader) multipart(contentType, media string, body []byte, depth int) {
	boundary := parameter(contentType, "boundary")
	if boundary == "" {
		r.defect(0, media+" without boundary")
		if r.take(Other, media) {
			r.c.Opaque = true
		}
		return
	}
	outer := r.c.Wrapped
	if outer == "" {
		r.c.Wrapped = media
	}
	parts := r.split(boundary, media, body)
	if outer == "" {
		for _, p := range parts {
			r.c.Parts = append(r.c.Parts, mediaType(p.header.Type))
		}
	}
	rank := rankBeside
	if media == "multipart/alternative" {
		rank = rankAlternative
	}
	slices.SortStableFunc(parts, func(a, b part) int { return rank(a) - rank(b) })
	before := len(r.c.IMDNs)
	for _, p := range parts {
		r.body(p.header, p.body, depth+1)
	}
	if len(r.c.IMDNs)-before > 1 && r.c.Kind == IMDN {
		r.c.Type = media // they are aggregated
	}
	if !r.found {
		r.take(Other, media)
	}
}

// rankBeside puts an SMS before what stands beside it.
func rankBeside(p part) int {
	if isSMS(mediaType(p.header.Type)) {
		return 0
	}
	return 1
}

// rankAlternative puts an SMS before the plain text, this before other texts, and these
// before the rest.
func rankAlternative(p part) int {
	switch media := mediaType(p.header.Type); {
	case isSMS(media):
		return -1
	case media == "text/plain":
		return 0
	case strings.HasPrefix(media, "text/"):
		return 1
	}
	return 2
}

// part is one part of a multipart.
type part struct {
	header Header
	body   []byte
}

// split cuts a multipart into its parts and reads their header fields.
func (r *reader) split(boundary, media string, body []byte) (parts []part) {
	all, ended := cut(boundary, body)
	for _, p := range all {
		if r.parts++; r.parts > r.limits.Parts {
			r.defect(0, "more than "+number(r.limits.Parts)+" parts")
			return parts
		}
		parts = append(parts, part{headerOf(p.fields(body), "text/plain"), body[p.from:p.to]}) // the type by RFC 2046 5.1
	}
	switch {
	case len(all) == 0:
		r.defect(len(body), "the "+media+" is broken")
	case !ended:
		r.defect(len(body), "the "+media+" has no end")
	}
	return parts
}

// section is where a part stands in a multipart: its header fields from head on, its
// body from from to to.
type section struct{ head, from, to int }

// cut finds the parts between the delimiters of a multipart (RFC 2046 5.1.1). It is
// not mime/multipart, which does not say where in the octets a part is. ended says
// that the last delimiter is there.
func cut(boundary string, b []byte) (parts []section, ended bool) {
	const most = 1024
	open := -1 // where the part at hand begins
	for at := 0; at < len(b) && len(parts) < most; {
		end := len(b)
		if n := bytes.IndexByte(b[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		last, is := isDelimiter(b[at:end], boundary)
		if is && open >= 0 {
			parts = append(parts, sectionOf(b, open, at))
		}
		if is && last {
			return parts, true
		}
		if is {
			open = end
		}
		at = end
	}
	if open >= 0 && open < len(b) {
		parts = append(parts, sectionOf(b, open, len(b)))
	}
	return parts, false
}

// isDelimiter reports whether a line is the delimiter of parts, and the last one.
func isDelimiter(line []byte, boundary string) (last, is bool) {
	if len(line) < 2+len(boundary) || line[0] != '-' || line[1] != '-' || string(line[2:2+len(boundary)]) != boundary {
		return false, false
	}
	rest := line[2+len(boundary):]
	if last = bytes.HasPrefix(rest, []byte("--")); last {
		rest = rest[2:]
	}
	return last, len(bytes.TrimSpace(rest)) == 0
}

// sectionOf is the part from one offset to a delimiter, to which the line end before
// it belongs.
func sectionOf(b []byte, from, to int) section {
	end := len(bytes.TrimSuffix(bytes.TrimSuffix(b[:to], []byte("\n")), []byte("\r")))
	if to == len(b) {
		end = to // there is no delimiter
	}
	body := from
	for body < end {
		n := bytes.IndexByte(b[body:end], '\n')
		line := b[body:end]
		if n >= 0 {
			line = b[body : body+n+1]
		}
		body += len(line)
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
	}
	return section{from, body, max(end, body)}
}

// fieldLine is a line of header fields, with those that continue it: its octets
// [from, to), and what stands in it.
type fieldLine struct {
	from, to    int
	name, value string
}

// fields are the header fields of a part, with offsets from where they begin.
func (s section) fields(b []byte) (fields []fieldLine) {
	c := cpimReader{CPIM: &CPIM{}, inContent: true, places: &fields}
	c.read(b[s.head:s.from])
	return fields
}

// headerOf takes from header fields what they say of a body; media is its type where
// they say none.
func headerOf(fields []fieldLine, media string) Header {
	var c cpimReader
	for _, f := range fields {
		c.contentField(f.name, f.value)
	}
	if c.content.Type == "" {
		c.content.Type = media
	}
	return c.content
}
