package check_test

import (
	"context"
	"fmt"
	"log"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/check"
)

// Judge a capture: every MESSAGE must have succeeded, within 200 ms.
func Example() {
	src, err := capture.Open([]string{"../testdata/check/trace.pcap"}, capture.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close()

	limit, err := check.ParseRTTLimit("p95=200ms")
	if err != nil {
		log.Fatal(err)
	}
	all := check.Percent(100)
	judge := check.New(&check.Policy{Budgets: check.Budgets{
		MaxRTT: []check.RTTLimit{limit}, MinSuccess: &all,
	}}, check.Options{})

	report, err := analyze.Run(context.Background(), src, analyze.Options{Whole: true}, judge)
	if err != nil {
		log.Fatal(err)
	}
	verdict := judge.Verdict(report, nil)
	fmt.Println(verdict.Result)
	for _, c := range verdict.Failing() {
		fmt.Println(c.Name, c.Actual, c.Breaches[0].Message)
	}
	// Output:
	// fail
	// max-rtt p95 420.827ms the p95 of 5 round-trip times is 420.827ms; allowed: 200ms
}
