package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"simplecap/analyze/result"
)

// The schemas that ReadSnapshot understands.
const (
	reportSchema  = "simplecap.report/1"
	verdictSchema = "simplecap.check/1"
)

// Snapshot is what an earlier run found, as far as runs are compared.
type Snapshot struct {
	Name     string
	Summary  result.Summary
	RTT      result.RTT
	Peers    []result.Peer
	Findings []result.Finding
	texts    map[string]map[string]uint64 // by kind and end, nil where they say no more than their deliveries
	lost     uint64                       // texts that were taken and did not arrive
	Unread   string                       // of a report, the first input that was not read to its end, and why; "" for none

	first map[hostRule]int // where in Findings the first one of each stands; nil before it is asked for
}

// Take returns what a run found.
func Take(name string, r *result.Report) *Snapshot {
	s := &Snapshot{Name: name, Summary: r.Summary, RTT: r.RTT, Peers: r.Peers, Findings: r.Findings, texts: r.Texts.ByName(), lost: r.Texts.Lost}
	if s.Summary.Statuses == nil { // nothing was answered, which is not that nobody counted
		s.Summary.Statuses = map[int]uint64{}
	}
	return s
}

// errNoReport says that a file is not what ReadSnapshot reads.
var errNoReport = errors.New("no report of simplecap: want the JSON of --format json, of check --json, or a baseline")

// ReadSnapshot reads the JSON of an earlier report or verdict.
func ReadSnapshot(name string, r io.Reader) (*Snapshot, error) {
	limited := &io.LimitedReader{R: r, N: int64(DefaultLimits.ReportBytes) + 1}
	var file reportFile
	err := file.read(json.NewDecoder(limited))
	switch {
	case limited.N == 0:
		return nil, fmt.Errorf("%s: a report has at most %d bytes", name, DefaultLimits.ReportBytes)
	case err != nil:
		return nil, fmt.Errorf("%s: %w (%w)", name, errNoReport, err)
	case file.Schema == reportSchema:
		return file.snapshot(name)
	case file.Schema == verdictSchema && file.Report != nil:
		return file.Report.snapshot(name)
	}
	return nil, fmt.Errorf("%s: %w", name, errNoReport)
}

// reportJSON is the part of a report that is compared.
type reportJSON struct {
	Inputs []struct {
		Name, Error string
		Complete    bool
	}
	Summary struct {
		summaryJSON
		Texts map[string]map[string]uint64
		Lost  uint64 `json:"lost_texts"`
	}
	RTT   rttJSON
	Peers []struct {
		Address                           string
		Transactions, Success, Missing200 uint64
		RTT                               rttJSON
	}
	Findings []struct {
		Rule, Severity, Peer, Message string
		Status                        int
		Count                         uint64
	}
}

// summaryJSON has the fields of a result.Summary.
type summaryJSON struct {
	Transactions, Success, Challenged, Redirected, Rejected uint64
	Unreachable, Timeout, Pending, Orphan                   uint64
	Missing200                                              uint64 `json:"missing_200"`
	Retransmissions, Deliveries, Undelivered                uint64
	Statuses                                                map[int]uint64
}

type rttJSON struct {
	Count uint64
	Min   millis `json:"min_ms"`
	Mean  millis `json:"mean_ms"`
	P50   millis `json:"p50_ms"`
	P90   millis `json:"p90_ms"`
	P95   millis `json:"p95_ms"`
	P99   millis `json:"p99_ms"`
	Max   millis `json:"max_ms"`
}

// millis is a duration in milliseconds.
type millis float64

func (m millis) duration() time.Duration { return time.Duration(math.Round(float64(m) * 1e6)) }

func (r *rttJSON) rtt() result.RTT {
	return result.RTT{
		Count: r.Count, Min: r.Min.duration(), Mean: r.Mean.duration(), P50: r.P50.duration(), P90: r.P90.duration(),
		P95: r.P95.duration(), P99: r.P99.duration(), Max: r.Max.duration(),
	}
}

func (f *reportJSON) snapshot(name string) (*Snapshot, error) {
	s := &Snapshot{Name: name, Summary: result.Summary(f.Summary.summaryJSON), RTT: f.RTT.rtt(), texts: f.Summary.Texts, lost: f.Summary.Lost}
	if s.Summary.Statuses == nil { // by a simplecap that did not count what did not arrive
		s.Summary.Undelivered = max(s.Summary.Undelivered, s.Summary.Missing200+s.Summary.Rejected+s.Summary.Redirected+s.Summary.Challenged)
	}
	for _, in := range f.Inputs {
		if s.Unread == "" && (!in.Complete || in.Error != "") {
			s.Unread = in.Name + ": " + in.Error
		}
	}
	for _, p := range f.Peers {
		s.Peers = append(s.Peers, result.Peer{Address: p.Address, Transactions: p.Transactions, RTT: p.RTT.rtt()})
	}
	for _, g := range f.Findings {
		level, err := parseLevel(g.Severity)
		if err != nil {
			return nil, fmt.Errorf("%s: finding %s: severity %q: %w", name, g.Rule, g.Severity, err)
		}
		s.Findings = append(s.Findings, result.Finding{
			Rule: g.Rule, Severity: result.Severity(level), Peer: g.Peer, Status: g.Status, Message: g.Message, Count: g.Count,
		})
	}
	return s, nil
}

// knows reports whether the run had the finding: the same rule broken by the
// same host, with the same status where it is about responses. Ports are left out, since
// most clients change them from run to run. A nil Snapshot knows nothing.
func (s *Snapshot) knows(f *result.Finding) bool {
	return s != nil && s.find(f) != nil
}

// find returns the run's finding of the same rule, host and status, nil if there
// is none. Reports of earlier versions have no statuses.
func (s *Snapshot) find(f *result.Finding) *result.Finding {
	if s.first == nil {
		s.order()
	}
	with := of(f)
	without := with
	without.status = 0
	i, found := s.first[with]
	if k, also := s.first[without]; also && (!found || k < i) {
		i, found = k, true
	}
	if !found {
		return nil
	}
	return &s.Findings[i]
}

// order notes where findings are: there may be as many to look for as there are.
func (s *Snapshot) order() {
	s.first = make(map[hostRule]int, len(s.Findings))
	for i := range slices.Backward(s.Findings) {
		s.first[of(&s.Findings[i])] = i
	}
}

// peer returns what the run found of an address, nil if nothing.
func (s *Snapshot) peer(address string) *result.Peer {
	for i := range s.Peers {
		if unbracket(s.Peers[i].Address) == unbracket(address) {
			return &s.Peers[i]
		}
	}
	return nil
}

// hostOnly drops the port of an address. Reports write IPv6 addresses without
// brackets, so there a last group of four or more decimal digits is taken for one.
func hostOnly(address string) string {
	if host, _, ok := strings.Cut(address, "]:"); ok {
		return unbracket(host)
	}
	address = unbracket(address)
	colon := strings.LastIndexByte(address, ':')
	if colon < 0 {
		return address
	}
	host, last := address[:colon], address[colon+1:]
	if _, err := netip.ParseAddr(host); err != nil {
		return address
	}
	if strings.Contains(host, ":") && (len(last) < 4 || strings.Trim(last, "0123456789") != "") {
		return address
	}
	return host
}

// Tolerance is by how much a round-trip time may grow: by the share, and by the
// floor where that is more.
type Tolerance struct {
	Share Percent
	Floor time.Duration
}

// DefaultTolerance is used where Options leave it zero.
var DefaultTolerance = Tolerance{Share: 20, Floor: 5 * time.Millisecond}

func (t Tolerance) orDefault() Tolerance {
	if t == (Tolerance{}) {
		return DefaultTolerance
	}
	return t
}

// exceeded reports whether a round-trip time grew by more than is tolerated.
func (t Tolerance) exceeded(before, now time.Duration) bool {
	grown := float64(now - before)
	return grown > float64(before)*float64(t.Share)/100 && grown > float64(t.Floor)
}

// compared are the statistics that are compared: one for the usual answer and one
// for the slow ones. The largest of a few is noise.
var compared = []int{2, 4} // p50, p95

// regressions compares the round-trip times with the baseline's, of all together
// and of each peer that both have.
func (j *Judge) regressions(r *result.Report) []Check {
	tolerance := j.options.Tolerance.orDefault()
	old := j.baseline
	checks := append(newStatuses(&old.Summary, &r.Summary), compareRTT("rtt", old.RTT, r.RTT, tolerance)...)
	for _, p := range r.Peers {
		if o := old.peer(p.Address); o != nil {
			checks = append(checks, compareRTT("rtt@"+p.Address, o.RTT, p.RTT, tolerance)...)
		}
	}
	return checks
}

// newStatuses finds failures by a status that the baseline has not, or has less
// often: a 404 that turned into a 503 is another fault, though as many fail. Where
// the baseline does not count statuses there is nothing to compare.
func newStatuses(before, now *result.Summary) (checks []Check) {
	if before.Statuses == nil {
		return nil
	}
	for _, status := range slices.Sorted(maps.Keys(now.Statuses)) {
		if status < 300 || status == 401 || status == 407 {
			continue
		}
		was, is := before.Statuses[status], now.Statuses[status]
		c := Check{
			Kind: BaselineKind, Name: "status " + strconv.Itoa(status), Title: "no more failures of one kind than in the baseline",
			Severity: result.Error, result: Fail, Limit: strconv.FormatUint(was, 10), Actual: strconv.FormatUint(is, 10),
		}
		if is > was {
			c.breach(fmt.Sprintf("%s %s answered %d, and %d in the baseline", plural(is, "MESSAGE"), wasWere(is), status, was), is-was)
		}
		checks = append(checks, c)
	}
	return checks
}

func wasWere(n uint64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func compareRTT(name string, before, now result.RTT, tolerance Tolerance) (checks []Check) {
	for _, i := range compared {
		s := &statistics[i]
		c := Check{
			Kind: BaselineKind, Name: name + " " + s.name, Title: "answers are as fast as in the baseline",
			Severity: result.Error, result: Fail, lossFails: true,
		}
		was, is := s.of(&before), s.of(&now)
		c.Limit, c.Actual = round(was)+" and "+tolerance.Share.String()+" more", round(is)
		switch {
		case before.Count == 0 || now.Count == 0:
			c.Status = Skipped
		case tolerance.exceeded(was, is):
			c.breach(fmt.Sprintf("the %s grew from %s to %s, by more than %s", s.name, round(was), round(is), tolerance.Share), 1)
		}
		checks = append(checks, c)
	}
	return checks
}
