package strict

import (
	"bytes"
	"math"
	"strings"
	"unsafe"

	sipgo "github.com/emiago/sipgo/sip"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// direct is the short way through sipgo for a message that is in order: sipgo's parsers
// of header fields are called as functions, on the bytes of the message and into values
// that are used again. Nothing is kept and little is copied, which is most of what
// sipgo.Parser spends its time on. What the way refuses goes to sipgo.Parser, so that it
// may refuse too much, but it must not accept what sipgo.Parser does not, nor read it
// otherwise; FuzzParser holds it to that.
type direct struct {
	parsers sipgo.HeadersParser
	sentBy  sipgo.HeaderParser                    // of Vias without parameters, which remembers them
	below   sipgo.HeaderParams                    // parameters of a Via that is not the top one
	byID    [math.MaxUint8 + 1]sipgo.HeaderParser // by HeaderID those of parsers whose values are compared or may be refused
	values  []sipgo.Header                        // of one header field, used again
}

func newDirect(parsers sipgo.HeadersParser) direct {
	d := direct{parsers: parsers, sentBy: remembering(parsers["via"])}
	for _, id := range []sip.HeaderID{sip.HeaderVia, sip.HeaderCallID, sip.HeaderCSeq, sip.HeaderContentLength, sip.HeaderContentType,
		sip.HeaderMaxForwards, sip.HeaderContact, sip.HeaderRoute, sip.HeaderRecordRoute, sip.HeaderReferTo, sip.HeaderReferredBy} {
		d.byID[id] = parsers[strings.ToLower(id.String())]
	}
	return d
}

// sipgoReads are the defects that change nothing in how sipgo reads a message.
const sipgoReads = sip.DefectNoMaxForwards | sip.DefectTrailing

// read sets r and reports true where the message is in order and sipgo's parsers accept
// each of its header fields. r points into the message.
func (d *direct) read(m *decode.Message, r *reading) (ok bool) {
	head := m.Head()
	if m.Defects&^sipgoReads != 0 || !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		return false
	}
	defer func() {
		if recover() != nil {
			ok = false // and sipgo.Parser, which is asked next, says why
		}
	}()
	r.reset(len(m.Raw) - len(head))
	if !r.startLine(m) {
		return false
	}
	for i := range m.Headers {
		if h := &m.Headers[i]; h.ID != sip.HeaderOther && !d.header(m, h, r) {
			return false
		}
	}
	return true
}

// startLine reads the start line as sipgo.Parser does: it has two spaces, or more in a
// response, and the first or the last part begins with SIP.
func (r *reading) startLine(m *decode.Message) bool {
	line := textOf(m.Raw[:max(bytes.IndexByte(m.Raw, '\r'), 0)])
	first, rest, _ := strings.Cut(line, " ")
	second, third, ok := strings.Cut(rest, " ")
	if !ok || m.Kind == sip.Request != (third == "SIP/2.0") {
		return false
	}
	r.kind = m.Kind
	if m.Kind == sip.Response {
		r.status = m.Status // three digits, or there is a defect
		return first == "SIP/2.0" && len(second) == 3
	}
	r.method = strings.ToUpper(first)
	return sipgo.ParseUri(second, &r.uri) == nil && !r.uri.Wildcard
}

// header reads one header field into r, if sipgo has a parser for it.
func (d *direct) header(m *decode.Message, h *sip.Header, r *reading) bool {
	value := bytes.TrimSpace(h.Value.In(m.Raw))
	if bytes.IndexByte(value, '\n') >= 0 {
		return false // folded
	}
	switch h.ID {
	case sip.HeaderFrom:
		return r.from.read(textOf(value))
	case sip.HeaderTo:
		return r.to.read(textOf(value))
	case sip.HeaderVia:
		if d.readVia(textOf(value), r) {
			return true
		}
	}
	parse := d.byID[h.ID]
	if parse == nil {
		return true
	}
	header, err := parse(nil, textOf(value))
	if err == nil {
		r.take(header)
		return true
	}
	// Several values, separated by commas, or one that is refused.
	d.values, err = d.parsers.ParseHeader(d.values[:0], m.Raw[h.Name.Off:h.Value.End()])
	for _, header := range d.values {
		r.take(header)
	}
	return err == nil
}

// readVia reads a Via as sipgo's parser of it does, which goes on to the parameters at the
// first semicolon if it has found a host before it. What stands before that is the same
// in many messages, and the parameters need no new memory. A list is left to that parser,
// and so is an address in brackets, behind which it stops where a port is wrong.
func (d *direct) readVia(value string, r *reading) bool {
	end := strings.IndexByte(value, ';')
	if end < 0 || strings.IndexByte(value, ',') >= 0 || strings.IndexByte(value[:end], '[') >= 0 {
		return false
	}
	header, err := d.sentBy(nil, value[:end])
	if err != nil {
		return false
	}
	head, ok := header.(*sipgo.ViaHeader)
	if !ok || head.Host == "" {
		return false
	}
	params := &d.below
	if r.vias == 0 {
		r.via.host, r.via.port, params = head.Host, head.Port, &r.via.params
	}
	*params = (*params)[:0]
	if _, err = sipgo.UnmarshalHeaderParams(value[end+1:], ';', '\r', params); err != nil {
		return false
	}
	r.vias++
	return true
}

// read reads the value of From or To as sipgo's parsers of the two do.
func (p *party) read(value string) bool {
	_, err := sipgo.ParseAddressValue(value, &p.uri, &p.params)
	return err == nil && !p.uri.Wildcard
}

// textOf is b as a string that shares its bytes.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
