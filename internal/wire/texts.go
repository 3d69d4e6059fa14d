package wire

import (
	"regexp"
	"strings"
	"testing"
)

// PlainMessage is a MESSAGE with no more than it must have.
const PlainMessage = "MESSAGE sip:bob@example.com SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx\r\n" +
	"Max-Forwards: 70\r\n" +
	"From: <sip:alice@example.com>;tag=ft\r\n" +
	"To: <sip:bob@example.com>\r\n" +
	"Call-ID: a@b\r\n" +
	"CSeq: 1 MESSAGE\r\n" +
	"Content-Type: text/plain\r\n" +
	"Content-Length: 2\r\n\r\nHi"

// PlainMessageWith replaces the line of PlainMessage that begins with prefix.
func PlainMessageWith(t testing.TB, prefix, lines string) string {
	t.Helper()
	begin := strings.Index(PlainMessage, prefix)
	if begin < 0 {
		t.Fatalf("no line %q", prefix)
	}
	end := begin + strings.Index(PlainMessage[begin:], "\r\n") + 2
	return PlainMessage[:begin] + lines + PlainMessage[end:]
}

// UserAgentMessage is a MESSAGE of 460 bytes as a common user agent sends it.
const UserAgentMessage = "MESSAGE sip:service-user-bob@192.0.2.20:5060 SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK-20240-1234567-0\r\n" +
	"Max-Forwards: 70\r\n" +
	"From: \"Alice Example\" <sip:alice@192.0.2.10:5060>;tag=20240SIPpTag001234567\r\n" +
	"To: <sip:service-user-bob@192.0.2.20:5060>\r\n" +
	"Call-ID: 1234567-20240@192.0.2.10\r\n" +
	"CSeq: 1 MESSAGE\r\n" +
	"User-Agent: example/1.0\r\n" +
	"Content-Type: text/plain\r\n" +
	"Content-Length: 33\r\n\r\n" +
	"Watson, come here. I want to see."

// CompactNames writes the names of PlainMessage's header fields in their compact form,
// where they have one (RFC 3261 7.3.3), and no space before values.
func CompactNames(raw string) string {
	compact := map[string]string{"Via": "v", "From": "f", "To": "t", "Call-ID": "i", "Content-Type": "c", "Content-Length": "l"}
	return regexp.MustCompile("(?m)^[A-Za-z-]+: *").ReplaceAllStringFunc(raw, func(name string) string {
		name, _, _ = strings.Cut(name, ":")
		if c, ok := compact[name]; ok {
			name = c
		}
		return name + ":"
	})
}
