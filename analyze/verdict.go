package analyze

import "time"

// judge decides the verdict: from the last attempt of the first leg seen, down
// the legs that carried it on.
func (d *Delivery) judge(timers Timers) {
	root := d.lastAttempt()
	d.Verdict, d.Blame = d.verdict(root, timers)
	d.Unseen = d.unseen()
}

// lastAttempt is the first leg of the latest request for this message: the one
// with credentials, or to the new target, where the first one was sent back.
func (d *Delivery) lastAttempt() *Hop {
	last := &d.Hops[0]
	for i := range d.Hops {
		if hop := &d.Hops[i]; hop.Parent == 0 || d.hop(hop.Parent) == nil {
			last = hop
		}
	}
	return last
}

func (d *Delivery) verdict(root *Hop, timers Timers) (Verdict, uint64) {
	switch root.Outcome {
	case Success:
		return d.answered(root, timers)
	case Challenged:
		if d.challenges() > 1 {
			return Refused, root.Transaction // by the same server: the credentials did not do
		}
		return NeverRetried, root.Transaction // as far as the capture goes, and a check that passes means that it arrived
	case Redirected, Rejected:
		return d.failed(root, timers)
	}
	return d.unanswered(root, timers)
}

// sentNoMore reports whether the capture goes on long enough behind the hop's
// answer to show a request that follows from it.
func (h *Hop) sentNoMore(timers Timers) bool {
	return !h.hasTime || time.Duration(h.seenUntil-h.final) >= timers.T2
}

// answered judges a first leg with a 2xx: a proxy may have made it up, and a 202 is kept
// as what it says, that a server will try (RFC 3428 7).
func (d *Delivery) answered(root *Hop, timers Timers) (Verdict, uint64) {
	switch {
	case root.stillRetransmits || root.bounced:
		return AnswerNotReceived, root.Transaction
	case root.Status == 202:
		return Accepted, root.Transaction
	}
	if hop := d.notArrived(root); hop != nil {
		if hop.Status != 0 {
			return Refused, hop.Transaction
		}
		return d.silent(hop, timers)
	}
	return Delivered, root.Transaction
}

// notArrived returns the hop at which a MESSAGE ended that the first leg was answered
// 2xx for: it was sent on, and each next hop is seen to have refused it or not to have
// been there. It is nil where one of them may have taken it.
func (d *Delivery) notArrived(root *Hop) (end *Hop) {
	for i := range d.Hops {
		hop := &d.Hops[i]
		switch {
		case hop == root || !d.below(hop, root):
		case hop.Outcome == Rejected, hop.Outcome == Unreachable:
			end = hop // the deepest one comes last
		default:
			return nil
		}
	}
	return end
}

// failed judges a first leg with a final failure. A proxy that gives up makes
// one of its own: what the next hop did counts then.
func (d *Delivery) failed(root *Hop, timers Timers) (Verdict, uint64) {
	if hop := d.success(root); hop != nil {
		return AnswerNotRelayed, hop.Transaction
	}
	if hop := d.source(root); hop.Status != 0 {
		return Refused, hop.Transaction
	}
	leaf := d.silentLeaf(root)
	v, blame := d.silent(leaf, timers)
	if v == Unknown {
		return NoAnswer, leaf.Transaction // the proxy said so itself
	}
	return v, blame
}

// source follows the failure down to the hop that made it: the deepest one with
// a final response, or the silent one that made a proxy give up.
func (d *Delivery) source(hop *Hop) *Hop {
	var deepest *Hop
	for i := range d.Hops {
		child := &d.Hops[i]
		if child.Parent != hop.Transaction {
			continue
		}
		if s := d.source(child); deepest == nil || s.Status >= 300 && deepest.Status == 0 {
			deepest = s
		}
	}
	if deepest == nil {
		return hop
	}
	return deepest
}

// unanswered judges a first leg without a final response.
func (d *Delivery) unanswered(root *Hop, timers Timers) (Verdict, uint64) {
	if root.unmatchable {
		return Unmatchable, root.Transaction
	}
	if hop := d.success(root); hop != nil {
		if root.goesOn(hop.final, timers) {
			return AnswerNotRelayed, hop.Transaction
		}
		return Unknown, 0
	}
	leaf := d.silentLeaf(root)
	if hop := d.answerBelow(leaf); hop != nil && !leaf.unmatchable {
		if leaf.goesOn(hop.final, timers) {
			return AnswerNotRelayed, hop.Transaction
		}
		return Unknown, 0
	}
	if leaf == root && root.forwarder && root.Outcome == Timeout && !root.blind && root.sealed == "" {
		return NotForwarded, root.Transaction
	}
	return d.silent(leaf, timers)
}

// answerBelow returns a hop that a silent hop was forwarded on and that has a
// final response to pass back, or nil. A 408 is none (RFC 4320 4.2).
func (d *Delivery) answerBelow(leaf *Hop) *Hop {
	for i := range d.Hops {
		if hop := &d.Hops[i]; hop.Parent == leaf.Transaction && hop.Status != 0 && hop.Status != 408 {
			return hop
		}
	}
	return nil
}

// goesOn reports whether the capture shows that the hop had no answer long
// after one should have come: its request came again, or time went by.
func (h *Hop) goesOn(since int64, timers Timers) bool {
	return h.last-since > crossing || time.Duration(h.seenUntil-since) > timers.T2 || h.Outcome == Timeout
}

// silent judges a hop that nothing came back from.
func (d *Delivery) silent(leaf *Hop, _ Timers) (Verdict, uint64) {
	switch {
	case leaf.unmatchable:
		return Unmatchable, leaf.Transaction
	case leaf.Outcome == Unreachable:
		return NotReached, leaf.Transaction
	case leaf.blind || leaf.Outcome != Timeout:
		return Unknown, 0
	}
	return NoAnswer, leaf.Transaction
}

// success returns a hop below root that has a 2xx, or nil.
func (d *Delivery) success(root *Hop) *Hop {
	for i := range d.Hops {
		if hop := &d.Hops[i]; hop.Outcome == Success && d.below(hop, root) {
			return hop
		}
	}
	return nil
}

// below reports whether hop carries on what root began.
func (d *Delivery) below(hop, root *Hop) bool {
	for n := 0; n < len(d.Hops); n++ {
		if hop = d.hop(hop.Parent); hop == nil {
			return false
		}
		if hop == root {
			return true
		}
	}
	return false
}

// silentLeaf returns the deepest hop below root without a final response.
func (d *Delivery) silentLeaf(root *Hop) *Hop {
	for i := range d.Hops {
		if child := &d.Hops[i]; child.Parent == root.Transaction && child.Status == 0 {
			return d.silentLeaf(child)
		}
	}
	return root
}
