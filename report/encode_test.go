package report

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"simplecap/analyze/result"
)

// Whatever the wire holds, a CSV reader gets each cell back, and none is a formula.
func FuzzCSVCells(f *testing.F) {
	f.Add("=1+1", "@SUM(A1)", "a,b\n\"c\"")
	f.Add("\t=1", "\r\n-1", "＝1")
	f.Fuzz(func(t *testing.T, from, to, reason string) {
		x := answered()
		x.From, x.To, x.Reason = from, to, reason
		out := render(t, CSV, Options{}, []result.Transaction{x}, &result.Report{})
		records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(records) != 2 || len(records[0]) != len(records[1]) {
			t.Fatalf("%d records, %v:\n%s", len(records), err, out)
		}
		for _, cell := range records[1] {
			if r, _ := utf8.DecodeRuneInString(cell); strings.ContainsRune("=+-@\t\r＝＋－＠", r) {
				t.Errorf("the cell %q could be a formula", cell)
			}
		}
	})
}

// Every report is valid JSON, whatever the wire holds.
func FuzzJSONReport(f *testing.F) {
	f.Add("sip:a@b", "OK", []byte("text"))
	f.Add("\xff\"", "\x1b", []byte{0, 255})
	f.Fuzz(func(t *testing.T, from, reason string, body []byte) {
		x := answered()
		x.From, x.Reason, x.Body = from, reason, body
		r := &result.Report{SIP: result.SIPCounts{Requests: map[string]uint64{from: 1, reason: 2}}}
		for _, format := range []Format{JSON, NDJSON} {
			for _, line := range documents(format, render(t, format, Options{Bodies: true}, []result.Transaction{x}, r)) {
				if !json.Valid([]byte(line)) {
					t.Errorf("not JSON: %s", line)
				}
			}
		}
	})
}

func documents(format Format, out string) []string {
	if format == JSON {
		return []string{out}
	}
	return strings.Split(strings.TrimSuffix(out, "\n"), "\n")
}

// The times and durations of the report read back exactly.
func TestJSONReadsBack(t *testing.T) {
	transactions, r := sample()
	var got struct {
		Schema       string
		Transactions []struct {
			ID           uint64
			RTT          json.Number `json:"rtt_ms"`
			FirstRequest time.Time   `json:"first_request"`
			Provisional  []int
			Frames       []struct{ File, Frame uint64 } `json:"request_frames"`
		}
		Deliveries []any
	}
	if err := json.Unmarshal([]byte(render(t, JSON, Options{}, transactions, r)), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != Schema || len(got.Transactions) != 5 || got.Deliveries == nil {
		t.Fatalf("got %+v", got)
	}
	first := got.Transactions[0]
	if first.ID != 1 || first.RTT != "20.357" || !first.FirstRequest.Equal(start) || first.Frames[0].Frame != 1 {
		t.Errorf("the first transaction is %+v", first)
	}
	if second := got.Transactions[1]; second.RTT != "" || second.Provisional == nil {
		t.Errorf("the unanswered transaction is %+v", second)
	}
}

// TestStamps holds the times of a row against those of package time.
func TestStamps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s stamps
		for _, ns := range rapid.SliceOf(rapid.Int64Range(-2e9, 4e9)).Draw(t, "times") {
			for _, ns := range []int64{ns, ns + 1_700_000_000e9, ns * 1e9} {
				if got, want := s.append(nil, ns), appendTime(nil, ns); string(got) != string(want) {
					t.Fatalf("%d is %s, want %s", ns, got, want)
				}
			}
		}
	})
}

// What the short way takes as it is, the long way does not change.
func FuzzPlainCell(f *testing.F) {
	for _, s := range []string{"", "INVITE", "=1", "a;b", " a", "a ", "a b", "é", "a,b", `a"`, "a\t", "a\x7f", "＝1", "sip:alice@example.com", "-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		plain, long := csvWriter{}, csvWriter{}
		plain.cell(0, s)
		long.quoted(s)
		if string(plain.row) != string(long.row) {
			t.Errorf("%q is %q by the short way, %q by the long one", s, plain.row, long.row)
		}
	})
}
