package html

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"simplecap/analyze"
	"simplecap/analyze/story"
	"simplecap/capture"
	"simplecap/report"
)

// storyObject is a story as data.
type storyObject struct {
	Ladder   ladder          `json:"ladder"`
	Messages []messageObject `json:"messages"`
	Changes  []changeObject  `json:"changes,omitempty"`
	Other    []noteObject    `json:"other,omitempty"` // findings that no message stands for
}

// messageObject is a message of the wire: lines of pieces of text, of which some are
// marked.
type messageObject struct {
	Title string          `json:"title"`
	Lines [][]pieceObject `json:"lines"`
	Body  string          `json:"body,omitempty"` // what it is, where its text is not shown
	Notes []noteObject    `json:"notes,omitempty"`
}

// pieceObject is a piece of a line.
type pieceObject struct {
	Text string `json:"t"`
	Note int    `json:"n,omitempty"` // the note that is about it, from 1
}

// noteObject is a finding.
type noteObject struct {
	Rule      string `json:"rule"`
	Severity  string `json:"severity"`
	Sentence  string `json:"sentence"`
	Reference string `json:"reference,omitempty"`
}

// changeObject is what became of a request between two hops.
type changeObject struct {
	Who     string      `json:"who"`
	Frames  string      `json:"frames"`
	Changes [][3]string `json:"changes"` // field, before, after
}

// bodyShown is how many bytes of a body are shown.
const bodyShown = 16 << 10

// tell makes a story what the page shows.
func tell(s *story.Story, bodies bool) *storyObject {
	judge := story.NewJudge(s)
	o := &storyObject{Ladder: ladderOf(s)}
	for i := range s.Steps {
		if s.Steps[i].Like == i {
			o.Messages = append(o.Messages, message(s, i, judge, bodies))
		}
	}
	for _, a := range s.Alterations() {
		o.Changes = append(o.Changes, change(&a))
	}
	for _, b := range judge.Remaining() {
		o.Other = append(o.Other, note(&b))
	}
	return o
}

func note(b *analyze.Breach) noteObject {
	return noteObject{b.Rule.ID, b.Severity.String(), cleanTo(b.Sentence, 0), b.Rule.Reference}
}

// message shows the message of step i with the findings about it.
func message(s *story.Story, i int, judge *story.Judge, bodies bool) messageObject {
	m, same := s.Steps[i].Message, s.Same(i)
	o := messageObject{Title: fmt.Sprintf("frame %s: %s, %s, %d bytes", frameName(m.Frame), report.Party(m.Src)+arrow+report.Party(m.Dst), m.Transport, len(m.Raw))}
	if len(same) > 1 {
		var frames []capture.Ref
		for _, step := range same[1:] {
			frames = append(frames, step.Message.Frame)
		}
		o.Title += "; again in " + string(appendFrameList(nil, inOrder(frames)))
	}
	breaches := judge.Of(same)
	for k := range breaches {
		o.Notes = append(o.Notes, note(&breaches[k]))
	}
	marks, _ := report.Marks(m, breaches)
	o.Lines = lines(bytes.TrimRight(m.Head(), "\r\n"), numbered(marks, breaches))
	switch {
	case m.Body.Len == 0:
	case bodies:
		body := m.Bytes(m.Body)
		o.Lines = append(o.Lines, nil)
		o.Lines = append(o.Lines, lines(body[:min(len(body), bodyShown)], nil)...)
		if len(body) > bodyShown {
			o.Body = report.Count(uint64(len(body)-bodyShown), "more byte")
		}
	default:
		o.Body = cmp.Or(cleanTo(m.Text(m.ContentType), 60), "body without a type") + ", " + report.Count(uint64(m.Body.Len), "byte")
	}
	return o
}

// stretch is a marked part of a message.
type stretch struct{ from, to, note int }

// numbered gives marks the number of their notes.
func numbered(marks []report.Mark, breaches []analyze.Breach) (spans []stretch) {
	for _, k := range marks {
		for i := range breaches {
			if k.Breach.Rule.ID == breaches[i].Rule.ID {
				spans = append(spans, stretch{int(k.Span.Off), int(k.Span.End()), i + 1})
			}
		}
	}
	slices.SortStableFunc(spans, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	return spans
}

// lines cuts bytes of the wire into lines, and these where a mark begins or ends.
func lines(b []byte, marks []stretch) (all [][]pieceObject) {
	for start := 0; start <= len(b); {
		end := len(b)
		if i := bytes.IndexAny(b[start:], "\r\n"); i >= 0 {
			end = start + i
		}
		all = append(all, pieces(b, start, end, marks))
		if start = end + 1; end+1 < len(b) && b[end] == '\r' && b[end+1] == '\n' {
			start++
		}
	}
	return all
}

// pieces cuts one line. Of marks that lie over each other the first one counts.
func pieces(b []byte, start, end int, marks []stretch) []pieceObject {
	line := []pieceObject{}
	add := func(to, note int) {
		if to > start {
			line = append(line, pieceObject{cleanTo(string(b[start:to]), 0), note})
			start = to
		}
	}
	for _, k := range marks {
		if k.to <= start || k.from >= end {
			continue
		}
		add(k.from, 0)
		add(min(k.to, end), k.note)
	}
	add(end, 0)
	return line
}

// change tells what a proxy, a NAT or the sender changed.
func change(a *story.Alteration) changeObject {
	who := report.Party(a.Before.Dst)
	o := changeObject{Frames: frameName(a.Before.Frame) + arrow + frameName(a.After.Frame)}
	switch a.Who {
	case story.ByNAT:
		who = "the NAT " + a.After.Src.Host()
		o.Changes = append(o.Changes, [3]string{"source", report.Party(a.Before.Src), report.Party(a.After.Src)})
	case story.BySender:
		who = "the sender " + report.Party(a.After.Src)
	}
	o.Who = who
	for _, c := range a.Changes {
		before, after := cleanTo(c.Before, bodyWidth), cleanTo(c.After, bodyWidth)
		if c.Field == story.BodyChanged {
			before, after = report.Count(uint64(a.Before.Body.Len), "byte"), report.Count(uint64(a.After.Body.Len), "byte")+", other text"
		}
		o.Changes = append(o.Changes, [3]string{strings.TrimSpace(cleanTo(c.Field, 60)), before, after})
	}
	return o
}
