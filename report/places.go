package report

import (
	"bytes"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// place finds the bytes of a message that a rule is about. It returns none where
// what the rule is about is missing.
type place func(m *decode.Message) []sip.Span

// places says for each rule what to point at. Rules that are about a whole
// message, about what is missing, or about several messages have no place.
var places = map[string][]place{
	"method-case":                 {method},
	"method-near-miss":            {method},
	"request-cseq-method":         {method, cseqMethod},
	"cseq-method-case":            {cseqMethod},
	"response-cseq-method":        {cseqMethod},
	"text-in-other-method":        {method, contentType},
	"method-refused":              {status},
	"405-without-allow":           {status},
	"ack-to-message":              {method, field(sip.HeaderCSeq)},
	"cancel-of-message":           {method, field(sip.HeaderCSeq)},
	"allow-contradicted":          {field(sip.HeaderAllow)},
	"failure-response":            {status},
	"late-response":               {status},
	"early-100":                   {status},
	"stray-response":              {status},
	"provisional-not-100":         {status},
	"408-to-message":              {status},
	"conflicting-finals":          {status, toTag},
	"unmatchable-response":        {topVia, field(sip.HeaderCSeq)},
	"branch-reused":               {branch},
	"branch-cookie":               {branch},
	"merged-request":              {branch, fromTag, field(sip.HeaderCallID), field(sip.HeaderCSeq)},
	"response-to-wrong-address":   {topVia},
	"response-from-other-address": {topVia},
	"response-from-sender":        {status, topVia},
	"response-from-third-party":   {status, topVia},
	"response-in-body":            {status},
	"via-transport":               {viaTransport},
	"loop":                        {field(sip.HeaderMaxForwards)},
	"max-forwards":                {field(sip.HeaderMaxForwards)},
	"to-tag-outside-dialog":       {toTag},
	"from-tag-missing":            {field(sip.HeaderFrom)},
	"contact-in-message":          {field(sip.HeaderContact)},
	"contact-in-2xx":              {field(sip.HeaderContact)},
	"record-route-in-message":     {field(sip.HeaderRecordRoute)},
	"415-without-accept":          {status},
	"text-plain-refused":          {status},
	"accepted-not-delivered":      {status},
	"expires-without-date":        {field(sip.HeaderExpires)},
	"content-encoded":             {field(sip.HeaderContentEncoding)},
	"content-length-too-long":     {field(sip.HeaderContentLength)},
	"content-length-too-short":    {field(sip.HeaderContentLength)},
	"content-length-invalid":      {field(sip.HeaderContentLength)},
	"body-in-2xx":                 {contentType, field(sip.HeaderContentLength)},
	"date-format":                 {field(sip.HeaderDate)},
	"start-line":                  {startLine},
	"asserted-identity":           {field(sip.HeaderPAssertedIdentity)},
	"privacy-leak":                {field(sip.HeaderPrivacy), field(sip.HeaderPAssertedIdentity)},
	"header-repeated":             {repeatedFields},
}

// whole makes a place of one span, none where it is empty.
func whole(s sip.Span) []sip.Span {
	if s.Len == 0 {
		return nil
	}
	return []sip.Span{s}
}

func method(m *decode.Message) []sip.Span       { return whole(m.Method) }
func cseqMethod(m *decode.Message) []sip.Span   { return whole(m.CSeqMethod) }
func contentType(m *decode.Message) []sip.Span  { return whole(m.ContentType) }
func topVia(m *decode.Message) []sip.Span       { return whole(m.Via) }
func viaTransport(m *decode.Message) []sip.Span { return whole(m.ViaTransport) }
func branch(m *decode.Message) []sip.Span       { return whole(m.Branch) }
func fromTag(m *decode.Message) []sip.Span      { return whole(m.FromTag) }
func toTag(m *decode.Message) []sip.Span        { return whole(m.ToTag) }

// startLine is the first line of a message.
func startLine(m *decode.Message) []sip.Span {
	if end := bytes.IndexAny(m.Raw, "\r\n"); end > 0 {
		return []sip.Span{{Len: uint32(end)}}
	}
	return nil
}

// status is the status code and the reason phrase of a response.
func status(m *decode.Message) []sip.Span {
	if m.Kind != sip.Response || m.Version.Len == 0 {
		return nil
	}
	line := startLine(m)
	after := m.Version.End() + 1
	if len(line) == 0 || after >= line[0].End() {
		return line
	}
	return []sip.Span{{Off: after, Len: line[0].End() - after}}
}

// field is every header field with the ID, name and value.
func field(id sip.HeaderID) place {
	return func(m *decode.Message) (spans []sip.Span) {
		for _, h := range m.Headers {
			if h.ID == id {
				spans = append(spans, fieldSpan(h))
			}
		}
		return spans
	}
}

func fieldSpan(h sip.Header) sip.Span {
	return sip.Span{Off: h.Name.Off, Len: max(h.Value.End(), h.Name.End()) - h.Name.Off}
}

// repeatedFields are header fields after the first one of their kind, of those
// that may stand in a message only once (RFC 3261 7.3.1).
func repeatedFields(m *decode.Message) (spans []sip.Span) {
	seen := map[sip.HeaderID]bool{}
	for _, h := range m.Headers {
		switch h.ID {
		case sip.HeaderFrom, sip.HeaderTo, sip.HeaderCallID, sip.HeaderCSeq,
			sip.HeaderContentType, sip.HeaderContentLength, sip.HeaderMaxForwards:
			if seen[h.ID] {
				spans = append(spans, fieldSpan(h))
			}
			seen[h.ID] = true
		}
	}
	return spans
}
