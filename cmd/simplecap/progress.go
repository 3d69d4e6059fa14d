package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"simplecap/capture"
)

const (
	progressAfter = time.Second
	progressEvery = 100 * time.Millisecond
)

// progress is a Source that shows on a terminal how far it has been read, once
// that takes longer than a second. It works in the goroutine that reads.
type progress struct {
	capture.Source
	position func() (done, total int64) // bytes; total 0 where it is unknown
	w        io.Writer
	bar      *progressbar.ProgressBar
	next     time.Time // when to show it again
}

// withProgress wraps src if it can tell its position.
func withProgress(src capture.Source, w io.Writer) capture.Source {
	p, ok := src.(interface{ Progress() (done, total int64) })
	if !ok {
		return src
	}
	return &progress{Source: src, position: p.Progress, w: w, next: time.Now().Add(progressAfter)}
}

// Trace and Traces are those of the source, so that its traces stay apart.
func (p *progress) Trace(file int) int {
	if t, ok := p.Source.(*capture.Files); ok {
		return t.Trace(file)
	}
	return 0
}

// Traces is described with Trace.
func (p *progress) Traces() int {
	if t, ok := p.Source.(*capture.Files); ok {
		return t.Traces()
	}
	return 0
}

// ReadBatch reads on and shows the position from time to time.
func (p *progress) ReadBatch(frames []capture.Frame) (int, error) {
	n, err := p.Source.ReadBatch(frames)
	if err != nil {
		p.clear()
	} else if now := time.Now(); now.After(p.next) {
		p.next = now.Add(progressEvery)
		p.show()
	}
	return n, err
}

// Close removes the bar from the terminal.
func (p *progress) Close() error {
	p.clear()
	return p.Source.Close()
}

func (p *progress) show() {
	done, total := p.position()
	if p.bar == nil {
		p.bar = newBar(p.w, total)
	}
	p.bar.Set64(min(done, max(total, done)))
}

func (p *progress) clear() {
	if p.bar != nil {
		p.bar.Clear()
		p.bar = nil
	}
}

func newBar(w io.Writer, total int64) *progressbar.ProgressBar {
	if total <= 0 {
		total = -1 // a spinner
	}
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("reading"),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(true),
	)
}
