package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/capture/live"
	"simplecap/report"
	"simplecap/sink"
)

// liveSession is a run of live. Its fields are set up by liveCommand.session.
type liveSession struct {
	command   *liveCommand
	source    *liveSource
	queue     *queue
	writer    report.Writer
	results   analyze.Handler // hands on to writer
	sink      *sink.Sink      // nil without --sink
	handlers  handlers
	status    *statusLine // nil where nobody looks on
	printing  report.Options
	metrics   *metrics // nil without --metrics
	snapshots chan func(*result.Report)
	stop      context.CancelFunc
	file      *os.File // of --output, nil for standard output
	fileGone  bool     // it was removed, and that was said
}

// handlers all receive the results.
type handlers []analyze.Handler

// Transaction implements analyze.Handler.
func (h handlers) Transaction(t *result.Transaction) {
	for _, one := range h {
		one.Transaction(t)
	}
}

// Finding implements analyze.Handler.
func (h handlers) Finding(f *result.Finding) {
	for _, one := range h {
		one.Finding(f)
	}
}

// Delivery implements analyze.DeliveryHandler.
func (h handlers) Delivery(d *result.Delivery) {
	tell(h, func(wants analyze.DeliveryHandler) { wants.Delivery(d) })
}

// Waiting implements analyze.WaitingHandler.
func (h handlers) Waiting(t *result.Transaction, now int64) {
	tell(h, func(wants analyze.WaitingHandler) { wants.Waiting(t, now) })
}

// Text implements analyze.TextHandler.
func (h handlers) Text(t *result.Text) {
	tell(h, func(wants analyze.TextHandler) { wants.Text(t) })
}

// OpenText implements analyze.OpenTextHandler.
func (h handlers) OpenText(t *result.Text) {
	tell(h, func(wants analyze.OpenTextHandler) { wants.OpenText(t) })
}

// OrphanReceipt implements analyze.TextHandler.
func (h handlers) OrphanReceipt(r *result.Receipt) {
	tell(h, func(wants analyze.TextHandler) { wants.OrphanReceipt(r) })
}

// run captures and analyses until the source ends, and prints the summary.
func (s *liveSession) run(options analyze.Options) error {
	defer s.stop()
	done := make(chan struct{})
	var beside sync.WaitGroup
	beside.Go(func() { s.ask(done) })
	s.serve(&beside, done)
	options.Snapshots = s.snapshots
	s.handlers = append(s.handlers, s.results)
	if e := s.source.evidence; e != nil {
		s.handlers = append(s.handlers, e)
		go e.files.run(e.queue)
	}
	if s.source.published != nil {
		s.handlers = append(s.handlers, s.source.published)
	}
	options.Tap = lookOn(lookOn(options.Tap, s.source.evidence), s.source.published)
	// Not the command's context: an interrupt ends the source, so that the run
	// comes to its end.
	r, runErr := analyze.Run(context.Background(), s.source, options, s.handlers)
	close(done)
	beside.Wait()
	s.status.hide()
	s.queue.waitForRoom()
	err := errors.Join(closeSinks(s.sink, r), s.writer.Close(r))
	s.queue.close()
	s.source.evidence.close(r.Inputs)
	return s.outcome(errors.Join(err, s.queue.err()), runErr)
}

// serve serves metrics, if they are wanted, until done is closed.
func (s *liveSession) serve(beside *sync.WaitGroup, done <-chan struct{}) {
	m := s.metrics
	if m == nil {
		return
	}
	s.handlers = append(s.handlers, m)
	m.registry.MustRegister(&reportCollector{s, done})
	beside.Go(func() {
		m.run(done, s.healthy, func(line string) { say(s.command.err, line) })
	})
	if !s.command.quiet {
		say(s.command.err, fmt.Sprintf("metrics are at http://%s/metrics, health at /healthz", m.listener.Addr()))
	}
}

// outcome says what went wrong in all.
func (s *liveSession) outcome(outErr, runErr error) error {
	if dropped := s.queue.dropped.Load(); dropped > 0 {
		say(s.command.err, fmt.Sprintf("%d lines were not printed, because what reads them is too slow", dropped))
	}
	if !s.command.quiet {
		s.command.keys.tell(s.command.err, s.command.verbose)
	}
	if s.file != nil {
		outErr = errors.Join(outErr, s.file.Close())
	}
	switch {
	case runErr != nil:
		return &failure{code: exitInput, err: runErr}
	case outErr != nil && !isBrokenPipe(outErr):
		return usage(fmt.Errorf("write the report: %w", outErr), "")
	}
	return nil
}

// outputFailed is called when nothing can be printed any more. Without files to
// write or metrics to serve there is no reason to go on.
func (s *liveSession) outputFailed(err error) {
	if s.source.evidence == nil && s.metrics == nil {
		s.stop()
		return
	}
	say(s.command.err, fmt.Sprintf("cannot print any more (%v): only capture files and metrics go on", err))
}

// ask asks for the status every second and for a summary at each SIGUSR1.
func (s *liveSession) ask(done <-chan struct{}) {
	signals, release := reportSignals()
	defer release()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		var show func(*result.Report)
		select {
		case <-done:
			return
		case <-signals:
			show = s.showReport
		case <-tick.C:
			s.lookAtFile()
			if s.status == nil {
				continue
			}
			show = s.showStatus
		}
		select {
		case s.snapshots <- show:
		case <-done:
			return
		}
	}
}

// showReport prints a summary of what was found so far. Standard output gets it
// in the format that goes there; a CSV and a page have no place for it.
func (s *liveSession) showReport(r *result.Report) {
	format, w, printing := report.Format(s.command.format), io.Writer(s.queue), s.printing
	if format == report.CSV || format == report.HTML {
		format, w = report.Table, s.command.err
		printing.Width, printing.Columns, printing.Color = width(w), nil, colored(s.command.color, w)
		printing.Zone = zone(w, s.command.utc)
	}
	printing.Live = false
	writer, err := report.New(format, w, printing)
	if err == nil {
		err = writer.Close(r)
	}
	if err != nil {
		say(s.command.err, "print the report: "+err.Error())
	}
}

func (s *liveSession) showStatus(r *result.Report) {
	var rows []string
	if live, ok := s.writer.(report.Live); ok && s.status.shared {
		rows = live.Waits(r.Now, height(s.command.err)/3)
	}
	s.status.show(rows, statusText(r, s.source.State(), s.queue.dropped.Load()))
}

// lookAtFile says once that the file of --output was removed: what is printed then is lost.
func (s *liveSession) lookAtFile() {
	if s.file == nil || s.fileGone {
		return
	}
	if info, err := s.file.Stat(); err == nil && isRemoved(info) {
		s.fileGone = true
		say(s.command.err, s.command.output+" was removed: nobody can read what is printed to it now; begin the capture again")
	}
}

// openOutput opens the file for --output, which is written as the run goes on: always at
// its end, which others may have moved.
func (c *liveCommand) openOutput() (io.Writer, *os.File, error) {
	if c.output == "" || c.output == "-" {
		return c.out, nil, nil
	}
	file, err := createFile(c.output, os.O_TRUNC|os.O_APPEND, c.mode.of(c.bodies))
	if err != nil {
		return nil, nil, usage(fmt.Errorf("write %s: %w", c.output, errors.Unwrap(err)), "")
	}
	return file, file, nil
}

// liveSource ends a live capture when it is time to, and hands its frames to the
// evidence.
type liveSource struct {
	live.Source
	ctx      context.Context // cancelled when the capture shall end
	count    uint64          // packets after which it ends, 0 for no end
	until    time.Time       // when it ends, zero for no end
	evidence *evidence       // nil without -w
	handed   time.Time       // when the evidence was last handed over

	published *evidence // nil without --publish-evidence

	begun  time.Time
	beaten atomic.Int64 // when it was last read, since begun
	read   uint64
	ended  time.Time // when the end was asked for
}

// endingTime is how long is still read, at most, after the end was asked for:
// what was captured before lies in the kernel's buffer.
const endingTime = time.Second

// handOverEvery is how long frames may wait before they are given to the
// goroutine that writes them, where they do not fill a block.
const handOverEvery = 50 * time.Millisecond

// ReadBatch implements capture.Source. The end of the capture is io.EOF.
func (s *liveSource) ReadBatch(frames []capture.Frame) (int, error) {
	if s.count > 0 {
		frames = frames[:min(uint64(len(frames)), s.count-s.read)]
		if len(frames) == 0 {
			return 0, io.EOF
		}
	}
	asked := s.endAsked()
	now := time.Now()
	s.beaten.Store(int64(now.Sub(s.begun)))
	if s.evidence != nil && now.Sub(s.handed) >= handOverEvery {
		s.handed = now
		s.evidence.handOver(s.Inputs())
	}
	n, err := s.Source.ReadBatch(frames)
	if s.read += uint64(n); n == 0 {
		s.evidence.idle(s.Clock())
		s.published.idle(s.Clock())
	}
	if err == nil && asked && (n == 0 || time.Since(s.ended) > endingTime) {
		err = io.EOF
	}
	return n, err
}

// State says how the capture on interfaces goes; HEP has none.
func (s *liveSource) State() live.State {
	if from, ok := s.Source.(interface{ State() live.State }); ok {
		return from.State()
	}
	return live.State{}
}

// lastRead says how long ago packets were last asked for.
func (s *liveSource) lastRead() time.Duration {
	return time.Since(s.begun) - time.Duration(s.beaten.Load())
}

// endAsked reports whether the capture shall end.
func (s *liveSource) endAsked() bool {
	if !s.ended.IsZero() {
		return true
	}
	now := time.Now()
	if s.ctx.Err() == nil && (s.until.IsZero() || now.Before(s.until)) {
		return false
	}
	s.ended = now
	return true
}
