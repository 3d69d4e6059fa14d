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
		var report struct {
			Quality struct {
				Lost *uint64 `json:"sink_lost"`
			}
		}
		if err := json.Unmarshal(out.Bytes(), &report); err != nil {
			t.Fatal(err, said.String())
		}
		if lost := report.Quality.Lost; (status != http.StatusOK) != (lost != nil && *lost > 0) {
			t.Errorf("the store says %d: %s%s", status, out.String(), said.String())
		}
		if told := strings.Contains(said.String(), store.URL); status != http.StatusOK && !told {
			t.Error(said.String())
		}
	}
}
