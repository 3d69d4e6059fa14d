package check

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"simplecap/analyze/result"
)

// Budgets are the amounts that a capture may show. A nil or empty field sets
// nothing.
type Budgets struct {
	MaxRTT             []RTTLimit
	MaxReceipt         []RTTLimit // from a text to the receipt that decides; without a peer
	MaxUndelivered     *Amount    // deliveries whose verdict is a failure, of those that the capture tells the end of
	MaxMissing         *Amount    // of the transactions that had the time to be answered
	MaxRejected        *Amount    // of the same
	MaxRetransmissions *Amount    // of the requests sent, copies of the capture left out
	MaxPending         *Amount    // transactions that the capture is too short to judge, of all with a request
	MinMessages        *uint64    // transactions with a request
	MinSuccess         *Percent
	MaxGaps            *uint64 // packets, TCP segments and fragments that the capture lost
	FailOn             *Level  // the least severity of a finding that fails
	AllowEmpty         *bool   // a capture without a MESSAGE is judged, instead of refused
	AllowTruncated     *bool   // so is one that breaks off, or whose packets are cut
}

// defaultBudgets are what holds where neither policy nor flags say otherwise.
func defaultBudgets() Budgets {
	fail, no, none := Level(result.Error), false, uint64(0)
	return Budgets{
		MaxUndelivered: &Amount{}, MaxMissing: &Amount{}, MaxPending: &Amount{}, MaxGaps: &none, FailOn: &fail,
		AllowEmpty: &no, AllowTruncated: &no,
	}
}

// With returns the budgets with those of over in the place of its own.
func (b Budgets) With(over Budgets) Budgets {
	b.MaxRTT = replaceRTT(b.MaxRTT, over.MaxRTT)
	b.MaxReceipt = replaceRTT(b.MaxReceipt, over.MaxReceipt)
	replace(&b.MaxUndelivered, over.MaxUndelivered)
	replace(&b.MaxMissing, over.MaxMissing)
	replace(&b.MaxRejected, over.MaxRejected)
	replace(&b.MaxRetransmissions, over.MaxRetransmissions)
	replace(&b.MaxPending, over.MaxPending)
	replace(&b.MinMessages, over.MinMessages)
	replace(&b.MinSuccess, over.MinSuccess)
	replace(&b.MaxGaps, over.MaxGaps)
	replace(&b.FailOn, over.FailOn)
	replace(&b.AllowEmpty, over.AllowEmpty)
	replace(&b.AllowTruncated, over.AllowTruncated)
	return b
}

func replace[T any](field **T, over *T) {
	if over != nil {
		*field = over
	}
}

// replaceRTT replaces limits of the same statistic and peer and keeps the others.
func replaceRTT(limits, over []RTTLimit) []RTTLimit {
	all := slices.Clone(limits)
	for _, o := range over {
		same := func(l RTTLimit) bool { return l.Name() == o.Name() }
		if i := slices.IndexFunc(all, same); i >= 0 {
			all[i] = o
		} else {
			all = append(all, o)
		}
	}
	return all
}

// Amount is a number of transactions or a share of them.
type Amount struct {
	N        uint64
	Share    Percent
	Relative bool // Share counts, not N
}

// ParseAmount reads "5" or "1.5%".
func ParseAmount(text string) (Amount, error) {
	if strings.HasSuffix(text, "%") {
		share, err := ParsePercent(text)
		return Amount{Share: share, Relative: true}, err
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return Amount{}, errors.New("want a number such as 5, or a share such as 1%")
	}
	return Amount{N: n}, nil
}

// String returns the amount as ParseAmount reads it.
func (a Amount) String() string {
	if a.Relative {
		return a.Share.String()
	}
	return strconv.FormatUint(a.N, 10)
}

// exceeded reports whether n of a total is more than the amount.
func (a Amount) exceeded(n, total uint64) bool {
	if a.Relative {
		return 100*float64(n) > float64(a.Share)*float64(total)
	}
	return n > a.N
}

// Percent is a share in hundredths of the whole.
type Percent float64

// ParsePercent reads "99.9%"; the sign may be left out.
func ParsePercent(text string) (Percent, error) {
	p, err := ParseShare(text)
	switch {
	case errors.Is(err, errNoSign):
		return 0, err
	case err != nil || p > 100:
		return 0, errors.New("want a share from 0% to 100%")
	}
	return p, nil
}

var errNoSign = errors.New("write the sign of the share")

// ParseShare reads a share that may be over 100%, as of a growth. Without its sign, one
// of 1 and less may be meant as 1% or as the whole.
func ParseShare(text string) (Percent, error) {
	p, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil || !(p >= 0 && p <= math.MaxInt32) {
		return 0, errors.New("want a share such as 20%")
	}
	if p > 0 && p <= 1 && !strings.HasSuffix(text, "%") {
		return 0, fmt.Errorf("%w: %s may be %s or %s", errNoSign, text, Percent(p), Percent(math.Round(1e4*p)/100))
	}
	return Percent(p), nil
}

// String returns the share with its sign.
func (p Percent) String() string { return strconv.FormatFloat(float64(p), 'f', -1, 64) + "%" }

// Level is a severity as a policy spells it.
type Level result.Severity

// Off is the level of a rule that is not judged.
const Off Level = 0

// parseLevel reads error, warning, note or info.
func parseLevel(text string) (Level, error) {
	for s := result.Info; s <= result.Error; s++ {
		if text == s.String() {
			return Level(s), nil
		}
	}
	return 0, errors.New("want error, warning or note")
}

// ParseFailOn reads a level that can fail a check: error, warning or note.
func ParseFailOn(text string) (Level, error) {
	level, err := parseLevel(text)
	if err == nil && level == Level(result.Info) {
		err = errors.New("want error, warning or note: info is counted and never fails")
	}
	return level, err
}

// parseRuleLevel reads a severity or "off".
func parseRuleLevel(text string) (Level, error) {
	if text == "off" {
		return Off, nil
	}
	level, err := parseLevel(text)
	if err != nil {
		err = errors.New("want error, warning, note, info or off")
	}
	return level, err
}

// String returns the level as a policy spells it.
func (l Level) String() string {
	if l == Off {
		return "off"
	}
	return result.Severity(l).String()
}

// RTTLimit is a bound of one statistic of the round-trip times.
type RTTLimit struct {
	Statistic string // "min", "mean", "p50", "p90", "p95", "p99" or "max"
	Limit     time.Duration
	Peer      string // address or address and port that requests went to; "" for all together
}

// statistics are what round-trip times are summed up by.
var statistics = []struct {
	name string
	of   func(*result.RTT) time.Duration
}{
	{"min", func(r *result.RTT) time.Duration { return r.Min }},
	{"mean", func(r *result.RTT) time.Duration { return r.Mean }},
	{"p50", func(r *result.RTT) time.Duration { return r.P50 }},
	{"p90", func(r *result.RTT) time.Duration { return r.P90 }},
	{"p95", func(r *result.RTT) time.Duration { return r.P95 }},
	{"p99", func(r *result.RTT) time.Duration { return r.P99 }},
	{"max", func(r *result.RTT) time.Duration { return r.Max }},
}

// ParseRTTLimit reads "p95=500ms" or "p95=500ms@10.0.0.2:5060".
func ParseRTTLimit(text string) (RTTLimit, error) {
	statistic, rest, ok := strings.Cut(text, "=")
	limit, peer, forPeer := strings.Cut(rest, "@")
	if !ok || forPeer && peer == "" {
		return RTTLimit{}, fmt.Errorf("%q: want a limit such as p95=500ms or p95=500ms@10.0.0.2:5060", text)
	}
	l := RTTLimit{Statistic: statistic, Peer: peer}
	if l.statistic() < 0 {
		return l, fmt.Errorf("%q: unknown statistic %q: choose min, mean, p50, p90, p95, p99 or max", text, statistic)
	}
	d, err := parseDuration(limit)
	if err != nil {
		return l, fmt.Errorf("%q: %w", text, err)
	}
	l.Limit = d
	return l, nil
}

// parseDuration reads a duration above 0.
func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d == math.MaxInt64 {
		return 0, fmt.Errorf("%q is no duration: want one such as 500ms or 2s", text)
	}
	return d, nil
}

func (l RTTLimit) statistic() int {
	for i := range statistics {
		if statistics[i].name == l.Statistic {
			return i
		}
	}
	return -1
}

// Name is the limit without its value: "max-rtt p95@10.0.0.2:5060".
func (l RTTLimit) Name() string { return "max-rtt " + l.Statistic + l.at() }

// String returns the limit as ParseRTTLimit reads it.
func (l RTTLimit) String() string {
	return l.Statistic + "=" + formatDuration(l.Limit) + l.at()
}

// formatDuration writes a duration without units that are 0: 2m, not 2m0s.
func formatDuration(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return text
}

func (l RTTLimit) at() string {
	if l.Peer == "" {
		return ""
	}
	return "@" + l.Peer
}

// covers reports whether a peer's address is the limit's; without a port it
// covers every port.
func (l RTTLimit) covers(address string) bool {
	want, have := unbracket(l.Peer), unbracket(address)
	if want == "" || want == have {
		return true
	}
	colon := strings.LastIndexByte(have, ':')
	return colon >= 0 && have[:colon] == want
}

// unbracket drops the brackets of an IPv6 address, which reports leave out.
func unbracket(address string) string { return strings.NewReplacer("[", "", "]", "").Replace(address) }

// AddRTT adds a limit of the round-trip times, as ParseRTTLimit reads it.
func (b *Budgets) AddRTT(text string) error {
	limit, err := ParseRTTLimit(text)
	if err == nil {
		b.MaxRTT = replaceRTT(b.MaxRTT, []RTTLimit{limit})
	}
	return err
}

// AddReceipt adds a limit of the time from a text to its receipt: "p95=30s".
func (b *Budgets) AddReceipt(text string) error {
	limit, err := parseReceiptLimit(text)
	if err == nil {
		b.MaxReceipt = replaceRTT(b.MaxReceipt, []RTTLimit{limit})
	}
	return err
}

// parseReceiptLimit reads "p95=30s".
func parseReceiptLimit(text string) (RTTLimit, error) {
	limit, err := ParseRTTLimit(text)
	if err == nil && limit.Peer != "" {
		err = fmt.Errorf("%q: a receipt may come from anywhere: leave out the peer", text)
	}
	return limit, err
}
