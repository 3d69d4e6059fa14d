package capture_test

import (
	"context"
	"fmt"
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

	packets := 0
	count := func(f *capture.Frame) { packets++ } // f.Data is valid until count returns
	if err := capture.Each(context.Background(), source, count); err != nil {
		log.Fatal(err)
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
