package sip_test

import (
	"fmt"

	"simplecap/decode/sip"
)

// Read the parts of a message, and what is wrong with it.
func Example() {
	var m sip.Message
	m.Scan([]byte("MESSAGE sip:bob@example.com SIP/2.0\r\n" +
		"v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nf: <sip:alice@example.com>;tag=a\r\n" +
		"t: <sip:bob@example.com>\r\ni: 1@192.0.2.1\r\nCSeq: 1 MESSAGE\r\n" +
		"l: 9\r\n\r\nHello"))

	fmt.Println(m.Text(m.Method), "from", m.Text(m.FromURI), "says", m.Text(m.Body))
	fmt.Println("too short for its Content-Length:", m.Defects.Has(sip.DefectContentLengthTooLong))
	fmt.Println("without Max-Forwards:", m.Defects.Has(sip.DefectNoMaxForwards))
	// Output:
	// MESSAGE from sip:alice@example.com says Hello
	// too short for its Content-Length: true
	// without Max-Forwards: true
}
