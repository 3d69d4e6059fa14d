package report

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/internal/spool"
)

// tableWriter prints for people: the deliveries or transactions, then what they
// add up to. Of all of them it keeps the cells of those that it will show; which
// view that is may be known only at the end.
type tableWriter struct {
	w       *bufio.Writer
	options Options
	view    View // Automatic until Close decides

	rows       *spool.Spool // cells of the transactions to show
	grid       *grid
	deliveries *deliveryList
	lines      *grid     // of the deliveries
	missing    *openList // timeout and unreachable
	pending    *openList
	orphans    *openList
	texts      *textList
	fit        *parties
	buffer     []byte // reused
	streams    bool   // a transport other than UDP was seen
}

// parties shortens the addresses and hops of the two tables, and knows the domain that
// their addresses share.
type parties struct {
	rows, paths pathFitter
	domains     Domains
	widest      int // of the addresses of a delivery
}

// delivery notes the addresses of a delivery's line.
func (p *parties) delivery(cells []string) {
	if cells[delID] == "" {
		return
	}
	from, to, _ := strings.Cut(cells[delPath], arrow)
	p.domains.Add(from)
	p.domains.Add(to)
	p.widest = max(p.widest, displayWidth(cells[delPath]))
}

// leaveOut has the shared domain left out where a cell does not fit, and returns it.
func (p *parties) leaveOut(fit *pathFitter) string {
	name := p.domains.Shared()
	fit.left.domain, fit.right.domain = name, name
	return name
}

// The columns of the transaction table.
const (
	colID = iota
	colTime
	colMethod
	colTransport
	colHop
	colFrom
	colTo
	colResult
	colRTT
	colRetransmissions
	colCause
	colFrames
)

func transactionColumns(fit *pathFitter) []column {
	hop := new(pathFitter)
	return []column{
		colID:              {title: "#", right: true},
		colTime:            {title: "time", drop: 6},
		colMethod:          {title: "method", min: 7, max: 20, drop: 3},
		colTransport:       {title: "over", drop: 4},
		colHop:             {title: "hop", min: 20, full: hopWidth, tight: dropPorts, fit: hop.hop},
		colFrom:            {title: "from", min: 10, max: 60, fit: fit.left.URI, drop: 1},
		colTo:              {title: "to", min: 10, max: 60, fit: fit.right.URI, drop: 2},
		colResult:          {title: "result", paint: true},
		colRTT:             {title: "RTT", right: true},
		colRetransmissions: {title: "retr", right: true, drop: 5},
		colCause:           {title: "cause", min: 24, max: 80, drop: 8},
		colFrames:          {title: "frames", min: 7, max: 30, drop: 7, file: true, tight: dropFile, fit: fitFrames},
	}
}

func newTableWriter(w io.Writer, o Options) *tableWriter {
	fit := new(parties)
	lines := newGrid(deliveryColumns(&fit.paths))
	return &tableWriter{
		fit: fit,
		w:   bufio.NewWriterSize(w, bufferSize), options: o, view: o.By,
		rows: spool.New(o.keep(), o.Limits.SpoolBytes),
		grid: newGrid(transactionColumns(&fit.rows)),
		deliveries: newDeliveryList(o, func(cells []string) {
			lines.measure(cells)
			fit.delivery(cells)
		}),
		lines:   lines,
		missing: newOpenList(o),
		pending: newOpenList(o),
		orphans: newOpenList(o),
		texts:   newTextList(o),
	}
}

func (t *tableWriter) Transaction(x *result.Transaction) {
	t.streams = t.streams || x.Transport.Reliable()
	if key := t.options.key(outcomeRank(x.Outcome), x.ID); t.view != ByDelivery && t.rows.Wants(key) {
		cells := t.cells(x)
		t.fit.domains.Add(cells[colFrom])
		t.fit.domains.Add(cells[colTo])
		t.grid.measure(cells)
		t.buffer = joinCells(t.buffer[:0], cells)
		t.rows.Add(key, t.buffer)
	}
	if list := t.listFor(x.Outcome); list != nil {
		list.add(x, t.color(x.Outcome))
	}
	t.deliveries.transaction(x, t.color(x.Outcome), t.body(x))
}

// Delivery decides about the view too: once a MESSAGE was seen on two hops the
// view by transaction is not needed any more.
func (t *tableWriter) Delivery(d *result.Delivery) {
	color := ""
	if t.options.Color {
		color = verdictColor(d.Verdict)
	}
	t.deliveries.delivery(d, color)
	if t.view == Automatic && t.deliveries.relayed {
		t.view = ByDelivery
		t.rows.Close()
		t.rows = spool.New(t.options.keep(), t.options.Limits.SpoolBytes)
	}
}

// Text implements analyze.TextHandler.
func (t *tableWriter) Text(x *result.Text) {
	if t.options.By == Automatic || t.options.By == ByText {
		t.texts.text(x)
	}
	byDelivery := t.options.By == ByDelivery || t.options.By == Automatic && !t.texts.receipted // otherwise it is by text
	if byDelivery && !t.options.Live {                                                          // a live row is printed before its text ends
		t.deliveries.text(x)
	}
}

// OrphanReceipt does nothing: orphans are counted.
func (t *tableWriter) OrphanReceipt(*result.Receipt) {}

// listFor is the list of transactions without a final response that o belongs to.
func (t *tableWriter) listFor(o result.Outcome) *openList {
	switch {
	case o.Missing():
		return t.missing
	case o == result.Pending:
		return t.pending
	case o == result.Orphan:
		return t.orphans
	}
	return nil
}

// Finding does nothing: the Report has the findings with their final counts.
func (t *tableWriter) Finding(*result.Finding) {}

// cells are clean. The last two are the row's colour and its body.
func (t *tableWriter) cells(x *result.Transaction) []string {
	cells := []string{
		colID:              number(x.ID),
		colTime:            t.options.clockCell(x),
		colMethod:          oddMethod(x),
		colTransport:       x.Transport.String(),
		colHop:             hopCell(x),
		colFrom:            uriCell(x.From),
		colTo:              uriCell(x.To),
		colResult:          resultCell(x),
		colRTT:             "",
		colRetransmissions: nonZero(uint64(x.Retransmissions)),
		colCause:           causeCell(x),
		colFrames:          exchangeCell(x.RequestFrames, x.ResponseFrames),
	}
	if x.HasRTT {
		cells[colRTT] = human(x.RTT)
	}
	return append(cells, t.color(x.Outcome), t.body(x))
}

// body is the text of a message where it was asked for.
func (t *tableWriter) body(x *result.Transaction) string {
	if !t.options.Bodies || len(x.Body) == 0 {
		return ""
	}
	return Clean(string(x.Body), bodyWidth)
}

// ANSI colours.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (t *tableWriter) color(o result.Outcome) string {
	if !t.options.Color {
		return ""
	}
	return outcomeColor(o)
}

func outcomeColor(o result.Outcome) string {
	switch o {
	case result.Success:
		return green
	case result.Timeout, result.Unreachable:
		return red
	case result.Rejected, result.Redirected, result.Orphan:
		return yellow
	}
	return dim
}

// oddMethod is the method token where it is not the one that is expected.
func oddMethod(x *result.Transaction) string {
	if x.Method == "MESSAGE" {
		return ""
	}
	return Clean(x.Method, 40)
}

// resultCell joins status and outcome: "200", "486 rejected", "timeout".
func resultCell(x *result.Transaction) string {
	if x.Status == 0 {
		return x.Outcome.String()
	}
	status := strconv.Itoa(x.Status)
	if x.Outcome == result.Success {
		return status
	}
	return status + " " + x.Outcome.String()
}

// causeCell says why: the analyzer's words, or the reason phrase of a refusal.
func causeCell(x *result.Transaction) string {
	switch x.Outcome {
	case result.Rejected, result.Redirected:
		if x.Cause == "" {
			return Clean(x.Reason, cellWidth)
		}
	}
	return Clean(x.Cause, cellWidth)
}

const (
	clockLayout = "2006-01-02 15:04:05.000"
	dateWidth   = len("2006-01-02 ")
	cellWidth   = 200 // no cell is wider, whatever the terminal
	bodyWidth   = 1000
	arrow       = " → "
	usualPort   = ":5060"
	hopWidth    = 33 // two IPv4 addresses
)

func hopCell(x *result.Transaction) string { return endpoint(x.Src) + arrow + endpoint(x.Dst) }

// dropPorts leaves the usual port of a hop out.
func dropPorts(hop string) string {
	src, dst, _ := strings.Cut(hop, arrow)
	return strings.TrimSuffix(src, usualPort) + arrow + strings.TrimSuffix(dst, usualPort)
}

// uriCell leaves the scheme out where it is the usual one.
func uriCell(uri string) string {
	if len(uri) > 4 && strings.EqualFold(uri[:4], "sip:") {
		uri = uri[4:]
	}
	return shorten(Clean(uri, 0), cellWidth)
}

// exchangeCell lists the first frames of requests and responses as file:frame,
// "1:3 1:7 +2 → 1:9". The file is left out later where there is only one.
func exchangeCell(requests, responses []capture.Ref) string {
	s := frameList(requests, 3)
	if len(responses) > 0 {
		s = strings.TrimLeft(s+arrow+frameList(responses, 2), " ")
	}
	return s
}

// fitFrames leaves out whole numbers: half a number would name another frame.
func fitFrames(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	end := 0
	for i, r := range s {
		if r == ' ' && displayWidth(s[:i]) <= width-2 {
			end = i
		}
	}
	return strings.TrimSpace(s[:end] + " " + ellipsis)
}

func frameList(frames []capture.Ref, shown int) string {
	var parts []string
	for i, f := range frames {
		if i == shown {
			parts = append(parts, "+"+strconv.Itoa(len(frames)-shown))
			break
		}
		parts = append(parts, strconv.Itoa(f.File())+":"+strconv.FormatUint(f.Number(), 10))
	}
	return strings.Join(parts, " ")
}
