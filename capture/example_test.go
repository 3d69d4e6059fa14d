package capture_test

import (
	"fmt"
	"io"
	"log"

	"simplecap/capture"
)

// Reads four files of a rotated capture as one, in whatever order they are named.
func Example() {
	source, err := capture.Open([]string{
		"../testdata/pcaps/rotated-3.pcap",
		"../testdata/pcaps/rotated-1.pcap",
		"../testdata/pcaps/rotated-4.pcap",
		"../testdata/pcaps/rotated-2.pcap",
	}, capture.Options{})
	if err != nil {
		log.Fatal(err) // a name does not exist
	}
	defer source.Close()

	frames := make([]capture.Frame, 256)
	packets := 0
	for err != io.EOF {
		var n int
		if n, err = source.ReadBatch(frames); err != nil && err != io.EOF {
			log.Fatal(err)
		}
		for _, frame := range frames[:n] {
			_ = frame.Data // valid until the next ReadBatch
			packets++
		}
	}

	fmt.Println(packets, "packets")
	for _, input := range source.Inputs() {
		fmt.Println(input.Packets, input.LinkTypes, input.Complete)
	}
	// Output:
	// 26 packets
	// 7 [EN10MB] true
	// 7 [EN10MB] true
	// 7 [EN10MB] true
	// 5 [EN10MB] true
}
