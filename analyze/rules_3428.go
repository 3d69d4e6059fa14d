package analyze

import (
	"bytes"

	"simplecap/decode"
)

// semanticRules hold a MESSAGE against RFC 3428.
var semanticRules = []Rule{
	{
		ID:        "contact-in-message",
		Title:     "Contact in a MESSAGE",
		Doc:       "A MESSAGE makes no dialog and has no Contact. Peers that learn routes from it send later requests to the wrong place.",
		Reference: "RFC 3428 4", Words: "User Agents MUST NOT insert Contact header fields into MESSAGE requests", Severity: Warning, Since: "0.1",
		Trap:  "RCS clients, which put +sip.instance there: info with --profile rcs",
		Scope: EachMessage,
		Check: func(x *Exchange) bool {
			_, ok := x.header(decode.HeaderContact)
			return ok && x.isRequest()
		},
		Level: func(x *Exchange) Severity {
			contact, _ := x.header(decode.HeaderContact)
			if x.Profile == RCS && bytes.Contains(contact, []byte("+sip.instance")) {
				return Info
			}
			return Warning
		},
		Say: func(*Exchange) string { return "puts a Contact header field into MESSAGE" },
	},
	{
		ID:        "body-in-2xx",
		Title:     "a 2xx with a body",
		Doc:       "The 200 to a MESSAGE carries nothing. What a peer puts there, often the report of an SMS that belongs into a MESSAGE of its own, is ignored.",
		Reference: "RFC 3428 7", Words: "MUST NOT contain a body", Severity: Error, Since: "0.1",
		Scope: EachMessage,
		Check: func(x *Exchange) bool {
			m := x.Message
			return !x.isRequest() && m.Status >= 200 && m.Status < 300 && m.Body.Len > 0
		},
		Say: func(x *Exchange) string {
			if media := mediaText(x); media != "" {
				return "answers MESSAGE with a 2xx that has a body of type " + media
			}
			return "answers MESSAGE with a 2xx that has a body"
		},
	},
}
