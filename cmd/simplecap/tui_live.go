package main

import (
	"bytes"
	"context"
	"io"
	"os"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/internal/tui"
	"simplecap/report"
)

// capture shows interfaces as they go.
func (c *tuiCommand) capture(ctx context.Context, store *tui.Store, words []string) error {
	talk := c.err
	c.err = &noteWriter{store: store}
	err := c.captured(ctx, store, words)
	c.err = talk
	for _, note := range store.Notes() {
		io.WriteString(talk, note+"\n")
	}
	return err
}

// captured does so while what is said goes to the screen.
func (c *tuiCommand) captured(ctx context.Context, store *tui.Store, words []string) error {
	b, err := c.begin(ctx, "tui", words, func(options *analyze.Options) {
		c.saves = c.writableHere()
		listen(options, store)
	})
	if b == nil || err != nil {
		return err
	}
	defer b.close()
	screen := &screenWriter{Store: store}
	b.session.writer, b.session.results = screen, analyze.RedactTo(screen, b.options.Redact)
	c.tellStart(b.source)
	ended := make(chan error, 1)
	go func() { ended <- b.session.run(b.options) }()
	err = tui.Run(ctx, c.model(store, b.options, nil, b.session.snapshots), c.terminal())
	b.session.stop()
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
	return b.where.failure()
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
	report *result.Report
}

var _ report.Writer = (*screenWriter)(nil)

// Close implements report.Writer.
func (w *screenWriter) Close(r *result.Report) error {
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
