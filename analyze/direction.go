package analyze

import (
	"math"
	"strconv"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// A response travels against its request. Anybody who sees a request pass, or wrote
// it, can make up what would match it by Via and CSeq, so that these alone are no
// proof of an answer: where it came from has to fit too.

// way says how a response travelled, seen from the request that it would answer.
type way uint8

const (
	wayBack   way = iota // from the host that the request went to
	wayThird             // from another host to the sender: perhaps a server with several addresses, perhaps anybody
	wayOwn               // from the sender of the request
	wayAstray            // between other hosts
)

// wayOf compares where a response came from with where the request went. Ports tell
// the ends apart only where both are on one host: a server may answer from another
// port (RFC 3261 18.2.2, TS 33.203 7.1). Over one connection the other end is the
// one that the request did not come from.
func wayOf(tx txn, m *decode.Message) way {
	src, dst := tx.ends()
	switch {
	case m.Src.IP == dst.IP && (src.IP != dst.IP || m.Src == dst):
		return wayBack
	case src == dst:
		return wayBack // it went to itself: nothing tells the ends apart
	case m.Src == src || m.Src.IP == src.IP && src.IP != dst.IP:
		return wayOwn
	case m.Src.IP == dst.IP:
		return wayBack
	case m.Transport == decode.SCTP && tx.common().conn == uint32(m.Conn):
		return wayBack // either end of an association may have several addresses
	case m.Dst.IP == src.IP:
		return wayThird
	}
	return wayAstray
}

// forged notes a response that would match a transaction if it came from the other
// side, and reports whether there is one. It answers nothing.
func (pr *pairing) forged(m *decode.Message, k *key) (h handle) {
	h = pr.table.findBranch(k.branch, func(_ handle, tx txn) bool {
		return tx.is(hasRequest) && wayOf(tx, m) == wayOwn && sameHop(tx, m) && sameCall(tx, m) && !pr.table.expired(tx, m)
	})
	if h != 0 {
		pr.table.noAnswer(h, m, "by its own sender")
		pr.blame.broken(&responseFromSender, m, h)
	}
	return h
}

// noAnswer says in the transaction's cause that a response is none.
func (tab *table) noAnswer(h handle, m *decode.Message, why string) {
	tx := tab.at(h)
	tx.set(isChanged)
	if tx.noted(nodeCause) == nil {
		tx.keep(nodeCause, uint64(tx.put([]byte(strconv.Itoa(m.Status)+" in "+frameText(m.Frame)+" is no answer: it comes "+why))))
	}
	tab.account(tx.chunk)
}

// disbelieve takes back the final response of another host than the request went to,
// because the sender goes on as if it had none, or the right host answers itself.
func (tab *table) disbelieve(h handle) {
	tx := tab.at(h)
	if tx.noted(nodeCause) == nil {
		tx.keep(nodeCause, uint64(tx.put([]byte("answered "+strconv.Itoa(int(tx.status))+" by a host that the request did not go to, and the sender goes on as if it had no answer"))))
	}
	tx.status, tx.reason, tx.final, tx.toTag = 0, 0, 0, 0
	tx.setIf(isThird, false)
	tx.set(isChanged)
	tab.account(tx.chunk)
}

// outweigh makes way for a final response that counts more than the one before: from
// the host that the request went to, or seen on the wire and not only reported.
func (tab *table) outweigh(h handle, m *decode.Message) {
	tx := tab.at(h)
	if tx.is(isThird) && wayOf(tx, m) == wayBack {
		tab.disbelieve(h)
	}
	if !tx.is(isReported) || m.Agent != 0 {
		return
	}
	tx.setIf(isReported, false)
	if int(tx.status) != m.Status {
		tx.status, tx.reason, tx.final, tx.toTag = 0, 0, 0, 0
	}
}

// coverKey is one direction of a TCP connection.
type coverKey struct {
	conn uint64
	src  decode.Endpoint
}

// cover is how far a message claims to reach over what comes behind it.
type cover struct {
	left  int64 // bytes
	until int64 // where nobody can tell how many: what comes until then, by the capture's clock
}

// swallowed reports whether the receiver of m takes it, or may take it, for a part of
// the body of a message before it on its connection, because it believes that one's
// Content-Length, or because that one has none that can be used and m came in one go
// with it. It remembers how far m claims to reach itself.
func (hs *hosts) swallowed(m *decode.Message) (inside bool) {
	claims := claimOf(m)
	if claims.left == 0 && len(hs.covers.entries) == 0 {
		return false // as nearly always
	}
	key := coverKey{m.Conn, m.Src}
	claimed, _ := hs.covers.get(key)
	inside = claimed.left > 0 && m.Carriage&decode.AfterGap == 0 && (claimed.until == 0 || m.Seen() <= claimed.until)
	left := claimed.left - int64(m.Skipped) - int64(len(m.Raw))
	switch {
	case inside && left > 0:
		hs.covers.put(key, cover{left, claimed.until})
	case claims.left > 0:
		hs.covers.put(key, claims)
	case claimed.left > 0:
		hs.covers.put(key, cover{})
	}
	return inside
}

// claimOf returns how far m claims to reach over what comes behind it on its connection.
func claimOf(m *decode.Message) cover {
	switch {
	case m.Conn == 0 || m.Carriage&decode.Cut != 0:
	case m.Defects.Any(sip.DefectContentLengthTooLong):
		return cover{left: m.ContentLength - int64(m.Body.Len)}
	case !m.Defects.Any(sip.DefectContentLengthMissing | sip.DefectContentLengthInvalid):
	case m.Body.Len > 0 || m.Present.Has(sip.HeaderContentType):
		return cover{left: math.MaxInt64, until: m.Seen() + crossing}
	}
	return cover{}
}
