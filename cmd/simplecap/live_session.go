package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/report"
)

// liveSession is a run of live. Its fields are set up by liveCommand.session.
type liveSession struct {
	command   *liveCommand
	source    *liveSource
	queue     *queue
	writer    report.Writer
	status    *statusLine // nil where nobody looks on
	snapshots chan func(*analyze.Report)
	stop      context.CancelFunc
	file      *os.File // of --output, nil for standard output
}

// run captures and analyses until the source ends, and prints the summary.
func (s *liveSession) run(options analyze.Options) error {
	defer s.stop()
	done := make(chan struct{})
	asked := make(chan struct{})
	go func() {
		s.ask(done)
		close(asked)
	}()
	options.Snapshots = s.snapshots
	// Not the command's context: an interrupt ends the source, so that the run
	// comes to its end.
	r, runErr := analyze.Run(context.Background(), s.source, options, analyze.RedactTo(s.writer, options.Redact))
	close(done)
	<-asked
	s.status.hide()
	s.queue.waitForRoom()
	err := s.writer.Close(r)
	s.queue.close()
	s.source.evidence.close(r.Inputs)
	return s.outcome(errors.Join(err, s.queue.err()), runErr)
}

// outcome says what went wrong in all.
func (s *liveSession) outcome(outErr, runErr error) error {
	if dropped := s.queue.dropped.Load(); dropped > 0 {
		say(s.command.err, fmt.Sprintf("%d lines were not printed, because what reads them is too slow", dropped))
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
// write there is no reason to go on.
func (s *liveSession) outputFailed(err error) {
	if s.source.evidence == nil {
		s.stop()
		return
	}
	say(s.command.err, fmt.Sprintf("cannot print any more (%v): only the capture files are written from now on", err))
}

// ask asks for the status every second and for a summary at each SIGUSR1.
func (s *liveSession) ask(done <-chan struct{}) {
	signals, release := reportSignals()
	defer release()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		var show func(*analyze.Report)
		select {
		case <-done:
			return
		case <-signals:
			show = s.showReport
		case <-tick.C:
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
// in the format that goes there; a CSV has no place for it.
func (s *liveSession) showReport(r *analyze.Report) {
	format, w := report.Format(s.command.format), io.Writer(s.queue)
	if format == report.CSV {
		format, w = report.Table, s.command.err
	}
	writer, err := report.New(format, w, s.command.printing())
	if err == nil {
		err = writer.Close(r)
	}
	if err != nil {
		say(s.command.err, "print the report: "+err.Error())
	}
}

func (s *liveSession) showStatus(r *analyze.Report) {
	s.status.show(statusText(r, s.queue.dropped.Load()))
}

// openOutput opens the file for --output, which is written as the run goes on.
func (c *liveCommand) openOutput() (io.Writer, *os.File, error) {
	if c.output == "" || c.output == "-" {
		return c.out, nil, nil
	}
	file, err := os.Create(c.output)
	if err != nil {
		return nil, nil, usage(fmt.Errorf("write %s: %w", c.output, errors.Unwrap(err)), "")
	}
	return file, file, nil
}

// liveSource ends a live capture when it is time to, and hands its frames to the
// evidence.
type liveSource struct {
	capture.LiveSource
	ctx      context.Context // cancelled when the capture shall end
	count    uint64          // packets after which it ends, 0 for no end
	until    time.Time       // when it ends, zero for no end
	evidence *evidence       // nil without -w
	unwrap   capture.HEPUnwrapper

	read  uint64
	ended time.Time // when the end was asked for
}

// endingTime is how long is still read, at most, after the end was asked for:
// what was captured before lies in the kernel's buffer.
const endingTime = time.Second

// ReadBatch implements capture.Source. The end of the capture is io.EOF.
func (s *liveSource) ReadBatch(frames []capture.Frame) (int, error) {
	if s.count > 0 {
		frames = frames[:min(uint64(len(frames)), s.count-s.read)]
		if len(frames) == 0 {
			return 0, io.EOF
		}
	}
	asked := s.endAsked()
	n, err := s.LiveSource.ReadBatch(frames)
	s.read += uint64(n)
	if s.evidence != nil {
		s.evidence.write(s.unwrap.Frames(frames[:n]))
	}
	if err == nil && asked && (n == 0 || time.Since(s.ended) > endingTime) {
		err = io.EOF
	}
	return n, err
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
