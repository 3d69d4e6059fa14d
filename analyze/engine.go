package analyze

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
	"simplecap/decode/strict"
)

// Run reads src to its end and hands every transaction to h. The Report covers
// what was read even where the error is not nil: ctx's error when it was
// cancelled, or an error of the source that ended the run.
//
// An h that is a DeliveryHandler or a TextHandler as well is told of these too, and one
// that is a WaitingHandler or an OpenTextHandler, with Options.Live, of what is not over.
//
// One goroutine reads and decodes, Options.Workers run sipgo's parser and the
// rules for single messages, and the caller's goroutine pairs and judges. What
// comes out does not depend on the number of workers.
func Run(ctx context.Context, src capture.Source, options Options, h Handler) (*result.Report, error) {
	options = options.withDefaults()
	e := newEngine(src, options)
	a := newAnalyzer(options, h)
	defer a.close()
	var readers sync.WaitGroup
	readers.Go(func() { e.read(ctx) })
	for range options.Workers {
		readers.Go(func() { e.work() })
	}
	for b := range e.ordered {
		<-b.done
		a.take(b)
		b.reset()
		e.free <- b
	}
	readers.Wait()
	a.closer.advance(e.clock)
	a.closer.finish()
	a.ledger.end()
	a.legs.end()
	a.strange = e.times.strange()
	return a.report(src.Inputs(), e.decoder.Stats()), e.err
}

// take processes a batch.
func (a *analyzer) take(b *batch) {
	a.warm(b.events)
	for i := range b.events {
		e := &b.events[i]
		a.closer.advance(e.clock)
		a.ledger.advance()
		switch e.kind {
		case eventMessage:
			a.message(e)
		case eventICMP:
			a.bounces.take(&e.rare.icmp)
		case eventConn:
			a.hosts.connection(&e.rare.conn)
			a.progress.ended(&e.rare.conn)
		case eventTrace:
			a.newTrace()
		case eventAgent:
			a.hosts.agents = append(a.hosts.agents, e.rare.agent)
		case eventMSRP:
			a.ledger.session(&e.rare.msrp)
		case eventRest:
			a.blame.rest(&e.rare.rest)
		case eventDoubt:
			a.blame.contradicted(&e.rare.doubt)
		case eventSnapshot:
			e.rare.snapshot(a)
		}
	}
}

// engine is the part of a run that is before the analyzer.
type engine struct {
	src     capture.Source
	options Options
	decoder *decode.Decoder
	clock   int64 // largest time of a frame so far; the analyzer may read it when ordered is closed
	err     error // likewise
	times   timekeeper
	file    int   // whose frames are being read, and
	trace   int   // of which trace, see capture.Files.Trace
	shift   int64 // of the frame at hand, see timekeeper
	agents  int   // HEP agents that the analyzer has been told of

	readTold int64 // the clock when Options.Legs was told what was read

	batch   *batch
	free    chan *batch // empty batches
	todo    chan *batch // to the workers
	ordered chan *batch // to the analyzer, in order of the capture
}

func newEngine(src capture.Source, options Options) *engine {
	n := 2 * (options.Workers + 2)
	e := &engine{src: src, options: options,
		free: make(chan *batch, n), todo: make(chan *batch, n), ordered: make(chan *batch, n)}
	for range n {
		e.free <- newBatch()
	}
	e.times = timekeeper{src: src, limit: options.Limits.FrameList, clocks: options.Limits.Clocks}
	e.times.traces, _ = src.(traced)
	e.decoder = decode.NewDecoder(e, decode.Options{Ports: options.Ports, HEP: options.HEP, Keys: options.Keys, Limits: options.Limits.Decode})
	if s, ok := src.(capture.SecretSource); ok {
		s.OnSecrets(e.decoder.Secrets)
	}
	return e
}

// secrets takes what is new in key logs. Secrets inside captures have come already.
func (e *engine) secrets(final bool) {
	if e.options.KeyLogs != nil {
		e.options.KeyLogs(final)
	}
	e.decoder.UseSecrets()
}

// framesPerRead is how many frames are asked of the source at once.
const framesPerRead = 512

// read decodes the source to its end or until ctx is cancelled.
func (e *engine) read(ctx context.Context) {
	defer close(e.ordered)
	defer close(e.todo)
	e.batch = <-e.free
	frames := make([]capture.Frame, framesPerRead)
	for e.err == nil {
		if e.err = ctx.Err(); e.err != nil {
			break
		}
		var n int
		n, e.err = e.times.read(frames)
		e.secrets(false)
		for i := range frames[:n] {
			e.shift = e.times.shifts[i]
			e.frame(&frames[i])
		}
		e.tellRead(false)
		if e.options.Live {
			e.live(n)
		}
	}
	if errors.Is(e.err, io.EOF) {
		e.err = nil
	}
	e.secrets(true)
	e.decoder.Flush()
	e.tellRead(true)
	e.flush()
}

func (e *engine) frame(f *capture.Frame) {
	if f.File != e.file {
		e.enter(f.File)
	}
	if f.HasTime {
		e.tick(f.Time + e.shift)
	}
	carries := e.decoder.Frame(f)
	if e.options.Tap != nil {
		e.options.Tap.Frame(f, carries)
	}
}

// tick moves the capture's clock. What the decoder had waited for too long is older.
func (e *engine) tick(now int64) {
	if now > e.clock {
		e.decoder.Advance(now)
		e.clock = now
	}
}

// flush sends the current batch on and takes an empty one.
func (e *engine) flush() {
	if e.options.Live && !e.batch.full() {
		e.batch.next(eventClock, e.clock)
	}
	e.send()
}

func (e *engine) send() {
	e.todo <- e.batch
	e.ordered <- e.batch
	e.batch = <-e.free
}

// room makes sure that the current batch takes one more event.
func (e *engine) room() {
	if e.batch.full() {
		e.send()
	}
}

// Message implements decode.Handler.
func (e *engine) Message(m *decode.Message) {
	e.introduce(int(m.Agent))
	e.room()
	e.batch.addMessage(m, e.clock, e.shift)
	if e.options.Tap != nil {
		e.options.Tap.Message(m)
	}
}

// ICMP implements decode.ICMPHandler.
func (e *engine) ICMP(i *decode.ICMPError) {
	e.room()
	event := e.batch.next(eventICMP, e.clock).rarely()
	event.icmp = *i
	event.icmp.Quoted = e.batch.keep(i.Quoted)
	if tap, ok := e.options.Tap.(decode.ICMPHandler); ok {
		tap.ICMP(i)
	}
}

// Connection implements decode.ConnHandler.
func (e *engine) Connection(c *decode.ConnEvent) {
	e.room()
	event := e.batch.next(eventConn, e.clock).rarely()
	event.conn = *c
	event.conn.Time += e.shift // by the capture's clock, as Message.Seen is
	if tap, ok := e.options.Tap.(decode.ConnHandler); ok {
		tap.Connection(c)
	}
}

// Rest implements decode.RestHandler.
func (e *engine) Rest(r *decode.Rest) {
	e.room()
	e.batch.next(eventRest, e.clock).rarely().rest = *r
}

// Contradiction implements decode.ContradictionHandler.
func (e *engine) Contradiction(c *decode.Contradiction) {
	e.room()
	e.batch.next(eventDoubt, e.clock).rarely().doubt = *c
}

// MSRP implements decode.MSRPHandler.
func (e *engine) MSRP(m *decode.MSRP) {
	e.room()
	event := e.batch.next(eventMSRP, e.clock).rarely()
	event.msrp = *m
	message := *m.Message
	message.Body, message.Raw = e.batch.keep(m.Body), nil
	event.msrp.Message = &message
	said := len(m.ToPath) + len(m.FromPath) + len(m.MessageID) + len(m.ContentType) + len(m.Transaction) + len(m.Reason) + len(m.SuccessReport) + len(m.FailureReport)
	e.batch.beside += said
	event.large = event.large || said > largeRare
	if tap, ok := e.options.Tap.(decode.MSRPHandler); ok {
		tap.MSRP(m)
	}
}

// together is how many messages a worker gives to sipgo before it goes on to the
// rules. The code of one displaces the other's from the processor's caches: one
// message at a time, the whole command takes a twentieth longer.
const together = 32

// worker applies sipgo's parser and the rules for single messages.
type worker struct {
	*engine
	parser   *strict.Parser
	exchange Exchange          // of the message that the rules look at
	messages []*decode.Message // of MESSAGE exchanges
	plain    struct {          // the Content-Type before
		raw string
		ok  bool
	}
	opinions [together]strict.Opinion // on them
}

func (e *engine) work() {
	w := worker{engine: e, parser: strict.NewParser(e.options.Limits.Decode), exchange: e.options.exchange(nil)}
	for b := range e.todo {
		for part := range slices.Chunk(b.events, together) {
			w.examine(part)
		}
		b.done <- struct{}{}
	}
}

// examine asks sipgo for its opinion on the messages of MESSAGE exchanges, and
// the rules for theirs on all.
func (w *worker) examine(events []event) {
	w.messages = w.messages[:0]
	for i := range events {
		if e := &events[i]; e.kind == eventMessage && OfMessage(&e.message) {
			w.messages = append(w.messages, &e.message)
		}
	}
	opinions := w.opinions[:len(w.messages)]
	w.parser.ParseAll(w.messages, opinions)
	x, next := &w.exchange, 0
	for i := range events {
		e := &events[i]
		if e.kind != eventMessage {
			continue
		}
		x.Message, x.Opinion = &e.message, strict.Opinion{}
		ofMessage := next < len(opinions) && w.messages[next] == x.Message
		if ofMessage {
			x.Opinion = opinions[next]
			next++
		}
		if !w.options.noRules {
			e.facts = check(e.facts, x)
		}
		if len(e.facts) > 0 {
			e.opinion = x.Opinion
		}
		e.allow = allowanceOf(&e.message)
		if e.characters = w.plainOf(&e.message); e.characters == 0 && w.options.reads(&e.message) {
			r := e.rarely()
			e.content = w.options.read(&e.message, &r.memory)
			r.large = r.large || len(e.message.Raw) > largeRare
		}
		if ofMessage || e.message.Kind == sip.Response {
			e.hashes = w.options.hashesOf(&e.message)
		} else {
			e.hashes = hashes{} // it may be of another message: events are used again
		}
		if w.options.Legs != nil {
			e.head = w.options.headOf(&e.message, e.content != nil)
		}
	}
}

// report puts the results of the run together.
func (a *analyzer) report(inputs []capture.Input, stats decode.Stats) *result.Report {
	quality := a.qualityOf(inputs, &stats)
	a.blame.judgeCapture(&quality, &stats, a.strange.frames)
	r := &result.Report{Inputs: inputs, Decode: stats, Quality: quality, Summary: a.totals.counted(), RTT: a.totals.rtt.summary(),
		Peers: a.totals.peers.list(), Findings: a.totals.wanted(a.blame.findings.list(&a.totals.peers))}
	r.SIP = result.SIPCounts{Messages: stats.Messages, Mentions: stats.Mentions, Requests: redactedMethods(a.options.Redact, stats.RequestCounts()), Responses: stats.ResponseCounts()}
	r.Events = maps.Clone(a.ledger.events)
	r.Texts, r.Sessions = a.ledger.summary(), a.ledger.chats.list(a.options.Redact)
	if a.options.Live {
		r.Minute = a.totals.minute.summary(a.clock)
	}
	return r
}
