package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestSinkLost wants the report to count the rows that a store refuses, and none where it
// takes them.
func TestSinkLost(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
		store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		defer store.Close()
		var out, said bytes.Buffer
		capture := filepath.Join("..", "..", "testdata", "pcaps", "proxy-inleg-200-missing.pcap") // failures are never left out
		run(context.Background(), []string{"read", "--format", "json", "--sink", "otlp+" + store.URL, capture}, nil, &out, &said)
		if lost := sinkLost(t, out.Bytes()); (status != http.StatusOK) != (lost > 0) {
			t.Errorf("the store says %d: %s%s", status, out.String(), said.String())
		}
		if told := strings.Contains(said.String(), store.URL); status != http.StatusOK && !told {
			t.Error(said.String())
		}
	}
}

// sinkLost is how many rows a report says that no store has.
func sinkLost(t *testing.T, report []byte) uint64 {
	t.Helper()
	var of struct {
		Quality struct {
			Lost uint64 `json:"sink_lost"`
		}
	}
	if err := json.Unmarshal(report, &of); err != nil {
		t.Fatalf("%v: %s", err, report)
	}
	return of.Quality.Lost
}
