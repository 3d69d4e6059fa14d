package sink

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/redact"
)

// shelf is a Store that keeps rows in memory and fails as it is told.
type shelf struct {
	mutex   sync.Mutex
	batches []Batch
	flushed int
	closed  bool
	fail    func(try int) error // of Write; nil for never
	tries   int
}

func (s *shelf) Write(ctx context.Context, b Batch) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.tries++
	if s.fail != nil {
		if err := s.fail(s.tries); err != nil {
			return err
		}
	}
	s.batches = append(s.batches, b)
	return nil
}

func (s *shelf) Flush(context.Context) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.flushed++
	return nil
}

func (s *shelf) Close() error {
	s.closed = true
	return nil
}

// rows are those of a table, in the order in which they came.
func (s *shelf) rows(table int) (all []Row) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, b := range s.batches {
		all = append(all, b.Of(table)...)
	}
	return all
}

var schema = NewSchema()

// values are those of a column.
func values(t *testing.T, table int, rows []Row, column string) (list []any) {
	t.Helper()
	i := schema[table].Column(column)
	if i < 0 {
		t.Fatalf("%s has no column %s", schema[table].Name, column)
	}
	for _, r := range rows {
		list = append(list, r[i])
	}
	return list
}

// analysed gives what is found in a capture to a Sink and closes it.
func analysed(t *testing.T, s *Sink, options analyze.Options, files ...string) *result.Report {
	t.Helper()
	for i := range files {
		files[i] = "../testdata/pcaps/" + files[i]
	}
	src, err := capture.Open(files, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	options.PlainTexts = true
	r, err := analyze.Run(t.Context(), src, options, analyze.RedactTo(s, options.Redact))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRows compares the rows of captures with what the report counts.
func TestRows(t *testing.T) {
	for _, name := range []string{"proxy-inleg-200-missing.pcap", "sms-end-to-end.pcap", "fork-parallel.pcap", "auth-407-then-200.pcap", "imdn-group-aggregated.pcap", "msrp-cpim-imdn.pcap"} {
		t.Run(name, func(t *testing.T) {
			store := &shelf{}
			r := analysed(t, New(Options{Wait: true, Writer: "w"}, Output{Store: store}), analyze.Options{}, name)
			deliveries, transactions := store.rows(Deliveries), store.rows(Transactions)
			if uint64(len(deliveries)) != r.Summary.Deliveries || uint64(len(transactions)) != r.Summary.Transactions {
				t.Errorf("%d deliveries and %d transactions of %d and %d", len(deliveries), len(transactions), r.Summary.Deliveries, r.Summary.Transactions)
			}
			var counted int64
			for _, n := range values(t, Minutes, store.rows(Minutes), "transactions") {
				counted += n.(int64)
			}
			if uint64(counted) != r.Summary.Transactions {
				t.Errorf("minutes count %d of %d transactions", counted, r.Summary.Transactions)
			}
			if len(store.rows(Findings)) != len(r.Findings) {
				t.Errorf("%d of %d findings", len(store.rows(Findings)), len(r.Findings))
			}
			if broken := fmt.Sprint(values(t, Deliveries, deliveries, "findings")); name == "proxy-inleg-200-missing.pcap" && !strings.Contains(broken, "answer-not-relayed") {
				t.Errorf("the findings of the deliveries are %s: the rule about a whole one is missing", broken)
			}
			checkIDs(t, store)
			checkTypes(t, store)
			if !store.closed || store.flushed == 0 {
				t.Error("the store was not flushed and closed")
			}
		})
	}
}

// checkTypes wants each value to be of the type of its column, and required ones to be there.
func checkTypes(t *testing.T, store *shelf) {
	t.Helper()
	goTypes := map[Type]string{Text: "string", Number: "int64", Real: "float64", Bool: "bool", Time: "time.Time", Texts: "[]string", Numbers: "[]int64"}
	for i, table := range schema {
		for _, row := range store.rows(i) {
			for c, v := range row {
				column := &table.Columns[c]
				if v == nil && !column.Required {
					continue
				}
				if got := fmt.Sprintf("%T", v); got != goTypes[column.Type] {
					t.Fatalf("%s.%s is a %s, want a %s", table.Name, column.Name, got, goTypes[column.Type])
				}
			}
		}
	}
}

// checkIDs wants every row to have a name of its own, and references to lead somewhere.
func checkIDs(t *testing.T, store *shelf) {
	t.Helper()
	known := map[any]bool{nil: true}
	for table, column := range map[int]string{Deliveries: "delivery_id", Transactions: "transaction_id", TextRows: "text_id"} {
		for _, id := range values(t, table, store.rows(table), column) {
			if len(id.(string)) != 32 || known[id] {
				t.Errorf("%s %v: too short, or twice", column, id)
			}
			known[id] = true
		}
	}
	for _, reference := range []struct {
		table  int
		column string
	}{{Transactions, "delivery_id"}, {Transactions, "parent_id"}, {TextRows, "delivery_id"}, {TextRows, "copy_of"}, {TextRows, "repeat_of"}} {
		for _, id := range values(t, reference.table, store.rows(reference.table), reference.column) {
			if !known[id] {
				t.Errorf("%s %v leads nowhere", reference.column, id)
			}
		}
	}
}

// TestSameIDs wants a capture that is read again to have the same names, live too.
func TestSameIDs(t *testing.T) {
	var first []any
	for _, options := range []analyze.Options{{}, {Workers: 3}, {Live: true}} {
		store := &shelf{}
		analysed(t, New(Options{Wait: true}, Output{Store: store}), options, "two-proxies-in-series.pcap")
		ids := values(t, Deliveries, store.rows(Deliveries), "delivery_id")
		ids = append(ids, values(t, Transactions, store.rows(Transactions), "transaction_id")...)
		ids = append(ids, values(t, TextRows, store.rows(TextRows), "text_id")...)
		slices.SortFunc(ids, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		if first == nil {
			first = ids
		}
		if len(ids) == 0 || !slices.Equal(ids, first) {
			t.Errorf("%+v: %v\nwant %v", options, ids, first)
		}
	}
}

// TestRedacted wants no name and no text of a capture in any row.
func TestRedacted(t *testing.T) {
	store := &shelf{}
	r, err := redact.New(redact.All, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	analysed(t, New(Options{Wait: true}, Output{Store: store}), analyze.Options{Redact: r}, "redact-leaks.pcap", "sms-end-to-end.pcap")
	all := fmt.Sprint(store.batches)
	for _, name := range []string{"alice", "+1555", "Hello"} {
		if strings.Contains(all, name) {
			t.Errorf("%q is in the rows", name)
		}
	}
}

// TestBodies wants what people wrote only where it was asked for.
func TestBodies(t *testing.T) {
	for _, bodies := range []bool{false, true} {
		store := &shelf{}
		analysed(t, New(Options{Wait: true, Bodies: bodies}, Output{Store: store}), analyze.Options{Bodies: true}, "auth-407-then-200.pcap")
		found := slices.ContainsFunc(append(values(t, TextRows, store.rows(TextRows), "text"), values(t, Transactions, store.rows(Transactions), "body")...), func(v any) bool { return v != nil })
		if found != bodies {
			t.Errorf("bodies %v: a text is there: %v", bodies, found)
		}
	}
}

// deliver hands one delivery on, with a time in seconds and an outcome.
func deliver(s *Sink, number int, verdict result.Verdict) {
	t := result.Transaction{
		ID: uint64(number), Delivery: uint64(number), Method: "MESSAGE", CallID: fmt.Sprint("call-", number), Closed: true, HasTime: true,
		FirstRequest: int64(number) * 1e9, Outcome: result.Success, Status: 200, HasRTT: true, RTT: 20 * time.Millisecond,
		RequestFrames: []capture.Ref{1},
	}
	s.Transaction(&t)
	s.Delivery(&result.Delivery{
		ID: t.Delivery, Verdict: verdict, CallIDs: []string{t.CallID}, HasTime: true, FirstRequest: t.FirstRequest, Closed: true,
		Hops: []result.Hop{{Transaction: t.ID}},
	})
}

// TestSample wants all failures, about the share of successes with their weight, and
// minutes that count everything.
func TestSample(t *testing.T) {
	const n = 4000
	store, again := &shelf{}, &shelf{}
	s := New(Options{Wait: true}, Output{Store: store, Sample: 0.25}, Output{Store: again, Sample: 0.25})
	for i := range n {
		deliver(s, 2*i+1, result.Delivered)
		deliver(s, 2*i+2, result.NoAnswer)
	}
	if err := s.Close(nil); err != nil {
		t.Fatal(err)
	}
	byVerdict := map[any]float64{}
	rows := store.rows(Deliveries)
	weights := values(t, Deliveries, rows, "weight")
	kept := map[any]int{}
	for i, v := range values(t, Deliveries, rows, "verdict") {
		byVerdict[v] += weights[i].(float64)
		kept[v]++
	}
	if kept["no-answer"] != n || byVerdict["no-answer"] != n {
		t.Errorf("%d failures of %d", kept["no-answer"], n)
	}
	if k := kept["delivered"]; k < n/5 || k > n*3/10 || byVerdict["delivered"] != float64(4*k) {
		t.Errorf("%d successes of %d with a weight of %v in all", k, n, byVerdict["delivered"])
	}
	if len(store.rows(Transactions)) != len(rows) || !slices.Equal(values(t, Deliveries, again.rows(Deliveries), "delivery_id"), values(t, Deliveries, rows, "delivery_id")) {
		t.Error("the sample is another one")
	}
	var counted int64
	for _, n := range values(t, Minutes, store.rows(Minutes), "transactions") {
		counted += n.(int64)
	}
	if counted != 2*n {
		t.Errorf("minutes count %d of %d", counted, 2*n)
	}
}

// flush waits until all that was handed on before is stored or lost, and says how many
// rows were lost since the Sink was made. Deliveries that have not closed are not among it.
func (s *Sink) flush() (lost uint64) {
	s.mutex.Lock()
	s.tellMinutes()
	s.mutex.Unlock()
	for _, q := range s.outputs {
		q.settle()
		c := q.counts()
		lost += c.Lost()
	}
	return lost
}

// TestToldAgain wants a delivery that changes late to have its name and a higher version.
func TestToldAgain(t *testing.T) {
	store := &shelf{}
	s := New(Options{Wait: true}, Output{Store: store})
	deliver(s, 7, result.NoAnswer)
	deliver(s, 7, result.Delivered)
	if lost := s.flush(); lost != 0 || len(store.rows(Deliveries)) != 2 {
		t.Errorf("%d rows lost, %d there after a flush", lost, len(store.rows(Deliveries)))
	}
	if err := s.Close(nil); err != nil {
		t.Fatal(err)
	}
	rows := store.rows(Deliveries)
	ids := values(t, Deliveries, rows, "delivery_id")
	if versions := values(t, Deliveries, rows, "version"); !slices.Equal(versions, []any{int64(1), int64(2)}) || ids[0] != ids[1] {
		t.Errorf("versions %v of %v", versions, ids)
	}
}

// TestWaiting wants transactions to be written without their delivery where too many wait.
func TestWaiting(t *testing.T) {
	store := &shelf{}
	s := New(Options{Wait: true, Limits: Limits{Waiting: 2}}, Output{Store: store})
	for i := range 5 {
		s.Transaction(&result.Transaction{ID: uint64(i + 1), Delivery: uint64(i + 1), Closed: true, FirstRequest: 1})
	}
	if s.flush(); len(store.rows(Transactions)) != 3 {
		t.Errorf("%d transactions were pushed out", len(store.rows(Transactions)))
	}
	if _, early := s.Counts(); early != 3 {
		t.Errorf("counted %d", early)
	}
	if err := s.Close(nil); err != nil || len(store.rows(Transactions)) != 5 || len(store.rows(Deliveries)) != 0 {
		t.Errorf("%d transactions, %d deliveries, %v", len(store.rows(Transactions)), len(store.rows(Deliveries)), err)
	}
}

// TestSeries wants minutes to be told when there are too many to hold, and to lose nothing.
func TestSeries(t *testing.T) {
	store := &shelf{}
	s := New(Options{Wait: true, Limits: Limits{Series: 3}}, Output{Store: store})
	for i := range 10 {
		deliver(s, 60*(i+1), result.Delivered)
	}
	if err := s.Close(nil); err != nil {
		t.Fatal(err)
	}
	rows := store.rows(Minutes)
	if parts := values(t, Minutes, rows, "part"); len(rows) != 10 || parts[9] != int64(3) {
		t.Errorf("%d minutes in parts %v", len(rows), parts)
	}
	if runs := values(t, Minutes, rows, "run"); runs[0] == nil || runs[0] != runs[9] {
		t.Errorf("runs %v", runs)
	}
}

func TestBuckets(t *testing.T) {
	for _, rtt := range []time.Duration{0, 1, 100 * time.Microsecond, 126 * time.Microsecond, time.Millisecond, 20357 * time.Microsecond, 32 * time.Second} {
		b := bucketOf(rtt)
		ms := float64(rtt) / 1e6
		if upTo(b) < ms-1e-9 || b > 1 && upTo(b-1) >= ms {
			t.Errorf("%v is in the bucket from %v to %v ms", rtt, upTo(b-1), upTo(b))
		}
	}
	if bucketOf(24*time.Hour) != buckets || upTo(0) != 0 {
		t.Error("bounds")
	}
}

// TestSchema wants each table to have what stores rely on.
func TestSchema(t *testing.T) {
	for i, table := range schema {
		names := map[string]bool{}
		for _, c := range table.Columns {
			if names[c.Name] || c.Type == 0 || c.Doc == "" || strings.Trim(c.Name, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
				t.Errorf("%s.%s: %+v", table.Name, c.Name, c)
			}
			names[c.Name] = true
			if strings.HasSuffix(c.Name, "_ms") != (c.Unit == "ms") {
				t.Errorf("%s.%s is in %q", table.Name, c.Name, c.Unit)
			}
		}
		if len(table.Keys()) == 0 || table.Time < 0 || table.Columns[table.Time].Type != Time {
			t.Errorf("%s has no key or no time", table.Name)
		}
		if i <= TextRows && table.Columns[weightColumn].Name != "weight" {
			t.Errorf("%s: its column %d is no weight", table.Name, weightColumn)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "é\tü\n": "é\tü\n", "a\x00b": "a\uFFFDb", "\x1b[2J": "\uFFFD[2J", "\xff": "\uFFFD", "\u202eabc": "\uFFFDabc", "\u0085": "\uFFFD", "\uFFFD": "\uFFFD",
		strings.Repeat("ä", 40): strings.Repeat("ä", 15) + "…",
	} {
		if got := Clean(in, 31); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// TestFindingAgain wants a finding that is told twice to have one name and one time, which
// replaces its row, whatever came between.
func TestFindingAgain(t *testing.T) {
	store := &shelf{}
	s := New(Options{}, Output{Store: store})
	f := result.Finding{Rule: "no-final-response", Peer: "192.0.2.1:5060", Count: 1}
	s.Finding(&f) // before the run has a name
	deliver(s, 1, result.Delivered)
	s.Finding(&f)
	deliver(s, 7200, result.Delivered)
	if err := s.Close(&result.Report{Findings: []result.Finding{f}}); err != nil {
		t.Fatal(err)
	}
	rows := store.rows(Findings)
	runs, times := values(t, Findings, rows, "run"), values(t, Findings, rows, "first")
	if len(rows) != 2 || runs[0] != runs[1] || runs[0] == "" || times[0] != times[1] || times[0] == nil {
		t.Errorf("%v at %v", runs, times)
	}
}
