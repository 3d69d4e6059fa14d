package msrp_test

import (
	"fmt"

	"simplecap/decode/msrp"
)

// A stream may come in any pieces.
func Example() {
	var p msrp.Parser
	show := func(m *msrp.Message) { fmt.Printf("%s %s: %s\n", m.Method, m.MessageID, m.Body) }
	p.Feed([]byte("MSRP a786 SEND\r\nTo-Path: msrp://b.example:7/x;tcp\r\nFrom-Path: msrp://a.example:8/y;tcp\r\n"), show)
	p.Feed([]byte("Message-ID: 12\r\nByte-Range: 1-5/5\r\nContent-Type: text/plain\r\n\r\nHello\r\n-------a786$\r\n"), show)
	fmt.Println("waiting for more:", p.Waiting())
	// Output:
	// SEND 12: Hello
	// waiting for more: false
}
