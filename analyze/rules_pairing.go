package analyze

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// pairingRules judge what became of a transaction.
var pairingRules = []Rule{
	{
		ID:        "no-final-response",
		Title:     "no final response",
		Doc:       "The MESSAGE got no final response before Timer F ran out: the missing 200. Its sender shows it as failed and may send it again, whether it arrived or not. Look for the request at the next hop: if it is there, the answer was lost or never sent.",
		Reference: "RFC 3261 17.1.2.2", Words: "the client transaction SHOULD inform the TU about the timeout", Severity: result.Error, Since: "0.1",
		Trap:  "the capture ends before Timer F, sees only one direction, or has holes",
		Scope: ClosedTransaction,
		Check: func(x *Exchange) bool {
			return x.Transaction.Outcome == result.Timeout && !x.Unmatchable && !x.Blind
		},
		Inherits: func(_, next *result.Hop) bool {
			return next.Outcome == result.Timeout && !next.Blind && !next.Unmatchable
		},
		Say: func(x *Exchange) string {
			if n := len(x.Transaction.Provisional); n > 0 {
				return "sent " + strconv.Itoa(x.Transaction.Provisional[n-1]) + " and then no final response to a MESSAGE within " + x.Timers.F().String() + x.Detail
			}
			return "did not answer a MESSAGE within " + x.Timers.F().String() + x.Detail
		},
	},
	{
		ID:        "not-retransmitted",
		Title:     "request sent only once over UDP",
		Doc:       "The MESSAGE had no answer and its sender did not repeat it in all of Timer F: one lost datagram loses the message. Look whether the client keeps transactions at all, or another T1 is set.",
		Reference: "RFC 3261 17.1.2.2", Words: "If an unreliable transport is in use, the client transaction MUST set timer E to fire in T1 seconds", Severity: result.Warning, Since: "0.2",
		Trap:  "a capture that sees one direction only: the answer took another way; a branch of a fork that another branch was answered before",
		Scope: ClosedTransaction,
		Check: func(x *Exchange) bool {
			t := x.Transaction
			return t.Outcome == result.Timeout && t.Transport == decode.UDP && t.Retransmissions == 0 && !x.Blind && !x.Unmatchable && !x.Spared
		},
		Peer: func(x *Exchange) decode.Endpoint { return x.Transaction.Src },
		Say: func(x *Exchange) string {
			return "sent its MESSAGE once over UDP and never again, with no answer within " + x.Timers.F().String()
		},
	},
	unmatchableResponse,
	{
		ID:        "failure-response",
		Title:     "the MESSAGE was refused",
		Doc:       "A 4xx or 5xx says that the message was not delivered. A 6xx says that it was delivered and refused. Ask the peer that answered first; a proxy only passes it back.",
		Reference: "RFC 3428 7", Words: "", Severity: result.Warning, Since: "0.1",
		Trap:  "401 and 407, which ask for credentials; 405 and 501, which are method-refused",
		Scope: ClosedTransaction,
		Check: func(x *Exchange) bool {
			s := x.Transaction.Status
			return x.Transaction.Outcome == result.Rejected && s != 405 && s != 501
		},
		Inherits: sameStatus,
		Places:   []Place{atStatus},
		Say: func(x *Exchange) string {
			what := "a MESSAGE"
			if x.Transaction.Status == 415 && x.Transaction.ContentType != "" {
				what += " of type " + quoted([]byte(x.Transaction.ContentType))
			}
			answer := joinWords("answered "+what+" with "+strconv.Itoa(x.Transaction.Status), printable(x.Transaction.Reason))
			if x.Transaction.Status >= 600 {
				return answer + ": delivered, and refused"
			}
			return answer + ": not delivered" + x.Detail
		},
	},
	{
		ID:        "slow-response",
		Title:     "slow final response",
		Doc:       "The final response took more than a second from the first transmission of the request (an error above T2, the time in which a server is expected to answer). Users wait, and over UDP the sender retransmits meanwhile. See which hop of the delivery takes the time.",
		Reference: "RFC 3261 17.1.2.2", Words: "", Severity: result.Warning, Since: "0.1",
		Trap:  "the time a sender takes between a challenge and its second request, which is a transaction of its own",
		Scope: ClosedTransaction,
		Check: func(x *Exchange) bool { return x.Transaction.HasRTT && x.Transaction.RTT > slow },
		Level: func(x *Exchange) result.Severity {
			if x.Transaction != nil && x.Transaction.RTT > x.Timers.T2 {
				return result.Error
			}
			return result.Warning
		},
		Inherits: func(hop, next *result.Hop) bool {
			return sameStatus(hop, next) && next.HasRTT && next.RTT > slow && hop.RTT-next.RTT <= slow
		},
		Say: func(x *Exchange) string {
			t := x.Transaction
			return fmt.Sprintf("took %s from the first transmission (%s from the last) to answer a MESSAGE with %d",
				t.RTT.Round(time.Millisecond), t.RTTLast.Round(time.Millisecond), t.Status)
		},
	},
	{
		ID:        "provisional-not-100",
		Title:     "a provisional response other than 100",
		Doc:       "A 180 or 183 belongs to INVITE. To a MESSAGE it says nothing, and it moves the sender to the slowest pace of retransmission, so that a lost answer is made good seconds later. Switch it off in the server.",
		Reference: "RFC 4320 4.1", Words: "An SIP element MUST NOT send any provisional response with a Status-Code other than 100 to a non-INVITE request", Severity: result.Warning, Since: "0.1",
		Trap:     "100 Trying",
		Scope:    EachMessage,
		Kind:     sip.Response,
		Check:    func(x *Exchange) bool { return x.Message.Status > 100 && x.Message.Status < 200 },
		EndToEnd: true,
		Places:   []Place{atStatus},
		Say: func(x *Exchange) string {
			return "answers MESSAGE with a provisional " + strconv.Itoa(x.Message.Status)
		},
	},
	{
		ID:        "408-to-message",
		Title:     "408 to a MESSAGE",
		Doc:       "Who waits for a final response gives up at the same time as who sends the 408: it comes too late for every hop, and a chain of proxies multiplies such responses. Let the proxy drop the transaction in silence, or lower its timer.",
		Reference: "RFC 4320 4.2", Words: "A transaction-stateful SIP element MUST NOT send a response with Status-Code of 408 to a non-INVITE request", Severity: result.Warning, Since: "0.1",
		Trap:  "a gateway that reports the time-out of another network, and says so in a Reason of another protocol than SIP, also where one of SIP is beside it",
		Scope: EachMessage,
		Kind:  sip.Response,
		Check: func(x *Exchange) bool { return x.Message.Status == 408 },
		Level: func(x *Exchange) result.Severity {
			if ofAnotherNetwork(x.Message) || !x.wholeHead() {
				return result.Info
			}
			return result.Warning
		},
		EndToEnd: true,
		Places:   []Place{atStatus},
		Say: func(x *Exchange) string {
			if x.has(sip.HeaderReason) {
				return "answers MESSAGE with 408 and the reason " + allValues(x, sip.HeaderReason)
			}
			return "answers MESSAGE with 408"
		},
	},
	conflictingFinals,
	branchReused,
	retransmissionChanged,
	{
		ID:        "transport-error",
		Title:     "the request did not get through",
		Doc:       "An ICMP error quotes the MESSAGE, or its TCP connection was reset or closed before the final response. The sender treats this as a 503. See whether the peer runs and listens on that port; where the sender ended the connection itself, why it did not wait for the answer.",
		Reference: "RFC 3261 8.1.3.1 and 18.4", Words: "", Severity: result.Warning, Since: "0.1",
		Trap:  "a sender that gives up after Timer F: that is no-final-response",
		Scope: ClosedTransaction,
		Check: func(x *Exchange) bool { return x.Transaction.Outcome == result.Unreachable },
		Peer: func(x *Exchange) decode.Endpoint {
			if t := x.Transaction; t.LeftBySender {
				return knownAs(t.Src, t.Transport)
			}
			return x.Transaction.Dst
		},
		Say: func(x *Exchange) string {
			if x.Transaction.LeftBySender {
				return "did not wait for the answer of " + x.Transaction.Dst.String() + ": " + x.Transaction.Cause
			}
			return "could not be reached: " + printable(x.Transaction.Cause)
		},
	},
}

var unmatchableResponse = Rule{
	ID:        "unmatchable-response",
	Title:     "answered, but the sender cannot match the response",
	Doc:       "A final response came back, but its Via or CSeq is not that of the request. The sender drops it and retransmits: a protocol fault of the peer, not a loss in the network. Compare Via and CSeq of the two frames.",
	Reference: "RFC 3261 17.1.3", Words: "the response has the same value of the branch parameter in the top Via header field as the branch parameter in the top Via header field of the request", Severity: result.Error, Since: "0.1",
	Trap:   "the other leg of a proxy, and a B2BUA, which have transactions of their own",
	Places: []Place{atTopVia, atField(sip.HeaderCSeq)},
	Say: func(x *Exchange) string {
		if x.Detail != "" {
			return "answered a MESSAGE with " + strconv.Itoa(x.Message.Status) + ", but with " + x.Detail + ": the sender drops it"
		}
		return "answered a MESSAGE with " + strconv.Itoa(x.Message.Status) + ", but its Via or CSeq is not that of the request: the sender drops it"
	},
}

var conflictingFinals = Rule{
	ID:        "conflicting-finals",
	Title:     "two different final responses",
	Doc:       "One transaction got two final responses with different statuses or To tags. The sender keeps the first: two servers, or one without a common state, handled the message. Look for a cluster that does not share its transactions.",
	Reference: "RFC 3261 17.2.2", Words: "Any other final responses passed by the TU to the server transaction MUST be discarded", Severity: result.Error, Since: "0.1",
	Trap:   "forking above the capture point, where every branch has a Via of its own",
	Places: []Place{atStatus, atToTag},
	Say: func(x *Exchange) string {
		if x.Detail != "" {
			return "sent a " + strconv.Itoa(x.Message.Status) + " " + x.Detail + ", to the same MESSAGE"
		}
		return "sent a " + strconv.Itoa(x.Message.Status) + " after another final response to the same MESSAGE"
	},
}

var branchReused = Rule{
	ID:        "branch-reused",
	Title:     "one branch for several messages",
	Doc:       "A new MESSAGE came with the branch of another one less than Timer F ago. A server takes it for a retransmission and answers without delivering it: the message is lost in silence. Correct the client: its branch has to be new for every request.",
	Reference: "RFC 3261 8.1.1.7", Words: "The branch parameter value MUST be unique across space and time for all requests sent by the UA", Severity: result.Error, Since: "0.1",
	Trap:   "retransmissions, which have the same Call-ID and CSeq too",
	Places: []Place{atBranch},
	Say: func(x *Exchange) string {
		return "used the branch " + quoted(x.text(x.Message.Branch)) + " again for another MESSAGE"
	},
}

var retransmissionChanged = Rule{
	ID:        "retransmission-changed",
	Title:     "a retransmission that says something else",
	Doc:       "The same MESSAGE came again with another body, target, sender or recipient. The server takes it for a retransmission and answers what came first: the answer says nothing about the other one. Either the client reuses its transactions, or somebody else put one of them in; compare the IP headers of both.",
	Reference: "RFC 3261 17.1.2.2 and 17.2.2", Severity: result.Error, Since: "0.2",
	Trap: "other header fields that change, such as a time stamp, and the copy that a proxy sends on",
	Say: func(x *Exchange) string {
		return "sent a MESSAGE again with another " + x.Detail
	},
}

// ofAnotherNetwork reports whether one of the values of Reason (RFC 3326 2) is of another
// protocol than SIP.
func ofAnotherNetwork(m *decode.Message) bool {
	for list := range m.All(sip.HeaderReason) {
		for len(list) > 0 {
			var reason []byte
			reason, list = cutValue(list)
			protocol, _, _ := bytes.Cut(reason, []byte(";"))
			if protocol = bytes.TrimSpace(protocol); len(protocol) > 0 && !sameFold(protocol, "SIP") {
				return true
			}
		}
	}
	return false
}

// hasPrefixFold reports whether b begins with the prefix, in any case.
func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && sameFold(b[:len(prefix)], prefix)
}

// joinWords joins two words with a space, if there are two.
func joinWords(a, b string) string {
	if b == "" {
		return a
	}
	return a + " " + b
}

// slow is how long an answer may take without a finding.
const slow = time.Second
