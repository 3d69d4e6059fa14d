package content_test

import (
	"fmt"

	"simplecap/decode/content"
)

// A text in a CPIM, as rich messaging sends it.
func Example() {
	body := "From: <sip:alice@example.com>\r\nTo: <sip:bob@example.com>\r\n\r\n" +
		"Content-Type: text/plain;charset=utf-8\r\n\r\nLunch?"
	c := content.Read(content.Header{Type: "message/cpim"}, []byte(body), content.Limits{})
	fmt.Println(c.Type, c.Characters, c.Text)
	fmt.Println("from", c.CPIM.From)
	// Output:
	// text/plain 6 Lunch?
	// from sip:alice@example.com
}
