package analyze

import (
	"bytes"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// Place finds the bytes of a message that a rule is about, as spans of its Raw. It
// returns none where what the rule is about is missing.
type Place func(m *decode.Message) []sip.Span

// whole makes a place of one span, none where it is empty.
func whole(s sip.Span) []sip.Span {
	if s.Len == 0 {
		return nil
	}
	return []sip.Span{s}
}

func atMethod(m *decode.Message) []sip.Span       { return whole(m.Method) }
func atCSeqMethod(m *decode.Message) []sip.Span   { return whole(m.CSeqMethod) }
func atContentType(m *decode.Message) []sip.Span  { return whole(m.ContentType) }
func atTopVia(m *decode.Message) []sip.Span       { return whole(m.Via) }
func atViaTransport(m *decode.Message) []sip.Span { return whole(m.ViaTransport) }
func atBranch(m *decode.Message) []sip.Span       { return whole(m.Branch) }
func atFromTag(m *decode.Message) []sip.Span      { return whole(m.FromTag) }
func atToTag(m *decode.Message) []sip.Span        { return whole(m.ToTag) }

// atStartLine is the first line of a message.
func atStartLine(m *decode.Message) []sip.Span {
	if end := bytes.IndexAny(m.Raw, "\r\n"); end > 0 {
		return []sip.Span{{Len: uint32(end)}}
	}
	return nil
}

// atStatus is the status code and the reason phrase of a response.
func atStatus(m *decode.Message) []sip.Span {
	if m.Kind != sip.Response || m.Version.Len == 0 {
		return nil
	}
	line := atStartLine(m)
	after := m.Version.End() + 1
	if len(line) == 0 || after >= line[0].End() {
		return line
	}
	return []sip.Span{{Off: after, Len: line[0].End() - after}}
}

// atField is every header field with the ID, name and value.
func atField(id sip.HeaderID) Place {
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

// atRepeatedFields are header fields after the first one of their kind, of those
// that may stand in a message only once (RFC 3261 7.3.1).
func atRepeatedFields(m *decode.Message) (spans []sip.Span) {
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
