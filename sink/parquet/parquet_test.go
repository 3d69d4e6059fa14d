package parquet

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/internal/shared"
	"simplecap/sink"
)

var schema = sink.NewSchema()

// open opens a store in a directory.
func open(t *testing.T, dir string, limits Limits) sink.Store {
	t.Helper()
	a, err := sink.Parse("parquet:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	store, err := Open(a, schema, Options{FileOptions: sink.FileOptions{Mode: 0o640}, Writer: "a host/x", Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// written gives what is found in captures to a store.
func written(t *testing.T, store sink.Store, names ...string) *result.Report {
	t.Helper()
	for i := range names {
		names[i] = "../../testdata/pcaps/" + names[i]
	}
	src, err := capture.Open(names, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	s := sink.New(sink.Options{Wait: true, Writer: "w"}, sink.Output{Name: "it", Store: store})
	r, err := analyze.Run(t.Context(), src, analyze.Options{PlainTexts: true}, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFiles reads the files with the library that wrote them.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // the second time the same files are written again
		r := written(t, open(t, dir, Limits{}), "fork-parallel.pcap", "sms-end-to-end.pcap", "imdn-group-aggregated.pcap")
		if n := count(t, dir, "deliveries"); n != int(r.Summary.Deliveries) {
			t.Errorf("%d of %d deliveries", n, r.Summary.Deliveries)
		}
		if n := count(t, dir, "transactions"); n != int(r.Summary.Transactions) {
			t.Errorf("%d of %d transactions", n, r.Summary.Transactions)
		}
	}
	for _, name := range files(t, dir, "") {
		if base := filepath.Base(name); base != emptyName && (strings.HasPrefix(base, ".") || !strings.Contains(base, "-a_host_x-") || len(base) < 30) {
			t.Errorf("%s is left", name)
		}
	}
}

// files are those of a table, "" for all.
func files(t *testing.T, dir, table string) []string {
	t.Helper()
	if table == "" {
		table = "*"
	}
	names, err := filepath.Glob(filepath.Join(dir, table, "*"))
	hidden, err2 := filepath.Glob(filepath.Join(dir, table, ".*"))
	if err := errors.Join(err, err2); err != nil || len(names) == 0 {
		t.Fatalf("%v: %v", names, err)
	}
	return append(names, hidden...)
}

func count(t *testing.T, dir, table string) (n int) {
	t.Helper()
	for _, name := range files(t, dir, table) {
		f := openFile(t, name)
		n += int(f.NumRows())
		if unit, ok := f.Lookup("simplecap.column.version"); !ok || !json.Valid([]byte(unit)) {
			t.Errorf("%s says nothing of its columns", name)
		}
	}
	return n
}

func openFile(t *testing.T, name string) *parquet.File {
	t.Helper()
	content, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { content.Close() })
	info, err := content.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(content, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestValues wants each type of value, none, and lists with none, one and two to come back.
func TestValues(t *testing.T) {
	at := time.Date(2026, 1, 1, 10, 0, 0, 1000, time.UTC)
	table := schema[sink.Transactions]
	row := make(sink.Row, len(table.Columns))
	for name, v := range map[string]any{
		"transaction_id": "a", "version": int64(1), "weight": 2.5, "writer": "w", "first_request": at, "ipsec": true,
		"provisional": []int64{100, 183}, "findings": []string{}, "request_frames": []string{"1#1"}, "rtt_ms": -1.5,
	} {
		row[table.Column(name)] = v
	}
	b, err := Encoder(schema)(table, []sink.Row{row, row})
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		ID          string   `parquet:"transaction_id"`
		Weight      float64  `parquet:"weight"`
		First       *int64   `parquet:"first_request,optional"`
		IPsec       *bool    `parquet:"ipsec,optional"`
		Provisional []int64  `parquet:"provisional,list,optional"`
		Findings    []string `parquet:"findings,list,optional"`
		Frames      []string `parquet:"request_frames,list,optional"`
		RTT         *float64 `parquet:"rtt_ms,optional"`
		Cause       *string  `parquet:"cause,optional"`
	}
	rows, err := parquet.Read[line](strings.NewReader(string(b)), int64(len(b)))
	if err != nil && !errors.Is(err, io.EOF) || len(rows) != 2 {
		t.Fatal(len(rows), err)
	}
	r := rows[1]
	if r.ID != "a" || r.Weight != 2.5 || r.First == nil || *r.First != at.UnixMicro() || r.IPsec == nil || !*r.IPsec || !slices.Equal(r.Provisional, []int64{100, 183}) ||
		len(r.Findings) != 0 || !slices.Equal(r.Frames, []string{"1#1"}) || r.RTT == nil || *r.RTT != -1.5 || r.Cause != nil {
		t.Errorf("%+v", r)
	}
}

// batch is n deliveries of an hour.
func batch(hour, n int) (b sink.Batch) {
	table := schema[sink.Deliveries]
	for i := range n {
		row := make(sink.Row, len(table.Columns))
		for c, v := range map[string]any{"delivery_id": string(rune('a' + i)), "version": int64(1), "weight": 1.0, "writer": "w", "first_request": time.Date(2026, 1, 1, hour, i, 0, 0, time.UTC)} {
			row[table.Column(c)] = v
		}
		b = append(b, sink.Record{Table: sink.Deliveries, Row: row})
	}
	return b
}

// TestHours wants a file an hour, one more for each that is full, and none that is not
// complete to have a name.
func TestHours(t *testing.T) {
	dir := t.TempDir()
	store := open(t, dir, Limits{Open: 2, Rows: 3})
	for _, hour := range []int{1, 2, 1, 3, 1} { // the third hour completes the first
		if err := store.Write(t.Context(), batch(hour, 2)); err != nil {
			t.Fatal(err)
		}
	}
	if named, _ := filepath.Glob(filepath.Join(dir, "deliveries", "2026*")); len(named) != 2 {
		t.Errorf("%v have names", named)
	}
	if err := store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	byHour := map[string]int{}
	for _, name := range files(t, dir, "deliveries") {
		if filepath.Base(name) == emptyName {
			continue
		}
		byHour[filepath.Base(name)[:13]] += int(openFile(t, name).NumRows())
	}
	if byHour["2026-01-01T01"] != 6 || byHour["2026-01-01T02"] != 2 || byHour["2026-01-01T03"] != 2 || len(files(t, dir, "deliveries")) != 5 {
		t.Errorf("%v in %v", byHour, files(t, dir, "deliveries"))
	}
	if err := store.Write(t.Context(), batch(5, 1)); err != nil {
		t.Fatal(err)
	}
	if store.Close(); len(files(t, dir, "deliveries")) != 5 {
		t.Error("what was not flushed is left")
	}
}

// TestLost wants exactly those rows to be counted as lost that were in no file yet.
func TestLost(t *testing.T) {
	dir := t.TempDir()
	store := open(t, dir, Limits{Open: 2, Rows: 100})
	for _, hour := range []int{1, 2, 3} {
		if err := store.Write(t.Context(), batch(hour, 2)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	err := store.Write(t.Context(), batch(4, 3))
	var lost *sink.Lost
	if !errors.As(err, &lost) || lost.Rows != 7 || !sink.IsPermanent(err) {
		t.Errorf("%v, %+v: want 7 lost", err, lost)
	}
	if err := store.Flush(t.Context()); err != nil {
		t.Errorf("nothing is left to fail: %v", err)
	}
}

func TestOpenFails(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{name, name + "2?ttl=1d"} {
		a, _ := sink.Parse("parquet:" + address)
		if _, err := Open(a, schema, Options{}); err == nil {
			t.Errorf("%s was opened", address)
		}
	}
}

// TestDuckDB reads the files with another engine, where npm has brought it.
func TestDuckDB(t *testing.T) {
	modules, dir := shared.NodeModules(t, "@duckdb/node-api"), t.TempDir()
	r := written(t, open(t, dir, Limits{}), "fork-parallel.pcap", "sms-end-to-end.pcap", "proxy-inleg-200-missing.pcap")
	query := exec.Command("node", "testdata/query.mjs", modules, dir, "../../contrib/sinks/views.sql",
		`SELECT count(*) AS n, count(DISTINCT delivery_id) AS ids FROM deliveries`,
		`SELECT count(*) AS n FROM transactions t JOIN deliveries d USING (delivery_id) WHERE t.first_request >= d.first_request`)
	out, err := query.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var answers [][]struct{ N, IDs json.Number }
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	number := func(n uint64) json.Number { return json.Number(strconv.FormatUint(n, 10)) }
	deliveries, transactions := number(r.Summary.Deliveries), number(r.Summary.Transactions)
	if a := answers[0][0]; a.N != deliveries || a.IDs != deliveries || answers[1][0].N != transactions {
		t.Errorf("%v: want %s and %s", answers, deliveries, transactions)
	}
}
