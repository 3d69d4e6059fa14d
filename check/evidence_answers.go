package check

import (
	"slices"
	"strconv"
	"strings"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// ask is a request of the evidence whose answers belong to it: without them it would
// look as if nobody had answered. A verdict has them of transactions, and not of texts.
type ask struct {
	reason string
	added  int // frames, DefaultLimits.Frames of them at most
}

// follow notes a request of the evidence, and adds what is of the same transaction and
// comes later. It returns why the message is evidence.
func (e *evidence) follow(m *decode.Message) (reasons []string) {
	reasons = e.reasons[m.Frame]
	if !analyze.OfMessage(m) || len(reasons) == 0 && len(e.asks) == 0 {
		return reasons
	}
	key := askKey(m)
	one := e.asks[key]
	switch {
	case one == nil && len(reasons) > 0 && m.Kind == sip.Request:
		e.asks[key] = &ask{reason: strings.Join(reasons, ", ")}
	case one != nil && len(reasons) == 0 && one.added < DefaultLimits.Frames:
		one.added++
		e.followed++
		e.add(m.Frame, one.reason)
	}
	return e.reasons[m.Frame]
}

// askKey is what the messages of one transaction have in common.
func askKey(m *decode.Message) string {
	return string(m.Branch.In(m.Raw)) + "\n" + string(m.CallID.In(m.Raw)) + "\n" + strconv.FormatUint(m.CSeqNumber, 10)
}

// shownBy are the frames of a breach that are written beside those of its transactions:
// all of them, unless the verdict has more transactions than it keeps. An answer to one
// that is not kept has no request in the evidence.
func shownBy(c *Check, b *Breach) []capture.Ref {
	kept := func(t Transaction) bool { return len(t.Frames) > 0 }
	cut := func(t Transaction) bool { return !kept(t) }
	some := slices.ContainsFunc(c.Breaches, func(b Breach) bool { return slices.ContainsFunc(b.Transactions, kept) })
	if some && slices.ContainsFunc(b.Transactions, cut) {
		return nil
	}
	return b.Frames
}
