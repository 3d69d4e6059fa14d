package analyze

import (
	"fmt"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// maxUnreliable is the longest request that may go over UDP, in bytes, where the
// path MTU is not known (RFC 3261 18.1.1).
const maxUnreliable = 1300

// belowMTU is how far below the path MTU a request over UDP has to stay, in bytes.
const belowMTU = 200

// transportRules are about what carries messages.
var transportRules = []Rule{
	{
		ID:        "over-1300-on-udp",
		Title:     "request over 1300 bytes on UDP",
		Doc:       "A request within 200 bytes of the path MTU, or over 1300 bytes where that is not known, must go over TCP. Over UDP it is cut into fragments, which NATs and firewalls like to drop. Let the client switch to TCP, shorten its header, or send long texts in a session.",
		Reference: "RFC 3261 18.1.1 and RFC 3428 8", Words: "the request MUST be sent using an RFC 2914 congestion controlled transport protocol, such as TCP", Severity: result.Error, Since: "0.1",
		Trap:  "the size is that of the whole message and of nothing behind it; on loopback the MTU is large, so it is a note there",
		Scope: EachMessage,
		Kind:  sip.Request,
		Check: func(x *Exchange) bool {
			return !x.Message.Transport.Reliable() && messageSize(x.Message) > x.longest()
		},
		Level: func(x *Exchange) result.Severity {
			if x.Message.Src.AddrPort().Addr().IsLoopback() {
				return result.Note
			}
			return result.Error
		},
		Say: func(x *Exchange) string {
			return fmt.Sprintf("sends %s of %d bytes over UDP", x.noun(), messageSize(x.Message))
		},
	},
	{
		ID:        "over-1300",
		Title:     "MESSAGE over 1300 bytes outside of a dialog",
		Doc:       "The limit of 1300 bytes holds from end to end, whatever carries this hop: the next one may be UDP. In a network where every hop is known to be TCP or TLS it does no harm.",
		Reference: "RFC 3428 8", Words: "The size of MESSAGE requests outside of a media session MUST NOT exceed 1300 bytes, unless the UAC has positive knowledge that the message will not traverse a congestion-unsafe link at any hop", Severity: result.Note, Since: "0.1",
		Trap:  "a MESSAGE inside a dialog; between two trusted networks it is info",
		Scope: EachMessage,
		Kind:  sip.Request,
		Check: func(x *Exchange) bool {
			m := x.Message
			return m.Transport.Reliable() && x.isMessage() && m.ToTag.Len == 0 && messageSize(m) > maxUnreliable
		},
		Level: func(x *Exchange) result.Severity {
			if x.trusts(x.Message.Src) && x.trusts(x.Message.Dst) {
				return result.Info
			}
			return result.Note
		},
		Say: func(x *Exchange) string {
			return fmt.Sprintf("sends a MESSAGE of %d bytes over %s outside of a dialog", messageSize(x.Message), transportName(x.Message))
		},
	},
	{
		ID:        "ip-fragmented",
		Title:     "a message in IP fragments",
		Doc:       "The message was too long for one packet. It arrives only if every fragment does, and many NATs and firewalls drop fragments: such messages get lost while short ones get through. Shorten them or use TCP.",
		Reference: "RFC 3261 18.1.1", Severity: result.Warning, Since: "0.1",
		Trap:  "fragments of a tunnel, which the sender knows nothing of: info",
		Scope: EachMessage,
		Check: func(x *Exchange) bool { return x.Message.Carriage&decode.Fragmented != 0 },
		Level: func(x *Exchange) result.Severity {
			if x.Message.Carriage&decode.Tunneled != 0 {
				return result.Info
			}
			return result.Warning
		},
		Say: func(x *Exchange) string {
			return fmt.Sprintf("sends %s of %d bytes in IP fragments", x.noun(), messageSize(x.Message))
		},
	},
	{
		ID:        "via-transport",
		Title:     "Via names another transport",
		Doc:       "The top Via says UDP and the request came over a stream, or the other way. The response goes where the Via says, and may never reach the sender. Correct the client, or the proxy that changed the transport.",
		Reference: "RFC 3261 18.1.1", Words: "If this causes a change in the transport protocol from the one indicated in the top Via, the value in the top Via MUST be changed", Severity: result.Warning, Since: "0.1",
		Trap:  "TLS and WebSocket that were taken off before the capture point: their Via goes on over TCP",
		Scope: EachMessage,
		Kind:  sip.Request,
		Check: func(x *Exchange) bool {
			via := x.text(x.Message.ViaTransport)
			if x.Message.Transport.Reliable() {
				return sameFold(via, "UDP")
			}
			return string(via) != "UDP" && (sameFold(via, "TCP") || sameFold(via, "TLS"))
		},
		Places: []Place{atViaTransport},
		Say: func(x *Exchange) string {
			return fmt.Sprintf("sends %s over %s with %s in its top Via", x.noun(), transportName(x.Message),
				strings.ToUpper(printable(string(x.text(x.Message.ViaTransport)))))
		},
	},
}

// longest is the size in bytes that a request over UDP may have.
func (x *Exchange) longest() int {
	if x.MTU > 0 {
		return x.MTU - belowMTU
	}
	return maxUnreliable
}

// transportName is what carried the message, as a Via header field spells it.
func transportName(m *decode.Message) string { return strings.ToUpper(m.Transport.String()) }

// messageSize is the size of a message in bytes, as sent: the snapshot length
// may have cut what was captured.
func messageSize(m *decode.Message) int {
	size := len(m.Raw)
	if m.Carriage&decode.Cut != 0 && m.Body.Len > 0 && m.ContentLength > 0 && m.ContentLength < 1<<16 {
		size = max(size, int(m.Body.Off)+int(m.ContentLength))
	}
	return size
}
