package sink

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/internal/shared"
)

// received is a request that came to a server.
type received struct {
	query, path string
	headers     http.Header
	body        []byte
}

// receiver is a server that takes all and answers as it is told.
type receiver struct {
	*httptest.Server
	mutex    sync.Mutex
	requests []received
	answer   func(n int, w http.ResponseWriter) // nil: 200 and nothing
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		body, err := io.ReadAll(request.Body)
		if request.Header.Get("Content-Encoding") == "gzip" {
			var unzipped *gzip.Reader
			if unzipped, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
				body, err = io.ReadAll(unzipped)
			}
		}
		if err != nil {
			t.Error(err)
		}
		r.requests = append(r.requests, received{request.URL.Query().Get("query"), request.URL.Path, request.Header, body})
		if r.answer != nil {
			r.answer(len(r.requests), w)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// address is that of the receiver with a scheme.
func (r *receiver) address(t *testing.T, scheme, rest string) *Address {
	t.Helper()
	a, err := Parse(scheme + strings.TrimPrefix(r.URL, "http") + rest)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Resolve(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestClickHouse wants tables before rows, each row as an object, and the password in the
// header alone.
func TestClickHouse(t *testing.T) {
	server := newReceiver(t)
	a := server.address(t, "clickhouse+http", "/calls?ttl=7d")
	t.Setenv("CLICKHOUSE_PASSWORD", "secret")
	store, err := OpenClickHouse(a, schema, ClickHouseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := analysed(t, New(Options{Wait: true}, Output{Store: store}), analyze.Options{}, "fork-parallel.pcap")
	rows, all := 0, ""
	for i, request := range server.requests {
		if request.headers.Get("X-ClickHouse-Key") != "secret" || request.headers.Get("X-ClickHouse-User") != "default" || strings.Contains(request.query, "secret") {
			t.Errorf("request %d: %v", i, request.headers)
		}
		if all += string(request.body) + "\n"; strings.HasPrefix(request.query, "INSERT INTO `calls`.`deliveries` (`delivery_id`, ") {
			rows += bytes.Count(request.body, []byte("\n"))
		}
	}
	if uint64(rows) != r.Summary.Deliveries || !strings.HasPrefix(all, "CREATE DATABASE IF NOT EXISTS `calls`\nCREATE TABLE") || !strings.Contains(all, "TTL written + INTERVAL 7 DAY") ||
		!strings.Contains(all, "ENGINE = ReplacingMergeTree(version) PARTITION BY toYYYYMM(`first_request`) ORDER BY (toStartOfHour(`first_request`), delivery_id)") {
		t.Errorf("%d rows\n%s", rows, all[:min(len(all), 4000)])
	}
}

// TestClickHouseRefuses wants a server's word on a wrong request to be the end of these
// rows, and one that is out of order to be asked again.
func TestClickHouseRefuses(t *testing.T) {
	server := newReceiver(t)
	for status, permanent := range map[int]bool{400: true, 401: true, 302: true, 429: false, 500: false, 503: false} {
		server.answer = func(_ int, w http.ResponseWriter) {
			w.WriteHeader(status)
			fmt.Fprintln(w, "Code: 60. \x1b[2Jno such table\nand more")
		}
		store, err := OpenClickHouse(server.address(t, "clickhouse+http", ""), schema, ClickHouseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		err = store.Write(t.Context(), Batch{{Findings, make(Row, len(schema[Findings].Columns))}})
		if err == nil || IsPermanent(err) != permanent || !strings.Contains(err.Error(), "no such table") || strings.ContainsAny(err.Error(), "\x1b\n") {
			t.Errorf("%d: %v", status, err)
		}
	}
	server.Close()
	store, _ := OpenClickHouse(server.address(t, "clickhouse+http", ""), schema, ClickHouseOptions{})
	if err := store.Write(t.Context(), nil); err == nil || IsPermanent(err) {
		t.Errorf("no server: %v", err)
	}
	for _, address := range []string{"/a/b", "?ttl=long", "?else=1"} {
		if _, err := OpenClickHouse(server.address(t, "clickhouse+http", address), schema, ClickHouseOptions{}); err == nil {
			t.Errorf("%s was taken", address)
		}
	}
}

// TestClickHouseEngine sends rows to the engine of ClickHouse, where npm has brought it,
// twice, and asks what it kept.
func TestClickHouseEngine(t *testing.T) {
	engine := shared.StartClickHouse(t)
	var r *result.Report
	for range 2 {
		a, err := Parse("clickhouse+http://default@" + engine.Address)
		if err == nil {
			err = a.Resolve(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		store, err := OpenClickHouse(a, schema, ClickHouseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r = analysed(t, New(Options{Wait: true}, Output{Store: store}), analyze.Options{}, "fork-parallel.pcap", "sms-end-to-end.pcap")
	}
	for statement, want := range map[string]uint64{
		"SELECT count() FROM deliveries FINAL WHERE hops > 0 AND first_request > '2026-01-01'":                                   r.Summary.Deliveries,
		"SELECT count() FROM transactions AS t FINAL JOIN deliveries AS d FINAL USING (delivery_id) WHERE t.outcome = 'success'": r.Summary.Success,
		"SELECT sum(transactions) FROM minutes FINAL":                                                                            r.Summary.Transactions,
	} {
		if got, err := engine.Query(statement, "simplecap", "TabSeparated"); err != nil || got != fmt.Sprint(want) {
			t.Errorf("%s: %s, %v, want %d", statement, got, err, want)
		}
	}
}
