package sink

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"ndjson:rows.ndjson?sample=1%":                     "ndjson:rows.ndjson sample 0.01",
		"parquet:/data?sample=1/20&every=1h":               "parquet:/data sample 0.05",
		"clickhouse+http://me:secret@host:8123/db?ttl=90d": "clickhouse+http://me:xxxxx@host:8123/db sample 0",
		"postgres://me:secret@/db?sslmode=disable":         "postgres://me:xxxxx@/db sample 0",
		"ndjson:":           "want a store",
		"rows.ndjson":       "want a store",
		"otlp+http://":      "want a host",
		"ndjson:f?sample=2": "sample=2",
		"ndjson:f?every=1":  "every=1",
	} {
		a, err := Parse(text)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(a, " sample ", a.Sample)
		}
		if !strings.HasPrefix(got, want) || strings.Contains(got, "secret") {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	a, _ := Parse("clickhouse+https://host/db?ttl=90d")
	if a.Port() != "8443" || a.URL.String() != "https://host/db" || a.Take("ttl") != "90d" || a.NoMore() != nil {
		t.Errorf("%+v", a)
	}
	a, _ = Parse("ndjson:dir/f?x=1")
	if a.NoMore() == nil || a.Directory() != "dir" || !slices.Equal(slices.Collect(maps.Keys(a.Query)), []string{"x"}) || filepath.Base(a.Name) != "f" {
		t.Errorf("%+v", a)
	}
}
