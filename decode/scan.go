package decode

import "bytes"

// scanHead reads the start line and the header fields of the message that raw
// begins with into m (which it resets) and returns the offset of the body. The
// caller has checked with matchStartLine that raw begins with a start line.
// Where the empty line is missing, DefectNotTerminated is set and the offset is len(raw).
// It does not touch m.Body: the caller knows where the message ends.
func scanHead(raw []byte, m *Message, limits *Limits) (body int) {
	*m = Message{Raw: raw, Headers: m.Headers[:0], Kind: Request, ContentLength: -1}
	if raw[0]|0x20 == 's' && matchStatusLine(raw) == startYes {
		m.Kind = Response
	}
	end := bytes.Index(raw, []byte("\r\n\r\n"))
	if end < 0 {
		m.Defects |= DefectNotTerminated
		return len(raw)
	}
	if i := bytes.Index(raw[:end], []byte("\r\nContent-Length: ")); i >= 0 {
		m.ContentLength = 0
		for _, c := range raw[i+18 : end] {
			if c < '0' || c > '9' {
				break
			}
			m.ContentLength = m.ContentLength*10 + int64(c-'0')
		}
	}
	return end + 4
}
