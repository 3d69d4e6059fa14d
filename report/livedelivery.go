package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
)

// Live is the Writer of a table with Options.Live: it prints what happens as it
// happens, and can tell what waits at the moment.
type Live interface {
	Writer
	analyze.WaitingHandler

	// Waits returns a row for each delivery and its hops that have no answer at a time by
	// the capture's clock (ns since 1970 UTC), the longest wait first, in at most so many
	// lines; the last one says how many more there are.
	Waits(now int64, lines int) []string
}

// liveDeliveries prints each delivery when its verdict is known, or when a request of
// it is sent in vain, its hops under it; later what is new about it.
type liveDeliveries struct {
	*tableWriter
	layout liveLayout
	fit    pathFitter
	open   map[uint64]*liveDelivery // by number
	order  []uint64                 // of open, the oldest first; those that have closed are among them
	begun  bool
	day    string // of the row printed last
	domain Domains
	last   uint64 // the delivery of the row printed last

	outcomes map[string]bool // rules whose findings say what rows say
}

// liveDelivery is what is known of a delivery that has not closed.
type liveDelivery struct {
	id      uint64
	path    string
	first   int64
	hasTime bool
	printed bool // its row is out
	verdict result.Verdict
	hops    []liveHop
}

// liveHop is the row of a hop, as it is now and as it was printed.
type liveHop struct {
	transaction uint64
	depth       int
	path        string
	text, said  string
	took        string
	color       string
	waits       bool
	first       int64
	sent        int  // transmissions
	vain        bool // an ICMP error or the end of the connection said so
}

func newLiveDeliveries(t *tableWriter) *liveDeliveries {
	return &liveDeliveries{tableWriter: t, open: make(map[uint64]*liveDelivery), outcomes: outcomeRules()}
}

// of returns what is known of a delivery, which may be nothing yet.
func (l *liveDeliveries) of(id uint64) *liveDelivery {
	if d := l.open[id]; d != nil {
		return d
	}
	for len(l.open) >= l.options.Limits.LiveRows || len(l.order) >= 2*l.options.Limits.LiveRows {
		delete(l.open, l.order[0])
		l.order = l.order[1:]
	}
	d := &liveDelivery{id: id}
	l.open[id] = d
	l.order = append(l.order, id)
	return d
}

// hop returns the row of a transaction. Rows stand in the order in which those began.
func (d *liveDelivery) hop(transaction uint64, limit int) *liveHop {
	for i := range d.hops {
		if d.hops[i].transaction == transaction {
			return &d.hops[i]
		}
	}
	if len(d.hops) >= limit {
		return &liveHop{transaction: transaction}
	}
	at, _ := slices.BinarySearchFunc(d.hops, transaction, func(h liveHop, id uint64) int { return cmp.Compare(h.transaction, id) })
	d.hops = slices.Insert(d.hops, at, liveHop{transaction: transaction, depth: 1})
	return &d.hops[at]
}

// begin notes what the first transaction of a delivery says of it.
func (d *liveDelivery) begin(t *result.Transaction) {
	if d.path == "" {
		d.path, d.first, d.hasTime = uriCell(t.From)+arrow+uriCell(t.To), t.FirstRequest, t.HasTime
	}
}

// update notes how a transaction stands; now is the time where it waits.
func (h *liveHop) update(t *result.Transaction, now int64, color bool) {
	h.path, h.first, h.sent = hopCell(t), t.FirstRequest, 1+t.Retransmissions
	h.waits, h.text, h.took, h.color = false, hopResult(t), rttCell(t), ""
	switch {
	case t.Outcome == result.Pending && !t.Closed:
		h.waits = true
		h.text = waitText(now-t.FirstRequest, h.sent)
	case t.Status == 0 && t.Outcome != result.Orphan:
		h.waits, h.vain = !t.Closed, true
		h.text = t.Outcome.String() + " " + times(h.sent) + after(": ", causeCell(t))
	case t.Retransmissions > 0:
		h.text += ", sent " + times(h.sent)
	}
	if color {
		h.color = outcomeColor(t.Outcome)
	}
}

// rttCell is the round-trip time, where there is one.
func rttCell(t *result.Transaction) string {
	if !t.HasRTT {
		return ""
	}
	return human(t.RTT)
}

// waitText says how long a request waits: "waiting 0.5 s, sent 2×".
func waitText(ns int64, sent int) string {
	return "waiting " + strconv.FormatFloat(float64(max(ns, 0))/1e9, 'f', 1, 64) + " s, sent " + times(sent)
}

func times(n int) string { return number(uint64(n)) + "×" }

// Waiting implements analyze.WaitingHandler.
func (l *liveDeliveries) Waiting(t *result.Transaction, now int64) {
	d := l.of(t.Delivery)
	d.begin(t)
	h := d.hop(t.ID, l.limits())
	vain := h.vain
	h.update(t, now, l.options.Color)
	switch {
	case h.vain && !vain:
		l.head(d, "waits", "", yellow)
		l.hop(d, h)
	case !l.options.Renewed && h.said == "":
		l.head(d, "waits", "", yellow)
		l.hop(d, h)
	}
}

func (l *liveDeliveries) limits() int { return l.options.Limits.Hops }

// Transaction notes a transaction that has its answer or was given up. Responses
// without a request belong to no delivery, and are printed.
func (l *liveDeliveries) Transaction(t *result.Transaction) {
	if t.Delivery == 0 {
		l.orphan(t)
		return
	}
	if t.Closed && t.Again && (!t.Changed || l.open[t.Delivery] == nil) {
		return
	}
	d := l.of(t.Delivery)
	d.begin(t)
	h := d.hop(t.ID, l.limits())
	h.update(t, 0, l.options.Color)
	if d.verdict != 0 && !t.Closed {
		l.hop(d, h) // a branch that comes late
	}
}

func (l *liveDeliveries) orphan(t *result.Transaction) {
	d := liveDelivery{path: uriCell(t.From) + arrow + uriCell(t.To), first: t.Final, hasTime: t.HasTime}
	l.head(&d, resultCell(t), "", yellow)
	h := liveHop{depth: 1}
	h.update(t, 0, l.options.Color)
	h.text = "no request seen"
	l.hop(&d, &h)
}

// Delivery prints a delivery whose verdict is known, or what is new about it.
func (l *liveDeliveries) Delivery(v *result.Delivery) {
	if v.Closed {
		l.deliveries.counts.add(v.Verdict)
	}
	d := l.open[v.ID]
	if d == nil {
		if v.Told == v.Verdict {
			return
		}
		d = l.of(v.ID)
		d.printed, d.verdict = v.Told != 0, v.Told // of many that are open, the first are forgotten
	}
	l.complete(d, v)
	words, took, color := liveWords(v), "", verdictColor(v.Verdict)
	if v.HasTotal {
		took = human(v.Total)
	}
	if d.printed && d.verdict != v.Verdict {
		later := words
		if took != "" {
			later += ", " + took + " after the first request"
		}
		l.note(d, later, color)
	}
	l.head(d, words, took, color)
	d.verdict = v.Verdict
	for i := range d.hops {
		if h := &d.hops[i]; h.said != h.text && !(h.said != "" && v.Closed && h.vain) {
			l.hop(d, h)
		}
	}
	if v.Closed {
		delete(l.open, v.ID)
	}
}

// liveWords says what became of a delivery, the status of a refusal first: that shall
// not be cut.
func liveWords(v *result.Delivery) string {
	if hop := hopOf(v, v.Blame); hop != nil && v.Verdict == result.Refused {
		return "refused " + number(uint64(hop.Status)) + " by " + party(hop.Dst)
	}
	return verdictWords(v)
}

// complete takes from a judged delivery what its transactions did not tell.
func (l *liveDeliveries) complete(d *liveDelivery, v *result.Delivery) {
	if d.path == "" {
		d.path, d.first, d.hasTime = uriCell(v.Sender)+arrow+uriCell(v.Recipient), v.FirstRequest, v.HasTime
	}
	for i := range v.Hops[:min(len(v.Hops), l.limits())] {
		hop := &v.Hops[i]
		h := d.hop(hop.Transaction, l.limits())
		if h.path == "" {
			h.update(&result.Transaction{Method: "MESSAGE", Src: hop.Src, Dst: hop.Dst, Outcome: hop.Outcome, Status: hop.Status,
				RTT: hop.RTT, HasRTT: hop.HasRTT, Closed: v.Closed}, 0, l.options.Color)
			h.waits = false
			if hop.Status == 0 && !v.Closed {
				h.text = "no answer yet"
			}
		}
		h.depth = depthOf(v, hop)
	}
}

// depthOf is how deep a hop stands under the first leg.
func depthOf(d *result.Delivery, hop *result.Hop) int {
	depth := 1
	for above := hopOf(d, hop.Parent); above != nil && depth < maxIndent; above = hopOf(d, above.Parent) {
		depth++
	}
	return depth
}

// row is the row of a delivery.
func (l *liveDeliveries) row(d *liveDelivery, text, color string) liveRow {
	return liveRow{number: nonZero(d.id), clock: l.clock(d.first, d.hasTime), path: d.path, text: text, color: l.ifColor(color)}
}

// row is the row of a hop.
func (h *liveHop) row() liveRow {
	return liveRow{path: strings.Repeat(indentStep, h.depth) + h.path, hop: true, text: h.text, took: h.took, color: h.color}
}

// head prints the row of a delivery, once.
func (l *liveDeliveries) head(d *liveDelivery, text, took, color string) {
	if d.printed {
		return
	}
	d.printed = true
	l.begin(d)
	row := l.row(d, text, color)
	row.took = took
	l.line(&row)
}

// hop prints the row of a hop. One under a delivery that stands further above names it.
func (l *liveDeliveries) hop(d *liveDelivery, h *liveHop) {
	h.said = h.text
	row := h.row()
	if l.last != d.id {
		l.begin(d)
		row.number, row.clock = nonZero(d.id), l.clock(d.first, d.hasTime)
	}
	l.line(&row)
}

// note prints what is new about a delivery.
func (l *liveDeliveries) note(d *liveDelivery, text, color string) {
	l.begin(d)
	l.write(l.layout.note(nonZero(d.id), l.clock(d.first, d.hasTime), "now: "+text, l.ifColor(color)))
}

func (l *liveDeliveries) ifColor(color string) string {
	if !l.options.Color {
		return ""
	}
	return color
}

// clock is the time of day.
func (l *liveDeliveries) clock(ns int64, hasTime bool) string {
	if !hasTime {
		return ""
	}
	return l.options.at(ns).Format(clockLayout)[dateWidth:]
}

// begin prints what has to stand above a row: the titles, where the terminal has
// another width than before, the day where it is another one, and the domain that
// addresses are shown without.
func (l *liveDeliveries) begin(d *liveDelivery) {
	l.last = d.id
	if layout := layoutFor(l.options.columns()); !l.begun || layout != l.layout {
		l.layout, l.begun = layout, true
		l.write(paint(layout.title(zoneName(l.options.at(d.first))), l.ifColor(bold)))
	}
	if d.hasTime {
		if day := l.options.at(d.first).Format(time.DateOnly); day != l.day {
			l.day = day
			l.write(paint(day, l.ifColor(dim)))
		}
	}
	l.share(d.path)
}

// share looks for a domain that the addresses share so far, and leaves it out from
// where there is no room for it; then it is said, and stays what was said.
func (l *liveDeliveries) share(path string) {
	if l.fit.left.domain != "" {
		return
	}
	from, to, _ := strings.Cut(path, arrow)
	l.domain.Add(from)
	l.domain.Add(to)
	if name := l.domain.Shared(); name != "" && displayWidth(path) > l.layout.path {
		l.fit.left.domain, l.fit.right.domain = name, name
		l.write(paint(cut(without(name), l.layout.width), l.ifColor(dim)))
	}
}

func (l *liveDeliveries) line(r *liveRow) { l.write(l.layout.row(r, &l.fit)) }

func (l *liveDeliveries) write(line string) {
	l.w.WriteString(line)
	l.w.WriteByte('\n')
	l.w.Flush()
}

// Finding prints a finding when it is first seen, unless it says what a row says.
func (l *liveDeliveries) Finding(f *result.Finding) {
	if l.outcomes[f.Rule] || f.Severity == result.Info && !l.options.Info {
		return
	}
	lead := f.Severity.String() + " " + f.Rule + ": "
	text := lead + Clean(f.Message, 0)
	if !strings.Contains(f.Message, f.Peer) {
		text = lead + peerName(f.Peer, f.UserAgent) + " " + Clean(f.Message, 0)
	}
	for i, line := range wrap(text, l.options.columns()-len(indentStep)) {
		if i > 0 {
			line = indentStep + line
		}
		l.write(paint(line, l.ifColor(severityColor(f.Severity))))
	}
}

// outcomeRules are those that are broken by how a transaction or a delivery ended, which
// its row says.
func outcomeRules() map[string]bool {
	rules := make(map[string]bool)
	for _, rule := range analyze.Catalogue() {
		if rule.Inherits != nil {
			rules[rule.ID] = true
		}
	}
	for v := result.Delivered; v <= result.Unknown; v++ {
		rules[v.String()] = true
	}
	return rules
}

// Waits implements Live.
func (l *liveDeliveries) Waits(now int64, lines int) []string {
	if lines <= 0 {
		return nil
	}
	if layout := layoutFor(l.options.columns()); !l.begun {
		l.layout = layout
	}
	var rows []string
	more := 0
	for _, id := range l.order {
		d := l.open[id]
		if d == nil || d.verdict != 0 || !slices.ContainsFunc(d.hops, func(h liveHop) bool { return h.waits && !(h.vain && d.printed) }) {
			continue
		}
		if len(rows) >= lines-1 {
			more++
			continue
		}
		rows = append(rows, l.waits(d, now)...)
	}
	if len(rows) > lines-1 && more > 0 {
		rows = rows[:lines-1]
	}
	if more > 0 {
		rows = append(rows, moreWait(more))
	}
	return rows[:min(len(rows), lines)]
}

// moreWait says how many wait beyond those that are shown.
func moreWait(n int) string {
	return ellipsis + " and " + count(uint64(n), "more that waits", "more that wait")
}

// waits are the rows of a delivery that waits.
func (l *liveDeliveries) waits(d *liveDelivery, now int64) []string {
	head := l.row(d, "waits", yellow)
	rows := []string{l.layout.row(&head, &l.fit)}
	for i := range d.hops {
		h := &d.hops[i]
		row := h.row()
		if h.waits && !h.vain {
			row.text = waitText(now-h.first, h.sent)
		}
		rows = append(rows, l.layout.row(&row, &l.fit))
	}
	return rows
}

// Close prints the summary under an empty line. The rows stand above.
func (l *liveDeliveries) Close(r *result.Report) error {
	if l.begun {
		l.w.WriteString("\n")
	}
	return l.tableWriter.Close(r)
}
