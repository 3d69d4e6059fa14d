package report_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/report"
)

// Print a capture as CSV, here without its long lines.
func Example() {
	src, err := capture.Open([]string{"../testdata/pcaps/n-v6.pcap"}, capture.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close()
	var b strings.Builder
	w, err := report.New(report.CSV, &b, report.Options{By: report.ByTransaction})
	if err != nil {
		log.Fatal(err)
	}
	found, err := analyze.Run(context.Background(), src, analyze.Options{}, w)
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Close(found); err != nil {
		log.Fatal(err)
	}
	for row := range strings.Lines(b.String()) {
		fmt.Println(strings.Join(strings.Split(row, ",")[:3], ","))
	}
	// Output:
	// id,delivery,method
	// 1,1,MESSAGE
	// 2,2,MESSAGE
	// 3,3,MESSAGE
	// 4,4,MESSAGE
}
