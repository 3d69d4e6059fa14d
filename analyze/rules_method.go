package analyze

import (
	"bytes"
	"slices"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
	"simplecap/internal/words"
)

// methodRules find method confusion: any SIP request is a "SIP message", only
// one method is MESSAGE.
var methodRules = []Rule{
	{
		ID:        "method-case",
		Title:     "MESSAGE written in another case",
		Doc:       "The method is MESSAGE in capitals; \"message\" is another, unknown method. A strict peer answers 501 or 405, a lenient one accepts it: the same client works here and fails there. Correct the client.",
		Reference: "RFC 3428 9", Words: "the MESSAGE method name is case sensitive", Severity: result.Error, Since: "0.1",
		Trap:     "header field names and the SIP version are compared without case",
		Scope:    EachMessage,
		Kind:     sip.Request,
		Check:    func(x *Exchange) bool { return x.isMessage() && string(x.text(x.Message.Method)) != "MESSAGE" },
		EndToEnd: true,
		Places:   []Place{atMethod},
		Say: func(x *Exchange) string {
			return "sends the method " + quoted(x.text(x.Message.Method)) + ": methods are case-sensitive, it is not MESSAGE"
		},
	},
	{
		ID:        "method-near-miss",
		Title:     "a method that looks like a misspelt MESSAGE",
		Doc:       "An unknown method carries what looks like an instant message. The peer does not know the method, so the message is not delivered, and counts of MESSAGE do not show it. Find out what software sends it, and whether a method of its own is meant.",
		Reference: "RFC 3261 21.5.2", Words: "the server does not recognize the request method", Severity: result.Warning, Since: "0.1",
		Trap:     "extension methods such as KDMQ or INTERNAL without the body of an instant message",
		Scope:    EachMessage,
		Kind:     sip.Request,
		Check:    func(x *Exchange) bool { return !x.isMessage() && nearMiss(x.Message) },
		EndToEnd: true,
		Places:   []Place{atMethod},
		Say: func(x *Exchange) string {
			return "sends text with the unknown method " + quoted(x.text(x.Message.Method)) + " instead of MESSAGE"
		},
	},
	{
		ID:        "request-cseq-method",
		Title:     "request line and CSeq name different methods",
		Doc:       "The method in CSeq must be that of the request line. Servers answer 400, and tools that go by CSeq take the message for something else. Correct whatever wrote the CSeq, often a border element that rewrites it.",
		Reference: "RFC 3261 8.1.1.5", Words: "The method MUST match that of the request", Severity: result.Error, Since: "0.1",
		Trap:  "ACK and CANCEL, which have methods of their own",
		Scope: EachMessage,
		Kind:  sip.Request,
		Check: func(x *Exchange) bool {
			cseq, method := x.text(x.Message.CSeqMethod), x.text(x.Message.Method)
			return !bytes.Equal(cseq, method) && len(cseq) > 0 && !bytes.EqualFold(cseq, method) && x.wholeHead() && !hasOwnMethod(method)
		},
		EndToEnd: true,
		Places:   []Place{atMethod, atCSeqMethod},
		Say: func(x *Exchange) string {
			return "sends " + quoted(x.text(x.Message.Method)) + " with the CSeq method " + quoted(x.text(x.Message.CSeqMethod))
		},
	},
	{
		ID:        "cseq-method-case",
		Title:     "CSeq writes MESSAGE in another case",
		Doc:       "The method in CSeq is case-sensitive. A strict client does not match the response and retransmits until it gives up, although the message arrived. Correct the client.",
		Reference: "RFC 3261 20.16", Words: "The method part of CSeq is case-sensitive", Severity: result.Error, Since: "0.1",
		Scope: EachMessage,
		Kind:  sip.Request,
		Check: func(x *Exchange) bool {
			cseq := x.text(x.Message.CSeqMethod)
			return string(cseq) != "MESSAGE" && sameFold(cseq, "MESSAGE") && string(x.text(x.Message.Method)) == "MESSAGE"
		},
		EndToEnd: true,
		Places:   []Place{atCSeqMethod},
		Say: func(x *Exchange) string {
			return "sends MESSAGE with the CSeq method " + quoted(x.text(x.Message.CSeqMethod))
		},
	},
	responseCseqMethod,
	{
		ID:        "text-in-other-method",
		Title:     "an instant message in another method",
		Doc:       "Text or an SMS travels in a method that is not MESSAGE. It passes by the access rules, charging and counters that operators keep for MESSAGE. Extend these to the method, or refuse it.",
		Reference: "RFC 3428 3", Words: "", Severity: result.Note, Since: "0.1",
		Trap:   "INFO packages (RFC 6086), the bodies of event packages and sipfrag in NOTIFY, SMS in the INFO of a call",
		Scope:  OtherMethods,
		Kind:   sip.Request,
		Check:  textInOtherMethod,
		Places: []Place{atMethod, atContentType},
		Say: func(x *Exchange) string {
			return "sends " + mediaText(x) + " in " + printable(string(x.text(x.Message.Method))) + " instead of MESSAGE"
		},
	},
	{
		ID:        "method-refused",
		Title:     "the peer refuses the method MESSAGE",
		Doc:       "501: the peer does not know MESSAGE. 405: it knows the method and does not allow it here. The first wants another peer, the second a setting.",
		Reference: "RFC 3261 8.2.1 and 21.5.2", Words: "the UAS MUST generate a 405 (Method Not Allowed) response", Severity: result.Warning, Since: "0.1",
		Scope:    ClosedTransaction,
		Check:    func(x *Exchange) bool { return x.Transaction.Status == 405 || x.Transaction.Status == 501 },
		Inherits: sameStatus,
		Places:   []Place{atStatus},
		Say: func(x *Exchange) string {
			if x.Transaction.Status == 501 {
				return "answers 501: it does not recognise the method " + quoted([]byte(x.Transaction.Method))
			}
			return "answers 405: it knows the method " + quoted([]byte(x.Transaction.Method)) + " and does not allow it here"
		},
	},
	{
		ID:        "405-without-allow",
		Title:     "405 without Allow",
		Doc:       "A 405 has to list the methods that are allowed. Without the list the sender cannot learn that it must not send MESSAGE here, and tries again. Correct the server.",
		Reference: "RFC 3261 21.4.6", Words: "The response MUST include an Allow header field containing a list of valid methods for the indicated address", Severity: result.Warning, Since: "0.1",
		Trap:     "an Allow that the snapshot length cut away",
		Scope:    EachMessage,
		Kind:     sip.Response,
		Check:    func(x *Exchange) bool { return x.Message.Status == 405 && x.lacks(sip.HeaderAllow) },
		EndToEnd: true,
		Places:   []Place{atStatus},
		Say:      func(*Exchange) string { return "answers MESSAGE with 405 and no list of the methods that it allows" },
	},
	ackToMessage,
}

var responseCseqMethod = Rule{
	ID:        "response-cseq-method",
	Title:     "response names another method in CSeq",
	Doc:       "The response carries the branch, Call-ID and number of a MESSAGE but another method in CSeq. The sender cannot match it and retransmits until it gives up: it looks like a missing 200 and is none. Correct the server.",
	Reference: "RFC 3261 8.2.6.2 and 17.1.3", Words: "The CSeq header field of the response MUST equal the CSeq field of the request", Severity: result.Error, Since: "0.1",
	Trap:   "another request of the same peer with the same branch",
	Places: []Place{atCSeqMethod},
	Say: func(x *Exchange) string {
		return "answers a MESSAGE with the CSeq method " + quoted(x.text(x.Message.CSeqMethod)) + ": the sender cannot match the response"
	},
}

var ackToMessage = Rule{
	ID:        "ack-to-message",
	Title:     "ACK to a MESSAGE",
	Doc:       "Only INVITE has an ACK. A peer that acknowledges a MESSAGE runs the state machine of INVITE for it, and will get retransmission and time-out wrong as well. Correct the peer.",
	Reference: "RFC 3261 17.1.2.1", Words: "Non-INVITE transactions do not make use of ACK", Severity: result.Error, Since: "0.1",
	Trap:   "the ACK of an INVITE with the same Call-ID and number",
	Places: []Place{atMethod, atField(sip.HeaderCSeq)},
	Say: func(*Exchange) string {
		return "sent an ACK for a MESSAGE: it runs an INVITE transaction"
	},
}

// nearMiss reports whether a request has an unknown method close to MESSAGE, and
// the body of an instant message.
func nearMiss(m *decode.Message) bool {
	method := m.Method.In(m.Raw)
	if len(method) < 2 || len(method) > 9 || sameFold(method, "MESSAGE") || isRegistered(method) {
		return false
	}
	return (misspelt(method) || isShortName(method)) && textLike(m)
}

// misspelt reports whether a token of at most 9 bytes is MESSAGE, in any case, with at
// most two letters wrong.
func misspelt(method []byte) bool {
	var room [9]byte
	upper := room[:copy(room[:], method)]
	for i, c := range upper {
		if 'a' <= c && c <= 'z' {
			upper[i] = c - 'a' + 'A'
		}
	}
	return words.Distance(upper, "MESSAGE") <= 2
}

// isRegistered reports whether the token is a method of the IANA registry.
func isRegistered(method []byte) bool {
	switch string(method) {
	case "ACK", "BYE", "CANCEL", "INFO", "INVITE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH", "REFER", "REGISTER", "SUBSCRIBE", "UPDATE":
		return true
	}
	return false
}

// isShortName reports whether the token is what someone may call a message.
func isShortName(method []byte) bool {
	for _, name := range []string{"MSG", "SMS", "IM", "TEXT", "CHAT"} {
		if sameFold(method, name) {
			return true
		}
	}
	return false
}

// textTypes are the media types of instant messages.
var textTypes = []string{"text/plain", "text/html", "message/cpim", "message/imdn+xml", "application/vnd.3gpp.sms", "application/im-iscomposing+xml"}

// textLike reports whether the body of m is that of an instant message.
func textLike(m *decode.Message) bool {
	media := m.MediaType()
	for _, t := range textTypes {
		if len(media) == len(t) && bytes.EqualFold(media, []byte(t)) {
			return true
		}
	}
	return false
}

// mediaText is the media type for a sentence.
func mediaText(x *Exchange) string {
	return printable(string(x.Message.MediaType()))
}

// hasOwnMethod reports whether requests with the method belong to another
// request and take its CSeq number, but not its method (RFC 3261 9.1, 17.1.1.3).
func hasOwnMethod(method []byte) bool { return string(method) == "ACK" || string(method) == "CANCEL" }

// textInOtherMethod finds instant messages outside MESSAGE.
func textInOtherMethod(x *Exchange) bool {
	m := x.Message
	if m.Body.Len == 0 || !textLike(m) {
		return false
	}
	switch string(x.text(m.Method)) {
	case "NOTIFY", "PUBLISH":
		return !ofEventPackage(x)
	case "INFO":
		return !ofInfoPackage(m) && !(m.ToTag.Len > 0 && isMedia(m.Text(m.ContentType), "APPLICATION/VND.3GPP.SMS"))
	}
	return true
}

// ofEventPackage reports whether the body is that of an event package
// (RFC 6665 4.1.2.4), by another name than that of a message.
func ofEventPackage(x *Exchange) bool {
	event, ok := x.header(sip.HeaderEvent)
	name := sip.MediaType(event)
	return ok && !sameFold(name, "MESSAGE") && !isShortName(name)
}

// ofInfoPackage reports whether the body is that of an INFO package (RFC 6086).
func ofInfoPackage(m *decode.Message) bool {
	return slices.ContainsFunc(m.Headers, func(h sip.Header) bool {
		return h.ID == sip.HeaderOther && bytes.EqualFold(h.Name.In(m.Raw), []byte("Info-Package"))
	})
}
