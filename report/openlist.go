package report

import (
	"bytes"
	"io"
	"strconv"

	"simplecap/analyze/result"
	"simplecap/internal/spool"
)

// openList is a list of transactions without a final response, one a line.
type openList struct {
	rows   *spool.Spool
	grid   *grid
	buffer []byte // reused
}

func newOpenList(o Options) *openList {
	return &openList{rows: spool.New(o.Limits.Missing, o.Limits.SpoolBytes), grid: newGrid(openColumns())}
}

func openColumns() []column {
	hop, fit := new(pathFitter), new(pathFitter)
	return []column{
		{title: "#", right: true},
		{title: "#", right: true}, // of the delivery
		{title: "hop", min: 20, full: hopWidth, tight: dropPorts, fit: hop.hop},
		{title: "from", min: 10, max: 40, fit: fit.left.URI, drop: 4},
		{title: "to", min: 10, max: 40, fit: fit.right.URI, drop: 3},
		{title: "sent", right: true, drop: 1},
		{title: "outcome", paint: true},
		{title: "cause", min: 45},
		{title: "frames", min: 7, max: 40, file: true, tight: dropFile, fit: fitFrames},
	}
}

// Places of some of the columns.
const (
	openTransaction = 0
	openDelivery    = 1
	openSent        = 5
	openOutcome     = 6
	openCause       = 7
)

func (l *openList) add(x *result.Transaction, color string) {
	if !l.rows.Wants(x.ID) {
		return
	}
	cells := []string{
		number(x.ID), nonZero(x.Delivery), hopCell(x), uriCell(x.From), uriCell(x.To), strconv.Itoa(1+x.Retransmissions) + "×",
		"", causeCell(x), exchangeCell(x.RequestFrames, x.ResponseFrames), color,
	}
	if x.Outcome.Missing() { // what the others are is said once for all
		cells[openOutcome] = x.Outcome.String()
	}
	if x.Outcome == result.Orphan {
		cells[openSent], cells[openCause] = "", ""
	}
	l.grid.measure(cells)
	l.buffer = joinCells(l.buffer[:0], cells)
	l.rows.Add(x.ID, l.buffer)
}

// draw prints the list, with numbers of deliveries or of transactions, and
// returns how many lines it has.
func (l *openList) draw(w io.Writer, width int, by View) (shown uint64, err error) {
	hidden := openDelivery
	if by == ByDelivery && l.grid.natural[openDelivery] > 0 {
		hidden = openTransaction
	}
	l.grid.natural[hidden] = 0
	err = l.grid.draw(w, width, func(row func([]string) bool) error {
		return l.rows.Each(func(data []byte) bool {
			shown++
			return row(splitCells(data))
		})
	})
	return shown, err
}

// joinCells appends cells separated by NUL, which no clean cell holds.
func joinCells(b []byte, cells []string) []byte {
	for i, c := range cells {
		if i > 0 {
			b = append(b, 0)
		}
		b = append(b, c...)
	}
	return b
}

func splitCells(row []byte) []string {
	var cells []string
	for _, c := range bytes.Split(row, []byte{0}) {
		cells = append(cells, string(c))
	}
	return cells
}

func missingTitle(n uint64) string {
	return "Missing 200: " + count(n, "transaction") + " without a final response"
}

func pendingTitle(n uint64) string {
	return "Unknown: " + count(n, "transaction") + " pending"
}

// pendingWords says why these are no failures.
func pendingWords(r *result.Report) string {
	why := "the capture ends before Timer F"
	if len(likelyHidden(r)) > 0 {
		why += ", or what answers cannot be read"
	}
	if q := &r.Quality; q.TCPGaps+q.SCTPGaps > 0 {
		why += ", or lacks bytes that may hold it"
	}
	return "No final response, but " + why + ": whether one came later is unknown"
}

func orphanTitle(n uint64) string {
	return "Responses alone: " + count(n, "transaction") + " whose request is not in the capture"
}
