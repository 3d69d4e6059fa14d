package main

import (
	"context"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/analyze/story"
	"simplecap/capture"
	"simplecap/decode"
)

// collect tells the story of what was found. For its messages it analyses the captures
// again, unless they were kept.
func (c *showCommand) collect(ctx context.Context, names []string, f *finding, options analyze.Options) (*story.Story, *result.Report, error) {
	if f.kept.callID != "" && f.kept.whole(f.transactions) {
		return f.kept.story(f, options), f.kept.report, nil
	}
	src, err := new(traces).open(ctx, names, nil, options.Profile.Timers(options.T1).F())
	if err != nil {
		return nil, nil, openFailure(err, names)
	}
	defer src.Close()
	collector := story.NewCollector(f.delivery, f.transactions, story.DefaultMessages)
	if f.text != nil {
		collector = story.NewTextCollector(f.text, f.all, f.transactions, story.DefaultMessages)
		options.Session, options.PlainTexts = collector.Session, true
	}
	options.Joined = collector.Joined
	r, err := analyze.Run(ctx, src, options, collector)
	if err != nil {
		return nil, nil, &failure{code: exitInput, err: err}
	}
	return collector.Story(r, options), r, nil
}

// frameTap remembers which message a frame holds a part of, be it of a MESSAGE
// exchange or not. It is an analyze.Tap.
type frameTap struct {
	frame capture.Ref
	found *decode.Message
	exact bool // the frame begins or completes the message
}

// Message implements decode.Handler.
func (l *frameTap) Message(m *decode.Message) {
	if within, exact := holds(m, l.frame); exact && !l.exact || within && l.found == nil {
		l.found, l.exact = m.Clone(), exact
	}
}

// Frame implements analyze.Tap.
func (l *frameTap) Frame(*capture.Frame, bool) {}

// holds reports whether a frame holds a part of a message, and whether it begins
// or completes it.
func holds(m *decode.Message, frame capture.Ref) (within, exact bool) {
	return m.First <= frame && frame <= m.Frame, m.Frame == frame || m.First == frame
}
