package sink_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/sink"
)

// Keep what a capture shows as rows in files of JSON.
func Example() {
	dir, err := os.MkdirTemp("", "rows")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	address, err := sink.Parse("ndjson:" + filepath.Join(dir, "rows.ndjson"))
	if err != nil {
		log.Fatal(err)
	}
	store, err := sink.OpenNDJSON(address, sink.NewSchema(), sink.FileOptions{Mode: 0o644})
	if err != nil {
		log.Fatal(err)
	}
	rows := sink.New(sink.Options{Writer: "example", Wait: true}, sink.Output{Name: address.String(), Store: store})

	src, err := capture.Open([]string{"../testdata/pcaps/n-v6.pcap"}, capture.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close()
	found, err := analyze.Run(context.Background(), src, analyze.Options{}, rows)
	if err != nil {
		log.Fatal(err)
	}
	if err := rows.Close(found); err != nil {
		log.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(dir, "rows.ndjson"))
	if err != nil {
		log.Fatal(err)
	}
	tables := make(map[string]int)
	for row := range bytes.Lines(written) {
		var one struct{ Table string }
		if err := json.Unmarshal(row, &one); err != nil {
			log.Fatal(err)
		}
		tables[one.Table]++
	}
	fmt.Println(tables)
	// Output:
	// map[deliveries:4 findings:5 minutes:4 transactions:4]
}
