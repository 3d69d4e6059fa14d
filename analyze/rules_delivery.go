package analyze

import (
	"strconv"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// wholeDeliveryRules judge what became of a delivery: its verdict, and what its hops
// and attempts show together.
var wholeDeliveryRules = []Rule{
	{
		ID:        "answer-not-relayed",
		Title:     "an answer that is not passed on",
		Doc:       "The next hop answered, and the proxy between did not pass the answer back: the sender retransmits and reports a failure, whatever became of the message. Look at this proxy: whether the answer reached it, whether it could match it, whether it could send on its other side.",
		Reference: "RFC 3261 16.7", Words: "A stateful proxy MUST send a final response to an associated context's server transaction if no final responses have been immediately forwarded by the above rules and all client transactions in this response context have been terminated", Severity: result.Error, Since: "0.2",
		Trap:  "a branch of a fork that has not answered yet; a 408, which is not passed on to a MESSAGE (RFC 4320 4.2); a capture that ends first",
		Scope: ClosedDelivery,
		Check: func(x *Exchange) bool { return x.Delivery.Verdict == result.AnswerNotRelayed },
		Peer:  func(x *Exchange) decode.Endpoint { return relayOf(x.Delivery).Dst },
		Say: func(x *Exchange) string {
			d := x.Delivery
			claim := ifSame(d, blamed(d), relayOf(d))
			if blamed(d).StillRetransmits {
				return "was sent a " + strconv.Itoa(blamed(d).Status) + " by " + blamed(d).Dst.String() + ", did not pass it on and sent its own request again: it may not have got it" + claim
			}
			text := "got a " + strconv.Itoa(blamed(d).Status) + " from " + blamed(d).Dst.String()
			if status := relayOf(d).Status; status != 0 {
				return text + " and answered the MESSAGE with " + strconv.Itoa(status) + " instead of passing it on" + claim
			}
			return text + " and did not pass it on" + claim
		},
	},
	{
		ID:        "success-of-its-own",
		Title:     "a 2xx for what the next hop did not take",
		Doc:       "A proxy sent the MESSAGE on, no next hop took it, and the sender was answered 2xx all the same. With 200 the sender believes that the text arrived; with 202 a server says that it keeps the text and will try again: look whether it does.",
		Reference: "RFC 3428 7", Words: "", Severity: result.Warning, Since: "0.2",
		Trap:  "a branch of a fork that failed while another one answered 2xx; a store that takes what cannot be delivered now and says so with 202, which is an info",
		Scope: ClosedDelivery,
		Check: func(x *Exchange) bool {
			root := lastAttempt(x.Delivery)
			if root.Outcome != result.Success {
				return false
			}
			end := notArrived(x.Delivery, root)
			if end == nil || end.Blind || end.Outcome == result.Pending {
				return false
			}
			return below(x.Delivery, end, root).Src != root.Src // the sender's own request to another address
		},
		Level: func(x *Exchange) result.Severity {
			if lastAttempt(x.Delivery).Status == 202 {
				return result.Info
			}
			return result.Warning
		},
		Peer: func(x *Exchange) decode.Endpoint { return lastAttempt(x.Delivery).Dst },
		Say: func(x *Exchange) string {
			root := lastAttempt(x.Delivery)
			end := notArrived(x.Delivery, root)
			claim := ifSame(x.Delivery, below(x.Delivery, end, root), root)
			text := "answered a MESSAGE with " + strconv.Itoa(root.Status) + ", and " + end.Dst.String()
			switch {
			case end.Status != 0:
				return text + " refused it with " + strconv.Itoa(end.Status) + claim
			case end.Outcome == result.Unreachable:
				return text + " could not be reached" + claim
			}
			return text + " never answered it" + claim
		},
	},
	{
		ID:        "not-forwarded",
		Title:     "a MESSAGE that a proxy keeps",
		Doc:       "A proxy that forwards other requests took this one and neither sent it on nor answered it. Look at its log: routing, a script that drops the request, a next hop on another interface than the captured ones.",
		Reference: "RFC 3261 16.2", Words: "", Severity: result.Warning, Since: "0.2",
		Trap:  "an outbound leg on an interface that is not captured; a host that has not been seen to forward",
		Scope: ClosedDelivery,
		Check: func(x *Exchange) bool { return x.Delivery.Verdict == result.NotForwarded },
		Peer:  func(x *Exchange) decode.Endpoint { return blamed(x.Delivery).Dst },
		Say: func(x *Exchange) string {
			if why := blamed(x.Delivery).Refused; why != "" {
				return "took a MESSAGE, could not send it on and did not answer it: " + why
			}
			return "took a MESSAGE and neither sent it on nor answered it"
		},
	},
	{
		ID:        "challenge-not-answered",
		Title:     "a challenge that is never answered",
		Doc:       "The server asked for credentials and the sender never sent the MESSAGE again with any: it was not delivered. Look whether the client has a password for that realm, and whether it can answer the challenge at all.",
		Reference: "RFC 3261 22.2 and 22.3", Words: "", Severity: result.Warning, Since: "0.2",
		Trap:  "the request with credentials, which has the next CSeq number, or is told by the nonce; a capture that ends within T2 of the challenge",
		Scope: ClosedDelivery,
		Check: func(x *Exchange) bool {
			return x.Delivery.Verdict == result.NeverRetried && sentNoMore(blamed(x.Delivery), x.Timers)
		},
		Peer: func(x *Exchange) decode.Endpoint { return senderOf(blamed(x.Delivery)) },
		Say: func(x *Exchange) string {
			return "was challenged with " + strconv.Itoa(blamed(x.Delivery).Status) + " by " + blamed(x.Delivery).Dst.String() +
				" and never sent the MESSAGE again with credentials: not delivered"
		},
	},
	{
		ID:        "credentials-refused",
		Title:     "credentials that are refused",
		Doc:       "The MESSAGE came with credentials, was challenged again, and that was the end of it: not delivered. Compare user name, realm and password; look whether the second challenge says stale.",
		Reference: "RFC 3261 22.2 and 22.3", Words: "", Severity: result.Warning, Since: "0.2",
		Trap:  "a second challenge by another server (401 and 407); one with a fresh nonce, which the sender answers",
		Scope: ClosedDelivery,
		Check: func(x *Exchange) bool {
			d := x.Delivery
			return d.Verdict == result.Refused && lastAttempt(d).Outcome == result.Challenged && challenges(d) < loopingChallenges
		},
		Peer: func(x *Exchange) decode.Endpoint { return senderOf(lastAttempt(x.Delivery)) },
		Say: func(x *Exchange) string {
			last := lastAttempt(x.Delivery)
			return "sent the MESSAGE again with credentials, and " + last.Dst.String() + " challenged it again with " + strconv.Itoa(last.Status) + ": not delivered"
		},
	},
	{
		ID:        "auth-loop",
		Title:     "challenged again and again",
		Doc:       "One MESSAGE was challenged three times or more by the same server: the credentials are wrong, or server and client do not agree on the nonce. Each round costs two messages and the text does not arrive.",
		Reference: "RFC 3261 22.1", Words: "", Severity: result.Warning, Since: "0.2",
		Trap:  "a 407 of a proxy and a 401 behind it; one stale nonce",
		Scope: ClosedDelivery,
		Check: func(x *Exchange) bool { return challenges(x.Delivery) >= loopingChallenges },
		Peer:  func(x *Exchange) decode.Endpoint { return senderOf(lastAttempt(x.Delivery)) },
		Say: func(x *Exchange) string {
			d := x.Delivery
			return "was challenged " + strconv.Itoa(challenges(d)) + " times for one MESSAGE by " + lastAttempt(d).Dst.String() + ": its credentials are refused again and again"
		},
	},
	{
		ID:        "redirect-not-followed",
		Title:     "a redirection that is not followed",
		Doc:       "The server named another target with a 3xx and the sender never sent the MESSAGE there: not delivered. Look whether the client follows redirections, and whether the Contact of the response can be reached.",
		Reference: "RFC 3261 8.1.3.4", Words: "a client SHOULD use the URI(s) in the Contact header field to formulate one or more new requests based on the redirected request", Severity: result.Warning, Since: "0.2",
		Trap:  "a request to the new target, with the same Call-ID or another one; a capture that ends within T2 of the response",
		Scope: ClosedDelivery,
		Check: func(x *Exchange) bool {
			last := lastAttempt(x.Delivery)
			return x.Delivery.Verdict == result.Refused && last.Outcome == result.Redirected && sentNoMore(last, x.Timers)
		},
		Peer: func(x *Exchange) decode.Endpoint { return senderOf(lastAttempt(x.Delivery)) },
		Say: func(x *Exchange) string {
			last := lastAttempt(x.Delivery)
			return "was redirected with " + strconv.Itoa(last.Status) + " by " + last.Dst.String() + " and sent the MESSAGE nowhere else: not delivered"
		},
	},
}

// loopingChallenges is how often a server may challenge one MESSAGE: at first,
// and once more with a fresh nonce.
const loopingChallenges = 3

// challenges is how often the server that challenged last did so with that
// status.
func challenges(d *result.Delivery) (n int) {
	var last *result.Hop
	for i := len(d.Hops) - 1; i >= 0; i-- {
		hop := &d.Hops[i]
		if hop.Parent != 0 || hop.Outcome != result.Challenged {
			continue
		}
		if last == nil {
			last = hop
		}
		if hop.Status == last.Status && hop.Dst == last.Dst {
			n++
		}
	}
	return n
}

// blamed is the hop that decided the verdict, or else the last attempt.
func blamed(d *result.Delivery) *result.Hop {
	if hop := hopIn(d, d.Blame); hop != nil {
		return hop
	}
	return lastAttempt(d)
}

// relayOf is the hop whose answer was not passed back to.
func relayOf(d *result.Delivery) *result.Hop {
	if hop := hopIn(d, blamed(d).Parent); hop != nil {
		return hop
	}
	return lastAttempt(d)
}

// below is the hop that carries on what root began and that end is, or is of.
func below(d *result.Delivery, end, root *result.Hop) *result.Hop {
	for range d.Hops {
		if up := hopIn(d, end.Parent); up != nil && up != root {
			end = up
		}
	}
	return end
}

// ifSame says on what it rests that a host sent a request on: where the next hop comes
// from another address and has another Call-ID, that is what one of its header fields
// claims, and no more.
func ifSame(d *result.Delivery, next, hop *result.Hop) string {
	if next.Src.IP == hop.Dst.IP || len(d.CallIDs) < 2 {
		return ""
	}
	return ", if " + next.Src.Host() + " is the same host"
}

// senderOf is who sent the request of a hop.
func senderOf(h *result.Hop) decode.Endpoint { return knownAs(h.Src, h.Transport) }

// sameStatus reports whether a proxy passed on the answer of the next hop.
func sameStatus(hop, next *result.Hop) bool { return next.Status == hop.Status }
