package analyze

import (
	"math"
	"time"

	"simplecap/decode"
)

// pairing joins each message to its transaction, or begins one.
type pairing struct {
	*run
	table    *table
	hosts    *hosts
	groups   *groups
	blame    *blame
	watch    *watch
	viewer   *viewer
	totals   *totals
	legs     *legs
	progress *progress
	closer   *closer

	role   Role   // of the message that was placed last
	copies uint64 // duplicates made by the capture
	head   []byte // Leg.Head of the message at hand
	strays strays
}

// request joins a request to its transaction or begins one.
func (pr *pairing) request(m *decode.Message, s *hashes) handle {
	k := &s.key
	h, reused := pr.table.findRequest(m, k)
	if reused != 0 {
		pr.blame.broken(&branchReused, m, reused)
	}
	if h == 0 {
		h = pr.table.findOrphan(m, k)
		if h == 0 {
			h = pr.begin(m, k)
		}
		tx := pr.table.at(h)
		pr.fillRequest(tx, m, s)
		if forwards := pr.groups.enter(h, m, k); forwards != 0 && m.ViaCount > 1 {
			pr.watch.sameBody(h, m, pr.table.at(forwards))
		}
		pr.watch.began(h, m, s)
		pr.table.account(tx.chunk)
		pr.closer.bound()
		pr.role = FirstRequest
		pr.progress.await(h)
		pr.legs.began(h, pr.head)
		return h
	}
	pr.again(h, m, s.whole)
	return h
}

// begin makes a record for a transaction that m is the first message of.
func (pr *pairing) begin(m *decode.Message, k *key) handle {
	h, tx := pr.table.add()
	tx.setCSeq(m.CSeqNumber)
	tx.setIf(hasCSeq, m.CSeq.Len > 0)
	tx.setIf(hasTime, m.HasTime)
	tx.setIf(isOld, k.old)
	tx.first = m.Time
	tx.observed(m)
	tx.fromTag = tx.put(m.FromTag.In(m.Raw))
	tx.callID = tx.put(m.CallID.In(m.Raw))
	tx.branch = tx.put(m.Branch.In(m.Raw))
	tx.from = tx.intern(m.FromURI.In(m.Raw))
	tx.to = tx.intern(m.ToURI.In(m.Raw))
	pr.table.byBranch.link(&pr.table.store, h, k.branch)
	pr.table.byCall.link(&pr.table.store, h, k.call)
	return h
}

// fillRequest sets what only the request knows.
func (pr *pairing) fillRequest(tx txn, m *decode.Message, s *hashes) {
	tx.setCommon(&common{src: m.Src, dst: m.Dst, conn: uint32(m.Conn), transport: m.Transport, ipsec: m.Carriage&decode.IPsec != 0, method: tx.intern(m.Method.In(m.Raw)),
		sentBy: tx.intern(m.SentBy.In(m.Raw)), contentType: tx.intern(m.ContentType.In(m.Raw)), cseqMethod: tx.intern(m.CSeqMethod.In(m.Raw))})
	answered := tx.at(tx.answered)
	if tx.agent != m.Agent { // responses that another observer saw before
		shift := tx.lag() - m.Lag
		tx.final, answered = tx.final+shift, answered+shift
	}
	tx.observed(m)
	tx.first, tx.latest = m.Time, 0
	tx.answered = tx.since(answered)
	tx.set(hasRequest)
	tx.setIf(hasTime, m.HasTime)
	tx.request = m.Frame
	tx.requestHash, tx.requestID = s.whole, uint16(m.IPID)
	tx.length, tx.checksum = m.Datagram.Length, m.Datagram.Checksum
	tx.uri = tx.intern(m.URI.In(m.Raw))
	tx.bodyBytes, tx.bodyHash = m.Body.Len, s.body
	tx.setIf(isBodyCut, m.Carriage&decode.Cut != 0)
	tx.setIf(isHeadCut, headCut(m))
	if pr.options.Bodies {
		tx.keep(nodeBody, uint64(tx.put(m.Body.In(m.Raw))))
	}
}

// again takes a further copy of a request: one that the capture made, or a
// retransmission.
func (pr *pairing) again(h handle, m *decode.Message, hash uint32) {
	tx := pr.table.at(h)
	at := tx.timeOf(m)
	if m.Agent != tx.agent || hash == tx.requestHash && isCopy(tx.at(tx.latest), tx.requestID, m) {
		if m.Agent == tx.agent && !tx.is(isAskedTwice) {
			tx.set(isAskedTwice)
			pr.hosts.sightings.twice(m.Src, m.Dst)
		}
		pr.duplicate(tx)
		return
	}
	pr.role = Repeated
	if p := tx.common(); !m.Transport.Reliable() && p.src != m.Src {
		p.src = m.Src
		tx.setCommon(&p)
	}
	if tx.retransmissions < math.MaxUint16 {
		tx.retransmissions++
	}
	pr.watch.timerE(h, m, time.Duration(at-tx.at(tx.latest)))
	if !m.Transport.Reliable() && int(tx.requestN) < pr.limits.FrameList {
		tx.push(nodeID, uint64(tx.requestID))
	}
	if tx.asks(at); tx.status == 0 && !m.Transport.Reliable() {
		pr.hosts.sightings.asksAgain(m.Src, tx.retransmissions)
	}
	tx.requestHash, tx.requestID, tx.latest = hash, uint16(m.IPID), tx.since(at)
	tx.length, tx.checksum = m.Datagram.Length, m.Datagram.Checksum
	tx.set(isChanged)
	if tx.is(isThird) && at-tx.final > crossing {
		pr.table.disbelieve(h)
	}
	if tx.status == 0 || at <= tx.final {
		tx.keep(nodeLast, uint64(at))
	}
	pr.watch.repeated(h, m)
	pr.progress.waits(h)
	if int(tx.requestN) < pr.limits.FrameList {
		tx.push(nodeRequest, uint64(m.Frame))
		tx.requestN++
	}
	pr.table.account(tx.chunk)
}

// duplicate counts a message of a transaction that the capture made a copy of, or that was
// reported a second time.
func (pr *pairing) duplicate(tx txn) {
	tx.duplicates = min(tx.duplicates, math.MaxUint16-1) + 1
	tx.set(isRestated)
	pr.copied()
}

// copied counts the message at hand as a copy.
func (pr *pairing) copied() {
	pr.copies++
	pr.role = CaptureCopy
}

// copyWindow is how far apart the copies that a capture makes of one packet may
// lie (several interfaces, a bonding device, a mirror port) where no IP identification
// tells that they are copies, in nanoseconds.
const copyWindow = 1e6

// isCopy reports whether m, which has the same bytes and addresses as a message
// seen at the time before with the IP identification id, is the same packet
// captured again. A sender that repeats a message uses a new identification,
// where it uses any. An agent reports the time of each message.
func isCopy(before int64, id uint16, m *decode.Message) bool {
	if m.Transport.Reliable() && m.Agent == 0 {
		return false
	}
	if id != uint16(m.IPID) || !m.HasTime {
		return id != 0 && id == uint16(m.IPID)
	}
	apart, window := m.Time-before, int64(copyWindow)
	if id != 0 {
		window = crossing // one that gives every packet this number repeats none so soon
	}
	return -window <= apart && apart <= window
}

// otherRequest looks at a request of another method for what concerns MESSAGE. It
// returns the transaction that it is about, 0 for none.
func (pr *pairing) otherRequest(m *decode.Message) (h handle) {
	switch method := m.Method.In(m.Raw); string(method) {
	case "INVITE":
		pr.watch.invites.put(callKey(m), true)
	case "CANCEL":
		if h = pr.table.cancelled(m); h != 0 && !pr.isStrayCopy(m, hash32(m.Raw)) {
			of := ""
			if pr.table.at(h).vias > 1 { // a CANCEL has one Via, whoever sends it (RFC 3261 9.1)
				of = forwarded
			}
			pr.blame.brokenSo(&cancelOfMessage, m, h, of)
		}
	case "ACK":
		if h = pr.watch.acknowledged(m); h != 0 && !pr.isStrayCopy(m, hash32(m.Raw)) {
			pr.blame.broken(&ackToMessage, m, h)
		}
	}
	return h
}
