package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/internal/wire"
	"simplecap/report"
)

// FuzzReport gives any bytes to the whole path, from the file reader to the JSON
// report. Whatever they are, the report is valid JSON, its numbers add up, and a
// second run with another number of workers gives the same bytes.
func FuzzReport(f *testing.F) {
	files, err := filepath.Glob("../testdata/pcaps/*.pcap*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil && len(data) < 20000 {
			f.Add(data)
		}
	}
	for _, text := range []string{
		"0 alice > bob MESSAGE\n0.1 bob > alice 200 OK\n",
		"0 alice > bob tcp MESSAGE\n0.1 bob > alice tcp 200 OK\n",
		"0 alice > bob MESSAGE\n0.1 bob > alice icmp\n40 end\n",
	} {
		frames, err := wire.Parse(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire.AppendPcap(nil, frames))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		one := reportOf(t, data, 1)
		if two := reportOf(t, data, 2); !bytes.Equal(one, two) {
			t.Fatalf("one worker:\n%s\ntwo workers:\n%s", one, two)
		}
		var r struct {
			Summary      map[string]any
			Transactions []struct {
				Outcome string
				RTT     *float64 `json:"rtt_ms"`
			}
		}
		if err := json.Unmarshal(one, &r); err != nil {
			t.Fatalf("%v\n%s", err, one)
		}
		count := map[string]uint64{}
		for _, x := range r.Transactions {
			count[x.Outcome]++
			if x.RTT != nil && *x.RTT < 0 {
				t.Errorf("a round trip of %v ms", *x.RTT)
			}
		}
		if float64(len(r.Transactions)) != r.Summary["transactions"] {
			t.Errorf("%d transactions listed, %v counted", len(r.Transactions), r.Summary["transactions"])
		}
		for outcome, n := range count {
			if r.Summary[outcome] != float64(n) {
				t.Errorf("%d %s listed, %v counted", n, outcome, r.Summary[outcome])
			}
		}
	})
}

// reportOf returns the JSON report of a capture.
func reportOf(t *testing.T, data []byte, workers int) []byte {
	src, err := capture.Open([]string{"-"}, capture.Options{Stdin: bytes.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var out bytes.Buffer
	w, err := report.New(report.JSON, &out, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := analyze.Run(context.Background(), src, analyze.Options{Workers: workers}, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(r); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
