package made_test

import (
	"fmt"
	"net/netip"
	"time"

	"simplecap/capture"
	"simplecap/capture/made"
)

// Packets of a message that was read out of TLS: a connection is made up for it.
func Example() {
	var packets made.Packets
	m := made.Message{
		Src: netip.MustParseAddrPort("192.0.2.1:40000"), Dst: netip.MustParseAddrPort("192.0.2.2:5061"),
		Stream: 1, Begins: true, Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano(), HasTime: true,
		From: capture.MakeRef(1, 7), Payload: []byte("MESSAGE sip:bob@example.com SIP/2.0\r\n\r\n"),
	}
	for _, f := range packets.Message(&m) {
		fmt.Println(f.Link, len(f.Data), "bytes, has SYN:", f.Data[33]&made.SYN != 0)
	}
	for _, f := range packets.End(&m, false, true) {
		fmt.Println(f.Link, len(f.Data), "bytes, has FIN:", f.Data[33]&made.FIN != 0)
	}
	// Output:
	// RAW 40 bytes, has SYN: true
	// RAW 40 bytes, has SYN: true
	// RAW 79 bytes, has SYN: false
	// RAW 40 bytes, has FIN: false
	// RAW 40 bytes, has FIN: true
}
