package analyze

import (
	"strconv"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// A snapshot length that ends inside the header fields takes away what a message is known
// by. Such a request is told from others by its UDP header alone, and such a response may
// be the answer to any request that its host was asked before.

// headCut reports whether the capture does not hold all header fields of m.
func headCut(m *decode.Message) bool {
	return m.Carriage&decode.Cut != 0 && m.Defects.Any(sip.DefectNotTerminated)
}

// keyCut reports whether m has no branch to match it by because the capture cut it off.
func keyCut(m *decode.Message) bool { return m.Branch.Len == 0 && headCut(m) }

// findCut returns the transaction that a request without its key is a further copy of, or 0.
// A stream has none, and need not be repeated.
func (tab *table) findCut(m *decode.Message, k *key) handle {
	if m.Datagram == (decode.Datagram{}) {
		return 0
	}
	return tab.findBranch(k.branch, func(_ handle, tx txn) bool {
		return tx.is(isHeadCut) && samePath(tx, m) && tx.length == m.Datagram.Length && tx.checksum == m.Datagram.Checksum && !tab.expired(tx, m)
	})
}

// cuts remembers the latest final response from one host to another that cannot be matched
// because its key was cut off.
type cuts struct {
	*recent[hostPair, cutAnswer]
}

type cutAnswer struct {
	time   int64
	frame  capture.Ref
	status int
}

func (c cuts) add(m *decode.Message) {
	if m.Status >= 200 {
		c.put(hostPair{m.Src.IP, m.Dst.IP}, cutAnswer{m.Time, m.Frame, m.Status})
	}
}

// behindCut reports whether the answer of a transaction may have been in the capture, but
// for what the snapshot length cut off, and says so in its cause. Who repeats a request has
// not got the answer that came before.
func (hs *hosts) behindCut(tx txn, t *result.Transaction) bool {
	answer, ok := hs.cuts.get(hostPair{t.Dst.IP, t.Src.IP})
	switch {
	case ok && (!tx.is(hasTime) || answer.time >= tx.at(tx.latest)-crossing):
		t.Cause = joinCauses(t.Cause, "the "+strconv.Itoa(answer.status)+" in "+frameText(answer.frame)+" may be its answer: the snapshot length cut off its Via")
		return true
	case tx.is(isHeadCut) && tx.branch == 0:
		t.Cause = joinCauses(t.Cause, "the snapshot length cut off its Via")
		return true
	}
	return false
}
