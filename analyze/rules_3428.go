package analyze

import (
	"bytes"
	"slices"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// semanticRules hold a MESSAGE against RFC 3428.
var semanticRules = []Rule{
	{
		ID:        "contact-in-message",
		Title:     "Contact in a MESSAGE",
		Doc:       "A MESSAGE makes no dialog and has no Contact. Peers that learn routes from it send later requests to the wrong place, and it shows the address of a client that a border element wants to hide. Switch it off in the client, or remove it at the border.",
		Reference: "RFC 3428 4", Words: "User Agents MUST NOT insert Contact header fields into MESSAGE requests", Severity: result.Warning, Since: "0.1",
		Trap:     "RCS clients, which put +sip.instance there: info with --profile rcs",
		Scope:    EachMessage,
		Kind:     sip.Request,
		Header:   sip.HeaderContact,
		Check:    func(x *Exchange) bool { return x.isMessage() },
		Level:    contactLevel,
		EndToEnd: true,
		Places:   []Place{atField(sip.HeaderContact)},
		Say:      func(*Exchange) string { return "puts a Contact header field into MESSAGE" },
	},
	{
		ID:        "contact-in-2xx",
		Title:     "Contact in the 2xx to a MESSAGE",
		Doc:       "The 2xx makes no dialog and has no Contact. A peer that takes it for a route sends its next request past the proxies. Switch it off in the server.",
		Reference: "RFC 3428 7", Words: "A UAS MUST NOT insert a Contact header field into a 2xx response", Severity: result.Warning, Since: "0.1",
		Trap:     "RCS clients, which put +sip.instance there: info with --profile rcs",
		Scope:    EachMessage,
		Kind:     sip.Response,
		Header:   sip.HeaderContact,
		Check:    func(x *Exchange) bool { return x.isSuccess() },
		Level:    contactLevel,
		EndToEnd: true,
		Places:   []Place{atField(sip.HeaderContact)},
		Say:      func(*Exchange) string { return "puts a Contact header field into the 2xx to a MESSAGE" },
	},
	{
		ID:        "body-in-2xx",
		Title:     "a 2xx with a body",
		Doc:       "The 200 to a MESSAGE carries nothing. What a peer puts there, often the report of an SMS that belongs into a MESSAGE of its own, is ignored. Correct the gateway.",
		Reference: "RFC 3428 7", Words: "A 2xx response to a MESSAGE request MUST NOT contain a body", Severity: result.Error, Since: "0.1",
		Trap:     "a Content-Type without a body, and line ends behind the header fields",
		Scope:    EachMessage,
		Kind:     sip.Response,
		Check:    func(x *Exchange) bool { return x.isSuccess() && x.Message.Body.Len > 0 && hasBody(x.Message) },
		EndToEnd: true,
		Places:   []Place{atContentType, atField(sip.HeaderContentLength)},
		Say: func(x *Exchange) string {
			if media := mediaText(x); media != "" {
				return "answers MESSAGE with a 2xx that has a body of type " + media
			}
			return "answers MESSAGE with a 2xx that has a body"
		},
	},
	{
		ID:        "record-route-in-message",
		Title:     "Record-Route in a MESSAGE",
		Doc:       "A MESSAGE makes no dialog, so nobody uses the route that is recorded. The bytes may push the message over 1300. Switch record-routing off for MESSAGE in the proxy.",
		Reference: "RFC 3428 table 2", Severity: result.Note, Since: "0.1",
		Trap:   "proxies, which may add it to any request (RFC 3261 16.6 step 4): info unless the message is over 1300 bytes",
		Scope:  EachMessage,
		Kind:   sip.Request,
		Header: sip.HeaderRecordRoute,
		Check:  func(x *Exchange) bool { return x.isMessage() },
		Level: func(x *Exchange) result.Severity {
			if (x.Message.ViaCount > 1 || !x.wholeHead()) && messageSize(x.Message) <= maxUnreliable {
				return result.Info
			}
			return result.Note
		},
		Places: []Place{atField(sip.HeaderRecordRoute)},
		Say:    func(*Exchange) string { return "sends a MESSAGE with Record-Route" },
	},
	{
		ID:        "415-without-accept",
		Title:     "415 that does not say what is accepted",
		Doc:       "The sender cannot choose another type: the same message will be refused again. Correct the server.",
		Reference: "RFC 3261 8.2.3 and RFC 3428 table 1", Words: "The response MUST contain an Accept header field listing the types of all bodies it understands", Severity: result.Warning, Since: "0.1",
		Trap:  "Accept-Encoding and Accept-Language, where it is the encoding or the language that was refused",
		Scope: EachMessage,
		Kind:  sip.Response,
		Check: func(x *Exchange) bool {
			return x.Message.Status == 415 && x.lacks(sip.HeaderAccept) &&
				!x.has(sip.HeaderAcceptEncoding) && !x.has(sip.HeaderAcceptLanguage)
		},
		EndToEnd: true,
		Places:   []Place{atStatus},
		Say:      func(*Exchange) string { return "answers MESSAGE with 415 and does not say what it accepts" },
	},
	{
		ID:        "text-plain-refused",
		Title:     "plain text is refused",
		Doc:       "Every receiver of MESSAGE has to take text/plain. This one answers 415 to it: it is no instant messaging client, or it is set up wrongly.",
		Reference: "RFC 3428 7", Words: "MUST be prepared to receive and render", Severity: result.Error, Since: "0.1",
		Trap:  "text/plain in another charset than UTF-8 or US-ASCII, or with a Content-Encoding; a 415 that names languages or codings and no type, or text/plain among them; a request whose header fields the snapshot length cut",
		Scope: ClosedTransaction,
		Check: func(x *Exchange) bool {
			t := x.Transaction
			return t.Status == 415 && !x.NotTheType && isPlainText(t.ContentType) && !slices.Contains(t.Findings, contentEncoded.ID)
		},
		Inherits: sameStatus,
		Places:   []Place{atStatus},
		Say:      func(*Exchange) string { return "answers 415 to a MESSAGE of type text/plain" },
	},
	{
		ID:        "accepted-not-delivered",
		Title:     "accepted, not delivered",
		Doc:       "202 says that a server has taken the message and will try to deliver it. It is counted apart from 200: whether the message arrived, only a report or a notification tells.",
		Reference: "RFC 3428 7", Severity: result.Info, Since: "0.1",
		Trap:  "SMS over IMS, where 202 is the usual answer and the report of the SMS layer follows",
		Scope: ClosedTransaction,
		Check: func(x *Exchange) bool {
			return x.Transaction.Status == 202 && !isMedia(x.Transaction.ContentType, "APPLICATION/VND.3GPP.SMS")
		},
		Inherits: sameStatus,
		Places:   []Place{atStatus},
		Say:      func(*Exchange) string { return "accepted a MESSAGE with 202: whether it was delivered is not known" },
	},
	{
		ID:        "expires-without-date",
		Title:     "Expires without Date",
		Doc:       "A store cannot tell when the time began that Expires counts. It ages the message from its arrival, or not at all, and delivers what should have been dropped.",
		Reference: "RFC 3428 4", Words: "If the UAC adds an Expires header field with a non-zero value, it SHOULD also add a Date header field containing the time the message is sent", Severity: result.Note, Since: "0.1",
		Trap:   "Expires: 0, which asks for delivery at once",
		Scope:  EachMessage,
		Kind:   sip.Request,
		Header: sip.HeaderExpires,
		Check: func(x *Exchange) bool {
			value, _ := x.header(sip.HeaderExpires)
			return x.isMessage() && x.lacks(sip.HeaderDate) && len(bytes.Trim(value, "0")) > 0
		},
		EndToEnd: true,
		Places:   []Place{atField(sip.HeaderExpires)},
		Say:      func(*Exchange) string { return "sends a MESSAGE with Expires and no Date" },
	},
	contentEncoded,
}

// contactLevel lets RCS clients name their instance.
func contactLevel(x *Exchange) result.Severity {
	contact, _ := x.header(sip.HeaderContact)
	if x.Profile == RCS && (bytes.Contains(bytes.ToUpper(contact), []byte("+SIP.INSTANCE")) || !x.wholeHead()) {
		return result.Info
	}
	return result.Warning
}

var contentEncoded = Rule{
	ID:        "content-encoded",
	Title:     "a compressed body",
	Doc:       "The body has a Content-Encoding. A receiver that does not know it answers 415. Look here first where one client's texts are refused or unreadable.",
	Reference: "RFC 3261 20.12 and 8.2.3", Words: "its value indicates what additional content codings have been applied to the entity-body", Severity: result.Info, Since: "0.1",
	Trap:   "the coding \"identity\", which is none",
	Scope:  EachMessage,
	Header: sip.HeaderContentEncoding,
	Check: func(x *Exchange) bool {
		coding, _ := x.header(sip.HeaderContentEncoding)
		return x.wholeHead() && !sameFold(coding, "IDENTITY")
	},
	EndToEnd: true,
	Places:   []Place{atField(sip.HeaderContentEncoding)},
	Say: func(x *Exchange) string {
		coding, _ := x.header(sip.HeaderContentEncoding)
		return "sends " + x.noun() + " with the Content-Encoding " + quoted(coding)
	},
}

// isPlainText reports whether a Content-Type is text/plain in a charset that
// every receiver has to know.
func isPlainText(contentType string) bool {
	if !isMedia(contentType, "TEXT/PLAIN") {
		return false
	}
	charset, named := sip.Param([]byte(contentType), "charset")
	charset = bytes.Trim(charset, `"`)
	return !named || sameFold(charset, "UTF-8") || sameFold(charset, "US-ASCII")
}

// isMedia compares the type and subtype of a Content-Type with a media type in
// capitals.
func isMedia(contentType, media string) bool {
	return sameFold(sip.MediaType([]byte(contentType)), media)
}

// refusesOther reports whether a 415 says that what it refuses is the language or the
// coding: it names those that it accepts, and no media type but such as plain text is of.
func refusesOther(m *decode.Message) bool {
	if !m.Present.Has(sip.HeaderAcceptLanguage) && !m.Present.Has(sip.HeaderAcceptEncoding) {
		return false
	}
	for list := range m.All(sip.HeaderAccept) {
		for one := range bytes.SplitSeq(list, []byte(",")) {
			if media := sip.MediaType(one); sameFold(media, "TEXT/PLAIN") || sameFold(media, "TEXT/*") || sameFold(media, "*/*") {
				return true
			}
		}
	}
	return !m.Present.Has(sip.HeaderAccept)
}
