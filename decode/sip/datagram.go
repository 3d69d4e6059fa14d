package sip

import (
	"bytes"

	"simplecap/decode/stream"
)

// Scan reads the SIP message that the payload of a datagram begins with and
// reports whether there is one; without one, m holds nothing of use. It keeps
// m.Headers' memory and points into payload. It says nothing about what carried
// the message, and uses DefaultLimits.
func (m *Message) Scan(payload []byte) bool { return m.ScanUnit(payload, false, &DefaultLimits) }

// ScanUnit is Scan with limits, of which no field is 0; cut says that the capture does
// not hold the end of payload. It is for whatever keeps messages apart by itself:
// datagrams, user messages of SCTP, messages of a WebSocket.
func (m *Message) ScanUnit(payload []byte, cut bool, limits *Limits) bool {
	if len(payload) == 0 || !First(payload[0]) {
		return false
	}
	raw, junk := cutJunk(payload)
	match := matchStartLine(raw)
	broken := match != stream.Yes && brokenStart(raw) > 0
	if !broken && (match == stream.No || len(raw) == 0 || match == stream.Maybe && !cut) {
		return false
	}
	body := scanHead(raw, m, limits)
	if !plausibleHead(raw, m, cut) {
		return false
	}
	switch {
	case junk:
		m.Defects |= DefectStartLine
	case len(raw) < len(payload):
		m.Defects |= DefectLeadingCRLF
	}
	m.setDatagramBody(body, cut)
	m.dropUnfinished(cut)
	return true
}

// dropUnfinished forgets what a transaction is told by where the capture cut the message
// inside of it: the branch "z9hG4bK-1" may be "z9hG4bK-17".
func (m *Message) dropUnfinished(cut bool) {
	if !cut || !m.Defects.Any(DefectNotTerminated) {
		return
	}
	end := uint32(len(m.Raw))
	for _, part := range []*Span{&m.SentBy, &m.Branch, &m.FromTag, &m.ToTag, &m.CallID, &m.CSeq, &m.CSeqMethod} {
		if part.End() == end {
			*part = Span{}
		}
	}
	if m.CSeq.Len == 0 {
		m.CSeqNumber = 0
	}
}

// Another reports whether what is behind the end of a message in its datagram, of which
// payload is all, begins with the start line of another one.
func (m *Message) Another(payload []byte) bool {
	behind := payload[len(payload)-int(m.Beyond):]
	return m.Beyond > 0 && StartsMessage(bytes.TrimLeft(behind, "\r\n"))
}

// plausibleHead reports whether raw, which begins with a start line that
// scanHead has read into m, is a SIP message and not a text that quotes one or
// another protocol that borrows the start line. The start line alone does not
// prove it: HTTP servers have been made to answer "SIP/2.0 200 OK", and stubs
// such as "INVITE foo@bar SIP/2.0" without anything that a SIP element could
// answer are test data. So one of these has to be there as well:
//
//   - a Call-ID or CSeq, which only SIP has (RTSP's CSeq has another start line);
//   - a Via that reads as one of SIP: that of HTTP has one slash at most;
//   - a From or To with a URI that has a scheme: those of mail and HTTP have none;
//   - a start line that is SIP to the letter: with a status of three digits, or a
//     registered method and a URI with a scheme, and no line that is of something
//     else. Without any header field it is of no use to anybody, which is worth to
//     be told;
//   - nothing, where the capture ends inside the head and the start line is a status
//     line or has a known method and a URI with a scheme.
func plausibleHead(raw []byte, m *Message, cut bool) bool {
	switch {
	case !m.Defects.Has(DefectNoCallID), !m.Defects.Has(DefectNoCSeq), !m.Defects.Any(DefectNoVia | DefectBadVia):
		return true
	case hasScheme(m.FromURI.In(raw)), hasScheme(m.ToURI.In(raw)):
		return true
	case !m.Defects.Any(DefectStartLine|DefectVersionCase|DefectHeaderLine|DefectBadVia) && exactStart(raw, m):
		return true
	case !cut || !m.Defects.Has(DefectNotTerminated):
		return false
	}
	return m.Kind == Response || knownMethod(m.Method.In(raw)) && hasScheme(m.URI.In(raw))
}

// exactStart reports whether a start line without a defect can be of nothing but SIP.
func exactStart(raw []byte, m *Message) bool {
	if m.Kind == Response {
		return m.Status >= 100
	}
	return knownMethod(m.Method.In(raw)) && hasScheme(m.URI.In(raw))
}

// hasScheme reports whether uri begins with a scheme and a colon (RFC 3261 25.1, scheme).
func hasScheme(uri []byte) bool {
	colon := bytes.IndexByte(uri, ':')
	return colon > 0 && IsToken(uri[:colon])
}

// setDatagramBody finds the end of a message whose body begins at offset body
// and whose Raw reaches to the end of the datagram, and cuts Raw there
// (RFC 3261 18.3). Where Content-Length says nothing that can be used, the body
// is the rest of the datagram.
func (m *Message) setDatagramBody(body int, cut bool) {
	rest := m.Raw[body:]
	end := len(m.Raw)
	switch {
	case m.ContentLength < 0:
	case m.ContentLength > int64(len(rest)):
		if !cut {
			m.Defects |= DefectContentLengthTooLong
		}
	case m.ContentLength < int64(len(rest)):
		end = body + int(m.ContentLength)
		m.Defects |= beyond(m.Raw[end:])
		m.Beyond = uint32(len(m.Raw) - end)
	}
	m.Raw = m.Raw[:end:end]
	m.Body = Span{Off: uint32(body), Len: uint32(end - body)}
}

// beyond says what bytes after the end of a message amount to.
func beyond(rest []byte) Defects {
	if len(rest) <= 4 && len(bytes.Trim(rest, "\r\n\x00")) == 0 {
		return DefectTrailing
	}
	if StartsMessage(bytes.TrimLeft(rest, "\r\n")) {
		return DefectContentLengthTooShort | DefectAnotherBehind
	}
	return DefectContentLengthTooShort
}
