package bus_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/bus"
	"simplecap/capture"
)

// quiet is told what a host sees by itself: its legs are what counts.
type quiet struct{}

func (quiet) Transaction(*result.Transaction) {}
func (quiet) Finding(*result.Finding)         {}

// printer is told what a Joiner finds.
type printer struct{ quiet }

func (printer) Delivery(d *result.Delivery) { fmt.Println(d.Sender, d.Verdict, len(d.Hops), "hops") }

// What an agent saw is joined by a collector. Between the two stands a spool in memory; package
// jet has a bus.
func Example() {
	spool, err := bus.OpenSpool("", 0, bus.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	agent := bus.NewAgent(bus.AgentOptions{Name: "proxy-1", Epoch: 1, Replay: true}, spool)
	src, err := capture.Open([]string{"../testdata/pcaps/fork-parallel.pcap"}, capture.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close()
	if _, err := analyze.Run(context.Background(), src, analyze.Options{Legs: agent}, quiet{}); err != nil {
		log.Fatal(err)
	}
	agent.Close()
	spool.Close()

	joiner := analyze.NewJoiner(analyze.Options{}, printer{})
	defer joiner.Close()
	collector, err := bus.NewCollector(joiner, bus.CollectorOptions{})
	if err != nil {
		log.Fatal(err)
	}
	reader := spool.NewReader()
	for {
		m, taken, err := reader.Next(context.Background())
		if err != nil {
			break // io.EOF: the spool is closed, and empty
		}
		collector.Take(m.Data, bus.Arrival{At: time.Now()})
		taken()
	}
	collector.End()
	fmt.Println("agents that have not ended:", collector.Silent())
	// Output:
	// sip:alice@example.com delivered 3 hops
	// sip:alice@example.com delivered 3 hops
	// sip:alice@example.com delivered 3 hops
	// agents that have not ended: []
}
