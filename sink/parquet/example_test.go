package parquet_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/sink"
	"simplecap/sink/parquet"
)

// Keep what a capture shows in a folder of Parquet files, one folder a table and a file a day.
func Example() {
	dir, err := os.MkdirTemp("", "rows")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	address, err := sink.Parse("parquet:" + dir)
	if err != nil {
		log.Fatal(err)
	}
	store, err := parquet.Open(address, sink.NewSchema(), parquet.Options{FileOptions: sink.FileOptions{Mode: 0o644}, Writer: "example"})
	if err != nil {
		log.Fatal(err)
	}
	rows := sink.New(sink.Options{Writer: "example", Wait: true}, sink.Output{Name: address.String(), Store: store})

	src, err := capture.Open([]string{"../../testdata/pcaps/n-v6.pcap"}, capture.Options{})
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
	files, err := filepath.Glob(filepath.Join(dir, "deliveries", "*"))
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range files {
		fmt.Println(filepath.Base(file))
	}
	// Output:
	// 0.parquet
	// 2025-11-27T00-example-20251127T000000.000000-00001.parquet
}
