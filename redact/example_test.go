package redact_test

import (
	"fmt"
	"log"

	"simplecap/redact"
)

// Gives equal values equal pseudonyms of the same length.
func Example() {
	r, err := redact.New(redact.Numbers, []byte("a key of 16 bytes or more"), nil)
	if err != nil {
		log.Fatal(err)
	}
	first, again := r.URI("sip:+15550100@example.com"), r.URI("sip:+15550100@example.com")
	fmt.Println(first == again, len(first), first != "sip:+15550100@example.com")
	// Output: true 25 true
}
