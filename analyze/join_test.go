package analyze

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// rows keeps what a run hands on, in words that do not depend on numbers.
type rows struct {
	transactions map[uint64]string
	lines        []string
	copies       bool // that captures made count: not where one segment of TCP is in several
}

func newRows() *rows { return &rows{transactions: map[uint64]string{}, copies: true} }

func (r *rows) Transaction(t *result.Transaction) {
	name := fmt.Sprintf("%s %s %d %v>%v", t.CallID, t.Branch, t.CSeq, t.Src, t.Dst)
	r.transactions[t.ID] = name
	copies := t.Duplicates
	if !r.copies {
		copies = 0
	}
	r.lines = append(r.lines, fmt.Sprintf("T %s %s %q %v %d %q rtt %v %v retrans %d dup %d prov %v %v from %q to %q uri %q %q %d frames %v %v", name, t.Outcome, t.Cause, t.Findings,
		t.Status, t.Reason, t.RTT, t.RTTLast, t.Retransmissions, copies, t.Provisional, t.FirstRequest, t.From, t.To, t.RequestURI, t.ContentType, t.BodyBytes, t.RequestFrames, t.ResponseFrames))
}

func (r *rows) Finding(*result.Finding) {}

func (r *rows) Delivery(d *result.Delivery) {
	var hops []string
	for _, h := range d.Hops {
		hops = append(hops, fmt.Sprintf("%s<%s %v forward %v relay %v", r.transactions[h.Transaction], r.transactions[h.Parent], h.Outcome, h.Forward, h.Relay))
	}
	sort.Strings(hops)
	r.lines = append(r.lines, fmt.Sprintf("D %s blame %q total %v unseen %q %s>%s %v", d.Verdict, r.transactions[d.Blame], d.Total, d.Unseen, d.Sender, d.Recipient, hops))
}

func (r *rows) Text(t *result.Text) {
	r.lines = append(r.lines, fmt.Sprintf("X %s %s %s %s>%s %d receipts %s %v", t.Kind, t.End, t.CallID, t.From, t.To, t.Bytes, receiptsOf(t), t.Findings))
}

func receiptsOf(t *result.Text) (all []string) {
	for _, r := range t.Receipts {
		all = append(all, fmt.Sprintf("%s %v %s late %v dup %v", r.Kind, r.After, r.MatchedBy, r.Late, r.Duplicate))
	}
	return all
}

func (r *rows) OrphanReceipt(one *result.Receipt) {
	r.lines = append(r.lines, fmt.Sprintf("O %s %s", one.Kind, one.Recipient))
}

// counts are how often which rule was broken by whom.
func counts(findings []result.Finding) map[string]uint64 {
	all := map[string]uint64{}
	for _, f := range findings {
		if len(f.Transactions) > 0 {
			all[fmt.Sprintf("%s of %s, status %d: %s", f.Rule, f.Peer, f.Status, f.Severity)] = f.Count
		}
	}
	return all
}

// sorted are the lines in an order that is the same for equal rows.
func (r *rows) sorted() []string {
	sort.Strings(r.lines)
	return r.lines
}

// legsTo hands the legs of a run to a joiner, as those of one agent.
type legsTo struct {
	joiner *Joiner
	agent  uint16
}

func (l legsTo) Leg(leg *Leg) {
	c := *leg
	c.Transaction, c.Head, c.Answer, c.Found = leg.Transaction.Clone(), slices.Clone(leg.Head), slices.Clone(leg.Answer), slices.Clone(leg.Found)
	c.Agent = l.agent
	l.joiner.Take(&c)
}

func (l legsTo) Read([]capture.Input, decode.Stats) {}

func (l legsTo) Mark(_, low int64) { l.joiner.Advance(low) }

// captures are files of the test data that can be read alone. Those of message sessions
// (MSRP) are left out: no leg tells of them.
func captures(t *testing.T) (names []string) {
	all, err := filepath.Glob("../testdata/pcaps/*.pcap*")
	if err != nil || len(all) == 0 {
		t.Fatal(err, len(all))
	}
	for _, name := range all {
		if !strings.Contains(name, "container-") && !strings.Contains(name, "key") && !strings.Contains(name, "msrp") {
			names = append(names, name)
		}
	}
	return names
}

func openCapture(t *testing.T, names ...string) capture.Source {
	t.Helper()
	src, err := capture.Open(names, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// TestJoinedAsRead wants the same rows from legs as from the messages that they are of.
func TestJoinedAsRead(t *testing.T) {
	for _, name := range captures(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			want, got := newRows(), newRows()
			options := Options{PlainTexts: true}
			wantReport, err := Run(context.Background(), openCapture(t, name), options, want)
			if err != nil {
				t.Skip(err)
			}
			j := NewJoiner(options, got)
			defer j.Close()
			agent := options
			agent.Legs = legsTo{j, 1}
			report, err := Run(context.Background(), openCapture(t, name), agent, newRows())
			if err != nil {
				t.Fatal(err)
			}
			j.End()
			gotReport := j.Report(report.Inputs, report.Decode)
			if diff := cmp.Diff(want.sorted(), got.sorted()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(wantReport.Summary, gotReport.Summary); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(counts(wantReport.Findings), counts(gotReport.Findings)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
