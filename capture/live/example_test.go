package live_test

import (
	"fmt"
	"log"

	"simplecap/capture"
	"simplecap/capture/live"
)

// Prints how long each packet is that may carry SIP, on all interfaces, until
// the program is killed. It needs the right to capture.
func ExampleOpen() {
	filter := &live.SIPFilter{} // by content, on any port
	live, err := live.Open(live.Options{Filter: filter.Program})
	if err != nil {
		log.Fatal(err)
	}
	defer live.Close()

	frames := make([]capture.Frame, 256)
	for {
		n, err := live.ReadBatch(frames) // n is 0 after 100 ms without a packet
		if err != nil {
			log.Fatal(err)
		}
		for _, f := range frames[:n] {
			fmt.Println(live.InterfaceName(f.Interface), f.Length)
		}
	}
}

// Prints the program of a filter as tcpdump -d does.
func ExampleSIPFilter() {
	filter := &live.SIPFilter{UDPPorts: []uint16{5060}}
	program, err := filter.Program(capture.LinkEthernet)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(program[0], "...", program[len(program)-1])
	// Output:
	// ldh [12] ... ret #262144
}
