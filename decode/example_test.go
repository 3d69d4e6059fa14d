package decode_test

import (
	"fmt"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// A message is scanned in place: its parts are spans of the datagram.
func ExampleMessage_Scan() {
	datagram := []byte("MESSAGE sip:bob@example.com SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKwatson\r\n" +
		"Max-Forwards: 70\r\n" +
		"f: \"Bell, A.\" <sip:alice@example.com>;tag=1876\r\n" +
		"t: <sip:bob@example.com>\r\n" +
		"i: 10march@192.0.2.10\r\n" +
		"CSeq: 1\r\n  MESSAGE\r\n" +
		"c: text/plain\r\n" +
		"l: 18\r\n\r\n" +
		"Watson, come here.")

	var m decode.Message
	if !m.Scan(datagram) {
		fmt.Println("not SIP")
		return
	}
	fmt.Println(m.Text(m.Method), m.Text(m.CallID), m.CSeqNumber, m.Text(m.CSeqMethod))
	fmt.Println(m.Text(m.SentBy), m.Text(m.Branch))
	fmt.Printf("%s to %s: %q\n", m.Bytes(m.FromURI), sip.SplitURI(m.Bytes(m.ToURI)).User, m.Bytes(m.Body))
	// Output:
	// MESSAGE 10march@192.0.2.10 1 MESSAGE
	// 192.0.2.10:5060 z9hG4bKwatson
	// sip:alice@example.com to bob: "Watson, come here."
}
