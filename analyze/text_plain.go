package analyze

import (
	"unsafe"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/sip"
)

// plainTexts knows of the texts that are nothing but text in a MESSAGE what their
// delivery does not say when it closes. They are most of the traffic: nothing in here is
// a pointer, and they come and go nearly in the order of their numbers.
type plainTexts struct {
	chunks map[uint64]*plainChunk // by the upper bits of the delivery's number
	spare  *plainChunk            // empty, to be filled again
	types  []plainType
	limit  int               // of them
	bytes  int               // of the longest
	byType map[string]uint16 // Content-Type as it stands there
	held   int64             // bytes of chunks
	// scratch
	text     result.Text
	content  content.Content
	delivery [1]uint64
}

// plainType is what a Content-Type says.
type plainType struct{ media, charset string }

// plainText is a text whose delivery is open; characters is 0 where there is none. Where
// contents is noPlainType, all is known of what the delivery carries.
type plainText struct {
	frame      capture.Ref
	call       uint32 // hash of the Call-ID
	bytes      uint16
	contents   uint16 // index in plainTexts.types
	characters uint16
}

const (
	plainChunkBits = 11
	plainChunkSize = int64(unsafe.Sizeof(plainChunk{}))
	noPlainType    = 1<<16 - 1
)

type plainChunk struct {
	open  int
	texts [1 << plainChunkBits]plainText
}

// put remembers the text of a delivery that begins. It reports false where there are
// more kinds of Content-Type than it keeps, or this one is longer.
func (p *plainTexts) put(delivery uint64, m *decode.Message, characters uint16) bool {
	contents, ok := p.contents(m.ContentType.In(m.Raw))
	if !ok {
		return false
	}
	p.set(delivery, plainText{m.Frame, hash32(cut(m.CallID.In(m.Raw))), uint16(m.Body.Len), contents, characters})
	return true
}

// done notes that nothing will be said of what an open delivery carries: a report, or a
// text that has been handed on.
func (p *plainTexts) done(delivery uint64) {
	p.set(delivery, plainText{contents: noPlainType, characters: 1})
}

func (p *plainTexts) set(delivery uint64, t plainText) {
	c := p.chunks[delivery>>plainChunkBits]
	if c == nil {
		c = p.begin(delivery >> plainChunkBits)
	}
	at := &c.texts[delivery%(1<<plainChunkBits)]
	if at.characters == 0 {
		c.open++
	}
	*at = t
}

func (p *plainTexts) begin(number uint64) *plainChunk {
	c := p.spare
	if p.spare = nil; c == nil {
		c = new(plainChunk)
	}
	if p.chunks == nil {
		p.chunks = make(map[uint64]*plainChunk)
	}
	p.chunks[number] = c
	p.held += plainChunkSize
	return c
}

// contents is the index of a Content-Type.
func (p *plainTexts) contents(raw []byte) (uint16, bool) {
	if at, known := p.byType[string(raw)]; known {
		return at, true
	}
	if len(p.types) == p.limit || len(raw) > p.bytes {
		return 0, false
	}
	if p.byType == nil {
		p.byType = make(map[string]uint16)
	}
	at := uint16(len(p.types))
	media, charset, _ := content.PlainType(string(raw))
	p.types = append(p.types, plainType{media, charset})
	p.byType[string(raw)] = at
	return at, true
}

// get returns the text of a delivery.
func (p *plainTexts) get(delivery uint64) (t plainText, ok bool) {
	if c := p.chunks[delivery>>plainChunkBits]; c != nil {
		t = c.texts[delivery%(1<<plainChunkBits)]
	}
	return t, t.characters != 0
}

// take forgets the text of a delivery and returns it.
func (p *plainTexts) take(delivery uint64) (t plainText, ok bool) {
	c := p.chunks[delivery>>plainChunkBits]
	if c == nil {
		return t, false
	}
	at := &c.texts[delivery%(1<<plainChunkBits)]
	if at.characters == 0 {
		return t, false
	}
	t, *at = *at, plainText{}
	if c.open--; c.open == 0 {
		delete(p.chunks, delivery>>plainChunkBits)
		p.held -= plainChunkSize
		p.spare = c
	}
	return t, true
}

// view is the text of a closed delivery; it is valid until the next one.
func (p *plainTexts) view(t *plainText, d *result.Delivery, root *result.Hop, end result.TextEnd) *result.Text {
	says, first := p.types[t.contents], &d.Hops[0]
	p.content = content.Content{Kind: content.IM, Type: says.media, Charset: says.charset, HasText: true, Characters: int(t.characters)}
	p.delivery[0] = d.ID
	p.text = result.Text{ID: d.ID, Kind: result.InstantMessage, Deliveries: p.delivery[:], Transaction: first.Transaction, CallID: callIDOf(d, t.call), Method: "MESSAGE", Carrier: "sip",
		From: d.Sender, To: d.Recipient, Src: first.Src, Dst: first.Dst, HasTime: first.HasTime, First: first.First, Frame: t.frame,
		Status: root.Status, Bytes: int(t.bytes), Content: &p.content, End: end}
	return &p.text
}

// callIDOf is the Call-ID with a hash: a B2BUA changes it on the way.
func callIDOf(d *result.Delivery, hash uint32) string {
	for _, id := range d.CallIDs[1:] {
		if hash32([]byte(id)) == hash {
			return id
		}
	}
	return d.CallIDs[0]
}

// plainOf counts the characters of a message that is nothing but text, where nobody asks
// for more than how many there are; 0 where it is to be read.
func (w *worker) plainOf(m *decode.Message) uint16 {
	const encoded = 1<<sip.HeaderContentEncoding | 1<<sip.HeaderContentTransferEncoding | 1<<sip.HeaderContentDisposition
	o := &w.options
	if !o.PlainTexts || o.Bodies || o.WhereText != nil || m.Kind != sip.Request || m.Present&encoded != 0 || string(m.Method.In(m.Raw)) != "MESSAGE" {
		return 0
	}
	if raw := m.ContentType.In(m.Raw); string(raw) != w.plain.raw || raw == nil {
		w.plain.raw = string(raw)
		_, _, w.plain.ok = content.PlainType(w.plain.raw)
	}
	if !w.plain.ok || len(cut(m.CallID.In(m.Raw))) < int(m.CallID.Len) || m.FromURI.Len > maxText || m.ToURI.Len > maxText {
		return 0
	}
	characters, _ := content.PlainText(m.Body.In(m.Raw))
	return uint16(characters)
}

// leftPlain takes the end of a delivery that carries nothing but text, or nothing that
// is still open.
func (l *ledger) leftPlain(d *result.Delivery, t *plainText) {
	if t.contents == noPlainType {
		return
	}
	root := lastAttempt(d)
	text := l.plain.view(t, d, root, endOfPlain(root))
	l.totals.add(text)
	if l.teller.handler != nil {
		l.teller.handler.Text(text)
	}
}

// endOfPlain is the end of a text of which its answer says all.
func endOfPlain(root *result.Hop) result.TextEnd {
	switch root.Outcome {
	case result.Success:
		return result.NotAsked
	case result.Pending, result.Orphan:
		return result.EndUnknown
	case result.Timeout, result.Unreachable:
		return result.Unconfirmed
	}
	return result.RefusedText
}
