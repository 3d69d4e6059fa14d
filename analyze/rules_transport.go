package analyze

import (
	"fmt"

	"simplecap/decode"
)

// maxUnreliable is the longest request that may go over UDP, in bytes, where the
// path MTU is not known.
const maxUnreliable = 1300

// transportRules are about how messages are carried.
var transportRules = []Rule{
	{
		ID:        "over-1300-on-udp",
		Title:     "request over 1300 bytes on UDP",
		Doc:       "A request within 200 bytes of the path MTU, or over 1300 bytes where that is not known, must go over TCP. Over UDP it is cut into fragments, which NATs and firewalls like to drop.",
		Reference: "RFC 3261 18.1.1 and RFC 3428 8", Words: "the request MUST be sent using an RFC 2914 congestion controlled transport protocol, such as TCP", Severity: Error, Since: "0.1",
		Trap:  "the size is that of the whole message, not of its body; on loopback the MTU is large",
		Scope: EachMessage,
		Check: func(x *Exchange) bool {
			return x.isRequest() && x.Message.Transport == decode.UDP && messageSize(x.Message) > maxUnreliable
		},
		Level: func(x *Exchange) Severity {
			if x.Message.Src.AddrPort().Addr().IsLoopback() {
				return Note
			}
			return Error
		},
		Say: func(x *Exchange) string {
			return fmt.Sprintf("sends a MESSAGE of %d bytes over UDP", messageSize(x.Message))
		},
	},
}

// messageSize is the size of a message in bytes, as sent: the snapshot length
// may have cut what was captured.
func messageSize(m *decode.Message) int {
	size := len(m.Raw)
	if m.Carriage&decode.Cut != 0 && m.Body.Len > 0 && m.ContentLength > 0 && m.ContentLength < 1<<16 {
		size = max(size, int(m.Body.Off)+int(m.ContentLength))
	}
	return size
}
