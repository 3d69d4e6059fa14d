package check

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/redact"
)

// WriteEvidence writes the frames of the failing transactions as pcapng, each
// with a comment that names the checks it fails. Beside the frames that the
// verdict lists these are the other fragments and TCP segments of their messages,
// the ICMP errors, resets and closes that explain an unreachable peer, the answers to the
// requests that texts came in, and, where a MESSAGE or a text timed out, the last frame
// of the capture, cut to nothing: it only shows how long the capture went on.
//
// Texts are hidden, and what the options ask for; see redact.Frames. What was
// encrypted is written as packets that are not. open opens
// the inputs of the run again; they are read three times at most, and not at all where
// nothing fails.
func WriteEvidence(w io.Writer, v *Verdict, open func() (capture.Source, error), options EvidenceOptions) error {
	e := gather(v)
	e.locator = redact.NewLocator(options.Decode)
	e.decrypts = options.Decrypted || !options.Bodies
	if err := e.find(open, options); err != nil {
		return err
	}
	e.out = capture.NewPcapngWriter(w, "")
	var err error
	switch {
	case e.empty():
	case len(e.made) == 0:
		err = eachFrame(open, nil, e.write)
	default:
		err = e.writePlain(open, options.Decode)
	}
	return cmp.Or(err, e.out.Flush())
}

// find finds the frames that the verdict does not list, and what is to be hidden in them.
func (e *evidence) find(open func() (capture.Source, error), options EvidenceOptions) error {
	if e.empty() {
		return nil
	}
	listed := len(e.reasons)
	if !options.Bodies {
		e.hidden = redact.NewFrames(options.Redact, options.Decode)
	}
	err := e.trace(open, options.Decode)
	if err != nil || options.Bodies || len(e.spans) == 0 && len(e.reasons) == listed+e.followed {
		return err
	}
	e.hidden = redact.NewFrames(options.Redact, options.Decode) // frames have come up whose messages had passed
	return e.learn(open, options.Decode)
}

// write writes a frame, if it is evidence and no other is made of what it holds.
func (e *evidence) write(f *capture.Frame) error {
	comment := e.comment(f)
	if comment == "" || e.made[capture.MakeRef(f.File, f.Number)] {
		return nil
	}
	kept := *f
	switch {
	case comment == endComment:
		kept.Data = nil
	case e.hidden != nil:
		kept.Data = e.hidden.Rewrite(f)
	}
	kept.Length = max(kept.Length, len(kept.Data))
	return e.out.Commented(&kept, "", "simplecap: "+comment)
}

// EvidenceOptions configure WriteEvidence. The zero value hides texts and no names.
type EvidenceOptions struct {
	Decode decode.Options   // those of the run
	Bodies bool             // keep the packets as they were captured
	Redact *redact.Redactor // for names and numbers; nil keeps them

	// Decrypted writes what was in TLS, WebSocket, SCTP and IPsec as packets that other
	// programs read. It is so without Bodies: in the packets as they were captured
	// nothing could be hidden but all.
	Decrypted bool
}

const endComment = "the end of the capture, kept for its time"

// evidence is which frames are written, and why.
type evidence struct {
	reasons     map[capture.Ref][]string
	unreachable map[pair]string // transactions that an ICMP error or a TCP end explains
	timeout     bool            // the end of the capture matters

	asks     map[string]*ask // by askKey
	followed int             // frames that were added because of them

	spans   map[course][]span // messages of several frames, in order of their last frames
	locator *redact.Locator
	end     capture.Ref
	endTime int64

	hidden *redact.Frames // nil where packets are kept as they were
	out    *capture.PcapngWriter

	decrypts bool
	made     map[capture.Ref]bool // frames in whose place others are made
	hides    map[uint64]bool      // connections of the messages in them
}

// pair is the two ends of a transaction, as addresses and ports.
type pair struct{ src, dst string }

// course is what the frames of a message that came in several have in common: the
// direction of a TCP connection, or the hosts and the identification of IP fragments.
type course struct {
	file     int
	src, dst decode.Endpoint // without ports where it is of fragments
	id       uint32          // IP identification; 0 for TCP
	tcp      bool
}

// span is the frames of one message that came in several: TCP segments between
// its first byte and its last, or the IP fragments with its identification.
type span struct {
	first, last capture.Ref
	since       int64 // capture time before which no frame belongs to it
	reason      string
}

// holds reports whether a frame of the same course is part of the message.
func (s *span) holds(f *capture.Frame, ref capture.Ref) bool {
	return ref >= s.first && ref <= s.last && (!f.HasTime || f.Time >= s.since)
}

// nearSpans is how many messages of one course a frame is held against: those that are
// not complete yet when it comes. More than a few are none that a sender makes.
const nearSpans = 64

// gather collects what the verdict lists.
func gather(v *Verdict) *evidence {
	e := &evidence{reasons: map[capture.Ref][]string{}, unreachable: map[pair]string{}, asks: map[string]*ask{}, spans: map[course][]span{}}
	for _, c := range v.Failing() {
		for i := range c.Breaches {
			e.breach(&c, &c.Breaches[i])
		}
	}
	return e
}

// empty reports whether nothing fails that frames of the capture show.
func (e *evidence) empty() bool { return len(e.reasons) == 0 && len(e.unreachable) == 0 && !e.timeout }

func (e *evidence) breach(c *Check, b *Breach) {
	for i := range b.Transactions {
		t := &b.Transactions[i]
		reason := fmt.Sprintf("%s (transaction %d)", c.Name, t.ID)
		for _, f := range t.Frames {
			e.add(f, reason)
		}
		switch {
		case t.Outcome == result.Unreachable:
			e.unreachable[pair{t.Src, t.Dst}] = reason
		case t.Outcome == result.Timeout || t.unreported:
			e.timeout = true
		}
	}
	for _, f := range shownBy(c, b) {
		if len(e.reasons[f]) == 0 {
			e.add(f, c.Name)
		}
	}
}

func (e *evidence) add(f capture.Ref, reason string) {
	if !slices.Contains(e.reasons[f], reason) {
		e.reasons[f] = append(e.reasons[f], reason)
	}
}

// trace decodes the inputs again to find the frames that the verdict does not
// list.
func (e *evidence) trace(open func() (capture.Source, error), options decode.Options) error {
	d := decode.NewDecoder(e, options)
	err := eachFrame(open, d, func(f *capture.Frame) error {
		d.Frame(f)
		if e.timeout && f.HasTime && f.Time >= e.endTime {
			e.end, e.endTime = capture.MakeRef(f.File, f.Number), f.Time
		}
		return nil
	})
	d.Flush()
	for _, spans := range e.spans {
		slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.last, b.last) })
	}
	return err
}

// Message implements decode.Handler: it notes messages of several frames, and what is in
// those of the frames that are known so far.
func (e *evidence) Message(m *decode.Message) {
	reasons := e.follow(m)
	if e.hidden != nil && (len(reasons) > 0 || len(e.reasons[m.First]) > 0) {
		e.hidden.Learn(m)
	}
	if len(reasons) == 0 {
		return
	}
	if e.decrypts && m.Hidden() {
		e.make(m.Frame, m.Conn)
		return
	}
	s := span{first: m.First, last: m.Frame, reason: strings.Join(reasons, ", ")}
	switch {
	case m.Carriage&decode.Fragmented != 0:
		s.first, s.since = capture.MakeRef(m.Frame.File(), 0), m.Seen()-int64(decode.DefaultLimits.FragmentTime)
	case m.First >= m.Frame || m.First.File() != m.Frame.File():
		return
	}
	c := courseOf(m)
	e.spans[c] = append(e.spans[c], s)
}

// MSRP implements decode.MSRPHandler: it notes what no packet shows.
func (e *evidence) MSRP(m *decode.MSRP) {
	if e.decrypts && m.Hidden() && len(e.reasons[m.Frame]) > 0 {
		e.make(m.Frame, m.Conn)
	}
}

// courseOf is the course of a message of several frames.
func courseOf(m *decode.Message) course {
	if m.Carriage&decode.Fragmented != 0 {
		return fragmentCourse(m.Frame.File(), m.Src, m.Dst, m.IPID)
	}
	return course{file: m.Frame.File(), src: m.Src, dst: m.Dst, tcp: true}
}

func fragmentCourse(file int, src, dst decode.Endpoint, id uint32) course {
	src.Port, dst.Port = 0, 0
	return course{file: file, src: src, dst: dst, id: id}
}

// courseOf is the course of a frame, false for one that is whole by itself.
func (e *evidence) courseOf(f *capture.Frame) (course, bool) {
	if len(e.spans) == 0 {
		return course{}, false
	}
	switch p := e.locator.Locate(f); p.Kind {
	case redact.SegmentPlace:
		return course{file: f.File, src: p.Src, dst: p.Dst, tcp: true}, true
	case redact.FragmentPlace:
		return fragmentCourse(f.File, p.Src, p.Dst, p.ID), true
	}
	return course{}, false
}

// learn decodes the inputs once more for the messages that frames of the evidence
// hold parts of.
func (e *evidence) learn(open func() (capture.Source, error), options decode.Options) error {
	d := decode.NewDecoder(learner{e}, options)
	err := eachFrame(open, d, func(f *capture.Frame) error {
		d.Frame(f)
		return nil
	})
	d.Flush()
	return err
}

// learner is a decode.Handler.
type learner struct{ *evidence }

// Message implements decode.Handler.
func (l learner) Message(m *decode.Message) {
	if len(l.reasons[m.Frame]) > 0 || len(l.reasons[m.First]) > 0 || l.sharesFrames(m) {
		l.hidden.Learn(m)
	}
}

// sharesFrames reports whether a message over TCP has bytes among the segments
// of a message of the evidence.
func (e *evidence) sharesFrames(m *decode.Message) bool {
	if m.Transport != decode.TCP || m.Carriage&decode.Fragmented != 0 {
		return false
	}
	spans := e.spans[courseOf(m)]
	at, _ := slices.BinarySearchFunc(spans, m.First, func(s span, f capture.Ref) int { return cmp.Compare(s.last, f) })
	return slices.ContainsFunc(near(spans[at:]), func(s span) bool { return s.first <= m.Frame })
}

// near are the first few spans.
func near(spans []span) []span { return spans[:min(len(spans), nearSpans)] }

// ICMP implements decode.ICMPHandler.
func (e *evidence) ICMP(i *decode.ICMPError) { e.explains(i.Src, i.Dst, i.Frame) }

// Connection implements decode.ConnHandler.
func (e *evidence) Connection(c *decode.ConnEvent) {
	if !c.Kind.Explains() {
		return
	}
	e.explains(c.Src, c.Dst, c.Frame)
	e.explains(c.Dst, c.Src, c.Frame)
	if e.hides[c.Conn] && len(e.reasons[c.Frame]) > 0 {
		e.make(c.Frame, c.Conn)
	}
}

func (e *evidence) explains(src, dst decode.Endpoint, frame capture.Ref) {
	if len(e.unreachable) == 0 {
		return
	}
	if reason := e.unreachable[pair{src.String(), dst.String()}]; reason != "" {
		e.add(frame, reason)
	}
}

// comment says why a frame is evidence; it is empty if the frame is none.
func (e *evidence) comment(f *capture.Frame) string {
	ref := capture.MakeRef(f.File, f.Number)
	if reasons := e.reasons[ref]; len(reasons) > 0 {
		return strings.Join(reasons, ", ")
	}
	if c, ok := e.courseOf(f); ok {
		spans := e.spans[c]
		for len(spans) > 0 && spans[0].last < ref {
			spans = spans[1:] // frames come in order
		}
		e.spans[c] = spans
		for i := range near(spans) {
			if spans[i].holds(f, ref) {
				return spans[i].reason
			}
		}
	}
	if ref == e.end {
		return endComment
	}
	return ""
}

// eachFrame reads the inputs once, and lets d, unless it is nil, have the secrets in
// them. An input that breaks off is no error: the run before has told of it.
func eachFrame(open func() (capture.Source, error), d *decode.Decoder, f func(*capture.Frame) error) error {
	src, err := open()
	if err != nil {
		return err
	}
	defer src.Close()
	if s, ok := src.(capture.SecretSource); ok && d != nil {
		s.OnSecrets(d.Secrets)
		f = withSecrets(d, f)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var failed error
	err = capture.Each(ctx, src, func(frame *capture.Frame) {
		if failed == nil {
			if failed = f(frame); failed != nil {
				cancel()
			}
		}
	})
	return cmp.Or(failed, err)
}
