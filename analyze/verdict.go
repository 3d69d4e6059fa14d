package analyze

import (
	"time"

	"simplecap/analyze/result"
)

// judgeHops decides the verdict: from the last attempt of the first leg seen, down
// the legs that carried it on.
func judgeHops(d *result.Delivery, timers Timers) {
	root := lastAttempt(d)
	d.Verdict, d.Blame = verdictOf(d, root, timers)
	if d.Verdict.Failed() {
		if hop := tookBefore(d, root); hop != nil {
			d.Verdict, d.Blame = lostBehind(d, hop)
		}
	}
	d.Unseen = unseen(d)
}

// tookBefore returns a hop behind an attempt before the last one that has a 2xx, which the
// sender did not get, or nil.
func tookBefore(d *result.Delivery, last *result.Hop) *result.Hop {
	for i := range d.Hops {
		first := &d.Hops[i]
		if first == last || first.Parent != 0 && hopIn(d, first.Parent) != nil {
			continue
		}
		if hop := successBelow(d, first); hop != nil {
			return hop
		}
	}
	return nil
}

// lastAttempt is the first leg of the latest request for this message: the one
// with credentials, or to the new target, where the first one was sent back. Where
// there are several targets, one that took it counts.
func lastAttempt(d *result.Delivery) *result.Hop {
	var last *result.Hop
	for i := range d.Hops {
		hop := &d.Hops[i]
		if hop.Parent != 0 && hopIn(d, hop.Parent) != nil {
			continue
		}
		if last == nil || hop.Outcome == result.Success || last.Outcome != result.Success {
			last = hop
		}
	}
	if last == nil { // a loop of parents
		return &d.Hops[0]
	}
	return last
}

func verdictOf(d *result.Delivery, root *result.Hop, timers Timers) (result.Verdict, uint64) {
	if root.Outcome != result.Success && root.Later/100 == 2 && !root.StillRetransmits && !root.Bounced {
		return verdictOfTaken(d, root, root.Later) // its first answer was lost
	}
	switch root.Outcome {
	case result.Success:
		return verdictOfAnswered(d, root, timers)
	case result.Challenged:
		if challenges(d) > 1 {
			return result.Refused, root.Transaction // by the same server: the credentials did not do
		}
		return result.NeverRetried, root.Transaction // as far as the capture goes, and a check that passes means that it arrived
	case result.Redirected, result.Rejected:
		return verdictOfFailed(d, root, timers)
	}
	return verdictOfUnanswered(d, root, timers)
}

// sentNoMore reports whether the capture goes on long enough behind the hop's
// answer to show a request that follows from it.
func sentNoMore(h *result.Hop, timers Timers) bool {
	return !h.HasTime || time.Duration(h.SeenUntil-h.Final) >= timers.T2
}

// verdictOfAnswered judges a first leg with a 2xx: a proxy may have made it up, and a 202 is kept
// as what it says, that a server will try (RFC 3428 7).
func verdictOfAnswered(d *result.Delivery, root *result.Hop, timers Timers) (result.Verdict, uint64) {
	switch {
	case root.StillRetransmits && root.Undecided && !root.Bounced:
		return result.Unknown, 0
	case root.StillRetransmits || root.Bounced || root.Later >= 300:
		return result.AnswerNotReceived, root.Transaction
	}
	return verdictOfTaken(d, root, root.Status)
}

// verdictOfTaken judges a first leg whose sender has a 2xx.
func verdictOfTaken(d *result.Delivery, root *result.Hop, status int) (result.Verdict, uint64) {
	if status == 202 {
		return result.Accepted, root.Transaction
	}
	if hop := notArrived(d, root); hop != nil {
		if hop.Status != 0 {
			return result.Refused, hop.Transaction
		}
		return verdictOfSilent(hop)
	}
	return result.Delivered, root.Transaction
}

// notArrived returns the hop at which a MESSAGE ended that the first leg was answered
// 2xx for: it was sent on, and each next hop is seen to have refused it or not to have
// been there, or has no answer to what was sent when the 2xx was given already. It is nil
// where one of them may have taken it.
func notArrived(d *result.Delivery, root *result.Hop) (end *result.Hop) {
	for i := range d.Hops {
		hop := &d.Hops[i]
		switch {
		case hop == root || !isBelow(d, hop, root):
		case hop.Unmatchable && hop.InVain < 300, hop.Later/100 == 2: // it has an answer; a proxy passes one on that it cannot match (RFC 3261 16.7)
			return nil
		case hop.Outcome == result.Rejected, hop.Outcome == result.Unreachable, askedLater(hop, root):
			end = hop // the deepest one comes last
		default:
			return nil
		}
	}
	return end
}

// askedLater reports whether a hop without any answer was asked when the one that it carries
// on had its own 2xx: that cannot be of this hop.
func askedLater(hop, root *result.Hop) bool {
	if hop.Status != 0 || hop.Unmatchable || !hop.HasTime || !root.HasTime || root.Outcome != result.Success {
		return false
	}
	return hop.First-root.Final > int64(hop.Bound) || hop.Last-root.Final > crossing+int64(hop.Bound)
}

// verdictOfFailed judges a first leg with a final failure. A proxy that gives up makes
// one of its own: what the next hop did counts then.
func verdictOfFailed(d *result.Delivery, root *result.Hop, timers Timers) (result.Verdict, uint64) {
	if hop := successBelow(d, root); hop != nil {
		return notPassedOn(d, hop), hop.Transaction
	}
	source := sourceOf(d, root)
	if source.Status != 0 {
		return result.Refused, source.Transaction
	}
	v, blame := verdictOfSilent(source)
	if v == result.Unknown {
		return result.NoAnswer, source.Transaction // the proxy said so itself
	}
	return v, blame
}

// sourceOf follows the failure down to the hop that made it: the deepest one with
// a final response, or the silent one that made a proxy give up.
func sourceOf(d *result.Delivery, hop *result.Hop) *result.Hop {
	var deepest *result.Hop
	for i := range d.Hops {
		child := &d.Hops[i]
		if child.Parent != hop.Transaction {
			continue
		}
		if s := sourceOf(d, child); deepest == nil || s.Status >= 300 && deepest.Status == 0 {
			deepest = s
		}
	}
	if deepest == nil {
		return hop
	}
	return deepest
}

// verdictOfUnanswered judges a first leg without a final response.
func verdictOfUnanswered(d *result.Delivery, root *result.Hop, timers Timers) (result.Verdict, uint64) {
	if root.Unmatchable {
		return result.Unmatchable, root.Transaction
	}
	if hop := successBelow(d, root); hop != nil {
		return verdictOfKept(d, root, hop, timers)
	}
	leaf := silentLeaf(d, root)
	if hop := answerBelow(d, leaf, false); hop != nil && !leaf.Unmatchable {
		return verdictOfKept(d, leaf, hop, timers)
	}
	if hop := answerBelow(d, leaf, true); hop != nil && !leaf.Unmatchable {
		leaf = sourceOf(d, hop)
	}
	if leaf.Status != 0 && leaf.Status != 408 && root.Outcome == result.Timeout && !root.Blind {
		return notPassedOn(d, leaf), leaf.Transaction
	}
	if leaf == root && root.Forwarder && !root.Halfway && root.Outcome == result.Timeout && !root.Blind && root.Sealed == "" {
		return result.NotForwarded, root.Transaction
	}
	v, blame := verdictOfSilent(leaf)
	if v == result.Unknown && root.Outcome == result.Timeout && !root.Blind {
		return result.NoAnswer, lastInTime(d, root, leaf).Transaction // whatever became of it further on
	}
	return v, blame
}

// verdictOfKept judges a silent hop whose request was sent on and answered behind it.
func verdictOfKept(d *result.Delivery, silent, answered *result.Hop, timers Timers) (result.Verdict, uint64) {
	v := notPassedOn(d, answered)
	switch {
	case silent.Outcome == result.Timeout:
		return lostBehind(d, answered)
	case v == result.AnswerNotReceived || !goesOn(silent, answered, timers):
		return result.Unknown, 0
	}
	return v, answered.Transaction
}

// lostBehind is notPassedOn with the hop that decides it. A proxy may have passed an answer
// on over TCP, and its connection does not get it through.
func lostBehind(d *result.Delivery, hop *result.Hop) (result.Verdict, uint64) {
	if parent := hopIn(d, hop.Parent); parent != nil && parent.Outcome == result.Timeout && parent.AnswersWait {
		return result.AnswerNotReceived, parent.Transaction
	}
	return notPassedOn(d, hop), hop.Transaction
}

// notPassedOn says why the answer of a hop went no further: the proxy that it went to
// repeats its own request, and so does not have it, or did not pass it on. A proxy that
// keeps no transactions repeats what comes again, and that says nothing.
func notPassedOn(d *result.Delivery, hop *result.Hop) result.Verdict {
	if hop.Bounced || hop.LostBetween || hop.Later >= 300 || hop.StillRetransmits && !onlyRepeats(d, hop) {
		return result.AnswerNotReceived
	}
	return result.AnswerNotRelayed
}

// promptly is how much later than the first request a proxy may send a further one on that
// it sends on just so. One that repeats requests by a timer of its own is as exact by chance
// only: that began with the first one, as its client's did.
const promptly = int64(5 * time.Millisecond)

// onlyRepeats reports whether a proxy may have sent its last request because the one
// before it came again, and for no other reason.
func onlyRepeats(d *result.Delivery, hop *result.Hop) bool {
	parent := hopIn(d, hop.Parent)
	if parent == nil || parent.Last == parent.First {
		return false
	}
	took, first := hop.Last-parent.Last, hop.First-parent.First
	return took >= 0 && took <= crossing+max(0, first) && max(took-first, first-took) <= promptly
}

// lastInTime is the deepest hop on the way from root to leaf that is known to have had no
// answer in time.
func lastInTime(d *result.Delivery, root, leaf *result.Hop) *result.Hop {
	for hop := leaf; hop != nil && hop != root; hop = hopIn(d, hop.Parent) {
		if (hop.Outcome == result.Timeout || hop.Status == 408) && !hop.Blind {
			return hop
		}
	}
	return root
}

// answerBelow returns a hop that a silent hop was forwarded on and that has a final response,
// or nil: one to pass back or, where it gave up, a 408, which is none (RFC 4320 4.2).
func answerBelow(d *result.Delivery, leaf *result.Hop, gaveUp bool) *result.Hop {
	for i := range d.Hops {
		if hop := &d.Hops[i]; hop.Parent == leaf.Transaction && hop.Status != 0 && (hop.Status == 408) == gaveUp {
			return hop
		}
	}
	return nil
}

// goesOn reports whether the capture shows that a hop had no answer long after one
// should have come: its request came again, or time went by. Meanwhile the proxy would
// have repeated its own request, had the answer not reached it.
func goesOn(h, answered *result.Hop, timers Timers) bool {
	next := min(time.Duration(answered.Last-answered.First)+timers.T1, timers.T2)
	if time.Duration(h.SeenUntil-answered.Last) <= next+next/4 {
		return false
	}
	return h.Last-answered.Final > crossing || time.Duration(h.SeenUntil-answered.Final) > timers.T2
}

// verdictOfSilent judges a hop that nothing came back from.
func verdictOfSilent(leaf *result.Hop) (result.Verdict, uint64) {
	switch {
	case leaf.Unmatchable:
		return result.Unmatchable, leaf.Transaction
	case leaf.Outcome == result.Unreachable:
		return result.NotReached, leaf.Transaction
	case leaf.Blind || leaf.Outcome != result.Timeout:
		return result.Unknown, 0
	}
	return result.NoAnswer, leaf.Transaction
}

// successBelow returns a hop below root that has a 2xx which went no further, or nil: one
// that did not get lost, if there is one.
func successBelow(d *result.Delivery, root *result.Hop) (lost *result.Hop) {
	for i := range d.Hops {
		hop := &d.Hops[i]
		if parent := hopIn(d, hop.Parent); hop.Outcome != result.Success || !isBelow(d, hop, root) || parent.Outcome == result.Success {
			continue
		}
		if !hop.StillRetransmits {
			return hop
		}
		if lost == nil {
			lost = hop
		}
	}
	return lost
}

// isBelow reports whether hop carries on what root began.
func isBelow(d *result.Delivery, hop, root *result.Hop) bool {
	for n := 0; n < len(d.Hops); n++ {
		if hop = hopIn(d, hop.Parent); hop == nil {
			return false
		}
		if hop == root {
			return true
		}
	}
	return false
}

// silentLeaf returns the deepest hop below root without a final response.
func silentLeaf(d *result.Delivery, root *result.Hop) *result.Hop {
	for i := range d.Hops {
		if child := &d.Hops[i]; child.Parent == root.Transaction && child.Status == 0 {
			return silentLeaf(d, child)
		}
	}
	return root
}
