package main

import (
	"bytes"
	"context"
	"io"
	"os"

	"simplecap/analyze"
	"simplecap/internal/tui"
	"simplecap/report"
)

// capture shows interfaces as they go.
func (c *tuiCommand) capture(ctx context.Context, store *tui.Store, words []string) error {
	talk := c.err
	c.err = &noteWriter{store: store}
	err := c.captured(ctx, store, words, talk)
	c.err = talk
	for _, note := range store.Notes() {
		io.WriteString(talk, note+"\n")
	}
	return err
}

// captured does so while what is said goes to the screen.
func (c *tuiCommand) captured(ctx context.Context, store *tui.Store, words []string, talk io.Writer) error {
	options, where, err := c.prepare("tui")
	if err == nil {
		err = c.checkLive(words)
	}
	if err != nil {
		return err
	}
	if c.filter.print > 0 {
		return c.printFilter()
	}
	c.saves = c.writableHere()
	options.Live, options.HEP, options.Joined = true, c.hep.trust(), store.Joined
	running, err := c.open()
	if err != nil {
		return err
	}
	defer running.Close()
	forward, err := c.forwarder(running)
	if err != nil {
		return err
	}
	defer forward.close()
	options.Messages = forward.messages()
	s, err := c.session(ctx, running, &options)
	if err != nil {
		return err
	}
	screen := &screenWriter{Store: store}
	s.writer, s.results = screen, analyze.RedactTo(screen, options.Redact)
	c.tellStart(running)
	ended := make(chan error, 1)
	go func() { ended <- s.run(options) }()
	err = tui.Run(ctx, c.model(store, "", options, nil, s.snapshots), c.terminal())
	s.stop()
	runErr := <-ended
	switch {
	case err != nil:
		return usage(err, "")
	case runErr != nil:
		return runErr
	}
	if err := c.summary(screen.report); err != nil {
		return err
	}
	return where.failure()
}

// writableHere is the directory that files may be saved in once rights are given up, ""
// where that user may not.
func (c *tuiCommand) writableHere() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	if c.confinement.account == nil || c.confinement.mayWrite(dir) {
		return dir
	}
	say(c.err, "files cannot be saved in "+dir+": the user "+c.confinement.becomes()+" may not write there (-Z names another user, -Z root stays root)")
	return ""
}

// screenWriter is a report.Writer that hands everything to the screen.
type screenWriter struct {
	*tui.Store
	report *analyze.Report
}

var _ report.Writer = (*screenWriter)(nil)

// Close implements report.Writer.
func (w *screenWriter) Close(r *analyze.Report) error {
	w.report = r
	w.End(r, nil)
	return nil
}

// noteWriter hands whole lines to the screen.
type noteWriter struct {
	store *tui.Store
	line  []byte
}

func (w *noteWriter) Write(b []byte) (int, error) {
	w.line = append(w.line, b...)
	for {
		i := bytes.IndexByte(w.line, '\n')
		if i < 0 {
			return len(b), nil
		}
		w.store.Note(string(w.line[:i]))
		w.line = w.line[i+1:]
	}
}
