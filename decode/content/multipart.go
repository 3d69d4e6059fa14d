package content

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"slices"
	"strings"
)

// multipart reads the parts of a multipart (RFC 2046 5.1) in turn. Of
// alternatives the plain text counts.
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
	if media == "multipart/alternative" {
		slices.SortStableFunc(parts, func(a, b part) int { return rank(a) - rank(b) })
	}
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

// rank puts the plain text before other texts, and these before the rest.
func rank(p part) int {
	switch media := mediaType(p.header.Type); {
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

// split cuts a multipart into its parts. mime/multipart is not recursive, so the
// depth is counted by the caller.
func (r *reader) split(boundary, media string, body []byte) (parts []part) {
	in := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		p, err := in.NextRawPart()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.defect(len(body), "the "+media+" is broken")
			}
			return parts
		}
		if r.parts++; r.parts > r.limits.Parts {
			r.defect(0, "more than "+number(r.limits.Parts)+" parts")
			return parts
		}
		data, err := io.ReadAll(io.LimitReader(p, int64(len(body))))
		h := Header{Type: p.Header.Get("Content-Type"), Encoding: p.Header.Get("Content-Encoding"),
			TransferEncoding: p.Header.Get("Content-Transfer-Encoding"), Disposition: p.Header.Get("Content-Disposition")}
		if h.Type == "" {
			h.Type = "text/plain" // RFC 2046 5.1
		}
		parts = append(parts, part{h, data})
		if err != nil {
			r.defect(len(body), "the "+media+" has no end")
			return parts
		}
	}
}
