package jet_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"simplecap/bus"
	"simplecap/bus/jet"
)

// first takes one message.
type first struct {
	decoder *bus.Decoder
	done    bool
}

func (f *first) Take(data []byte, seq uint64, _ bus.Arrival) {
	b, err := f.decoder.Decode(data)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("message", seq, "of", b.Agent, "has a heartbeat:", b.Heart != nil)
	f.done = true
}

func (f *first) Tick(time.Time) bool { return !f.done }

// A server in this process, an agent that publishes what is in its spool, and a collector
// that reads it.
func Example() {
	dir, err := os.MkdirTemp("", "bus")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	server, err := jet.Listen("127.0.0.1:0", dir, 64<<20)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	conn, err := jet.Connect(jet.Options{Servers: []string{server.URL()}, MaxBytes: 32 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	spool, err := bus.OpenSpool("", 0, bus.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	agent := bus.NewAgent(bus.AgentOptions{Name: "proxy-1", Epoch: 1, Replay: true}, spool)
	agent.Close() // it says that it has ended
	spool.Close()
	if err := conn.Publish(context.Background(), spool); err != nil {
		log.Fatal(err)
	}

	decoder, err := bus.NewDecoder(bus.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	if err := conn.Consume(context.Background(), 0, &first{decoder: decoder}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// message 1 of proxy-1 has a heartbeat: true
}
