package report

import (
	"bytes"
	"cmp"
	"io"
	"math"
	"strings"

	"github.com/olekukonko/ll"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// column is one column of a grid.
type column struct {
	title string
	right bool                     // aligned to the right
	min   int                      // the narrowest that is of use; 0 if it must not be shortened
	full  int                      // the narrowest that still shows tight cells in full, at most; 0 for min
	tight func(string) string      // the shortest form of a cell that loses nothing
	max   int                      // the widest that is of use; 0 for no limit
	drop  int                      // the column with the greatest drop goes first where it is narrow; 0 stays
	fit   func(string, int) string // shortens a cell; nil for cut
	paint bool                     // takes the colour of its row
	file  bool                     // names frames as file:frame
}

func (c column) align() tw.Align {
	if c.right {
		return tw.AlignRight
	}
	return tw.AlignLeft
}

// gap is the number of spaces between two columns.
const gap = 2

// minColumn is the width of a shortened column where nothing else helps.
const minColumn = 5

// grid lays a table out for a terminal: columns without content are left out,
// then long cells are shortened, then columns are left out until it fits.
type grid struct {
	columns []column
	natural []int // width of the widest cell of each column, 0 while all are empty
	bare    []int // the same of the cells' tight forms
	oneFile bool  // leave the file out
}

func newGrid(columns []column) *grid {
	return &grid{columns: columns, natural: make([]int, len(columns)), bare: make([]int, len(columns))}
}

// measure notes how wide the cells of a row are.
func (g *grid) measure(cells []string) {
	for i, c := range g.columns {
		g.natural[i] = max(g.natural[i], displayWidth(cells[i]))
		if c.tight != nil {
			g.bare[i] = max(g.bare[i], displayWidth(c.tight(cells[i])))
		}
	}
}

// dropFile removes the file from "1:3 1:7" where there is only one file.
func dropFile(frames string) string { return strings.ReplaceAll(frames, "1:", "") }

// widths returns the width of each column, 0 for those that are left out.
func (g *grid) widths(total int) []int {
	w := make([]int, len(g.columns))
	for i, c := range g.columns {
		if g.natural[i] == 0 {
			continue
		}
		w[i] = g.natural[i]
		if c.file && g.oneFile {
			w[i] = g.bare[i]
		}
		w[i] = max(w[i], displayWidth(c.title))
		if c.max > 0 {
			w[i] = min(w[i], c.max)
		}
	}
	for sum(w) > total && g.narrow(w, total) {
	}
	return w
}

// narrow leaves a column out if the others cannot be shortened to fit, else it
// shortens the widest ones. It returns false when there is nothing left to do.
func (g *grid) narrow(w []int, total int) bool {
	least := make([]int, len(w))
	for i := range w {
		least[i] = min(w[i], g.least(i))
	}
	if sum(least) > total {
		if i := g.droppable(w); i >= 0 {
			w[i] = 0
			return true
		}
		g.floor(least)
	}
	for sum(w) > total {
		i := widest(w, least)
		if i < 0 {
			return false
		}
		w[i]--
	}
	return true
}

// least is the width below which a column is rather left out.
func (g *grid) least(i int) int {
	switch c := g.columns[i]; {
	case c.min == 0:
		return math.MaxInt
	case c.full > 0:
		return max(c.min, min(c.full, g.bare[i]))
	default:
		return c.min
	}
}

// floor lowers the widths where no column can be left out any more.
func (g *grid) floor(least []int) {
	for i, c := range g.columns {
		if c.min > 0 {
			least[i] = min(least[i], minColumn)
		}
	}
}

// droppable returns the column to leave out next, -1 for none.
func (g *grid) droppable(w []int) int {
	found, rank := -1, 0
	for i, c := range g.columns {
		if w[i] > 0 && c.drop > rank {
			found, rank = i, c.drop
		}
	}
	return found
}

// widest returns the widest column that is wider than it has to be, -1 for none.
func widest(w, least []int) int {
	found := -1
	for i := range w {
		if w[i] > least[i] && (found < 0 || w[i] > w[found]) {
			found = i
		}
	}
	return found
}

// sum is the width of a row.
func sum(w []int) int {
	total := -gap
	for _, n := range w {
		if n > 0 {
			total += n + gap
		}
	}
	return max(total, 0)
}

// draw prints the rows that each hands to its argument. A row has a cell for
// every column, and may have one more: the ANSI colour of its painted cells.
func (g *grid) draw(w io.Writer, width int, each func(row func(cells []string) bool) error) error {
	widths := g.widths(width)
	out := &trimmer{w: w}
	t, err := newLines(out, g.columns, widths)
	if err != nil {
		return err
	}
	t.header(g.visible(widths, func(i int) string { return g.columns[i].title }))
	err = each(func(cells []string) bool {
		t.row(g.visible(widths, func(i int) string { return g.cell(cells, i, widths[i]) }))
		return out.err == nil
	})
	return cmp.Or(err, out.err)
}

// visible collects what value returns for the columns that are not left out.
func (g *grid) visible(widths []int, value func(i int) string) []string {
	var out []string
	for i, w := range widths {
		if w > 0 {
			out = append(out, value(i))
		}
	}
	return out
}

func (g *grid) cell(cells []string, i, width int) string {
	c := g.columns[i]
	fit := c.fit
	if fit == nil {
		fit = cut
	}
	s := cells[i]
	if c.file && g.oneFile {
		s = dropFile(s)
	}
	s = fit(s, width)
	if c.paint && len(cells) > len(g.columns) && s != "" {
		s = paint(s, cells[len(g.columns)])
	}
	return s
}

// paint wraps s in an ANSI colour, "" for none.
func paint(s, color string) string {
	if color == "" {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

// Uncolored takes the colours out of a line that this program made.
func Uncolored(line string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(line, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, line, _ = strings.Cut(rest, "m")
	}
}

// lines prints the lines of a table with the part of tablewriter that draws them. Its
// Table would look for widths, wrap and merge, which is done before or not wanted, and
// makes a cache of 400 KB each time. Its log, which nobody reads, is suspended: lines of
// one that is only disabled are formatted all the same.
type lines struct {
	*renderer.Blueprint
	context tw.Formatting
	begun   bool // the line below the header stands
}

// newLines sets that up: no borders, headers as written, cells as they are, since they
// have been cleaned and shortened before.
func newLines(w io.Writer, columns []column, widths []int) (*lines, error) {
	t := &lines{Blueprint: renderer.NewBlueprint(plainRendition())}
	t.context.Row.Current = map[int]tw.CellContext{}
	sizes := tw.NewMapper[int, int]()
	for i, n := range widths {
		if n > 0 {
			sizes.Set(sizes.Len(), n+gap)
			t.context.Row.Current[len(t.context.Row.Current)] = tw.CellContext{Align: columns[i].align(), Padding: tw.Padding{Right: strings.Repeat(" ", gap)}}
		}
	}
	t.Logger(ll.New("").Suspend())
	last := sizes.Len() - 1
	sizes.Set(last, sizes.Get(last)-gap)
	t.context.Row.Current[last] = tw.CellContext{Align: t.context.Row.Current[last].Align}
	t.context.Row.Widths = sizes
	return t, t.Start(w)
}

func (t *lines) header(titles []string) {
	t.fill(titles)
	t.context.Row.Position, t.context.Level = tw.Header, tw.LevelHeader
	t.Header([][]string{titles}, t.context)
	t.context.Row.Position, t.context.Level = tw.Row, tw.LevelBody
}

// row prints a row, and a line above the first one.
func (t *lines) row(cells []string) {
	if !t.begun {
		t.begun, t.context.Row.Location = true, tw.LocationMiddle
		t.Line(t.context)
	}
	t.fill(cells)
	t.Row(cells, t.context)
}

// fill puts cells into the context of the next line.
func (t *lines) fill(cells []string) {
	for i, data := range cells {
		c := t.context.Row.Current[i]
		c.Data = data
		t.context.Row.Current[i] = c
	}
}

func plainRendition() tw.Rendition {
	return tw.Rendition{
		Borders: tw.BorderNone,
		Symbols: tw.NewSymbols(tw.StyleLight),
		Settings: tw.Settings{
			Separators: tw.Separators{ShowHeader: tw.On, ShowFooter: tw.Off, BetweenRows: tw.Off, BetweenColumns: tw.Off},
			Lines:      tw.Lines{ShowTop: tw.Off, ShowBottom: tw.Off, ShowHeaderLine: tw.On, ShowFooterLine: tw.Off},
		},
	}
}

// trimmer removes the spaces at the end of lines, which tablewriter pads. It keeps the
// first error, which tablewriter drops.
type trimmer struct {
	w    io.Writer
	line []byte
	err  error
}

func (t *trimmer) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0 && t.err == nil; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			t.line = append(t.line, rest...)
			break
		}
		t.line = append(bytes.TrimRight(append(t.line, rest[:i]...), " "), '\n')
		_, t.err = t.w.Write(t.line)
		t.line, rest = t.line[:0], rest[i+1:]
	}
	return len(p), t.err
}
