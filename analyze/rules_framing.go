package analyze

import (
	"strconv"
	"unicode/utf8"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// framingRules are about where a message ends.
var framingRules = []Rule{
	{
		ID:        "content-length-missing",
		Title:     "no Content-Length on a stream",
		Doc:       "On TCP only Content-Length says where a message ends. Without it the peer waits for more, takes the next message for the body, or closes the connection: everything behind this message may be lost. Correct the sender.",
		Reference: "RFC 3261 18.3 and 20.14", Words: "The Content-Length header field MUST be used with stream oriented transports", Severity: result.Error, Since: "0.1",
		Trap:    "UDP, where the datagram ends the message, and WebSocket, where the frame does (RFC 7118 5)",
		Scope:   EachMessage,
		Defects: sip.DefectContentLengthMissing,
		Check:   func(x *Exchange) bool { return x.wholeHead() && !viaWebSocket(x) },
		Say: func(x *Exchange) string {
			return "sends " + x.noun() + " over " + transportName(x.Message) + " without Content-Length"
		},
	},
	{
		ID:        "content-length-too-long",
		Title:     "fewer bytes than Content-Length says",
		Doc:       "The body ends before the length that the header claims. A response like this must be thrown away, so that the sender never sees its 200; a request is refused with 400. Look for something on the way that changes bodies.",
		Reference: "RFC 3261 18.3", Words: "If the transport packet ends before the end of the message body, this is considered an error. If the message is a response, it MUST be discarded", Severity: result.Error, Since: "0.1",
		Trap:    "a body that the snapshot length cut",
		Scope:   EachMessage,
		Defects: sip.DefectContentLengthTooLong,
		Check:   func(x *Exchange) bool { return !x.isCut() },
		Places:  []Place{atField(sip.HeaderContentLength)},
		Say: func(x *Exchange) string {
			return "sends " + x.noun() + " with Content-Length " + strconv.FormatInt(x.Message.ContentLength, 10) +
				" and " + strconv.Itoa(int(x.Message.Body.Len)) + " bytes of body"
		},
	},
	{
		ID:        "content-length-too-short",
		Title:     "more bytes than Content-Length says",
		Doc:       "The datagram goes on behind the body. The receiver must drop the rest, so that the text is cut short. Look for a length that counts characters instead of bytes. Where the rest is another message, that is not read either: the sender put two into one datagram, or the host that captured put datagrams together, as it does with generic receive offload for UDP (ethtool -K DEVICE rx-udp-gro-forwarding off), and both arrived.",
		Reference: "RFC 3261 18.3", Words: "If there are additional bytes in the transport packet beyond the end of the body, they MUST be discarded", Severity: result.Warning, Since: "0.1",
		Trap:    "up to four bytes of CR, LF or NUL at the end, which are info; a length of 0 is an error, since nothing of the text arrives",
		Scope:   EachMessage,
		Defects: sip.DefectContentLengthTooShort | sip.DefectTrailing,
		Check:   func(x *Exchange) bool { return !inOneWebSocketMessage(x.Message) }, // websocket-framing
		Level: func(x *Exchange) result.Severity {
			switch {
			case !x.Message.Defects.Any(sip.DefectContentLengthTooShort):
				return result.Info
			case x.Message.ContentLength == 0 && !x.Message.Defects.Any(sip.DefectAnotherBehind): // nothing of the text arrives
				return result.Error
			}
			return result.Warning
		},
		Places: []Place{atField(sip.HeaderContentLength)},
		Say:    sayTooShort,
	},
	{
		ID:        "content-length-invalid",
		Title:     "Content-Length that cannot be read",
		Doc:       "The length is negative, no number, or given twice with different values. Elements that read it differently see different messages, which is how messages are smuggled past a filter; careful ones refuse the request with 400. Correct the sender, and let border elements refuse such messages.",
		Reference: "RFC 3261 20.14, RFC 4475 3.1.2.3 and 3.3.9", Words: "Any Content-Length greater than or equal to zero is a valid value", Severity: result.Error, Since: "0.1",
		Trap:    "leading zeros, and the same value twice, which header-repeated reports",
		Scope:   EachMessage,
		Defects: sip.DefectContentLengthInvalid,
		Check:   func(x *Exchange) bool { return x.wholeHead() },
		Places:  []Place{atField(sip.HeaderContentLength)},
		Say: func(x *Exchange) string {
			return "sends " + x.noun() + " with the Content-Length " + allValues(x, sip.HeaderContentLength)
		},
	},
	framingLost,
	splitOverDatagrams,
	webSocketFraming,
	contradictingBytes,
}

// contradictingBytes is found by a message, or by the analyzer where that was read before.
var contradictingBytes = Rule{
	ID:        "contradicting-bytes",
	Title:     "two versions of the same bytes",
	Doc:       "The capture has the same bytes of a TCP stream, of an IP datagram or of an SCTP chunk twice, and they differ. Those that came first were read; which ones the receiver took nobody else knows, so that the verdict may rest on forged bytes. Compare both frames: another MAC address, TTL or IP identification shows who put one of them in. A middlebox on the capturing host that rewrites SIP shows both versions too.",
	Reference: "RFC 9293 3.8.1 and 3.10.7.4, RFC 791 3.2, RFC 9260 6.2", Severity: result.Error, Since: "0.2",
	Trap:  "a retransmission, also one that is cut in other segments, and the byte of garbage that keeps an idle connection alive",
	Scope: EachMessage,
	Check: func(x *Exchange) bool { return x.Message.Carriage&decode.Contradicted != 0 },
	Say: func(x *Exchange) string {
		if x.Message == nil {
			return x.Detail
		}
		return "sent " + x.noun() + " of which some bytes came twice and differ"
	},
}

// framingLost is found by a message behind the bytes, or by the analyzer where none is.
var framingLost = Rule{
	ID:        "framing-lost",
	Title:     "bytes between two messages of a stream",
	Doc:       "Between two messages on TCP, or behind the last one, there are bytes that belong to none: the Content-Length of the message before says less than its body has, or more than one element writes to the connection. A peer reads them as the beginning of the next message and loses that, or closes the connection. The finding shows the message whose length is wrong; the one behind it is innocent.",
	Reference: "RFC 3261 7.5 and 18.3", Words: "Implementations processing SIP messages over stream-oriented transports MUST ignore any CRLF appearing before the start-line", Severity: result.Error, Since: "0.1",
	Trap:    "line ends, which keep a connection alive; the beginning of a message that its sender or the capture cut; a connection that began before the capture; and what follows a hole in it",
	Scope:   EachMessage,
	Defects: sip.DefectFramingLost,
	Check:   func(x *Exchange) bool { return x.Message.Carriage&decode.AfterGap == 0 },
	Where:   func(x *Exchange) capture.Ref { return x.Message.Liar.Frame },
	Say: func(x *Exchange) string {
		if x.Message == nil {
			return x.Detail
		}
		liar := &x.Message.Liar
		return "sends a message with Content-Length " + strconv.FormatInt(liar.ContentLength, 10) + " and " +
			strconv.FormatInt(liar.ContentLength+int64(x.Message.Skipped), 10) + " bytes of body: the rest looks like the beginning of " +
			x.noun() + " behind it on the same connection"
	},
}

// webSocketFraming is about what RFC 7118 asks for beyond RFC 6455.
var webSocketFraming = Rule{
	ID:        "websocket-framing",
	Title:     "SIP that a WebSocket must not carry like this",
	Doc:       "A WebSocket message holds more than one SIP message, of which a receiver reads the first; a text frame holds what is not UTF-8, for which a browser must close the connection with everything that is on its way; who sends did not name the subprotocol sip in the handshake, so that the other end need not know what it gets; a client sends without a mask or a server with one, for which the other end must close the connection; or the connection ended inside a frame, of which the receiver reads nothing. Correct the sender.",
	Reference: "RFC 7118 4.1 and 5, RFC 6455 5.1, 5.6 and 8.1", Words: "each SIP message MUST be carried within a single WebSocket message, and a WebSocket message MUST NOT contain more than one SIP message", Severity: result.Error, Since: "0.1",
	Trap:  "binary frames, which may hold any bytes; keep-alives, fragments and many frames in one segment; a capture that begins behind the handshake, or ends or has a hole inside a frame",
	Scope: EachMessage,
	Check: func(x *Exchange) bool { return webSocketFault(x) != "" },
	Level: func(x *Exchange) result.Severity {
		if inOneWebSocketMessage(x.Message) || badText(x) || x.Message.Carriage&(decode.WrongMask|decode.ShortFrame) != 0 {
			return result.Error
		}
		return result.Warning // both ends may have agreed by other means
	},
	Say: webSocketFault,
}

// inOneWebSocketMessage reports whether another message is behind this one in a WebSocket
// message.
func inOneWebSocketMessage(m *decode.Message) bool {
	return m.Defects.Any(sip.DefectAnotherBehind) && m.Transport.WebSocket() == m.Transport
}

// webSocketFault says what is wrong with how a WebSocket carries the message, "" where
// nothing is.
func webSocketFault(x *Exchange) string {
	switch m := x.Message; {
	case inOneWebSocketMessage(m):
		return "sends " + x.noun() + " and another SIP message in one WebSocket message"
	case badText(x):
		return "sends " + x.noun() + " that is not UTF-8 in a text frame"
	case m.Carriage&decode.WrongMask != 0:
		return "sends " + x.noun() + " in a WebSocket frame without a mask as a client, or with one as a server: the other end must close the connection"
	case m.Carriage&decode.ShortFrame != 0:
		return "sends " + x.noun() + " in a WebSocket frame that announces more bytes than came before the connection ended"
	case m.Carriage&decode.NoSubprotocol != 0:
		return "sends " + x.noun() + " over a WebSocket for which it did not name the subprotocol sip"
	}
	return ""
}

// badText reports whether a text frame holds what is not UTF-8.
func badText(x *Exchange) bool {
	return x.Message.Carriage&decode.TextFrame != 0 && x.Message.Carriage&(decode.Cut|decode.ShortFrame) == 0 && !utf8.Valid(x.Message.Raw)
}

var splitOverDatagrams = Rule{
	ID:        "split-over-datagrams",
	Title:     "one message in several datagrams",
	Doc:       "The sender writes a long message to UDP piece by piece, as if it were a stream. The receiver takes the first datagram for a message that is too short and refuses or drops it, and the others for rubbish: nothing arrives. Send the message over TCP, or in one datagram and let IP cut it.",
	Reference: "RFC 3261 18.3", Words: "If the transport packet ends before the end of the message body, this is considered an error. If the message is a response, it MUST be discarded", Severity: result.Error, Since: "0.2",
	Trap: "IP fragments, which are put together; another message behind it; a keep-alive; a datagram with more bytes than the message lacks",
	Say:  func(x *Exchange) string { return x.Detail },
}

// sayTooShort is the sentence of content-length-too-short. Of a body with the length 0
// nothing arrives.
func sayTooShort(x *Exchange) string {
	m := x.Message
	if m.Defects.Any(sip.DefectAnotherBehind) {
		return "sends " + x.noun() + " and behind it another SIP message in one datagram, which is not read: a receiver drops it, unless the capturing host put datagrams together"
	}
	if m.ContentLength == 0 && m.Defects.Any(sip.DefectContentLengthTooShort) {
		return "sends " + x.noun() + " with Content-Length 0 before " + strconv.Itoa(int(m.Beyond)) +
			" bytes: the receiver must discard them, so that the whole text is lost"
	}
	return "sends " + x.noun() + " that goes on behind the " + strconv.FormatInt(m.ContentLength, 10) + " bytes of its Content-Length"
}

// viaWebSocket reports whether the sender says that it uses a WebSocket.
func viaWebSocket(x *Exchange) bool {
	via := x.text(x.Message.ViaTransport)
	return sameFold(via, "WS") || sameFold(via, "WSS")
}

// allValues lists the values of a header field for a sentence.
func allValues(x *Exchange, id sip.HeaderID) (list string) {
	for value := range x.Message.All(id) {
		if list != "" {
			list += " and "
		}
		list += quoted(value)
		if len(list) > longestQuote {
			break
		}
	}
	return list
}
