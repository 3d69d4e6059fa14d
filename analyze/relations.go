package analyze

import (
	"slices"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// This file answers what the other transactions of a delivery tell of one.

// joined notes that transactions are of one delivery.
func (gs *groups) joined(group uint32, handles ...handle) {
	if !gs.options.Live {
		return
	}
	list := gs.members[group]
	for _, h := range handles {
		one := deadline{id: gs.table.idOf(h), h: h}
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	gs.members[group] = list
}

// isOwn reports whether what m says of its sender's software is true of the host
// that it comes from: a proxy passes on the User-Agent of the client and the
// Server of the next hop (RFC 3261 16.6, 16.7).
func (gs *groups) isOwn(m *decode.Message, h handle) bool {
	if m.Kind == sip.Request {
		return m.ViaCount <= 1
	}
	return m.Status == 100 || h != 0 && !gs.relays(m, h)
}

// relays reports whether a hop further on has given the answer m.
func (gs *groups) relays(m *decode.Message, h handle) bool {
	tx := gs.table.at(h)
	return gs.anyChild(tx, func(status int) bool { return status == m.Status })
}

// anyChild reports whether ok accepts the status of a hop that carries a record's
// request on, 0 where it has none.
func (gs *groups) anyChild(tx txn, ok func(status int) bool) bool {
	if tx.group == 0 {
		return false
	}
	id := tx.id()
	if closed := gs.list[tx.group].closed; closed != nil {
		for i := range closed.Hops {
			if closed.Hops[i].Parent == id && ok(closed.Hops[i].Status) {
				return true
			}
		}
	}
	callID := tx.get(tx.callID)
	return gs.table.findCallID(callID, hash64(callID), func(o txn) bool {
		return o.parentID() == id && ok(int(o.status))
	}) != 0
}

// sentOn learns from a request with so many Vias that forwards another one that its sender
// does; and where the capture has seen all hops between, that where the other one went to
// and its sender are one host.
func (gs *groups) sentOn(parent txn, src decode.Addr, vias int) {
	gs.forwarders.put(src, true)
	if _, dst := parent.ends(); dst.IP != src && int(parent.vias)+1 == vias {
		gs.hosts.refusals.aliases.put(hostPair{dst.IP, src}, true)
		gs.forwarders.put(dst.IP, true)
	}
}

// forwarded returns the transaction that forwards the new request m, and that the capture
// has before it: the first transmission of m is not in there, or the two legs are by two
// clocks. It is 0 where there is none; then it is noted of which ones m may be such a leg.
func (gs *groups) forwarded(h handle, m *decode.Message, k *key) handle {
	if !k.old {
		child := gs.table.findCallID(m.CallID.In(m.Raw), k.call, func(o txn) bool {
			return int(o.vias) > m.ViaCount && o.parent == 0 && o.is(hasRequest) && o.isBelow(k.branch)
		})
		if child != 0 {
			tx := gs.table.at(child)
			src, _ := tx.ends()
			gs.sentOn(gs.table.at(h), src.IP, int(tx.vias))
			return child
		}
	}
	if m.ViaCount > 1 {
		gs.table.notesBelow(h, m)
	}
	return 0
}

// isSentOn reports whether the capture has a hop that carries a request on.
func (gs *groups) isSentOn(tx txn) bool {
	return gs.anyChild(tx, func(int) bool { return true })
}

// gaveUpBefore reports whether the hop that the record's request came from says
// itself that nothing came back (408 and 504): then the capture has missed nothing.
func (gs *groups) gaveUpBefore(tx txn) bool {
	status, _ := gs.answerBefore(tx)
	return status == 408 || status == 504
}

// isSpared reports whether the hop that the record's request came from had its answer, of
// another branch, before the request was due to be sent again: who forked it needs no more.
func (gs *groups) isSpared(tx txn) bool {
	status, final := gs.answerBefore(tx)
	return status != 0 && final-tx.first < int64(gs.timers.T1)
}

// answerBefore returns the final response of the hop that the record's request came from,
// 0 for none.
func (gs *groups) answerBefore(tx txn) (status int, final int64) {
	parent := tx.parentID()
	if parent == 0 || tx.group == 0 {
		return 0, 0
	}
	if closed := gs.list[tx.group].closed; closed != nil {
		if hop := hopIn(&closed.Delivery, parent); hop != nil && hop.Status != 0 {
			return hop.Status, hop.Final
		}
	}
	gs.table.findCallID(tx.get(tx.callID), hash64(tx.get(tx.callID)), func(o txn) bool {
		if o.id() == parent {
			status, final = int(o.status), o.final
		}
		return status != 0
	})
	return status, final
}
