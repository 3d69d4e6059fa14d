package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"

	"simplecap/analyze"
	"simplecap/analyze/story"
	"simplecap/capture"
)

// strokes are the characters that a ladder is drawn with.
type strokes struct {
	pole, line, again, copied, right, left, self string
}

var (
	boxStrokes   = strokes{"│", "─", "╌", "·", "→", "←", "↩"}
	asciiStrokes = strokes{"|", "-", "=", ".", ">", "<", "@"}
)

const (
	ladderTime = 11 // columns of the time
	minRung    = 14 // the shortest arrow that still has room for a word
	maxRung    = 44
	poleLabel  = 8 // columns left of the first pole
)

// ladder draws the messages as arrows between hosts, from top to bottom. Where
// there are more hosts than fit, it lists them.
func (p *detailPage) ladder() {
	if len(p.detail.Steps) == 0 {
		return
	}
	hosts := p.detail.Hosts()
	frames := ladderFrames(p.detail.Steps, len(p.detail.Inputs) > 1)
	left := ladderTime + 2 + frames + 2
	rungs := max(len(hosts.Columns)-1, 1)
	rung := min((p.options.Width-left-2*poleLabel)/rungs, maxRung)
	p.line("")
	if rung < max(minRung, widestHost(hosts)+1) {
		p.plainLadder(frames)
		return
	}
	l := &ladder{page: p, hosts: hosts, left: left, rung: rung, strokes: boxStrokes}
	if p.options.ASCII {
		l.strokes = asciiStrokes
	}
	l.header(frames)
	for i := range p.detail.Steps {
		l.step(&p.detail.Steps[i], p.stamp(i, frames))
	}
	p.ending()
}

// ending says what comes after the last message.
func (p *detailPage) ending() {
	if p.detail.Left > 0 {
		p.text("", ellipsis+" "+count(p.detail.Left, "more message")+" with these Call-IDs")
	}
	last := p.detail.Steps[len(p.detail.Steps)-1].Message
	end := endOfCapture(p.detail.Inputs, last.Frame.File())
	if !last.HasTime || end.IsZero() {
		return
	}
	text := "the capture ends here"
	if left := end.Sub(time.Unix(0, last.Time)); left >= time.Millisecond {
		text = "the capture ends " + human(left) + " after the last message"
	}
	p.text("", text)
}

// apart is how long nothing may be captured between two files of one capture.
const apart = time.Minute

// endOfCapture is the time of the last packet of what file, from 1, is a part of: other
// files go on with it where they begin before it ends. Captures of another day do not.
func endOfCapture(inputs []capture.Input, file int) (end time.Time) {
	if file < 1 || file > len(inputs) {
		return end
	}
	end = inputs[file-1].Last
	for longer := true; longer; {
		longer = false
		for i := range inputs {
			if in := &inputs[i]; in.Last.After(end) && !in.First.After(end.Add(apart)) {
				end, longer = in.Last, true
			}
		}
	}
	return end
}

// stamp is the time of a message since the first one, and its frame.
func (p *detailPage) stamp(i, frames int) string {
	when, first, m := "", p.detail.Steps[0].Message, p.detail.Steps[i].Message
	if m.HasTime && first.HasTime {
		when = strconv.FormatFloat(float64(m.Time-first.Time)/1e9, 'f', 6, 64)
	}
	return fmt.Sprintf("%*s  %*s  ", ladderTime, when, frames, frameName(m.Frame, len(p.detail.Inputs) > 1))
}

func frameName(f capture.Ref, several bool) string {
	name := strconv.FormatUint(f.Number(), 10)
	if several {
		name = strconv.Itoa(f.File()) + ":" + name
	}
	return name
}

// ladderFrames is the width of the column of frames.
func ladderFrames(steps []story.Step, several bool) int {
	width := len("frame")
	for i := range steps {
		width = max(width, len(frameName(steps[i].Message.Frame, several)))
	}
	return width
}

// plainLadder lists the messages one a line.
func (p *detailPage) plainLadder(frames int) {
	for i := range p.detail.Steps {
		s := &p.detail.Steps[i]
		path := party(s.Message.Src) + arrow + party(s.Message.Dst) + "  "
		label := stepLabel(s, p.options.Width-ladderTime-frames-4-displayWidth(path))
		p.line(p.stamp(i, frames) + p.paint(p.drawn(path+label), stepColor(s)))
	}
	p.ending()
}

// ladder draws with one pole for each host.
type ladder struct {
	page       *detailPage
	hosts      *story.Hosts
	left, rung int
	strokes    strokes
}

// pole is the terminal column of a host's pole.
func (l *ladder) pole(column int) int { return l.left + poleLabel + column*l.rung }

func (l *ladder) blank() row { return newRow(l.page.options.Width) }

// header names the hosts above their poles.
func (l *ladder) header(frames int) {
	for n := 0; ; n++ {
		r, more := l.blank(), false
		for i, c := range l.hosts.Columns {
			if names := hostNames(c); n < len(names) {
				more = true
				from, to := l.place(i, len(r))
				name := l.page.drawn(shorten(names[n], to-from))
				r.put(max(min(l.pole(i)-displayWidth(name)/2, to-displayWidth(name)), from), name)
			}
		}
		if !more {
			break
		}
		l.page.line(r.String())
	}
	r := l.blank()
	r.put(0, fmt.Sprintf("%*s  %*s", ladderTime, "seconds", frames, "frame"))
	l.poles(r)
	l.page.line(r.String())
}

// place is where the names of a host may stand, from one column to before another:
// half way to its neighbours, with a blank between, and to the ends of the row.
func (l *ladder) place(i, width int) (from, to int) {
	from, to = l.left, width
	if i > 0 {
		from = l.pole(i) - (l.rung-1)/2
	}
	if i+1 < len(l.hosts.Columns) {
		to = l.pole(i+1) - (l.rung-1)/2 - 1
	}
	return from, to
}

// hostNames are the lines of a ladder's head for a host.
func hostNames(h story.Host) []string {
	names := slices.Clone(h.Addresses)
	for _, software := range h.Software {
		names = append(names, Clean(software, 40))
	}
	return names
}

// widestHost is the width of the widest IPv4 address; longer names may be shortened.
func widestHost(hosts *story.Hosts) (width int) {
	for _, c := range hosts.Columns {
		width = max(width, displayWidth(c.Addresses[0]))
	}
	return min(width, len("255.255.255.255"))
}

func (l *ladder) poles(r row) {
	for i := range l.hosts.Columns {
		r.put(l.pole(i), l.strokes.pole)
	}
}

// step draws one message.
func (l *ladder) step(s *story.Step, stamp string) {
	r := l.blank()
	r.put(0, stamp)
	l.poles(r)
	from, to := l.hosts.Column(s.Message.Src), l.hosts.Column(s.Message.Dst)
	start, end := min(l.pole(from), l.pole(to))+1, max(l.pole(from), l.pole(to))
	if from == to {
		r.put(start, l.strokes.self+" "+l.page.drawn(stepLabel(s, len(r)-start-3)))
		l.page.line(r.painted(start, len(r), l.page.ifColor(stepColor(s))))
		return
	}
	stroke := l.strokes.line
	switch s.Role {
	case analyze.Repeated, analyze.FurtherAnswer:
		stroke = l.strokes.again
	case analyze.CaptureCopy:
		stroke = l.strokes.copied
	}
	for x := start; x < end; x++ {
		r.put(x, stroke)
	}
	if from < to {
		r.put(end-1, l.strokes.right)
	} else {
		r.put(start, l.strokes.left)
	}
	label := " " + l.page.drawn(stepLabel(s, end-start-5)) + " "
	r.put(start+(end-start-displayWidth(label))/2, label)
	l.page.line(r.painted(start, end, l.page.ifColor(stepColor(s))))
}

// row is a line of a drawing, one string for each column of the terminal; the
// columns after a wide character are empty.
type row []string

func newRow(width int) row { return slices.Repeat(row{" "}, max(width, 1)) }

// put writes text from column x on. What does not fit is left out.
func (r row) put(x int, text string) {
	for g := displaywidth.StringGraphemes(text); g.Next(); {
		w := g.Width()
		if x < 0 || w < 1 || x+w > len(r) {
			return
		}
		r[x] = g.Value()
		for i := 1; i < w; i++ {
			r[x+i] = ""
		}
		x += w
	}
}

func (r row) String() string { return strings.Join(r, "") }

// painted is String with the columns from start to end in a colour.
func (r row) painted(start, end int, color string) string {
	return strings.Join(r[:start], "") + paint(strings.Join(r[start:end], ""), color) + strings.Join(r[end:], "")
}
