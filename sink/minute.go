package sink

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// series is what transactions of a minute have in common that are counted together.
type series struct {
	minute    int64 // its begin, ns since 1970 UTC
	peer      decode.Endpoint
	transport decode.Transport
	outcome   result.Outcome
	status    int
	bucket    int // of the round-trip time, 0 for none
}

// sums are what is counted.
type sums struct {
	transactions, retransmissions int64
	rtt                           time.Duration
}

// Round-trip times are counted in eight buckets an octave, so that a percentile is wrong
// by 9% at most, from an eighth of a millisecond to two minutes and more.
const (
	leastRTT  = 0.125 // ms
	perOctave = 8
	buckets   = 20 * perOctave
)

// bucketOf is the bucket of a round-trip time.
func bucketOf(rtt time.Duration) int {
	ms := float64(rtt) / 1e6
	if ms <= leastRTT {
		return 1
	}
	return min(1+int(math.Ceil(perOctave*math.Log2(ms/leastRTT))), buckets)
}

// upTo is the longest time of a bucket in ms.
func upTo(bucket int) float64 {
	if bucket == 0 {
		return 0
	}
	return leastRTT * math.Exp2(float64(bucket-1)/perOctave)
}

// counted is a row of minutes.
type counted struct {
	series
	sums
	run    string
	part   int
	writer string
}

// minuteColumns is the table of minutes. It is not changed.
var minuteColumns = []columnOf[counted]{
	{key("run", "names the run that counted"), func(c *counted) any { return c.run }},
	{keyOf("part", Number, "how often the run had told its counts before"), func(c *counted) any { return c.part }},
	{keyOf("minute", Time, "begin of the minute of the first transmissions, of orphans of the response"), func(c *counted) any { return time.Unix(0, c.minute).UTC() }},
	{key("peer", "address and port that the requests went to"), func(c *counted) any { return c.peer.String() }},
	{key("transport", "transport"), func(c *counted) any { return c.transport.String() }},
	{key("outcome", "how the transactions ended"), func(c *counted) any { return c.outcome.String() }},
	{keyOf("status", Number, "status of their first final responses, 0 for none"), func(c *counted) any { return c.status }},
	{withUnit(keyOf("le_ms", Real, "their round-trip times are up to this and longer than that of the bucket before, 2^(-1/8) times it; 0 where they have none"), "ms"), func(c *counted) any { return upTo(c.bucket) }},
	{required("writer", Text, writerDoc), func(c *counted) any { return c.writer }},
	{required("transactions", Number, "how many"), func(c *counted) any { return c.transactions }},
	{required("retransmissions", Number, "copies that their senders sent again"), func(c *counted) any { return c.retransmissions }},
	{withUnit(required("rtt_sum_ms", Real, "sum of their round-trip times"), "ms"), func(c *counted) any { return float64(c.rtt) / 1e6 }},
}

func keyOf(name string, kind Type, doc string) Column {
	return Column{Name: name, Type: kind, Doc: doc, Key: true, Required: true}
}

func withUnit(c Column, unit string) Column {
	c.Unit = unit
	return c
}

// count adds a transaction to its minute.
func (s *Sink) count(t *result.Transaction) {
	at := t.FirstRequest
	if at == 0 {
		at = t.Final
	}
	k := series{minute: at - at%int64(time.Minute), peer: t.Dst, transport: t.Transport, outcome: t.Outcome, status: t.Status}
	add := sums{1, int64(t.Retransmissions), 0}
	if t.HasRTT {
		k.bucket, add.rtt = bucketOf(t.RTT), t.RTT
	}
	if _, known := s.minutes[k]; !known && len(s.minutes) >= s.limits.Series {
		s.tellMinutes()
	}
	was := s.minutes[k]
	s.minutes[k] = sums{was.transactions + add.transactions, was.retransmissions + add.retransmissions, was.rtt + add.rtt}
}

// tellMinutes hands on what was counted since the last time.
func (s *Sink) tellMinutes() {
	if len(s.minutes) == 0 {
		return
	}
	rows := make([]Row, 0, len(s.minutes))
	for _, k := range slices.SortedFunc(maps.Keys(s.minutes), bySeries) {
		c := counted{k, s.minutes[k], s.run, s.part, s.writer}
		rows = append(rows, rowOf(&s.limits, false, minuteColumns, &c))
	}
	s.part++
	clear(s.minutes)
	s.put(true, ID{}, entry{Minutes, rows})
}

// bySeries is a total order.
func bySeries(a, b series) int {
	return cmp.Or(cmp.Compare(a.minute, b.minute), a.peer.AddrPort().Compare(b.peer.AddrPort()), cmp.Compare(a.transport, b.transport),
		cmp.Compare(a.outcome, b.outcome), cmp.Compare(a.status, b.status), cmp.Compare(a.bucket, b.bucket),
		strings.Compare(a.peer.String(), b.peer.String()))
}
