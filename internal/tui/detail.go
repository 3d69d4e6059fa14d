package tui

import (
	"bytes"
	"fmt"
	"strings"

	"simplecap/analyze/story"
	"simplecap/report"
)

// detail is one delivery, or one text with its receipts, in full.
type detail struct {
	m     *Model
	by    View
	id    uint32
	story *story.Story
	part  int
	lines []string
	top   int
	query string
	hit   int // line of the search, -1 for none
	state string
}

// detailPart is a page of a delivery.
type detailPart struct {
	name  string
	parts report.Part
}

var detailParts = []detailPart{
	{"everything", 0}, {"ladder", report.Heading | report.Ladder}, {"changes", report.Hops | report.Changes}, {"messages", report.Messages | report.MoreFindings},
	{"findings", report.SideFindings}, {"content", report.Contents},
}

// partName is what a part is called: of a text, the receipts stand in place of the hops.
func (d *detail) partName(i int) string {
	if d.by == ByText && detailParts[i].parts&report.Changes != 0 {
		return "receipts"
	}
	return detailParts[i].name
}

func newDetail(m *Model, by View, id uint32) *detail {
	d := &detail{m: m, by: by, id: id, hit: -1}
	d.load()
	return d
}

// load reads it.
func (d *detail) load() {
	d.story = d.m.store.Story(d.by, d.id, d.m.options.Analysis)
	d.redraw()
}

// refresh reads it again where it has changed.
func (d *detail) refresh() {
	if state := d.fingerprint(); state != d.state {
		top := d.top
		d.load()
		d.top = top
	}
}

// fingerprint changes with what is known of the delivery.
func (d *detail) fingerprint() string {
	row, _ := d.m.store.Row(d.by, d.id)
	text := row.State.name()
	for i := range row.Transactions {
		t := &row.Transactions[i]
		text += fmt.Sprint(t.ID, t.Status, t.Retransmissions, t.Closed)
	}
	return text
}

// redraw draws the part that is chosen. Beside the ladder stand the findings, where there
// is room.
func (d *detail) redraw() {
	d.state = d.fingerprint()
	d.lines, d.top, d.hit = nil, 0, -1
	if d.story == nil || len(d.story.Transactions) == 0 && d.story.Text == nil {
		d.lines = []string{"this " + d.by.one() + " cannot be read again"}
		return
	}
	part, width := detailParts[d.part], d.m.width-1
	const beside, side = 130, 46
	if d.part <= 1 && d.m.width >= beside {
		left := d.draw(report.Heading|report.Ladder, width-side-3)
		right := d.draw(report.SideFindings, side)
		if len(right) == 0 {
			right = []string{paint("no findings", faint)}
		}
		d.lines = columnsBeside(left, right, width-side-3)
		if part.parts == 0 {
			d.lines = append(d.lines, d.draw(d.rest(), width)...)
		}
		return
	}
	d.lines = d.draw(part.parts, width)
}

// rest is what everything has beside the heading and the ladder.
func (d *detail) rest() report.Part {
	if d.by == ByText {
		return report.Hops | report.Contents | report.MoreFindings
	}
	return report.Hops | report.Changes | report.Messages | report.MoreFindings
}

func (d *detail) draw(parts report.Part, width int) []string {
	var page bytes.Buffer
	if err := report.WriteDetail(&page, d.story, report.DetailOptions{Width: width, Color: true, Bodies: d.m.options.Bodies, Parts: parts}); err != nil {
		return []string{report.Clean(err.Error(), width)}
	}
	text := strings.Trim(page.String(), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// columnsBeside puts two texts beside each other.
func columnsBeside(left, right []string, width int) (lines []string) {
	for i := range max(len(left), len(right)) {
		l, r := "", ""
		if i < len(left) {
			l = trim(left[i], width)
		}
		if i < len(right) {
			r = right[i]
		}
		lines = append(lines, l+strings.Repeat(" ", max(0, width-report.Width(bare(l))))+paint(" │ ", faint)+r)
	}
	return lines
}

// view draws the tabs and the lines.
func (d *detail) view(height int) []string {
	var tabs []string
	for i := range detailParts {
		style := faint
		if i == d.part {
			style = turned
		}
		tabs = append(tabs, paint(fmt.Sprintf(" %d %s ", i+1, d.partName(i)), style))
	}
	position := ""
	if n := len(d.lines); n > height-1 {
		position = fmt.Sprintf("  %d%%", 100*min(d.top+height-1, n)/n)
	}
	lines := []string{strings.Join(tabs, " ") + paint(position, faint)}
	d.top = max(0, min(d.top, len(d.lines)-height+1))
	for i := d.top; i < min(d.top+height-1, len(d.lines)); i++ {
		line := d.lines[i]
		if i == d.hit {
			line = paint(bare(line), turned)
		}
		lines = append(lines, line)
	}
	return lines
}

func (d *detail) move(by int) { d.top = max(0, d.top+by) }

// show changes to another part.
func (d *detail) show(part int) {
	d.part = (part + len(detailParts)) % len(detailParts)
	d.redraw()
}

// search goes to the next line with a word, from the one after the hit or the top.
func (d *detail) search(query string, from, step int) bool {
	d.query = query
	want := strings.ToLower(query)
	for i := from; i >= 0 && i < len(d.lines); i += step {
		if strings.Contains(strings.ToLower(bare(d.lines[i])), want) {
			d.hit, d.top = i, max(0, i-d.m.height/3)
			return true
		}
	}
	return false
}
