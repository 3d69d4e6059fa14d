package report

import (
	"bytes"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/internal/spool"
)

// deliveryList holds what the view by delivery shows: of each delivery a line
// and one for each of its hops, as clean cells. Transactions come before their
// delivery: their cells wait until it closes.
type deliveryList struct {
	rows    *spool.Spool // by Options.key
	options Options
	limits  Limits
	waiting map[uint64]*waitingHops // by number of the delivery
	kept    kept
	counts  verdictCounts
	texts   deliveryTexts
	relayed bool // a MESSAGE was seen on more than one hop
	streams bool // a transport other than UDP was seen
	measure func(cells []string)
	buffer  []byte // reused
}

// waitingHops are the transactions of a delivery that has not closed.
type waitingHops struct {
	cells map[uint64][]string // by number of the transaction
	body  string
}

// The columns of the table of deliveries.
const (
	delID = iota
	delTime
	delPath
	delTransport
	delResult
	delText
	delTook
	delForward
	delRelay
	delRetransmissions
	delFrames
	delColor // what a row has beyond its columns
	delBody
	delCells
)

func deliveryColumns(fit *pathFitter) []column {
	return []column{
		delID:              {title: "#", right: true},
		delTime:            {title: "time", drop: 5},
		delPath:            {title: "from → to, hop by hop", min: 26, full: 40, max: 90, tight: tightPath, fit: fit.path},
		delTransport:       {title: "over", drop: 4},
		delResult:          {title: "result", min: 20, max: 60, full: 45, tight: asIs, paint: true},
		delText:            {title: "carried", min: 12, full: 15, max: 60, drop: 2, tight: asIs},
		delTook:            {title: "took", right: true},
		delForward:         {title: "forward", right: true, drop: 9},
		delRelay:           {title: "relay", right: true, drop: 8},
		delRetransmissions: {title: "retr", right: true, drop: 3},
		delFrames:          {title: "frames", min: 7, max: 30, drop: 6, file: true, tight: dropFile, fit: fitFrames},
	}
}

func newDeliveryList(o Options, measure func(cells []string)) *deliveryList {
	return &deliveryList{
		rows: spool.New(o.keep(), o.Limits.SpoolBytes), options: o, limits: o.Limits, kept: newKept(o),
		waiting: make(map[uint64]*waitingHops), measure: measure, texts: deliveryTexts{limit: o.Limits.Texts},
	}
}

// transaction keeps the cells of a transaction until its delivery closes. color
// and body are those of its line.
func (l *deliveryList) transaction(t *result.Transaction, color, body string) {
	l.kept.transaction(t)
	if t.Delivery == 0 || !l.rows.MayKeep(l.options.key(outcomeRank(t.Outcome), t.Delivery)) {
		return
	}
	hops := l.waiting[t.Delivery]
	if hops == nil {
		hops = &waitingHops{cells: make(map[uint64][]string)}
		l.waiting[t.Delivery] = hops
	}
	if hops.body == "" {
		hops.body = body
	}
	if len(hops.cells) < l.limits.Hops {
		hops.cells[t.ID] = hopLine(t, color)
	}
}

// hopLine is the line of a transaction, but for what its delivery knows of it.
func hopLine(t *result.Transaction, color string) []string {
	cells := make([]string, delCells)
	cells[delPath] = party(t.Src) + arrow + party(t.Dst)
	cells[delTransport] = t.Transport.String()
	cells[delResult] = hopResult(t)
	cells[delRetransmissions] = nonZero(uint64(t.Retransmissions))
	cells[delFrames] = exchangeCell(t.RequestFrames, t.ResponseFrames)
	cells[delColor] = color
	if t.HasRTT {
		cells[delTook] = human(t.RTT)
	}
	return cells
}

// hopResult is the outcome of a transaction, and the odd method of its request.
func hopResult(t *result.Transaction) string {
	cell := resultCell(t)
	if t.Outcome == result.Rejected || t.Outcome == result.Redirected {
		cell = strings.TrimSpace(nonZero(uint64(t.Status)) + " " + Clean(t.Reason, 40))
	}
	if method := oddMethod(t); method != "" {
		cell += " (" + method + ")"
	}
	return cell
}

// delivery takes a delivery that has closed. color is the one of its line.
func (l *deliveryList) delivery(d *result.Delivery, color string) {
	hops := l.waiting[d.ID]
	delete(l.waiting, d.ID)
	if !l.kept.take(d) {
		return
	}
	l.counts.add(d.Verdict)
	for i := range d.Hops {
		l.relayed = l.relayed || d.Hops[i].Parent != 0
	}
	key := l.options.key(verdictRank(d.Verdict), d.ID)
	if !l.rows.Wants(key) {
		return
	}
	if hops == nil {
		hops = &waitingHops{}
	}
	l.buffer = l.buffer[:0]
	l.line(l.options.deliveryLine(d, color, hops.body))
	shown := *d
	shown.Hops = d.Hops[:min(len(d.Hops), l.limits.Hops)]
	l.branches(&shown, 0, 0, hops)
	if more := len(d.Hops) - len(shown.Hops); more > 0 {
		cells := make([]string, delCells)
		cells[delPath] = indentStep + ellipsis + " " + count(uint64(more), "more hop")
		l.line(cells)
	}
	l.rows.Add(key, l.buffer)
}

// line appends the cells of a line to the buffer. Lines are separated by a line
// end, which no clean cell holds.
func (l *deliveryList) line(cells []string) {
	l.streams = l.streams || cells[delTransport] != "" && cells[delTransport] != decode.UDP.String()
	if l.measure != nil {
		l.measure(cells)
	}
	if len(l.buffer) > 0 {
		l.buffer = append(l.buffer, '\n')
	}
	l.buffer = joinCells(l.buffer, cells)
}

func (o *Options) deliveryLine(d *result.Delivery, color, body string) []string {
	cells := make([]string, delCells)
	cells[delID] = number(d.ID)
	if d.HasTime {
		cells[delTime] = o.at(d.FirstRequest).Format(clockLayout)
	}
	cells[delPath] = uriCell(d.Sender) + arrow + uriCell(d.Recipient)
	cells[delResult] = verdictWords(d)
	if d.Unseen != "" && (d.Verdict.Failed() || d.Verdict == result.Unknown) {
		cells[delResult] += "; the next hop cannot be read"
	}
	if d.HasTotal {
		cells[delTook] = human(d.Total)
	}
	cells[delColor], cells[delBody] = color, body
	return cells
}

const (
	indentStep = "  "
	maxIndent  = 4 // levels of hops that are indented
)

// branches appends the lines of the hops that forward the transaction parent,
// each followed by those that forward it.
func (l *deliveryList) branches(d *result.Delivery, parent uint64, depth int, known *waitingHops) {
	for i := range d.Hops {
		hop := &d.Hops[i]
		above := hop.Parent
		if hopOf(d, above) == nil {
			above = 0
		}
		if above != parent {
			continue
		}
		l.line(l.hop(hop, depth, known))
		if depth < len(d.Hops) {
			l.branches(d, hop.Transaction, depth+1, known)
		}
	}
}

// hop is the line of a hop. Where its transaction did not pass the filter, the
// delivery knows less of it.
func (l *deliveryList) hop(hop *result.Hop, depth int, known *waitingHops) []string {
	cells := known.cells[hop.Transaction]
	if cells == nil {
		cells = hopLine(&result.Transaction{
			Method: "MESSAGE", Src: hop.Src, Dst: hop.Dst, Outcome: hop.Outcome, Status: hop.Status, RTT: hop.RTT, HasRTT: hop.HasRTT,
		}, "")
		cells[delTransport] = ""
	}
	cells[delPath] = strings.Repeat(indentStep, min(depth+1, maxIndent)) + cells[delPath]
	if hop.HasForward {
		cells[delForward] = human(hop.Forward)
	}
	if hop.HasRelay {
		cells[delRelay] = human(hop.Relay)
	}
	return cells
}

// eachLine calls f with the cells of each line of entries until f returns false, and with
// the number of the entry that the line begins, 0 where it goes on. begun is how many
// entries were begun.
func eachLine(rows *spool.Spool, f func(begins uint64, cells []string) bool) (begun uint64, err error) {
	err = rows.EachByID(func(key uint64, data []byte) bool {
		begun++
		begins := numberOf(key)
		for line := range bytes.SplitSeq(data, []byte{'\n'}) {
			if !f(begins, splitCells(line)) {
				return false
			}
			begins = 0
		}
		return true
	})
	return begun, err
}

// each calls f with the cells of each line until f returns false. deliveries is
// how many were begun.
func (l *deliveryList) each(f func(cells []string) bool) (deliveries uint64, err error) {
	return eachLine(l.rows, func(begins uint64, cells []string) bool {
		if begins != 0 && len(l.texts.cells) > 0 {
			cells[delText] = l.texts.cells[begins]
		}
		return f(cells)
	})
}

func asIs(s string) string { return s }

// tightPath is the shortest form of a hop that loses nothing. The first line of
// a delivery may be shortened further.
func tightPath(s string) string {
	if !strings.HasPrefix(s, " ") {
		return ""
	}
	return s
}
