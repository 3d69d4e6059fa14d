package sms_test

import (
	"fmt"

	"simplecap/decode/content/sms"
)

// An RP-ERROR of a network that does not know the recipient.
func Example() {
	m := sms.Decode([]byte{0x05, 0x2a, 0x01, 0x1c})
	fmt.Println(m.Type, m.Reference, m.Cause)
	// Output:
	// RP-ERROR 42 28 unidentified subscriber
}
