package check

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/internal/wire"
)

// filters are what the tests' policies may say in where.
var filters = map[string]Filter{
	"status == 200":                 func(t *result.Transaction) bool { return t.Status == 200 },
	"status == 404":                 func(t *result.Transaction) bool { return t.Status == 404 },
	"dst_host is bob":               func(t *result.Transaction) bool { return t.Dst.Host() == "10.0.0.2" },
	"call_id ends in 2":             func(t *result.Transaction) bool { return strings.Contains(t.CallID, "2") },
	"verdict is answer-not-relayed": func(t *result.Transaction) bool { return t.Verdict == result.AnswerNotRelayed },
	"this is never true":            func(t *result.Transaction) bool { return false },
	"this is always true":           func(t *result.Transaction) bool { return true },
}

var compileTest = Compiler{Transactions: compiled(filters), Texts: compiled(textFilters)}

func compiled[F any](known map[string]F) func(text string) (F, error) {
	return func(text string) (F, error) {
		f, ok := known[text]
		if !ok {
			return f, fmt.Errorf("unknown name at column 1")
		}
		return f, nil
	}
}

var textFilters = map[string]TextFilter{
	"arrived": func(t *result.Text) bool { return t.End.Arrived() },
	"refused": func(t *result.Text) bool { return t.End == result.RefusedText },
}

// load reads a policy whose first line is left out.
func load(t *testing.T, text string) *Policy {
	t.Helper()
	p, err := Load("policy.yaml", []byte("version: 1\n"+text), compileTest)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run analyses an exchange in the notation of package wire.
func run(t *testing.T, exchange string, h analyze.Handler) *result.Report {
	t.Helper()
	frames, err := wire.Parse(exchange)
	if err != nil {
		t.Fatal(err)
	}
	r, err := analyze.Run(context.Background(), &wire.Memory{Frames: frames}, analyze.Options{Whole: true}, h)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lost is a message whose 200 a proxy does not pass on.
const lost = `
0.0  alice > proxy  MESSAGE
0.01 proxy > bob MESSAGE
  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1
  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p
0.05 bob > proxy 200 OK
  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1
  +Via: SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bK-p
0.50 alice > proxy MESSAGE
1.50 alice > proxy MESSAGE
33   end
`

// sms is an SMS that the network takes and sends no report of.
const sms = "0 alice > bob MESSAGE\n  Content-Type: application/vnd.3gpp.sms\n" +
	`  = \x00\x09\x00\x07\x91\x44\x77\x00\x09\x00\x00\x21\x01\x01\x0c\x91\x44\x77\x00\x09\x40\x65\x00\x00\x16\xc8\x32\x9b\xfd\x06\xd1\xd1\x65\x79\x99\x05\x6a\xe7\x41\x66\x79\xba\xec\x26\x03` + "\n0.1 bob > alice 202 Accepted\n"

func judgeText(t *testing.T, policy, exchange string, o Options) *Verdict {
	t.Helper()
	judge := New(load(t, policy), o)
	return judge.Verdict(run(t, exchange, judge), nil)
}

// Exchanges that the tests judge.
const (
	good = `
0.000  alice > bob  MESSAGE
0.100  bob > alice  200 OK
1.000  alice > bob  MESSAGE #2
1.300  bob > alice  200 OK #2
40     end
`
	refused = good + `
41.000  alice > bob  MESSAGE #3
41.010  bob > alice  404 Not Found #3
80      end
`
	silent = good + `
41.000  alice > bob  MESSAGE #3
41.500  alice > bob  MESSAGE #3
80      end
`
	short = good + `
41.000  alice > bob  MESSAGE #3
41.500  alice > bob  MESSAGE #3
`
	withAck = good + `
41.000  alice > bob  MESSAGE #3
41.010  bob > alice  200 OK #3
41.020  alice > bob  ACK #3
80      end
`
)

// names lists the checks that failed.
func names(v *Verdict) (list []string) {
	for _, c := range v.Failing() {
		list = append(list, c.Name)
	}
	return list
}

func TestBudgets(t *testing.T) {
	for _, test := range []struct {
		budget   string
		exchange string
		want     Result
		failed   []string
	}{
		{"", good, Pass, nil},
		{"", "0.0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n", Pass, nil},
		{"", refused, Fail, []string{"max-undelivered"}},
		{"max-undelivered: 1", refused, Pass, nil},
		{"max-undelivered: 33%", refused, Fail, []string{"max-undelivered"}},
		{"max-undelivered: 34%", refused, Pass, nil},
		{"max-undelivered: 1, max-rejected: 1", refused, Pass, nil},
		{"max-rejected: 0", refused, Fail, []string{"max-undelivered", "max-rejected"}},
		{"max-rejected: 33%", refused, Fail, []string{"max-undelivered", "max-rejected"}},
		{"max-undelivered: 1, max-rejected: 34%", refused, Pass, nil},
		{"", silent, Fail, []string{"max-undelivered", "max-missing", "no-final-response"}},
		{"max-missing: 1", silent, Fail, []string{"max-undelivered", "no-final-response"}},
		{"max-missing: 30%", silent, Fail, []string{"max-undelivered", "max-missing", "no-final-response"}},
		{"max-retransmissions: 0", silent, Fail, []string{"max-undelivered", "max-missing", "no-final-response", "max-retransmissions"}},
		{"max-retransmissions: 25%", silent, Fail, []string{"max-undelivered", "max-missing", "no-final-response"}},
		{"", short, TooPoor, []string{"max-pending"}},
		{"max-pending: 1", short, Pass, nil},
		{"", sms + "44 end\n", TooPoor, []string{"max-pending"}},
		{"max-pending: 1", sms + "44 end\n", Pass, nil},
		{"", sms + "46 end\n", Fail, []string{"max-undelivered", "mo-report-missing"}},
		{"min-messages: 2", good, Pass, nil},
		{"min-messages: 3", good, Fail, []string{"min-messages"}},
		{"min-success: 100%", good, Pass, nil},
		{"max-undelivered: 1, min-success: 66%", refused, Pass, nil},
		{"min-success: 67%", refused, Fail, []string{"max-undelivered", "min-success"}},
		{"min-success: 1%", "0 alice > bob MESSAGE\n0.1 bob > alice 401 Unauthorized\n  WWW-Authenticate: Digest realm=\"x\", nonce=\"1\"\n3 end\n", Fail, []string{"max-undelivered", "min-success"}},
		{"max-rtt: max=300ms", good, Pass, nil},
		{"max-rtt: max=299ms", good, Fail, []string{"max-rtt max"}},
		{"max-rtt: [min=99ms, mean=199ms]", good, Fail, []string{"max-rtt min", "max-rtt mean"}},
		{"max-rtt: {min: 100ms, mean: 200ms}", good, Pass, nil},
		{"max-rtt: max=1ms@10.0.0.2", good, Fail, []string{"max-rtt max@10.0.0.2"}},
		{"max-rtt: max=1s@10.0.0.2:5060", good, Pass, nil},
		{"max-rtt: max=1s@10.0.0.9", good, Fail, []string{"max-rtt max@10.0.0.9"}},
		{"fail-on: error", withAck, Fail, []string{"ack-to-message"}},
		{"", "0 alice > bob OPTIONS\n", Empty, []string{"messages"}},
		{"allow-empty: true", "0 alice > bob OPTIONS\n", Pass, nil},
		{"allow-empty: true, min-messages: 1", "0 alice > bob OPTIONS\n", Fail, []string{"min-messages"}},
		{"", "0 bob > alice 200 OK\n", TooPoor, []string{"messages"}},
		{"", "0 alice > bob MESSAGE\n1 alice > bob MESSAGE #2\n60 end\n", TooPoor, []string{"max-missing"}}, // one direction
		{"max-missing: 2", "0 alice > bob MESSAGE\n1 alice > bob MESSAGE #2\n60 end\n", Pass, nil},
		{"", "0 alice > bob MESSAGE\n0.5 alice > bob MESSAGE\n1 alice > carol MESSAGE #2\n60 end\n", Fail, []string{"max-missing", "max-undelivered", "no-final-response"}},
	} {
		v := judgeText(t, "budgets: {"+test.budget+"}", test.exchange, Options{})
		if v.Result != test.want {
			t.Errorf("%q: result %s, want %s", test.budget, v.Result, test.want)
		}
		if diff := cmp.Diff(test.failed, names(v)); diff != "" {
			t.Errorf("%q: failed checks (-want +got):\n%s", test.budget, diff)
		}
	}
}

func TestBreachNamesTransactionsAndFrames(t *testing.T) {
	v := judgeText(t, "budgets: {max-rtt: max=200ms}", good, Options{})
	c := v.Failing()[0]
	if len(c.Breaches) != 1 || len(c.Breaches[0].Transactions) != 1 {
		t.Fatalf("breaches %+v, want one with one transaction", c.Breaches)
	}
	slow := c.Breaches[0].Transactions[0]
	if slow.ID != 2 || slow.RTT != 300*time.Millisecond || slow.Dst != "10.0.0.2:5060" {
		t.Errorf("slow transaction %+v, want the second with 300ms", slow)
	}
	if c.Source != "policy.yaml:2" || c.Limit != "at most 200ms" || c.Actual != "300ms" {
		t.Errorf("source %q, limit %q, actual %q", c.Source, c.Limit, c.Actual)
	}
	if n := len(c.Breaches[0].Frames); n != 2 {
		t.Errorf("%d frames, want request and response", n)
	}
}

func TestRuleLevels(t *testing.T) {
	for _, test := range []struct {
		policy string
		want   Result
	}{
		{"", Fail},
		{"rules: {ack-to-message: off}", Pass},
		{"rules: {ack-to-message: warning}", Pass},
		{"rules: {ack-to-message: warning}\nbudgets: {fail-on: warning}", Fail},
		{"rules: {ack-to-message: info}\nbudgets: {fail-on: note}", Pass},
	} {
		if v := judgeText(t, test.policy, withAck, Options{}); v.Result != test.want {
			t.Errorf("%q: result %s with %q, want %s", test.policy, v.Result, names(v), test.want)
		}
	}
}

func TestExpectations(t *testing.T) {
	for _, test := range []struct {
		expect string
		want   Result
	}{
		{"where: status == 404, count: 1", Pass},
		{"where: status == 404, count: 0", Fail},
		{"where: status == 404, count: 2", Fail},
		{"where: status == 200, min: 2", Pass},
		{"where: status == 200, min: 3", Fail},
		{"where: status == 200, min: 1, max: 2", Pass},
		{"where: status == 200, max: 1", Fail},
	} {
		v := judgeText(t, "expect: [{"+test.expect+"}]\nbudgets: {max-undelivered: 1}", refused, Options{})
		if v.Result != test.want {
			t.Errorf("%q: result %s, want %s", test.expect, v.Result, test.want)
		}
		if test.want == Fail && v.Failing()[0].Source != "policy.yaml:2" {
			t.Errorf("%q: source %q, want the line of the policy", test.expect, v.Failing()[0].Source)
		}
	}
}

// What an expectation counts is expected, and anything else must arrive: a leg
// with a 200 does not stand for a message whose answer was lost further up.
func TestExpectedFailures(t *testing.T) {
	for _, test := range []struct {
		expect, exchange string
		undelivered      bool
		note             string
	}{
		{"", refused, true, ""},
		{"where: status == 404, count: 1", refused, false, "policy.yaml:2: 1 MESSAGE that did not arrive: expected here"},
		{"where: status == 404, max: 3", refused, false, "policy.yaml:2: 1 MESSAGE"},
		{"where: status == 200, min: 1", refused, true, ""},
		{"where: status == 200, min: 1", lost, true, ""},
		{"where: verdict is answer-not-relayed, count: 2", lost, false, "policy.yaml:2: 1 MESSAGE"},
	} {
		expect := ""
		if test.expect != "" {
			expect = "expect: [{" + test.expect + "}]"
		}
		v := judgeText(t, expect, test.exchange, Options{})
		if got := slices.Contains(names(v), "max-undelivered"); got != test.undelivered {
			t.Errorf("%q: undelivered %v, want %v", test.expect, got, test.undelivered)
		}
		if notes := strings.Join(v.Notes, "\n"); !strings.HasPrefix(notes, test.note) || test.note == "" && notes != "" {
			t.Errorf("%q: notes %q, want %q", test.expect, notes, test.note)
		}
	}
}

// The failure names the hop that decided, and the frames of all legs.
func TestUndeliveredNamesTheHop(t *testing.T) {
	c := judgeText(t, "", refused, Options{}).Failing()[0]
	b := c.Breaches[0]
	if c.Name != "max-undelivered" || !strings.Contains(c.Hint, "--max-undelivered 1") || !strings.HasPrefix(b.Message, "refused: 1 MESSAGE was refused") {
		t.Errorf("check %q, hint %q, message %q", c.Name, c.Hint, b.Message)
	}
	if one := b.Transactions[0]; one.Status != 404 || one.CallID == "" || one.Dst != "10.0.0.2:5060" || len(one.Frames) != 2 {
		t.Errorf("%+v", one)
	}
}

// A loss may be why something is missing, but not why something is there.
func TestPoorCaptureAndFaults(t *testing.T) {
	pendingAndAck := withAck + "81 alice > bob MESSAGE #4\n"
	if v := judgeText(t, "", pendingAndAck, Options{}); v.Result != Fail {
		t.Errorf("result %s with %q, want fail: the ACK is in the capture", v.Result, names(v))
	}
	if v := judgeText(t, "budgets: {min-messages: 9}", short, Options{}); v.Result != TooPoor {
		t.Errorf("result %s with %q, want too-poor: the missing messages may be lost", v.Result, names(v))
	}
}

func day(text string) time.Time {
	d, err := ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func TestIgnores(t *testing.T) {
	const until = "ignore: [{rule: ack-to-message, reason: known, expires: 2026-03-01}]"
	for _, test := range []struct {
		policy, date string
		want         Result
		note         string
	}{
		{"ignore: [{rule: ack-to-message, reason: known}]", "2030-01-01", Pass, ""},
		{until, "2026-02-28", Pass, ""},
		{until, "2026-03-01", Pass, ""},
		{until, "2026-03-02", Fail, "policy.yaml:2: the ignore of ack-to-message expired on 2026-03-01: known"},
		{"ignore: [{rule: loop, reason: known}]", "2026-01-01", Fail, "policy.yaml:2: the ignore of loop had nothing to ignore"},
		{"ignore: [{rule: ack-to-message, reason: r, where: dst_host is bob}]", "2026-01-01", Pass, ""},
		{"ignore: [{rule: ack-to-message, reason: r, where: this is never true}]", "2026-01-01", Fail,
			"policy.yaml:2: the ignore of ack-to-message had nothing to ignore"},
	} {
		v := judgeText(t, test.policy, withAck, Options{Date: day(test.date)})
		if v.Result != test.want {
			t.Errorf("%q on %s: result %s with %q, want %s", test.policy, test.date, v.Result, names(v), test.want)
		}
		if got := strings.Join(v.Notes, "\n"); got != test.note {
			t.Errorf("%q on %s: notes %q, want %q", test.policy, test.date, got, test.note)
		}
	}
}

// An ignore with a filter covers some transactions of a finding and leaves the
// others open.
func TestIgnoreSomeOfAFinding(t *testing.T) {
	const twice = `
0.0  alice > bob  MESSAGE
0.1  bob > alice  200 OK
0.2  alice > bob  ACK
1.0  alice > bob  MESSAGE #2
1.1  bob > alice  200 OK #2
1.2  alice > bob  ACK #2
40   end
`
	v := judgeText(t, "ignore: [{rule: ack-to-message, reason: r, where: call_id ends in 2}]", twice, Options{})
	if v.Result != Fail || len(v.Failing()) != 1 {
		t.Fatalf("result %s with %q", v.Result, names(v))
	}
	b := v.Failing()[0].Breaches[0]
	if b.Count != 1 || len(b.Transactions) != 1 || b.Transactions[0].ID != 1 {
		t.Errorf("breach %+v, want the first transaction alone", b)
	}
}

// A finding counts breaches, of which one transaction may have several: that does
// not mean that its list of transactions is cut. A list that is cut may have open
// transactions beyond it.
func TestIgnoredFindingAndItsCount(t *testing.T) {
	p := load(t, "ignore: [{rule: loop, reason: r, where: call_id ends in 2}]")
	ids := make([]uint64, analyze.DefaultLimits.FrameList)
	for i := range ids {
		ids[i] = uint64(i + 1)
	}
	for _, test := range []struct {
		name   string
		listed []uint64
		want   Result
	}{
		{"two breaches in one ignored transaction", ids[:1], Pass},
		{"a list that is cut, all of it ignored", ids, Fail},
	} {
		judge := New(p, Options{})
		for _, id := range test.listed {
			judge.Transaction(&result.Transaction{ID: id, CallID: "2", Outcome: result.Success, Findings: []string{"loop"}})
		}
		judge.Transaction(&result.Transaction{ID: 1000, Outcome: result.Success, Findings: []string{"loop"}})
		v := judge.Verdict(&result.Report{
			Summary:  result.Summary{Transactions: 2, Success: 2},
			Findings: []result.Finding{{Rule: "loop", Severity: result.Error, Count: 500, Transactions: test.listed}},
		}, nil)
		if v.Result != test.want {
			t.Errorf("%s: result %s, want %s", test.name, v.Result, test.want)
		}
	}
}

func TestCollectionKeepsTheHeaviest(t *testing.T) {
	var c collection
	o := Options{Limits: Limits{Transactions: 3}.withDefaults()}
	for i, weight := range []int64{5, 1, 9, 7, 2, 8} {
		c.add(&result.Transaction{ID: uint64(i + 1)}, weight, &o)
	}
	var ids []uint64
	for _, t := range c.heaviest() {
		ids = append(ids, t.ID)
	}
	if diff := cmp.Diff([]uint64{3, 6, 4}, ids); diff != "" || c.count != 6 {
		t.Errorf("count %d, kept (-want +got):\n%s", c.count, diff)
	}
}

// TestHiddenAnswerNamed wants another sentence where no longer capture would help.
func TestHiddenAnswerNamed(t *testing.T) {
	judge := New(load(t, ""), Options{})
	report := run(t, short, judge)
	judge.Transaction(&result.Transaction{Outcome: result.Pending, AnswerHidden: true})
	report.Summary.Transactions++
	report.Summary.Pending++
	var said []string
	for _, b := range judge.Verdict(report, nil).Failing()[0].Breaches {
		said = append(said, b.Message)
	}
	if len(said) != 2 || !strings.HasPrefix(said[0], "1 MESSAGE has no final response when the capture ends") || !strings.HasPrefix(said[1], "1 MESSAGE has no final response that can be seen") {
		t.Errorf("%q", said)
	}
}

// TestMissingHere has one answer that may have gone past the capture and one that did not come.
func TestMissingHere(t *testing.T) {
	v := judgeText(t, "", "0 alice > bob MESSAGE\n0.5 alice > bob MESSAGE\n1 alice > carol MESSAGE #2\n60 end\n", Options{})
	want := "2 MESSAGEs have no final response; allowed: 0; that of 1 may have taken a way past the capture: record where both directions pass"
	if got := v.Failing()[0].Breaches[0].Message; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
