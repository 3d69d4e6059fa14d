package strict_test

import (
	"fmt"

	"simplecap/decode"
	"simplecap/decode/strict"
)

// A message that the scanner has read is given to sipgo for its opinion.
func ExampleParser() {
	var m decode.Message
	m.Scan([]byte("MESSAGE sip:bob@example.com SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 192.0.2.10:5060;Branch=z9hG4bKwatson\r\n" +
		"Max-Forwards: 70\r\n" +
		"From: <sip:alice@example.com>;tag=1876\r\n" +
		"To: <sip:bob@example.com>\r\n" +
		"Call-ID: 10march@192.0.2.10\r\n" +
		"CSeq: 1 MESSAGE\r\n" +
		"Content-Length: 0\r\n\r\n"))

	opinion := strict.NewParser(decode.Limits{}).Parse(&m)
	fmt.Println(opinion.Err)
	fmt.Println("reads another", opinion.Differs)
	// Output:
	// <nil>
	// reads another branch
}
