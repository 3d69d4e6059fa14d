package html

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/internal/spool"
	"simplecap/report"
)

// class is what a reader wants to tell at a glance.
type class uint8

const (
	failed class = iota
	unknown
	fine
	classes
)

var classNames = [classes]string{"failed", "unknown", "fine"}

func (c class) String() string { return classNames[c] }

func classOf(v result.Verdict) class {
	switch {
	case v.Failed():
		return failed
	case v == result.Delivered || v == result.Accepted:
		return fine
	}
	return unknown
}

// list takes what a run hands on, as it is shown, and counts it.
type list struct {
	options  Options
	keep     int          // rows that are in the page
	rows     *spool.Spool // encoded rows, failures first
	texts    *spool.Spool
	waiting  map[uint64]map[uint64]*leg // closed transactions by delivery
	verdicts map[result.Verdict]uint64
	orphans  uint64
	kinds    kinds
	line     *timeline
	rtt      rttCounts
	hosts    *hostMap
	first    firstRows
	encoder  encoder
	days     map[int64]bool // of rows, since 1970; two of them are enough to know
}

// dayMicros is a day in µs.
const dayMicros = 24 * 60 * 60 * 1e6

// leg is what is known of a transaction of a delivery that has not closed.
type leg struct {
	result.Transaction
	fields []byte // its fields, encoded
}

func newList(o Options) *list {
	keep := o.Limits.Rows
	if o.Rows > 0 {
		keep = min(keep, o.Rows)
	}
	return &list{
		options: o, keep: keep, rows: spool.New(keep, o.Limits.SpoolBytes), texts: spool.New(keep, o.Limits.SpoolBytes),
		waiting: make(map[uint64]map[uint64]*leg), verdicts: make(map[result.Verdict]uint64), kinds: newKinds(o.Limits),
		line: newTimeline(o.Limits.Buckets), hosts: newHostMap(o.Limits), first: firstRows{max: o.Limits.FirstRows},
		days: make(map[int64]bool),
	}
}

// wants reports whether a delivery, which closes, is listed: one of its transactions
// passed the filter.
func (l *list) wants(delivery uint64) bool {
	return l.options.Where == "" || len(l.waiting[delivery]) > 0
}

// Finding implements analyze.Handler.
func (l *list) Finding(*result.Finding) {}

// Transaction implements analyze.Handler.
func (l *list) Transaction(t *result.Transaction) {
	if !t.Closed {
		return
	}
	if t.HasRTT {
		l.rtt.add(t.RTT)
	}
	if t.HasRTT && t.HasTime {
		c := l.line.at(t.FirstRequest)
		c.rtt.add(t.RTT)
		c.longest = max(c.longest, t.RTT)
	}
	x := &leg{t.Clone(), l.encoder.transaction(t)}
	if t.Delivery == 0 {
		l.orphan(x)
		return
	}
	if l.waiting[t.Delivery] == nil {
		l.waiting[t.Delivery] = make(map[uint64]*leg)
	}
	l.waiting[t.Delivery][t.ID] = x
}

// The ranks of rows: those that failed come first.
const (
	rankFailed = iota
	rankUnknown
	rankOrphan
	rankFine
)

// rankShift is where a rank stands in the key of a row, above every number.
const rankShift = 62

var ranks = [classes]uint64{failed: rankFailed, unknown: rankUnknown, fine: rankFine}

// Delivery implements analyze.DeliveryHandler.
func (l *list) Delivery(d *result.Delivery) {
	wanted, legs := l.wants(d.ID), l.waiting[d.ID]
	delete(l.waiting, d.ID)
	if !wanted {
		return
	}
	l.verdicts[d.Verdict]++
	r := l.row(d, legs)
	if d.HasTime {
		l.line.at(d.FirstRequest).class[r.Class]++
	}
	l.hosts.delivery(d)
	if r.Class == failed {
		l.kinds.add(r, legFrames(d, legs))
	}
	l.add(ranks[r.Class]<<rankShift|d.ID, r, l.encoder.detail(d, legs))
}

// legFrames are the frames that show how a delivery failed.
func legFrames(d *result.Delivery, legs map[uint64]*leg) (frames []capture.Ref) {
	for i := range d.Hops {
		if x := legs[d.Hops[i].Transaction]; x != nil {
			frames = append(append(frames, x.RequestFrames...), x.ResponseFrames...)
		}
	}
	return frames
}

// orphan adds a row for responses whose request is not in the capture.
func (l *list) orphan(x *leg) {
	l.orphans++
	r := row{
		Key: transactionKey(x.ID), From: uri(x.From), To: uri(x.To), Path: report.Party(x.Src) + arrow + report.Party(x.Dst),
		Over: x.Transport.String(), Verdict: "orphan", Words: "responses whose request is not in the capture", Status: x.Status,
		Call: clean(x.CallID), Frames: frameList(x.ResponseFrames), Rules: rules(x.Findings), Class: unknown,
	}
	if x.HasTime {
		r.Time, r.HasTime = x.Final/1000, true
	}
	l.add(rankOrphan<<rankShift|x.ID, &r, l.encoder.alone(x))
}

// add keeps a row and what there is to know of it.
func (l *list) add(key uint64, r *row, detail []byte) {
	l.first.add(key, r)
	if r.HasTime && len(l.days) < 2 {
		l.days[floorDiv(r.Time, dayMicros)] = true
	}
	if l.rows.Wants(key) {
		l.rows.Add(key, append(append(l.encoder.row(r), '\n'), detail...))
	}
}

// Text implements analyze.TextHandler.
func (l *list) Text(t *result.Text) {
	from, to := report.TextEnds(t)
	r := textRow{
		Key: textKey(t.ID), Kind: t.Kind.String(), End: t.End.String(), Why: report.TextReason(t), From: from, To: to,
		Frame: frameName(t.Frame), Failed: t.End.Failed(),
	}
	if len(t.Deliveries) > 0 {
		r.Delivery = deliveryKey(t.Deliveries[0])
	}
	if t.HasTime {
		r.Time = t.First / 1000
	}
	if t.Carrier == "msrp" {
		r.Path = report.Party(t.Src) + arrow + report.Party(t.Dst)
	}
	if l.options.Bodies && t.Content != nil {
		r.Text = cleanTo(t.Content.Text, bodyWidth)
	}
	if t.End.Failed() && t.Status < 300 { // else its delivery says so
		l.kinds.addText(&r, t)
	}
	l.texts.Add(t.ID, l.encoder.text(&r, report.TextJSON(t, l.options.Bodies)))
}

// OrphanReceipt implements analyze.TextHandler.
func (l *list) OrphanReceipt(*result.Receipt) {}

// row is a line of the table of deliveries. The order of its fields is that of the
// columns in rows.js.
type row struct {
	Key      string
	Time     int64 // of the first request, in µs since 1970
	From, To string
	Path     string // from host to host
	Over     string // the transports
	Verdict  string
	Words    string // the verdict, and who is to blame
	Status   int    // of the answer that decided, 0 without one
	Took     int64  // µs; -1 where it never ended
	Again    int    // retransmissions
	Rules    []string
	Call     string // its Call-IDs
	Frames   string
	Peer     string // who is to blame
	Class    class
	HasTime  bool
}

const arrow = " → "

func deliveryKey(id uint64) string    { return "d" + strconv.FormatUint(id, 10) }
func transactionKey(id uint64) string { return "t" + strconv.FormatUint(id, 10) }
func textKey(id uint64) string        { return "x" + strconv.FormatUint(id, 10) }

// row makes the line of a delivery.
func (l *list) row(d *result.Delivery, legs map[uint64]*leg) *row {
	r := &row{
		Key: deliveryKey(d.ID), From: uri(d.Sender), To: uri(d.Recipient), Verdict: d.Verdict.String(), Words: report.VerdictWords(d),
		Took: -1, Path: path(d), Call: clean(strings.Join(d.CallIDs, " ")), Class: classOf(d.Verdict),
	}
	if d.HasTime {
		r.Time, r.HasTime = d.FirstRequest/1000, true
	}
	if d.HasTotal {
		r.Took = d.Total.Microseconds()
	}
	var found, over []string
	for i := range d.Hops {
		hop := &d.Hops[i]
		if hop.Transaction == d.Blame {
			r.Peer, r.Status = report.Party(hop.Dst), hop.Status
		}
		x := legs[hop.Transaction]
		if x == nil {
			continue
		}
		if i == 0 && d.Blame == 0 {
			r.Status = hop.Status
		}
		r.Again += x.Retransmissions
		found, over = append(found, x.Findings...), append(over, x.Transport.String())
	}
	r.Rules, r.Over, r.Frames = rules(found), strings.Join(distinct(over), " "), frameList(legFrames(d, legs))
	return r
}

// rules are the ids of rules, each once.
func rules(ids []string) []string { return distinct(slices.Clone(ids)) }

// distinct sorts strings and drops those that come again.
func distinct(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// path names the hosts that a delivery went through; forks stand apart.
func path(d *result.Delivery) string {
	var b strings.Builder
	last := ""
	for i := range d.Hops {
		hop := &d.Hops[i]
		src, dst := report.Party(hop.Src), report.Party(hop.Dst)
		switch {
		case i == pathHops:
			b.WriteString(" …")
			return b.String()
		case i == 0 || hop.Parent == 0 && src != last:
			if i > 0 {
				b.WriteString(" | ")
			}
			b.WriteString(src + arrow + dst)
		case hop.Parent != 0 && hop.Parent == d.Hops[i-1].Transaction:
			b.WriteString(arrow + dst)
		default:
			b.WriteString(" | " + dst)
		}
		last = src
	}
	return b.String()
}

// pathHops is how many hops a path names.
const pathHops = 8

// frameShown is how many frames a row names.
const frameShown = 6

// frameList names the first frames in order.
func frameList(frames []capture.Ref) string {
	frames = slices.Compact(slices.Sorted(slices.Values(frames)))
	names := make([]string, 0, frameShown+1)
	for i, f := range frames {
		if i == frameShown {
			names = append(names, "+"+strconv.Itoa(len(frames)-i))
			break
		}
		names = append(names, frameName(f))
	}
	return strings.Join(names, " ")
}

// frameName is a frame's number, with that of its file behind the first one.
func frameName(f capture.Ref) string {
	name := strconv.FormatUint(f.Number(), 10)
	if f.File() > 1 {
		name = strconv.Itoa(f.File()) + ":" + name
	}
	return name
}

// The widths, in columns of text, of what comes from the wire.
const (
	cellWidth = 160
	bodyWidth = 2000
)

func clean(s string) string              { return cleanTo(s, cellWidth) }
func cleanTo(s string, width int) string { return report.Clean(s, width) }
func uri(s string) string                { return clean(strings.TrimPrefix(strings.TrimPrefix(s, "sip:"), "SIP:")) }
func stamp(µs int64) string              { return time.UnixMicro(µs).UTC().Format("2006-01-02 15:04:05.000") }
func clockStamp(µs int64) string         { return time.UnixMicro(µs).UTC().Format("15:04:05.000") }
