package check

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze/result"
)

// slower is good with answers that take a given time in milliseconds.
func slower(ms int) string {
	return fmt.Sprintf("0.000 alice > bob MESSAGE\n%.3f bob > alice 200 OK\n40 end\n", float64(ms)/1000)
}

func against(t *testing.T, old, now string, o Options) *Verdict {
	t.Helper()
	base := Take("old", run(t, old, New(&Policy{}, Options{})))
	judge := New(&Policy{}, o)
	return judge.Verdict(run(t, now, judge), base)
}

func TestBaseline(t *testing.T) {
	strict := Options{Tolerance: Tolerance{Share: 0, Floor: 0}}
	strict.Tolerance.Floor = time.Nanosecond
	for _, test := range []struct {
		name, old, now string
		o              Options
		want           Result
	}{
		{"the same", withAck, withAck, Options{}, Pass},
		{"a new finding", good, withAck, Options{}, Fail},
		{"a finding less", withAck, good, Options{}, Pass},
		{"a missing 200 that was there", silent, silent, Options{}, Pass},
		{"a missing 200 more", good, silent, Options{}, Fail},
		{"20% slower", slower(100), slower(120), Options{}, Pass},
		{"21% slower", slower(100), slower(121), Options{}, Fail},
		{"faster", slower(100), slower(10), Options{}, Pass},
		{"under the floor", slower(2), slower(7), Options{}, Pass},
		{"over the floor", slower(2), slower(8), Options{}, Fail},
		{"100% allowed", slower(100), slower(200), Options{Tolerance: Tolerance{100, time.Millisecond}}, Pass},
		{"nothing allowed", slower(100), slower(101), strict, Fail},
	} {
		if v := against(t, test.old, test.now, test.o); v.Result != test.want {
			t.Errorf("%s: result %s with %q, want %s", test.name, v.Result, names(v), test.want)
		}
	}
}

// A budget that somebody asked for is judged although the baseline had as many.
func TestBaselineAndBudget(t *testing.T) {
	base := Take("old", run(t, silent, New(&Policy{}, Options{})))
	judge := New(load(t, "budgets: {max-missing: 0}"), Options{})
	if v := judge.Verdict(run(t, silent, judge), base); v.Result != Fail {
		t.Errorf("result %s, want fail", v.Result)
	}
}

func TestHostOnly(t *testing.T) {
	for address, want := range map[string]string{
		"":                       "",
		"other":                  "other",
		"10.0.0.1":               "10.0.0.1",
		"10.0.0.1:5060":          "10.0.0.1",
		"2001:db8::1":            "2001:db8::1",
		"[2001:db8::1]:5060":     "2001:db8::1",
		"2001:db8::1:5060":       "2001:db8::1",
		"2001:db8::1:beef":       "2001:db8::1:beef",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1:2:3:4:5:6",
		"[2001:db8::1:2]:123":    "2001:db8::1:2",
		"2001:db8:0:0:0:0:0:1:9": "2001:db8:0:0:0:0:0:1:9",
	} {
		if got := hostOnly(address); got != want {
			t.Errorf("hostOnly(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestReadSnapshotErrors(t *testing.T) {
	for _, text := range []string{"", "[]", "{}", `{"schema":"simplecap.report/2"}`, `{"schema":"simplecap.check/1"}`, `{"schema":3}`,
		`{"schema":"simplecap.report/1","findings":[{"rule":"x","severity":"bad"}]}`} {
		if _, err := ReadSnapshot("x.json", strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), "x.json: ") {
			t.Errorf("%q: error %v, want one that begins with the name", text, err)
		}
	}
}

func TestCompare(t *testing.T) {
	old, now := Take("old", run(t, good, New(&Policy{}, Options{}))), Take("new", run(t, withAck, New(&Policy{}, Options{})))
	if d := Compare(old, old, Tolerance{}); d.Changed() {
		t.Errorf("a run differs from itself: %+v", d)
	}
	d := Compare(old, now, Tolerance{})
	if len(d.Findings) != 1 || d.Findings[0].Rule != "ack-to-message" || d.Findings[0].Old != 0 || d.Findings[0].New != 1 {
		t.Errorf("findings %+v, want the new ack-to-message", d.Findings)
	}
	gone := Compare(now, old, Tolerance{})
	if len(gone.Findings) != 1 || gone.Findings[0].New != 0 {
		t.Errorf("findings %+v, want the one that is gone", gone.Findings)
	}
	if diff := cmp.Diff(OutcomeChange{"success", 2, 3}, d.Outcomes[1]); diff != "" {
		t.Error(diff)
	}
}

// Of a run in which nothing was answered the statuses are known too.
func TestCompareStatuses(t *testing.T) {
	old, now := Take("old", &result.Report{}), Take("new", &result.Report{Summary: result.Summary{Statuses: map[int]uint64{404: 1}}})
	outcomes := Compare(old, now, Tolerance{}).Outcomes
	if last := outcomes[len(outcomes)-1]; last != (OutcomeChange{"status 404", 0, 1}) {
		t.Errorf("the last change is %v, want that of the status", last)
	}
}

// What became of the texts, where SIP says the same in both runs.
func TestCompareTexts(t *testing.T) {
	report := func(texts string) *Snapshot {
		s, err := ReadSnapshot("x", strings.NewReader(`{"schema":"simplecap.report/1","summary":{"transactions":2,"success":2`+texts+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	old, now := report(`,"lost_texts":0,"texts":{"im":{"delivered":2}}`), report(`,"lost_texts":1,"texts":{"im":{"delivered":1,"failed":1}}`)
	var changes []OutcomeChange
	for _, o := range Compare(old, now, Tolerance{}).Outcomes {
		if o.Old != o.New {
			changes = append(changes, o)
		}
	}
	if diff := cmp.Diff([]OutcomeChange{{"texts im delivered", 2, 1}, {"texts im failed", 0, 1}, {"lost_texts", 0, 1}}, changes); diff != "" {
		t.Error(diff)
	}
	if d := Compare(report(""), report(""), Tolerance{}); d.Changed() {
		t.Errorf("reports without texts differ: %+v", d.Outcomes)
	}
}

func FuzzReadSnapshot(f *testing.F) {
	f.Add(`{"schema":"simplecap.report/1","rtt":{"count":1,"p95_ms":20.5},"findings":[{"rule":"loop","severity":"error","count":2}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ReadSnapshot("x", strings.NewReader(text))
		if err != nil {
			return
		}
		if d := Compare(s, s, Tolerance{}); d.Changed() {
			t.Errorf("a report differs from itself: %+v", d)
		}
		_ = s.knows(&result.Finding{Rule: "loop"})
	})
}

// Of findings of one rule and host the first with the status counts, or without any, as
// reports of earlier versions have them.
func TestFindInBaseline(t *testing.T) {
	s := &Snapshot{Findings: []result.Finding{
		{Rule: "a", Peer: "10.0.0.1:5060", Status: 200, Count: 1}, {Rule: "a", Peer: "10.0.0.1:5070", Status: 200, Count: 2}, {Rule: "a", Peer: "10.0.0.1", Count: 3},
		{Rule: "a", Peer: "10.0.0.1", Status: 404, Count: 4}, {Rule: "b", Peer: "10.0.0.1", Count: 5},
	}}
	for _, test := range []struct {
		rule, peer string
		status     int
		want       uint64
	}{{"a", "10.0.0.1:1", 200, 1}, {"a", "10.0.0.1", 404, 3}, {"a", "10.0.0.1", 0, 3}, {"b", "10.0.0.1", 486, 5}, {"b", "10.0.0.2", 0, 0}, {"c", "10.0.0.1", 0, 0}} {
		got := uint64(0)
		if one := s.find(&result.Finding{Rule: test.rule, Peer: test.peer, Status: test.status}); one != nil {
			got = one.Count
		}
		if got != test.want {
			t.Errorf("%s of %s with status %d: %d, want %d", test.rule, test.peer, test.status, got, test.want)
		}
	}
}

// What is not compared is passed over, and takes no memory: it is most of a report.
func TestReadSnapshotPassesOver(t *testing.T) {
	row := `{"id":1,"call_id":"` + strings.Repeat("x", 1000) + `"}`
	text := `{"schema":"simplecap.report/1","quality":{"evicted":0,"a":{"b":[1,{}]}},"sip":{},"transactions":[` + strings.Repeat(row+",", 20_000) + row + `],"other":null,"more":"x","peers":[],
	"Summary":{"transactions":7}}`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := ReadSnapshot("x", strings.NewReader(text))
	runtime.ReadMemStats(&after)
	if err != nil || s.Summary.Transactions != 7 {
		t.Fatalf("%+v, %v", s, err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > uint64(len(text))/4 {
		t.Errorf("%d bytes of memory for %d", n, len(text))
	}
	for _, bad := range []string{text + "}", text + "{}", text[:len(text)-1], `{"transactions":[1,]}`, `{"a":{"b"}}`, `[]`, `7`, ``} {
		if _, err := ReadSnapshot("x", strings.NewReader(bad)); err == nil {
			t.Errorf("read: %.40s … %s", bad, bad[max(0, len(bad)-9):])
		}
	}
}
