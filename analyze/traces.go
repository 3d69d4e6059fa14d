package analyze

// Captures that have nothing to do with each other may be read in one run: those of a
// directory, or of several tests. Each ends by itself: what is pending at its end is
// pending whatever comes later, and the same Call-ID in another one is another call.

// traced is a source that can tell such captures apart, see capture.Files.
type traced interface {
	Trace(file int) int
	Traces() int
}

// traceOf is the trace of a file; all are one where the source does not tell.
func (k *timekeeper) traceOf(file int) int {
	if k.traces == nil {
		return 0
	}
	return k.traces.Trace(file)
}

// enter goes on with a file, in the trace that it belongs to.
func (e *engine) enter(file int) {
	e.file = file
	if t := e.times.traceOf(file); t != e.trace {
		e.newTrace(t)
	}
}

// newTrace ends a trace before the frames of the next one.
func (e *engine) newTrace(trace int) {
	if e.trace != 0 {
		e.decoder.Forget()
		e.room()
		e.batch.next(eventTrace, e.clock)
		e.clock = 0
	}
	e.trace = trace
}

// newTrace closes everything at the end of a trace, and forgets what only the messages
// of that one have to do with.
func (a *analyzer) newTrace() {
	for h := a.table.oldest(); h != 0; h = a.table.oldest() {
		a.closer.close(h)
	}
	a.ledger.end()
	a.ledger.restart()
	a.clock, a.firstSIP, a.closer.begun = 0, 0, 0
	a.closer.settled = queue{}
	a.hosts.forget()
	a.table.forget()
	a.watch.forget()
}
