package html

import (
	"strconv"
	"strings"

	"simplecap/analyze"
	"simplecap/analyze/story"
	"simplecap/decode"
	"simplecap/decode/sip"
	"simplecap/report"
)

// ladder is a story as it is drawn: hosts, and messages as arrows between them. The page
// has some as SVG, and all as data, which ladder.js draws in the same way.
type ladder struct {
	Hosts []ladderHost `json:"hosts"`
	Steps []ladderStep `json:"steps"`
	Left  uint64       `json:"left,omitempty"` // messages that are not in the page
}

type ladderHost struct {
	Names []string `json:"names"`
}

type ladderStep struct {
	From    int    `json:"from"` // columns
	To      int    `json:"to"`
	Label   string `json:"label"`
	Class   string `json:"class"` // request, fine, failed, again, or copy
	When    string `json:"when"`  // seconds since the first message
	Frame   string `json:"frame"`
	Message int    `json:"message"` // index of its text
}

// hostsShown is how many hosts of a ladder have a column.
const hostsShown = 12

// ladderOf draws a story.
func ladderOf(s *story.Story) ladder {
	l := ladder{Left: s.Left + missing(s)}
	hosts := s.Hosts()
	for _, c := range hosts.Columns {
		h := ladderHost{}
		for _, name := range append(append([]string{}, c.Addresses...), c.Software...) {
			h.Names = append(h.Names, cleanTo(name, 40))
		}
		l.Hosts = append(l.Hosts, h)
	}
	texts := messageNumbers(s)
	for i := range s.Steps {
		step := &s.Steps[i]
		l.Steps = append(l.Steps, ladderStep{
			From: hosts.Column(step.Message.Src), To: hosts.Column(step.Message.Dst), Label: report.StepLabel(step), Class: stepClass(step),
			When: since(s.Steps[0].Message, step.Message), Frame: frameName(step.Message.Frame), Message: texts[step.Like],
		})
	}
	return l
}

// missing is how many messages of a story were seen and are not held any more.
func missing(s *story.Story) (n uint64) {
	seen := 0
	for i := range s.Transactions {
		t := &s.Transactions[i]
		seen += len(t.RequestFrames) + len(t.ResponseFrames) + t.Duplicates
	}
	return uint64(max(seen-len(s.Steps)-int(s.Left), 0))
}

// messageNumbers numbers the messages that differ, by the step that comes first.
func messageNumbers(s *story.Story) map[int]int {
	numbers := make(map[int]int)
	for i := range s.Steps {
		if s.Steps[i].Like == i {
			numbers[i] = len(numbers)
		}
	}
	return numbers
}

// since is the time between two messages in seconds.
func since(first, m *decode.Message) string {
	if !first.HasTime || !m.HasTime {
		return ""
	}
	return strconv.FormatFloat(float64(m.Time-first.Time)/1e9, 'f', 6, 64)
}

func stepClass(s *story.Step) string {
	switch {
	case s.Role == analyze.Repeated || s.Role == analyze.Unmatched || s.Role == analyze.FurtherAnswer:
		return "again"
	case s.Role == analyze.CaptureCopy || s.Role == analyze.Provisional:
		return "copy"
	case s.Message.Kind == sip.Request:
		return "request"
	case s.Message.Status/100 == 2:
		return "fine"
	}
	return "failed"
}

// The sizes of a ladder.
const (
	ladderLeft     = 120 // the times and frames
	ladderGap      = 210 // from host to host
	ladderEdge     = 80  // from the outer hosts to the outside
	ladderHead     = 50
	ladderStepHigh = 30
)

// ladderView is a ladder as SVG.
type ladderView struct {
	Width, Height int
	Poles         []poleView
	Rungs         []rungView
	Left          uint64
	Label         string
}

type poleView struct {
	X      int
	Top    int
	Bottom int
	Names  []tick
}

type rungView struct {
	X1, X2, Y   int
	LabelX      int
	Label       string
	Class       string
	When, Frame string
	Head        string // the arrow's head
	Self        bool
}

// svg is the ladder with places; nil where it has too many hosts to be read.
func (l *ladder) svg(label string) *ladderView {
	if len(l.Steps) == 0 || len(l.Hosts) > hostsShown {
		return nil
	}
	v := &ladderView{Label: label, Left: l.Left}
	v.Width = ladderLeft + 2*ladderEdge + ladderGap*max(len(l.Hosts)-1, 1)
	v.Height = ladderHead + ladderStepHigh*len(l.Steps) + 16
	for i, h := range l.Hosts {
		pole := poleView{X: ladderX(i), Top: ladderHead, Bottom: v.Height - 8}
		for n, name := range h.Names[:min(len(h.Names), 2)] {
			pole.Names = append(pole.Names, tick{float64(pole.X), float64(16 + 16*n), cleanTo(name, 28)})
		}
		v.Poles = append(v.Poles, pole)
	}
	for i := range l.Steps {
		v.Rungs = append(v.Rungs, rung(&l.Steps[i], i))
	}
	return v
}

func ladderX(column int) int { return ladderLeft + ladderEdge + column*ladderGap }

// rung places one message.
func rung(s *ladderStep, i int) rungView {
	r := rungView{
		X1: ladderX(s.From), X2: ladderX(s.To), Y: ladderHead + ladderStepHigh*(i+1), Label: cleanTo(s.Label, 34), Class: s.Class, When: s.When, Frame: s.Frame,
	}
	r.LabelX = (r.X1 + r.X2) / 2
	size := -7
	if r.X2 < r.X1 {
		size = 7
	}
	if r.Self = r.X1 == r.X2; r.Self {
		r.LabelX = r.X1 + 60
	}
	r.Head = strings.Join([]string{point(r.X2, r.Y), point(r.X2+size, r.Y-4), point(r.X2+size, r.Y+4)}, " ")
	return r
}

func point(x, y int) string { return strconv.Itoa(x) + "," + strconv.Itoa(y) }
