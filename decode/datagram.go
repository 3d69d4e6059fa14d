package decode

import "bytes"

// datagram looks for SIP in the payload of a UDP datagram; p.src and p.dst are
// set. Only the first message of a datagram counts (RFC 3261 18.3). It reports false
// where there is none.
func (d *Decoder) datagram(p *packet, payload []byte) bool {
	m := &d.message
	if !m.scan(payload, p.cut, &d.limits) {
		return false
	}
	whole := len(d.udpData) == len(payload)+8 && &d.udpData[8] == &payload[0] // not what was inside of DTLS or the like
	if whole && !d.checksums.accepts(p, protoUDP, d.udpData) {
		d.carries = true
		return true
	}
	m.Transport, m.Payload = UDP, payload
	if whole {
		m.Datagram = Datagram{be16(d.udpData[4:]), d.checksums.right}
	}
	d.emit(p, m)
	if m.Defects.Any(DefectContentLengthTooLong) && m.Carriage&Cut == 0 {
		d.shorts.add(m)
	}
	return true
}

// Scan reads the SIP message that the payload of a datagram begins with and
// reports whether there is one; without one, m holds nothing of use. It keeps
// m.Headers' memory and points into payload. It says nothing about what carried
// the message, and uses DefaultLimits.
func (m *Message) Scan(payload []byte) bool {
	limits := Limits{}.WithDefaults()
	return m.scan(payload, false, &limits)
}

// scan is Scan with limits; cut says that the capture does not hold the end of payload.
func (m *Message) scan(payload []byte, cut bool, limits *Limits) bool {
	if !maybeSIP(payload) {
		return false
	}
	raw, junk := cutJunk(payload)
	match := matchStartLine(raw)
	broken := match != startYes && brokenStart(raw) > 0
	if !broken && (match == startNo || len(raw) == 0 || match == startPartial && !cut) {
		return false
	}
	body := scanHead(raw, m, limits)
	if cut {
		m.Carriage |= Cut
	}
	if !plausibleHead(raw, m) {
		return false
	}
	switch {
	case junk:
		m.Defects |= DefectStartLine
	case len(raw) < len(payload):
		m.Defects |= DefectLeadingCRLF
	}
	m.setDatagramBody(body)
	return true
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
//     else. Without any header field it is of no use to
//     anybody, which is worth to be told;
//   - nothing, where the capture (m.Carriage has Cut) ends inside the head and
//     the start line is a status line or has a known method and a URI with a scheme.
func plausibleHead(raw []byte, m *Message) bool {
	switch {
	case !m.Defects.Has(DefectNoCallID), !m.Defects.Has(DefectNoCSeq), !m.Defects.Any(DefectNoVia | DefectBadVia):
		return true
	case hasScheme(m.FromURI.In(raw)), hasScheme(m.ToURI.In(raw)):
		return true
	case !m.Defects.Any(DefectStartLine|DefectVersionCase|DefectHeaderLine|DefectBadVia) && exactStart(raw, m):
		return true
	case m.Carriage&Cut == 0 || !m.Defects.Has(DefectNotTerminated):
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
	return colon > 0 && isToken(uri[:colon])
}

// setDatagramBody finds the end of a message whose body begins at offset body
// and whose Raw reaches to the end of the datagram, and cuts Raw there
// (RFC 3261 18.3). Where Content-Length says nothing that can be used, the body
// is the rest of the datagram.
func (m *Message) setDatagramBody(body int) {
	rest := m.Raw[body:]
	end := len(m.Raw)
	switch {
	case m.ContentLength < 0:
	case m.ContentLength > int64(len(rest)):
		if m.Carriage&Cut == 0 {
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
	return DefectContentLengthTooShort
}

// emit fills in what carried the message, counts it and hands it on.
func (d *Decoder) emit(p *packet, m *Message) {
	m.Src, m.Dst = p.src, p.dst
	m.Time, m.HasTime, m.Frame, m.IPID = p.time, p.hasTime, p.ref, p.ipID
	if m.First == 0 {
		m.First = p.ref
	}
	if m.Parts = nil; len(p.parts) > 1 {
		m.Parts = p.parts
	}
	m.Carriage |= p.carriage
	if p.cut {
		m.Carriage |= Cut
	}
	d.stats.count(m, d.limits.Methods)
	d.hiding.peers.add(&m.Src.IP, &m.Dst.IP)
	d.carries = true
	d.handler.Message(m)
}
