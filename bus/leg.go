package bus

import (
	"bytes"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// The fields of a leg. Times are signed and count from the first request, which counts
// from 1970 UTC, in nanoseconds. What stands in the head is not written again.
const (
	legNumber protowire.Number = iota + 1
	legFlags
	legHead
	legAnswer
	legFirst
	legLast
	legLatest
	legFinal
	legUntil
	legSeen
	legSource
	legDestination
	legTransport
	legBodyBytes
	legRetransmissions
	legDuplicates
	legProvisional // repeated
	legStatus
	legReason
	legRTT
	legRTTLast
	legOutcome
	legCause
	legFinding       // repeated
	legRequestFrame  // repeated
	legResponseFrame // repeated
	legServer
	legSealed
	legRefused
	legReporter
	legDetail
	legFound // repeated
	legBody
	legMethod
	legCallID
	legBranch
	legSentBy
	legFrom
	legTo
	legURI
	legContentType
	legCSeq
)

// The flags of a leg, by bit.
const (
	flagClosed = iota
	flagHasTime
	flagHasCSeq
	flagIPsec
	flagBodyCut
	flagHasRTT
	flagLeftBySender
	flagUnmatchable
	flagLooped
	flagBlind
	flagBounced
	flagAgain
	flagForwards
	flagNotTheType
)

// flags are where each flag stands.
func flags(l *analyze.Leg) []*bool {
	t := &l.Transaction
	return []*bool{flagClosed: &t.Closed, flagHasTime: &t.HasTime, flagHasCSeq: &t.HasCSeq, flagIPsec: &t.IPsec, flagBodyCut: &t.BodyCut, flagHasRTT: &t.HasRTT,
		flagLeftBySender: &t.LeftBySender, flagUnmatchable: &l.Unmatchable, flagLooped: &l.Looped, flagBlind: &l.Blind, flagBounced: &l.Bounced,
		flagAgain: &l.Again, flagForwards: &l.Forwards, flagNotTheType: &l.NotTheType}
}

// appendLeg appends the fields of a leg. head is scratch.
func appendLeg(dst []byte, l *analyze.Leg, head *decode.Message) []byte {
	t := &l.Transaction
	base := t.FirstRequest
	dst = appendNumber(dst, legNumber, t.ID)
	bits := uint64(0)
	for i, flag := range flags(l) {
		if *flag {
			bits |= 1 << i
		}
	}
	dst = appendNumber(dst, legFlags, bits)
	dst = appendSigned(dst, legFirst, base)
	for _, at := range [...]struct {
		number protowire.Number
		time   int64
	}{{legLast, t.LastRequest}, {legLatest, l.LastSeen}, {legFinal, t.Final}, {legUntil, l.Until}, {legSeen, l.Seen}} {
		if at.time != 0 {
			dst = protowire.AppendVarint(protowire.AppendTag(dst, at.number, protowire.VarintType), protowire.EncodeZigZag(at.time-base))
		}
	}
	dst = appendEndpoint(dst, legSource, t.Src)
	dst = appendEndpoint(dst, legDestination, t.Dst)
	for _, n := range [...]struct {
		number protowire.Number
		value  uint64
	}{{legTransport, uint64(t.Transport)}, {legBodyBytes, uint64(t.BodyBytes)}, {legRetransmissions, uint64(t.Retransmissions)},
		{legDuplicates, uint64(t.Duplicates)}, {legStatus, uint64(t.Status)}, {legRTT, uint64(t.RTT)}, {legRTTLast, uint64(t.RTTLast)}, {legOutcome, uint64(t.Outcome)}} {
		dst = appendNumber(dst, n.number, n.value)
	}
	dst = appendTexts(dst, l, head)
	return appendLists(dst, l)
}

// textsOfHead are the strings of a transaction that its head has too, by their fields
// from legMethod on; spansOfHead is where they stand there.
func textsOfHead(t *result.Transaction) [8]*string {
	return [...]*string{&t.Method, &t.CallID, &t.Branch, &t.SentBy, &t.From, &t.To, &t.RequestURI, &t.ContentType}
}

func spansOfHead(m *decode.Message) [8]sip.Span {
	return [...]sip.Span{m.Method, m.CallID, m.Branch, m.SentBy, m.FromURI, m.ToURI, m.URI, m.ContentType}
}

// appendTexts appends the strings of a leg.
func appendTexts(dst []byte, l *analyze.Leg, m *decode.Message) []byte {
	t := &l.Transaction
	dst = appendText(dst, legHead, l.Head)
	dst = appendText(dst, legAnswer, l.Answer)
	*m = decode.Message{Message: sip.Message{Headers: m.Headers[:0]}}
	if len(l.Head) > 0 {
		m.Scan(l.Head)
	}
	places := textsOfHead(t)
	for i, span := range spansOfHead(m) {
		if text := *places[i]; string(span.In(m.Raw)) != text {
			dst = appendText(dst, legMethod+protowire.Number(i), text)
		}
	}
	if t.CSeq != m.CSeqNumber {
		dst = appendNumber(dst, legCSeq, t.CSeq)
	}
	dst = appendText(dst, legReason, t.Reason)
	dst = appendText(dst, legCause, t.Cause)
	dst = appendText(dst, legServer, l.Server)
	dst = appendText(dst, legSealed, l.Sealed)
	dst = appendText(dst, legRefused, l.Refused)
	dst = appendText(dst, legReporter, l.Reporter)
	dst = appendText(dst, legDetail, l.Detail)
	return appendText(dst, legBody, t.Body)
}

// appendLists appends what a leg may have several of.
func appendLists(dst []byte, l *analyze.Leg) []byte {
	t := &l.Transaction
	for _, status := range t.Provisional {
		dst = appendNumber(dst, legProvisional, uint64(status))
	}
	for _, id := range t.Findings {
		dst = appendText(dst, legFinding, id)
	}
	for _, f := range t.RequestFrames {
		dst = appendNumber(dst, legRequestFrame, uint64(f))
	}
	for _, f := range t.ResponseFrames {
		dst = appendNumber(dst, legResponseFrame, uint64(f))
	}
	for i := range l.Found {
		dst = protowire.AppendTag(dst, legFound, protowire.BytesType)
		dst = protowire.AppendBytes(dst, appendFound(nil, &l.Found[i]))
	}
	return dst
}

// appendEndpoint appends an address and a port: 18 bytes, or 6 of IPv4.
func appendEndpoint(dst []byte, number protowire.Number, e decode.Endpoint) []byte {
	var b [18]byte
	ip := e.IP.As16()
	copy(b[:], ip[:])
	b[16], b[17] = byte(e.Port>>8), byte(e.Port)
	if short := e.AddrPort().Addr().Unmap(); short.Is4() {
		return appendText(dst, number, b[12:])
	}
	return appendText(dst, number, b[:])
}

// endpoint is the reverse of appendEndpoint.
func (f *field) endpoint() (e decode.Endpoint) {
	b := f.bytes
	ip := [16]byte{10: 0xff, 11: 0xff}
	switch len(b) {
	case 6:
		copy(ip[12:], b)
	case 18:
		copy(ip[:], b)
	default:
		return e
	}
	e.IP = decode.AddrFrom16(ip)
	e.Port = uint16(b[len(b)-2])<<8 | uint16(b[len(b)-1])
	return e
}

// leg reads a leg.
func (d *Decoder) leg(b []byte) (*analyze.Leg, bool) {
	r := legReader{Leg: &analyze.Leg{}, lists: d.limits.Lists, headers: &d.headers}
	if eachField(b, r.field) != nil || r.Transaction.ID == 0 {
		return nil, false
	}
	return r.finish()
}

// legReader is a leg while it is read.
type legReader struct {
	*analyze.Leg
	lists int
	given [legCSeq + 1]bool // fields that are there
	cseq  uint64

	headers *[]sip.Header // scratch
}

func (r *legReader) field(f *field) bool {
	if f.number > legCSeq {
		return true
	}
	r.given[f.number] = true
	return r.number(f) || r.time(f) || r.text(f) || r.list(f)
}

// number reads a number; it reports whether the field is one.
func (r *legReader) number(f *field) bool {
	t := &r.Transaction
	const most = 1 << 40
	n := int(min(f.value, most))
	switch f.number {
	case legNumber:
		t.ID = f.value
	case legFlags:
		for i, flag := range flags(r.Leg) {
			*flag = f.value>>i&1 != 0
		}
	case legTransport:
		t.Transport = decode.Transport(min(f.value, 255))
	case legBodyBytes:
		t.BodyBytes = n
	case legRetransmissions:
		t.Retransmissions = n
	case legDuplicates:
		t.Duplicates = n
	case legStatus:
		t.Status = min(n, 999)
	case legRTT:
		t.RTT = time.Duration(f.value)
	case legRTTLast:
		t.RTTLast = time.Duration(f.value)
	case legOutcome:
		t.Outcome = result.Outcome(min(f.value, uint64(result.Orphan)))
	case legCSeq:
		r.cseq = f.value
	case legSource:
		t.Src = f.endpoint()
	case legDestination:
		t.Dst = f.endpoint()
	default:
		return false
	}
	return true
}

// time reads a time, which counts from the first request: that comes before it.
func (r *legReader) time(f *field) bool {
	t := &r.Transaction
	at := t.FirstRequest + f.signed()
	switch f.number {
	case legFirst:
		t.FirstRequest = f.signed()
	case legLast:
		t.LastRequest = at
	case legLatest:
		r.LastSeen = at
	case legFinal:
		t.Final = at
	case legUntil:
		r.Until = at
	case legSeen:
		r.Seen = at
	default:
		return false
	}
	return true
}

// text reads a string.
func (r *legReader) text(f *field) bool {
	t := &r.Transaction
	switch f.number {
	case legHead:
		r.Head = bytes.Clone(f.bytes)
	case legAnswer:
		r.Answer = bytes.Clone(f.bytes)
	case legBody:
		t.Body = bytes.Clone(f.bytes)
	default:
		if text := r.place(f.number); text != nil {
			*text = f.text()
			return true
		}
		return false
	}
	return true
}

// place is where a string of a leg belongs, nil where the field is none.
func (r *legReader) place(number protowire.Number) *string {
	t := &r.Transaction
	switch number {
	case legReason:
		return &t.Reason
	case legCause:
		return &t.Cause
	case legServer:
		return &r.Server
	case legSealed:
		return &r.Sealed
	case legRefused:
		return &r.Refused
	case legReporter:
		return &r.Reporter
	case legDetail:
		return &r.Detail
	}
	if i := int(number - legMethod); i >= 0 && i < len(textsOfHead(t)) {
		return textsOfHead(t)[i]
	}
	return nil
}

// list reads an entry of a list.
func (r *legReader) list(f *field) bool {
	t := &r.Transaction
	if max(len(t.Provisional), len(t.Findings), len(t.RequestFrames), len(t.ResponseFrames), len(r.Found)) >= r.lists {
		return false
	}
	switch f.number {
	case legProvisional:
		t.Provisional = append(t.Provisional, int(min(f.value, 999)))
	case legFinding:
		t.Findings = append(t.Findings, f.text())
	case legRequestFrame:
		t.RequestFrames = append(t.RequestFrames, capture.Ref(f.value))
	case legResponseFrame:
		t.ResponseFrames = append(t.ResponseFrames, capture.Ref(f.value))
	case legFound:
		found, ok := readFound(f.bytes)
		r.Found = append(r.Found, found)
		return ok
	}
	return true
}

// finish takes from the head what was not written again.
func (r *legReader) finish() (*analyze.Leg, bool) {
	t := &r.Transaction
	m := &decode.Message{}
	if len(r.Head) > 0 {
		m.Headers = *r.headers
		if !m.Scan(r.Head) || m.Kind != sip.Request {
			return nil, false
		}
		*r.headers = m.Headers[:0]
		m.Headers = slices.Clone(m.Headers)
		r.Message = m
	}
	all, places := string(m.Raw), textsOfHead(t)
	for i, span := range spansOfHead(m) {
		if !r.given[int(legMethod)+i] {
			*places[i] = all[span.Off : span.Off+span.Len]
		}
	}
	if t.CSeq = m.CSeqNumber; r.given[legCSeq] {
		t.CSeq = r.cseq
	}
	return r.Leg, true
}
