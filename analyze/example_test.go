package analyze_test

import (
	"context"
	"fmt"
	"log"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
)

// printer prints transactions as they close.
type printer struct{}

func (printer) Transaction(t *result.Transaction) {
	fmt.Println(t.Src, "to", t.Dst, t.Outcome, t.Status, t.RTT)
}

func (printer) Finding(*result.Finding) {}

func Example() {
	src, err := capture.Open([]string{"../testdata/pcaps/container-editcap.pcapng"}, capture.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close()
	report, err := analyze.Run(context.Background(), src, analyze.Options{}, printer{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Summary.Success, "answered,", report.Summary.Missing200, "missing")
	// Output:
	// 192.0.2.10:5060 to 192.0.2.20:5060 success 200 3.66ms
	// 192.0.2.10:5060 to 192.0.2.20:5060 success 200 3.59ms
	// 192.0.2.10:5060 to 192.0.2.20:5060 success 200 3.484ms
	// 192.0.2.10:5060 to 192.0.2.20:5060 success 200 3.411ms
	// 192.0.2.10:5060 to 192.0.2.20:5060 success 200 4.47ms
	// 5 answered, 0 missing
}
