package wire

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// StreamMessage is a MESSAGE as a TCP connection carries it, with the right
// Content-Length.
func StreamMessage(callID, body string) string {
	return StreamMessageOf(callID, fmt.Sprint(len(body)), body)
}

// StreamMessageOf is StreamMessage with any Content-Length, "" for none.
func StreamMessageOf(callID, length, body string) string {
	s := fmt.Sprintf("MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK%s\r\nCall-ID: %s\r\nCSeq: 1 MESSAGE\r\n", callID, callID)
	if length != "" {
		s += "Content-Length: " + length + "\r\n"
	}
	return s + "\r\n" + body
}

// Streams makes streams of messages, some with wrong lengths or SIP in the body.
func Streams() *rapid.Generator[string] {
	bodies := []string{"", "Hello world.", "text\r\n", "SIP/2.0 200 OK\r\nVia: x\r\n\r\n", "MESSAGE sip:x@y SIP/2.0\r\nVia: y",
		"MESSAGE sip:x", "INVIT", "S", "SIP/2.0", "a\r\n\r\nMESSAGE ", "\x00\x01\xff", "say SIP/2.0 200 OK\r\nx", strings.Repeat("x", 300)}
	between := []string{"", "", "", "\r\n", "\r\n\r\n", "\x00", "junk", "junk\r\nMESSAGE ", "E sip:a@b SIP/2.0\r\nVia: z\r\n\r\n"}
	return rapid.Custom(func(t *rapid.T) string {
		var s strings.Builder
		for i := range rapid.IntRange(1, 6).Draw(t, "messages") {
			text := rapid.SampledFrom(bodies).Draw(t, "body")
			length := fmt.Sprint(max(0, len(text)+rapid.SampledFrom([]int{0, 0, 0, 6, -3, 300}).Draw(t, "lie")))
			if rapid.IntRange(0, 9).Draw(t, "none") == 0 {
				length = ""
			}
			s.WriteString(rapid.SampledFrom(between).Draw(t, "between"))
			s.WriteString(StreamMessageOf(fmt.Sprint("id", i), length, text))
		}
		return s.String()
	})
}
