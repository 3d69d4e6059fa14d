package analyze

import (
	"strconv"
	"time"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// exchangeRules are found while messages are joined to their transactions:
// watch.go holds what they look at.
var exchangeRules = []Rule{
	cancelOfMessage,
	lateResponse,
	early100,
	retransmitOnStream,
	retransmitAfterFinal,
	responseUnreachable,
	icmpMisquotes,
	tooSoon,
	bodyChanged,
	mergedRequest,
	duplicateText,
	overlappingMessages,
	responseToWrongAddress,
	responseFromOtherAddress,
	responseNotMirrored,
	toTagOutsideDialog,
	allowContradicted,
	flood,
}

var cancelOfMessage = Rule{
	ID:        "cancel-of-message",
	Title:     "CANCEL of a MESSAGE",
	Doc:       "A MESSAGE is answered at once; a CANCEL comes too late to stop it and may give it a second outcome.",
	Reference: "RFC 3261 9.1", Words: "A CANCEL request SHOULD NOT be sent to cancel a request other than INVITE", Severity: result.Warning, Since: "0.1",
	Trap: "a proxy may cancel what it forked (16.10): a note. Its CANCEL has one Via; that of the MESSAGE tells",
	Level: func(x *Exchange) result.Severity {
		if x.Detail == forwarded {
			return result.Note
		}
		return result.Warning
	},
	Places: []Place{atMethod, atField(sip.HeaderCSeq)},
	Say:    func(x *Exchange) string { return joinWords("sent a CANCEL for a MESSAGE", x.Detail) },
}

// forwarded says of a CANCEL that its MESSAGE is that of a proxy.
const forwarded = "that it had forwarded"

var lateResponse = Rule{
	ID:        "late-response",
	Title:     "final response after Timer F",
	Doc:       "The response came when the sender had given up. The message was delivered and shown as failed: the sender is likely to send it again.",
	Reference: "RFC 4321 1.1", Severity: result.Error, Since: "0.1",
	Trap:   "a capture merged from several machines whose clocks differ",
	Places: []Place{atStatus},
	Say: func(x *Exchange) string {
		if x.Detail != "" {
			return "answered with " + strconv.Itoa(x.Message.Status) + " " + x.Detail
		}
		return "answered a MESSAGE with " + strconv.Itoa(x.Message.Status) + " after its sender had given up"
	},
}

var early100 = Rule{
	ID:        "early-100",
	Title:     "100 Trying sent at once",
	Doc:       "Over UDP a 100 moves the sender to long retransmission intervals. If the final response is lost, recovery takes up to 3.5 s longer.",
	Reference: "RFC 4320 4.1", Words: "", Severity: result.Note, Since: "0.1",
	Trap:   "reliable transports, where a 100 may come at once",
	Places: []Place{atStatus},
	Say:    func(*Exchange) string { return "answers MESSAGE over UDP with 100 at once" },
}

var retransmitOnStream = Rule{
	ID:        "retransmit-on-stream",
	Title:     "SIP retransmission over a reliable transport",
	Doc:       "TCP retransmits by itself. A client that repeats the request as well may have it delivered twice.",
	Reference: "RFC 3261 17.1.2.2", Words: "If an unreliable transport is in use, the client transaction MUST set timer E to fire in T1 seconds", Severity: result.Warning, Since: "0.1",
	Trap: "retransmitted TCP segments, which are not SIP retransmissions",
	Say:  func(x *Exchange) string { return "repeats a MESSAGE over " + x.Message.Transport.String() },
}

var retransmitAfterFinal = Rule{
	ID:        "retransmit-after-final",
	Title:     "request repeated after its final response",
	Doc:       "The final response passed the capture point and the sender still repeats the request: the response is lost between here and the sender, goes to a port where the sender does not listen, or the sender does not match it. Capture at the sender to tell these apart.",
	Reference: "RFC 3261 17.2.2", Words: "", Severity: result.Warning, Since: "0.1",
	Trap: "a request and its response that cross on the wire; a proxy that has forgotten the transaction and forwards the sender's repetition as a new copy",
	Say: func(x *Exchange) string {
		if x.Detail != "" {
			return "repeats a MESSAGE whose final response passed here: " + x.Detail
		}
		return "repeats a MESSAGE whose final response passed here: the response is lost on the way back, or the sender does not match it; which of the two is not known"
	},
}

var responseUnreachable = Rule{
	ID:        "response-unreachable",
	Title:     "the answer did not get through",
	Doc:       "An ICMP error quotes the response: nobody listens on the port that it was sent to, or the host cannot be reached. Or the sender had reset the TCP connection when the response came over it, or did not acknowledge it up to Timer F. The sender repeats the request and reports a failure, whatever became of the message. Compare that port with the Via and rport of the request.",
	Reference: "RFC 3261 18.2.2 and 18.4", Words: "", Severity: result.Warning, Since: "0.2",
	Trap: "an ICMP error that quotes the request: that is transport-error; a connection that the sender closed in order, or reset behind the answer; a segment that is acknowledged when it comes again",
	Peer: func(x *Exchange) decode.Endpoint {
		if x.Message == nil {
			return knownAs(x.Transaction.Src, x.Transaction.Transport)
		}
		return knownAs(x.Message.Dst, x.Message.Transport)
	},
	Say: func(x *Exchange) string {
		text := "could not be reached with the answer to its MESSAGE"
		if x.Detail != "" {
			text += ": " + x.Detail
		}
		return text
	},
}

var icmpMisquotes = Rule{
	ID:        "icmp-misquotes",
	Title:     "an ICMP error about a MESSAGE that was not sent",
	Doc:       "An ICMP error says that it quotes a MESSAGE between two ends that did exchange one, but its length, its IP identification, its sequence number or its text is that of none: it explains nothing and ends nothing. Somebody who does not see the traffic made it up, or a middlebox changed the packet on its way.",
	Reference: "RFC 5927 4.1", Words: "", Severity: result.Warning, Since: "0.2",
	Trap: "an error about a retransmission, or about another request between the same two ends; a checksum that the network card was to fill in",
	Say: func(x *Exchange) string {
		return "says " + x.Detail + " about a MESSAGE that was not sent so: it explains nothing"
	},
}

var mergedRequest = Rule{
	ID:        "merged-request",
	Title:     "one request by two ways",
	Doc:       "The same request (From tag, Call-ID, CSeq) reached the same server again in another transaction. A server that does not answer 482 shows the text twice.",
	Reference: "RFC 3261 8.2.2.2", Words: "the UAS core SHOULD generate a 482 (Loop Detected) response", Severity: result.Warning, Since: "0.1",
	Trap:   "forks to different contacts; a request that the server itself had sent on and gets back, as an application server sends it",
	Places: []Place{atBranch, atFromTag, atField(sip.HeaderCallID), atField(sip.HeaderCSeq)},
	Say: func(*Exchange) string {
		return "sent the same MESSAGE to the same server in a second transaction"
	},
}

var duplicateText = Rule{
	ID:        "duplicate-text",
	Title:     "the same text sent again",
	Doc:       "The same text went from the same host to the same server, sender and recipient in a new call within 40 s, and the first had no answer: a client that sends again what it took for failed. The recipient may read it twice.",
	Reference: "RFC 3428 8", Severity: result.Note, Since: "0.1",
	Trap: "short texts such as \"ok\", which people do send twice; a text that was answered and is sent again on purpose; the second leg of a B2BUA, which comes from another host",
	Say: func(*Exchange) string {
		return "sent the same text to the same recipient again within 40 s: the first had no answer"
	},
}

var overlappingMessages = Rule{
	ID:        "overlapping-messages",
	Title:     "a new MESSAGE while one is pending",
	Doc:       "Outside a dialog a client must wait for the final response before it sends the next MESSAGE to the same target. One that does not overtakes itself and adds to congestion.",
	Reference: "RFC 3428 8", Words: "a UAC MUST NOT initiate a new out-of-dialog MESSAGE transaction to a given URI if there is a pending one", Severity: result.Warning, Since: "0.1",
	Trap: "proxies and message centres, which speak for many senders; a request repeated with credentials; a capture that sees one direction only",
	Say:  func(*Exchange) string { return "sends a MESSAGE to a target while an earlier one is unanswered" },
}

var responseToWrongAddress = Rule{
	ID:        "response-to-wrong-address",
	Title:     "response sent to the wrong address",
	Doc:       "The response did not go where the top Via says (received and rport, or sent-by) nor where the request came from; or a server that has to note in received where the request came from noted another address, or none. Behind a NAT it is lost.",
	Reference: "RFC 3261 18.2.2 and RFC 3581 4", Words: "the response MUST be sent to the address in the \"received\" parameter", Severity: result.Error, Since: "0.1",
	Trap: "maddr; a NAT between the server and the capture point",
	Peer: func(x *Exchange) decode.Endpoint {
		if x.isRequest() { // the repetition that shows where the answer went
			return x.Message.Dst
		}
		return hostOf(x.Message)
	},
	Places: []Place{atTopVia},
	Say: func(x *Exchange) string {
		if x.Detail != "" {
			return "sends the response where the sender may not listen: " + x.Detail
		}
		return "sends the response to " + x.Message.Dst.String() + ", which its Via does not name"
	},
}

var responseFromOtherAddress = Rule{
	ID:        "response-from-other-address",
	Title:     "response from another address",
	Doc:       "The sender asked with rport for a response from the address and port that it sent to. One from elsewhere is dropped by a symmetric NAT.",
	Reference: "RFC 3581 4", Words: "the response MUST be sent from the same IP address and port that the corresponding request was received on", Severity: result.Warning, Since: "0.1",
	Trap:   "requests without rport",
	Places: []Place{atTopVia},
	Say:    func(x *Exchange) string { return "answers from an address that the request did not go to" },
}

var responseNotMirrored = Rule{
	ID:        "response-not-mirrored",
	Title:     "response does not repeat the request's header fields",
	Doc:       "From, Call-ID, CSeq and the Vias of a response must be those of the request, and so must the To tag of a request in a dialog; a final response to another one needs a To tag of its own. A strict client does not match it.",
	Reference: "RFC 3261 8.2.6.2", Words: "The Call-ID header field of the response MUST equal the Call-ID header field of the request", Severity: result.Error, Since: "0.1",
	Trap: "parameters that servers add to the Via (received, rport), display names quoted otherwise",
	Say: func(x *Exchange) string {
		if x.Detail != "" {
			return "answers with other header fields than the request's: " + x.Detail
		}
		return "answers with From, Call-ID, CSeq, Via or To tag that are not those of the request"
	},
}

var toTagOutsideDialog = Rule{
	ID:        "to-tag-outside-dialog",
	Title:     "To tag without a dialog",
	Doc:       "The MESSAGE claims to be in a dialog that the capture does not show. A server that does not know it either answers 481.",
	Reference: "RFC 3261 8.1.1.2", Words: "A request outside of a dialog MUST NOT contain a To tag", Severity: result.Note, Since: "0.1",
	Trap:     "a dialog that began before the capture",
	EndToEnd: true,
	Places:   []Place{atToTag},
	Say:      func(*Exchange) string { return "sends MESSAGE with a To tag, and the capture shows no dialog" },
}

var allowContradicted = Rule{
	ID:        "allow-contradicted",
	Title:     "Allow contradicts what the peer does",
	Doc:       "The peer's last Allow header field leaves MESSAGE out and it uses MESSAGE all the same, or lists it and refuses it: a capability that changed, or a header nobody maintains.",
	Reference: "RFC 3261 20.5 and 8.2.1", Words: "The Allow header field MUST list the set of methods supported by the UAS generating the message", Severity: result.Note, Since: "0.1",
	Trap:   "several user agents behind one proxy",
	Places: []Place{atField(sip.HeaderAllow)},
	Say:    func(*Exchange) string { return "contradicts its own Allow header field about MESSAGE" },
}

var flood = Rule{
	ID:        "flood",
	Title:     "very many MESSAGEs from one source",
	Doc:       "One host began more than 200 MESSAGE transactions within a second. It may be a load test, a campaign or an attack.",
	Reference: "simplecap", Severity: result.Warning, Since: "0.1",
	Trap: "proxies and message centres, which speak for many senders",
	Say:  func(*Exchange) string { return "began more than 200 MESSAGEs within a second" },
}

// closedExchangeRules judge closed transactions and deliveries by what the
// analyzer remembered of them.
var closedExchangeRules = []Rule{
	{
		ID:        "stray-response",
		Title:     "response without a request",
		Doc:       "The capture shows a response to a MESSAGE but not the request: it was misrouted, or the request took another way.",
		Reference: "RFC 3261 18.1.2", Severity: result.Note, Since: "0.1",
		Trap:   "the capture began after the request, or sees nothing of what the sender sends",
		Scope:  ClosedTransaction,
		Check:  func(x *Exchange) bool { return x.Transaction.Outcome == result.Orphan && !x.Blind },
		Places: []Place{atStatus},
		Say:    func(*Exchange) string { return "answered a MESSAGE that the capture does not hold" },
	},
	{
		ID:        "loop",
		Title:     "the request loops",
		Doc:       "The MESSAGE came back to a proxy that had forwarded it already, or was refused for it (482, 483). A loop multiplies traffic until Max-Forwards runs out.",
		Reference: "RFC 3261 16.3 and RFC 5393 4", Words: "", Severity: result.Error, Since: "0.1",
		Trap:  "a spiral: the same proxy again with another Request-URI or next hop; a 482 to a request that came by two ways, which is merged-request",
		Scope: ClosedTransaction,
		Check: func(x *Exchange) bool {
			return x.Looped || x.Transaction.Status == 483
		},
		Places: []Place{atField(sip.HeaderMaxForwards)},
		Say: func(x *Exchange) string {
			if x.Transaction.Status == 482 || x.Transaction.Status == 483 {
				return "answered a MESSAGE with " + joinWords(strconv.Itoa(x.Transaction.Status), printable(x.Transaction.Reason)) + ": the request loops"
			}
			return "received a MESSAGE that had passed the same proxy three times"
		},
	},
	{
		ID:        "fork-outcome",
		Title:     "a forked MESSAGE",
		Doc:       "A proxy forwarded the MESSAGE to several targets. The sender sees one answer; a 200 may mean one of several devices.",
		Reference: "RFC 3428 6", Severity: result.Info, Since: "0.1",
		Scope: ClosedDelivery,
		Check: func(x *Exchange) bool { return forks(x.Delivery) > 0 },
		Say: func(x *Exchange) string {
			return "forked a MESSAGE: " + forkText(x.Delivery)
		},
	},
}

// slowest100 is when a 100 may come over UDP: when Timer E has reached T2
// (RFC 4320 4.1; 0.5 s + 1 s + 2 s with the default timers).
func (t Timers) slowest100() time.Duration {
	sum, interval := time.Duration(0), t.T1
	for interval < t.T2 {
		sum += interval
		interval *= 2
	}
	return sum
}

// forks is the transaction that has more than one child, 0 for none.
func forks(d *result.Delivery) uint64 {
	for i := range d.Hops {
		parent := d.Hops[i].Transaction
		n := 0
		for j := range d.Hops {
			if d.Hops[j].Parent == parent {
				n++
			}
		}
		if n > 1 {
			return parent
		}
	}
	return 0
}

// forkText lists what each branch of the fork answered.
func forkText(d *result.Delivery) (text string) {
	parent := forks(d)
	for _, hop := range d.Hops {
		if hop.Parent != parent {
			continue
		}
		if text != "" {
			text += ", "
		}
		if text += hop.Dst.String() + " "; hop.Status != 0 {
			text += strconv.Itoa(hop.Status)
		} else {
			text += hop.Outcome.String()
		}
	}
	return text
}

var tooSoon = Rule{
	ID:        "retransmitted-too-soon",
	Title:     "request repeated before Timer E",
	Doc:       "The sender repeats the request over UDP at once, instead of T1 later: it loads the server for nothing, and each message counts twice there. Look for a client that writes to its socket twice, or a T1 that was set far too low.",
	Reference: "RFC 3261 17.1.2.2", Words: "If an unreliable transport is in use, the client transaction MUST set timer E to fire in T1 seconds", Severity: result.Warning, Since: "0.2",
	Trap:     "copies that the capture made; a T1 that is a little shorter in a closed network",
	EndToEnd: true,
	Say: func(x *Exchange) string {
		return joinWords("repeats a MESSAGE too soon", x.Detail)
	},
}

var bodyChanged = Rule{
	ID:        "body-changed",
	Title:     "a proxy that changes the body",
	Doc:       "The body goes on otherwise than it came: text in another encoding, an SMS with bytes replaced. What the recipient reads is not what was sent. Compare the two frames; look for a script or a database field that takes bytes for text.",
	Reference: "RFC 3261 16.6", Words: "The proxy MUST NOT add to, modify, or remove the message body", Severity: result.Error, Since: "0.2",
	Trap: "a B2BUA, which sends a message of its own; a body that the snapshot length cut",
	Say:  func(x *Exchange) string { return joinWords("changed the body of a MESSAGE that it forwards", x.Detail) },
}
