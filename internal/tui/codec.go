package tui

import (
	"encoding/binary"
	"errors"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// This file writes transactions, deliveries and messages as bytes and reads them again.
// Numbers are varints, strings stand behind their length.

var errBlob = errors.New("a row cannot be read again")

// pen appends.
type pen struct{ b []byte }

func (p *pen) int(v int64)   { p.b = binary.AppendVarint(p.b, v) }
func (p *pen) uint(v uint64) { p.b = binary.AppendUvarint(p.b, v) }
func (p *pen) bool(v bool) {
	n := byte(0)
	if v {
		n = 1
	}
	p.b = append(p.b, n)
}

func (p *pen) text(s string) {
	p.uint(uint64(len(s)))
	p.b = append(p.b, s...)
}

func (p *pen) bytes(s []byte) {
	p.uint(uint64(len(s)))
	p.b = append(p.b, s...)
}

func (p *pen) end(e decode.Endpoint) {
	ip := e.IP.As16()
	p.b = append(p.b, ip[:]...)
	p.uint(uint64(e.Port))
}

func (p *pen) frames(list []capture.Ref) {
	p.uint(uint64(len(list)))
	for _, f := range list {
		p.uint(uint64(f))
	}
}

// eye reads what a pen has written.
type eye struct {
	b   []byte
	bad bool
}

func (e *eye) int() int64 {
	v, n := binary.Varint(e.b)
	return skip(e, v, n)
}

func (e *eye) uint() uint64 {
	v, n := binary.Uvarint(e.b)
	return skip(e, v, n)
}

// skip goes on behind a number of n bytes.
func skip[T int64 | uint64](e *eye, v T, n int) T {
	if n <= 0 {
		e.bad, e.b = true, nil
		return 0
	}
	e.b = e.b[n:]
	return v
}

// take returns the next n bytes, which are shared with the blob.
func (e *eye) take(n uint64) []byte {
	if n > uint64(len(e.b)) {
		e.bad, e.b = true, nil
		return nil
	}
	b := e.b[:n:n]
	e.b = e.b[n:]
	return b
}

func (e *eye) bool() bool {
	b := e.take(1)
	return len(b) == 1 && b[0] == 1
}

func (e *eye) bytes() []byte { return e.take(e.uint()) }
func (e *eye) text() string  { return string(e.bytes()) }

func (e *eye) end() (v decode.Endpoint) {
	var ip [16]byte
	copy(ip[:], e.take(16))
	v.IP = decode.AddrFrom16(ip)
	v.Port = uint16(e.uint())
	return v
}

func (e *eye) frames() (list []capture.Ref) {
	for n := e.uint(); n > 0 && !e.bad; n-- {
		list = append(list, capture.Ref(e.uint()))
	}
	return list
}

func (e *eye) err() error {
	if e.bad {
		return errBlob
	}
	return nil
}

// transaction writes a transaction. Its findings are names of rules.
func (p *pen) transaction(t *result.Transaction) {
	for _, v := range [...]uint64{t.ID, t.Delivery, uint64(t.Verdict), t.CSeq, uint64(t.Transport), uint64(t.BodyBytes), uint64(t.Retransmissions),
		uint64(t.Duplicates), uint64(t.Status), uint64(t.Outcome)} {
		p.uint(v)
	}
	for _, v := range [...]bool{t.HasCSeq, t.IPsec, t.BodyCut, t.HasTime, t.HasRTT, t.Closed, t.LeftBySender, t.Body != nil} {
		p.bool(v)
	}
	for _, v := range [...]int64{t.FirstRequest, t.LastRequest, t.Final, int64(t.RTT), int64(t.RTTLast)} {
		p.int(v)
	}
	for _, s := range [...]string{t.From, t.To, t.CallID, t.Method, t.Branch, t.SentBy, t.RequestURI, t.ContentType, t.Reason, t.Cause} {
		p.text(s)
	}
	p.bytes(t.Body)
	p.end(t.Src)
	p.end(t.Dst)
	p.uint(uint64(len(t.Provisional)))
	for _, v := range t.Provisional {
		p.uint(uint64(v))
	}
	p.uint(uint64(len(t.Findings)))
	for _, v := range t.Findings {
		p.text(v)
	}
	p.frames(t.RequestFrames)
	p.frames(t.ResponseFrames)
}

func (e *eye) transaction(t *result.Transaction) error {
	*t = result.Transaction{ID: e.uint(), Delivery: e.uint(), Verdict: result.Verdict(e.uint()), CSeq: e.uint(), Transport: decode.Transport(e.uint()),
		BodyBytes: int(e.uint()), Retransmissions: int(e.uint()), Duplicates: int(e.uint()), Status: int(e.uint()), Outcome: result.Outcome(e.uint())}
	hasBody := false
	for _, v := range [...]*bool{&t.HasCSeq, &t.IPsec, &t.BodyCut, &t.HasTime, &t.HasRTT, &t.Closed, &t.LeftBySender, &hasBody} {
		*v = e.bool()
	}
	t.FirstRequest, t.LastRequest, t.Final, t.RTT, t.RTTLast = e.int(), e.int(), e.int(), time.Duration(e.int()), time.Duration(e.int())
	for _, s := range [...]*string{&t.From, &t.To, &t.CallID, &t.Method, &t.Branch, &t.SentBy, &t.RequestURI, &t.ContentType, &t.Reason, &t.Cause} {
		*s = e.text()
	}
	if body := e.bytes(); hasBody {
		t.Body = body
	}
	t.Src, t.Dst = e.end(), e.end()
	for n := e.uint(); n > 0 && !e.bad; n-- {
		t.Provisional = append(t.Provisional, int(e.uint()))
	}
	for n := e.uint(); n > 0 && !e.bad; n-- {
		t.Findings = append(t.Findings, e.text())
	}
	t.RequestFrames, t.ResponseFrames = e.frames(), e.frames()
	return e.err()
}

func (p *pen) delivery(d *result.Delivery) {
	for _, v := range [...]uint64{d.ID, uint64(d.Verdict), d.Blame} {
		p.uint(v)
	}
	p.text(d.Sender)
	p.text(d.Recipient)
	p.bool(d.HasTime)
	p.bool(d.HasTotal)
	p.bool(d.Closed)
	p.int(d.FirstRequest)
	p.int(int64(d.Total))
	p.uint(uint64(len(d.CallIDs)))
	for _, s := range d.CallIDs {
		p.text(s)
	}
	p.uint(uint64(len(d.Hops)))
	for i := range d.Hops {
		p.hop(&d.Hops[i])
	}
}

func (p *pen) hop(h *result.Hop) {
	for _, v := range [...]uint64{h.Transaction, h.Parent, uint64(h.Outcome), uint64(h.Status)} {
		p.uint(v)
	}
	p.end(h.Src)
	p.end(h.Dst)
	p.bool(h.HasRTT)
	p.bool(h.HasForward)
	p.bool(h.HasRelay)
	p.int(int64(h.RTT))
	p.int(int64(h.Forward))
	p.int(int64(h.Relay))
}

func (e *eye) delivery(d *result.Delivery) error {
	*d = result.Delivery{ID: e.uint(), Verdict: result.Verdict(e.uint()), Blame: e.uint(), Sender: e.text(), Recipient: e.text(),
		HasTime: e.bool(), HasTotal: e.bool(), Closed: e.bool(), FirstRequest: e.int(), Total: time.Duration(e.int())}
	for n := e.uint(); n > 0 && !e.bad; n-- {
		d.CallIDs = append(d.CallIDs, e.text())
	}
	for n := e.uint(); n > 0 && !e.bad; n-- {
		d.Hops = append(d.Hops, result.Hop{Transaction: e.uint(), Parent: e.uint(), Outcome: result.Outcome(e.uint()), Status: int(e.uint()),
			Src: e.end(), Dst: e.end(), HasRTT: e.bool(), HasForward: e.bool(), HasRelay: e.bool(),
			RTT: time.Duration(e.int()), Forward: time.Duration(e.int()), Relay: time.Duration(e.int())})
	}
	return e.err()
}

// joined writes a message and what it is; before is the place of the one before it in
// its transaction.
func (p *pen) joined(j *analyze.Joined, before place) {
	m := j.Message
	p.uint(uint64(before))
	for _, v := range [...]uint64{j.Transaction, uint64(j.Role), uint64(m.Body.Off), uint64(m.Body.Len), uint64(m.Defects), uint64(m.Transport), uint64(m.Frame), uint64(m.First),
		m.Conn, uint64(m.IPID), uint64(m.Datagram.Length), uint64(m.Datagram.Checksum), uint64(m.Seq), uint64(m.Carriage), uint64(m.Skipped), uint64(m.Beyond),
		uint64(m.Agent), uint64(m.Liar.Frame)} {
		p.uint(v)
	}
	p.int(m.Time)
	p.int(m.Lag)
	p.int(m.Liar.ContentLength)
	p.bool(m.HasTime)
	p.end(m.Src)
	p.end(m.Dst)
	p.frames(m.Parts)
	p.bytes(m.Raw)
}

func (e *eye) joined() (j analyze.Joined, before place, err error) {
	before = place(e.uint())
	var v [18]uint64
	for i := range v {
		v[i] = e.uint()
	}
	time, lag, length, hasTime, src, dst, parts, raw := e.int(), e.int(), e.int(), e.bool(), e.end(), e.end(), e.frames(), e.bytes()
	m := new(decode.Message)
	if e.bad || !m.Scan(raw) && len(m.Raw) == 0 {
		m.Raw = raw
	}
	m.Body = sip.Span{Off: uint32(v[2]), Len: uint32(v[3])}
	m.Defects, m.Transport, m.Frame, m.First = sip.Defects(v[4]), decode.Transport(v[5]), capture.Ref(v[6]), capture.Ref(v[7])
	m.Conn, m.IPID, m.Datagram = v[8], uint32(v[9]), decode.Datagram{Length: uint16(v[10]), Checksum: uint16(v[11])}
	m.Seq, m.Carriage, m.Skipped, m.Beyond, m.Agent = uint32(v[12]), decode.Carriage(v[13]), uint32(v[14]), uint32(v[15]), uint8(v[16])
	m.Liar = sip.Liar{Frame: capture.Ref(v[17]), ContentLength: length}
	m.Time, m.Lag, m.HasTime, m.Src, m.Dst, m.Parts, m.Raw, m.Payload = time, lag, hasTime, src, dst, parts, raw, nil
	return analyze.Joined{Message: m, Transaction: v[0], Role: analyze.Role(v[1])}, before, e.err()
}
