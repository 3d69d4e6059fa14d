package analyze

import (
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/strict"
)

// batch carries events from the decoder to the analyzer, in order. Workers look
// at its messages on the way. Batches are used again, so a steady run allocates
// nothing for them.
type batch struct {
	events []event
	raw    []byte // the bytes of all messages and quotes
	beside int    // bytes of strings that events have beside that
	done   chan struct{}
}

// event is one thing the decoder found. Only the fields of its kind are used.
type event struct {
	kind       eventKind
	allow      allowance        // what a message says of its sender and MESSAGE
	characters uint16           // of a message that is nothing but text, see plainTexts; then content is nil
	clock      int64            // largest time of a frame so far
	content    *content.Content // what the message carries; nil where nobody asks
	head       []byte           // Leg.Head or Leg.Answer of it; nil where nobody asks
	facts      []fact
	opinion    strict.Opinion // only where there are facts
	hashes     hashes         // of a message of a MESSAGE exchange, and of every response
	message    decode.Message
	rare       *rare // see rarely
}

// rare is what few events have. It takes more than all the rest.
type rare struct {
	memory   content.Memory // of event.content
	icmp     decode.ICMPError
	conn     decode.ConnEvent
	msrp     decode.MSRP
	rest     decode.Rest
	doubt    decode.Contradiction
	agent    string // the next HEP agent
	snapshot func(*analyzer)
	large    bool // it refers to much memory
}

// rarely returns room for what few events have, which the event keeps from its first use on.
func (e *event) rarely() *rare {
	if e.rare == nil {
		e.rare = new(rare)
	}
	return e.rare
}

// largeRare is from how many bytes on what an event refers to is not kept for its memory.
const largeRare = 4 << 10

type eventKind uint8

const (
	eventMessage eventKind = iota + 1
	eventICMP
	eventConn
	eventAgent // a HEP agent that has not reported before
	eventTrace // a capture begins that has nothing to do with the one before
	eventMSRP
	eventRest
	eventDoubt
	eventClock    // nothing but the clock
	eventSnapshot // somebody wants a report now
)

const (
	batchEvents = 128
	batchBytes  = 256 << 10
)

func newBatch() *batch {
	return &batch{events: make([]event, 0, batchEvents), raw: make([]byte, 0, 64<<10), done: make(chan struct{}, 1)}
}

func (b *batch) full() bool { return len(b.events) == batchEvents || len(b.raw)+b.beside >= batchBytes }

// reset empties the batch. What few events have would stay for as long as nothing else of
// its kind takes its place: a text of 64 KB in each of the events of all batches.
func (b *batch) reset() {
	for i := range b.events {
		if r := b.events[i].rare; r != nil && r.large {
			b.events[i].rare = nil
		}
	}
	b.events, b.beside = b.events[:0], 0
	b.raw = b.raw[:0]
	if cap(b.raw) > 2*batchBytes {
		b.raw = make([]byte, 0, batchBytes)
	}
}

// next makes room for an event and returns it. What it held before is kept for
// its memory.
func (b *batch) next(kind eventKind, clock int64) *event {
	b.events = b.events[:len(b.events)+1]
	e := &b.events[len(b.events)-1]
	e.kind, e.clock, e.facts, e.opinion = kind, clock, e.facts[:0], strict.Opinion{}
	e.content, e.head = nil, nil
	return e
}

// keep copies bytes that outlive the decoder's call into the batch. The batch's
// buffer may move as it grows; what was kept before stays where it was.
func (b *batch) keep(data []byte) []byte {
	b.raw = b.fit(len(data))
	at := len(b.raw)
	b.raw = append(b.raw, data...)
	return b.raw[at:len(b.raw):len(b.raw)]
}

// fit returns the buffer, or a new one where n more bytes do not fit.
func (b *batch) fit(n int) []byte {
	if len(b.raw)+n <= cap(b.raw) {
		return b.raw
	}
	return make([]byte, 0, max(2*cap(b.raw), n))
}

// addMessage copies a message into the batch. shift makes its time one of the capture's
// clock; without a time of its own it came when that clock said so.
func (b *batch) addMessage(m *decode.Message, clock, shift int64) {
	e := b.next(eventMessage, clock)
	b.raw = b.fit(len(m.Raw))
	b.raw = m.CopyTo(&e.message, b.raw)
	e.message.Lag += shift
	if !m.HasTime {
		e.message.Lag = clock - m.Time
	}
}
