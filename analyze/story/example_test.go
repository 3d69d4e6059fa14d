package story_test

import (
	"context"
	"fmt"
	"log"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/analyze/story"
	"simplecap/capture"
)

// delivery keeps one delivery and its transactions.
type delivery struct {
	id           uint64
	found        *result.Delivery
	transactions []result.Transaction
}

func (d *delivery) Finding(*result.Finding) {}

func (d *delivery) Transaction(t *result.Transaction) {
	if t.Delivery == d.id {
		d.transactions = append(d.transactions, t.Clone())
	}
}

func (d *delivery) Delivery(v *result.Delivery) {
	if v.ID == d.id {
		clone := v.Clone()
		d.found = &clone
	}
}

// Tells what became of the first delivery of a capture, message by message.
func Example() {
	run := func(h analyze.Handler, joined func(analyze.Joined)) *result.Report {
		src, err := capture.Open([]string{"../../testdata/pcaps/proxy-inleg-200-missing.pcap"}, capture.Options{})
		if err != nil {
			log.Fatal(err)
		}
		defer src.Close()
		r, err := analyze.Run(context.Background(), src, analyze.Options{Joined: joined}, h)
		if err != nil {
			log.Fatal(err)
		}
		return r
	}
	first := &delivery{id: 1}
	run(first, nil)
	collector := story.NewCollector(first.found, first.transactions, story.DefaultMessages)
	report := run(collector, collector.Joined)
	told := collector.Story(report, analyze.Options{})
	fmt.Println(told.Delivery.Verdict)
	for _, step := range told.Steps {
		fmt.Println("frame", step.Message.Frame.Number(), step.Message.Src, "to", step.Message.Dst, "again:", step.Role == analyze.Repeated)
	}
	for _, a := range told.Alterations() {
		fmt.Println(len(a.Changes), "changes by", a.Before.Dst)
	}
	// Output:
	// answer-not-relayed
	// frame 1 192.0.2.10:5060 to 192.0.2.1:5060 again: false
	// frame 2 198.51.100.1:5060 to 198.51.100.20:5060 again: false
	// frame 3 198.51.100.20:5060 to 198.51.100.1:5060 again: false
	// frame 6 192.0.2.10:5060 to 192.0.2.1:5060 again: true
	// frame 9 192.0.2.10:5060 to 192.0.2.1:5060 again: true
	// frame 11 192.0.2.10:5060 to 192.0.2.1:5060 again: true
	// 3 changes by 192.0.2.1:5060
}
