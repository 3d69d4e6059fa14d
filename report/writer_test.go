package report

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze/result"
	"simplecap/internal/words"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// render prints a run.
func render(t testing.TB, format Format, o Options, transactions []result.Transaction, r *result.Report) string {
	t.Helper()
	var out bytes.Buffer
	w, err := New(format, &out, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range transactions {
		w.Transaction(&transactions[i])
	}
	for i := range r.Findings {
		w.Finding(&r.Findings[i])
	}
	if err := w.Close(r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (go test -update rewrites it):\n%s", path, diff)
	}
}

func TestGolden(t *testing.T) {
	for _, test := range []struct {
		file    string
		format  Format
		options Options
	}{
		{"report.json", JSON, Options{Bodies: true}},
		{"report.ndjson", NDJSON, Options{}},
		{"live.ndjson", NDJSON, Options{Live: true}},
		{"live-table-120.txt", Table, Options{Live: true, Width: 120, By: ByTransaction}},
		{"live-table-80.txt", Table, Options{Live: true, Width: 80, Color: true, By: ByTransaction}},
		{"report.csv", CSV, Options{Bodies: true}},
		{"report.md", Markdown, Options{}},
		{"table-80.txt", Table, Options{Width: 80}},
		{"table-120.txt", Table, Options{Bodies: true}},
		{"table-200.txt", Table, Options{Width: 200, Where: "status >= 200"}},
		{"table-color.txt", Table, Options{Color: true}},
		{"table-rows-2.txt", Table, Options{Rows: 2}},
	} {
		t.Run(test.file, func(t *testing.T) {
			transactions, r := sample()
			if !test.options.Bodies {
				for i := range transactions {
					transactions[i].Body = nil
				}
			}
			golden(t, test.file, render(t, test.format, test.options, transactions, r))
		})
	}
}

// What is printed is the same whatever the order of closing.
func TestOrderOfClosing(t *testing.T) {
	transactions, r := sample()
	reversed, _ := sample()
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	for _, format := range []Format{Table, JSON, CSV, Markdown} {
		if diff := cmp.Diff(render(t, format, Options{}, transactions, r), render(t, format, Options{}, reversed, r)); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
	}
}

// No format lets control characters through, but for line ends and colours of its own.
func TestNoControlCharacters(t *testing.T) {
	for _, format := range Formats() {
		transactions, r := sample()
		out := render(t, format, Options{Bodies: true}, transactions, r)
		for i, c := range out {
			if c != '\n' && words.Invisible(c) {
				t.Errorf("%s: %q at %d in %q", format, c, i, out[max(0, i-20):min(len(out), i+20)])
			}
		}
	}
}

func TestTableWidth(t *testing.T) {
	for width := 60; width <= 220; width += 7 {
		transactions, r := sample()
		for _, line := range strings.Split(render(t, Table, Options{Width: width}, transactions, r), "\n") {
			if displayWidth(line) > width && !strings.Contains(line, "frame.number") {
				t.Errorf("width %d: a line of %d columns: %s", width, displayWidth(line), line)
			}
		}
	}
}

// A program has one object a transaction, when it has closed.
func TestLiveOnce(t *testing.T) {
	open, closed := answered(), answered()
	open.Closed, closed.Again = false, true
	for _, format := range []Format{CSV, NDJSON} {
		out := render(t, format, Options{Live: true}, []result.Transaction{open, closed}, &result.Report{})
		if strings.Count(out, "alice") != 1 {
			t.Errorf("%s:\n%s", format, out)
		}
	}
}

// An ID that comes twice, as it does live, is printed once, in its last state, or
// twice where rows are printed as they come.
func TestLiveUpdate(t *testing.T) {
	open, closed := answered(), answered()
	open.Closed, closed.ResponseFrames = false, frames(2, 3, 99)
	closed.Again, closed.Changed, closed.Retransmissions = true, true, 3
	for format, want := range map[Format]int{JSON: 1, Markdown: 1, Table: 1, CSV: 2, NDJSON: 2} {
		out := render(t, format, Options{Live: true, Early: true, By: ByTransaction}, []result.Transaction{open, closed}, &result.Report{})
		if got := strings.Count(out, "alice"); got != want {
			t.Errorf("%s: %d rows, want %d:\n%s", format, got, want, out)
		}
	}
}

type brokenWriter struct{ left int }

var errBroken = errors.New("no space left")

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestWriteErrorIsReported(t *testing.T) {
	for _, format := range Formats() {
		for _, left := range []int{0, 1000} {
			transactions, r := sample()
			w, err := New(format, &brokenWriter{left}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for range 500 {
				for i := range transactions {
					w.Transaction(&transactions[i])
				}
			}
			if err := w.Close(r); !errors.Is(err, errBroken) {
				t.Errorf("%s: Close returned %v", format, err)
			}
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	_, err := New("xml", nil, Options{})
	want := `unknown format "xml": choose table, json, ndjson, csv, markdown or html`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func BenchmarkTransaction(b *testing.B) {
	for _, format := range Formats() {
		b.Run(string(format), func(b *testing.B) {
			x := answered()
			w, err := New(format, discard{b}, Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for i := range b.N {
				x.ID = uint64(i + 1)
				w.Transaction(&x)
			}
			if err := w.Close(&result.Report{}); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// discard counts bytes as a benchmark's throughput.
type discard struct{ b *testing.B }

func (d discard) Write(p []byte) (int, error) { return len(p), nil }

func Example() {
	w, err := New(CSV, os.Stdout, Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	w.Transaction(&result.Transaction{ID: 1, Method: "MESSAGE", Transport: 1, Status: 200, Reason: "OK", Outcome: result.Success})
	// Close takes the Report that analyze.Run returned, and prints the rest.
	if err := w.Close(&result.Report{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// id,delivery,method,call_id,cseq,branch,sent_by,from,to,request_uri,transport,ipsec,src,dst,content_type,body_bytes,first_request,last_request,retransmissions,provisional,status,reason,final,rtt_ms,rtt_last_ms,outcome,cause,findings,request_frames,response_frames
	// 1,,MESSAGE,,,,,,,,udp,,,,,0,,,0,,200,OK,,,,success,,,,
}
