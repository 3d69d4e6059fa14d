package analyze

import (
	"strconv"

	"simplecap/analyze/result"
)

// answerRules are about what looks like an answer and is none, or rests on the word
// of somebody else. See direction.go.
var answerRules = []Rule{responseFromSender, responseInBody, responseFromThirdParty, responseOnOtherConnection, answerByReport}

var responseFromSender = Rule{
	ID:        "response-from-sender",
	Title:     "a response from the sender of the request",
	Doc:       "A response travels against its request. This one came the same way as the request that it would answer: from the sender itself, perhaps in bytes behind its own message. It answers nothing, whoever made it: a test tool that plays both sides, or somebody who wants the message to look delivered.",
	Reference: "RFC 3261 18.2.2", Words: "the response MUST be sent", Severity: result.Error, Since: "0.2",
	Trap:   "both ends on one host, where only the ports tell them apart",
	Places: []Place{atStatus, atTopVia},
	Say: func(x *Exchange) string {
		return "sends a " + strconv.Itoa(x.Message.Status) + " to its own MESSAGE: it answers nothing"
	},
}

var responseInBody = Rule{
	ID:        "response-in-body",
	Title:     "a response inside the body of another message",
	Doc:       "Over TCP the message before this response claims by its Content-Length to reach over it, or has none that can be used and came in one go with it. A receiver that believes it takes the response for text: it answers nothing. Correct the Content-Length of the message before, or see who wrote its text.",
	Reference: "RFC 3261 18.3", Words: "The Content-Length header field value is used to locate the end of each SIP message in a stream", Severity: result.Warning, Since: "0.2",
	Trap:   "a response behind bytes that the capture lost",
	Places: []Place{atStatus},
	Say: func(x *Exchange) string {
		return "sends a " + strconv.Itoa(x.Message.Status) + " inside what the message before it claims, or may have, as its body: it answers nothing"
	},
}

var responseFromThirdParty = Rule{
	ID:        "response-from-third-party",
	Title:     "response from a host that the request did not go to",
	Doc:       "The response matches by its Via, but it comes from another host than the request went to: a server with several addresses, or somebody who saw the request and answers in its place. It counts only while nothing speaks against it: once the sender sends the request again, or the right host answers, it is dropped.",
	Reference: "RFC 3261 18.2.2", Words: "", Severity: result.Warning, Since: "0.2",
	Trap:   "another port of the same host; a request with rport, which response-from-other-address reports",
	Places: []Place{atStatus, atTopVia},
	Say: func(x *Exchange) string {
		return "answers " + strconv.Itoa(x.Message.Status) + " to a MESSAGE that went to another host"
	},
}

var responseOnOtherConnection = Rule{
	ID:        "response-on-other-connection",
	Title:     "a response over another connection",
	Doc:       "The request came over a connection that is still open, and its response went over another one, which the server opened itself. A client behind a NAT or a firewall cannot be reached so and never gets it; where it arrives, the client may not have asked for a connection and drop it. Correct the server.",
	Reference: "RFC 3261 18.2.2", Words: "the response MUST be sent using the existing connection to the source of the original request that created the transaction, if that connection is still open", Severity: result.Warning, Since: "0.2",
	Trap:   "the first connection was closed or reset before the response; a hole in the capture, behind which it may have been; an association of SCTP; a connection to the port that the request went to, which the server did not open: another one of the client, or one whose port a HEP agent did not know",
	Places: []Place{atStatus, atTopVia},
	Say: func(x *Exchange) string {
		return "answers " + strconv.Itoa(x.Message.Status) + " over another connection than the one that the MESSAGE came over, which is open"
	},
}

var answerByReport = Rule{
	ID:        "answer-by-report",
	Title:     "only a report shows the answer",
	Doc:       "The capture saw the MESSAGE on the wire, but its answer only in a HEP report. Whoever can send packets to the capture can write one. See in the list of agents who reported it, and whether that is one of yours; capture where the answer passes, or take reports with --hep-key only.",
	Reference: "simplecap", Severity: result.Warning, Since: "0.2",
	Trap:  "requests that were reported too: then the agent is the capture",
	Scope: ClosedTransaction,
	Check: func(x *Exchange) bool { return x.Agent != "" },
	Level: func(x *Exchange) result.Severity {
		if x.Strict {
			return result.Error
		}
		return result.Warning
	},
	Say: func(x *Exchange) string {
		by := "a HEP report"
		if x.Agent != "" {
			by += " from " + printable(x.Agent)
		}
		return "answered " + strconv.Itoa(x.Transaction.Status) + " as " + by + " says, and nothing on the wire shows it"
	},
}
