package html

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
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

// list makes rows of what a run hands on, as it is shown, and counts it: see queue.
type list struct {
	options  Options
	keep     int          // rows that are in the page
	rows     *spool.Spool // encoded rows, failures first
	texts    *spool.Spool
	verdicts map[result.Verdict]uint64
	orphans  uint64
	kinds    kinds
	line     *timeline
	rtt      rttCounts
	hosts    *hostMap
	first    firstRows
	names    names
	days     map[int64]bool // of rows, since 1970; two of them are enough to know
	current  row            // used again for each delivery
	encoded  []byte         // of it, used again
}

// dayMicros is a day in µs.
const dayMicros = 24 * 60 * 60 * 1e6

func newList(o Options) *list {
	keep := o.Limits.Rows
	if o.Rows > 0 {
		keep = min(keep, o.Rows)
	}
	return &list{
		options: o, keep: keep, rows: spool.New(keep, o.Limits.SpoolBytes), texts: spool.New(keep, o.Limits.SpoolBytes),
		names: newNames(o.Limits.Names), verdicts: make(map[result.Verdict]uint64), kinds: newKinds(o.Limits),
		line: newTimeline(o.Limits.Buckets), hosts: newHostMap(o.Limits), first: firstRows{max: o.Limits.FirstRows},
		days: make(map[int64]bool),
	}
}

// closed counts how long a transaction took, whose first request was sent at that time, if
// it is known.
func (l *list) closed(rtt time.Duration, first int64, hasTime bool) {
	l.rtt.add(rtt)
	if hasTime {
		c := l.line.at(first)
		c.rtt.add(rtt)
		c.longest = max(c.longest, rtt)
	}
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

// delivery takes a delivery that has closed.
func (l *list) delivery(d *result.Delivery, of *legs) {
	l.verdicts[d.Verdict]++
	r := l.row(d, of)
	if d.HasTime {
		l.line.at(d.FirstRequest).class[r.Class]++
	}
	l.hosts.delivery(d)
	if r.Class == failed {
		l.kinds.add(r, legFrames(nil, d, of))
	}
	if l.add(ranks[r.Class]<<rankShift|d.ID, r) {
		l.encoded = l.names.appendDetail(l.encoded, r, d, of)
		l.rows.Add(ranks[r.Class]<<rankShift|d.ID, l.encoded)
	}
}

// legFrames appends the frames that show what became of a delivery.
func legFrames(frames []capture.Ref, d *result.Delivery, of *legs) []capture.Ref {
	for i := range d.Hops {
		if t := of.find(d.Hops[i].Transaction); t != nil {
			frames = append(append(frames, t.RequestFrames...), t.ResponseFrames...)
		}
	}
	return frames
}

// orphan adds a row for responses whose request is not in the capture.
func (l *list) orphan(t *result.Transaction) {
	l.orphans++
	r := row{
		Key: rowKey{'t', t.ID}, From: uri(t.From), To: uri(t.To), Path: l.names.path(t.Src, t.Dst),
		Over: t.Transport.String(), Verdict: "orphan", Words: "responses whose request is not in the capture", Status: t.Status,
		Call: clean(t.CallID), frames: inOrder(slices.Clone(t.ResponseFrames)), Rules: distinct(slices.Clone(t.Findings)), Class: unknown,
	}
	if t.HasTime {
		r.Time, r.HasTime = t.Final/1000, true
	}
	if key := uint64(rankOrphan<<rankShift | t.ID); l.add(key, &r) {
		l.rows.Add(key, l.names.appendAlone(l.encoded, &r, t))
	}
}

// add counts a row, and encodes it where it is to be kept.
func (l *list) add(key uint64, r *row) bool {
	l.first.add(key, r)
	if r.HasTime && len(l.days) < 2 {
		l.days[floorDiv(r.Time, dayMicros)] = true
	}
	if !l.rows.Wants(key) {
		return false
	}
	l.encoded = append(appendRow(l.encoded[:0], r), '\n')
	return true
}

// text adds a text.
func (l *list) text(t *result.Text) {
	from, to := report.TextEnds(t)
	r := textRow{
		Key: rowKey{'x', t.ID}.String(), Kind: t.Kind.String(), End: t.End.String(), Why: report.TextReason(t), From: from, To: to,
		Frame: frameName(t.Frame), Failed: t.End.Failed(), Rules: t.Findings,
	}
	if len(t.Deliveries) > 0 {
		r.Delivery = rowKey{'d', t.Deliveries[0]}.String()
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
	l.encoded = appendTextRow(l.encoded[:0], &r, report.TextJSON(t, l.options.Bodies))
	l.texts.Add(t.ID, l.encoded)
}

// row is a line of the table of deliveries. The order of its fields is that of the
// columns in rows.js.
type row struct {
	Key      rowKey
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
	frames   []capture.Ref
	Peer     string // who is to blame
	Class    class
	HasTime  bool
}

// Frames names the first frames in order.
func (r *row) Frames() string { return string(appendFrameList(nil, r.frames)) }

// clone returns a copy with memory of its own.
func (r *row) clone() *row {
	c := *r
	c.Rules, c.frames = slices.Clone(r.Rules), slices.Clone(r.frames)
	return &c
}

const arrow = " → "

// rowKey names a row: a delivery (d), a transaction without one (t), or a text (x), with
// its number.
type rowKey struct {
	kind byte
	id   uint64
}

func (k rowKey) append(b []byte) []byte { return strconv.AppendUint(append(b, k.kind), k.id, 10) }

// String is the name as it stands in links.
func (k rowKey) String() string { return string(k.append(nil)) }

// row makes the line of a delivery, which is valid until the next one is made.
func (l *list) row(d *result.Delivery, of *legs) *row {
	r := &l.current
	*r = row{
		Key: rowKey{'d', d.ID}, From: uri(d.Sender), To: uri(d.Recipient), Verdict: d.Verdict.String(), Words: report.VerdictWords(d),
		Took: -1, Path: l.path(d), Call: clean(strings.Join(d.CallIDs, " ")), Class: classOf(d.Verdict), Rules: r.Rules[:0], frames: r.frames[:0],
	}
	if d.HasTime {
		r.Time, r.HasTime = d.FirstRequest/1000, true
	}
	if d.HasTotal {
		r.Took = d.Total.Microseconds()
	}
	var over overs
	for i := range d.Hops {
		hop := &d.Hops[i]
		if hop.Transaction == d.Blame {
			r.Peer, r.Status = l.names.party(hop.Dst), hop.Status
		}
		t := of.find(hop.Transaction)
		if t == nil {
			continue
		}
		if i == 0 && d.Blame == 0 {
			r.Status = hop.Status
		}
		r.Again += t.Retransmissions
		r.Rules = append(r.Rules, t.Findings...)
		over = over.with(t.Transport)
	}
	r.Rules = append(r.Rules, d.Findings...)
	r.Rules, r.Over, r.frames = distinct(r.Rules), over.String(), inOrder(legFrames(r.frames, d, of))
	return r
}

// overs is a set of transports.
type overs uint64

func (o overs) with(t decode.Transport) overs { return o | 1<<t }

// String names the transports.
func (o overs) String() string {
	if bits.OnesCount64(uint64(o)) == 1 {
		return decode.Transport(bits.TrailingZeros64(uint64(o))).String()
	}
	var list []string
	for t := decode.Transport(0); o>>t != 0; t++ {
		if o>>t&1 != 0 {
			list = append(list, t.String())
		}
	}
	return strings.Join(distinct(list), " ")
}

// distinct sorts strings and drops those that come again.
func distinct(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// path names the hosts that a delivery went through.
func (l *list) path(d *result.Delivery) string {
	if len(d.Hops) == 1 {
		return l.names.path(d.Hops[0].Src, d.Hops[0].Dst)
	}
	return path(d)
}

// path is the way of a delivery of any number of hops; forks stand apart.
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

// inOrder sorts frames and drops those that come again.
func inOrder(frames []capture.Ref) []capture.Ref {
	slices.Sort(frames)
	return slices.Compact(frames)
}

// appendFrameList appends the names of the first of frames, which are in order.
func appendFrameList(b []byte, frames []capture.Ref) []byte {
	for i, f := range frames {
		if i > 0 {
			b = append(b, ' ')
		}
		if i == frameShown {
			return strconv.AppendInt(append(b, '+'), int64(len(frames)-i), 10)
		}
		b = appendFrameName(b, f)
	}
	return b
}

// frameName is a frame's number, with that of its file before it from the second one on.
func frameName(f capture.Ref) string { return string(appendFrameName(nil, f)) }

func appendFrameName(b []byte, f capture.Ref) []byte {
	if f.File() > 1 {
		b = append(strconv.AppendInt(b, int64(f.File()), 10), ':')
	}
	return strconv.AppendUint(b, f.Number(), 10)
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
