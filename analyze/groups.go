package analyze

import (
	"cmp"
	"slices"
	"strings"
	"unsafe"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// groups tells which transactions are of one delivery. Most deliveries have one; only
// one with more takes memory of its own.
type groups struct {
	*run
	table      *table
	hosts      *hosts
	list       []grouped                  // by record.group; 0 is none
	free       []uint32                   // groups that are free again
	spare      []*closing                 // no longer in use, kept for their memory
	held       int64                      // bytes of closed transactions in open deliveries
	members    map[uint32][]deadline      // live: open transactions, by group
	forwarders *recent[decode.Addr, bool] // hosts that were seen to forward a request
	asked      *recent[uint64, deadline]  // transactions whose answers ask for another request, by what they ask for
}

func (gs *groups) init(r *run, t *table, n *hosts) {
	gs.run, gs.table, gs.hosts = r, t, n
	gs.list = make([]grouped, 1)
	gs.members = make(map[uint32][]deadline)
	gs.forwarders = newRecent[decode.Addr, bool](r.limits.Connections)
	gs.asked = newRecent[uint64, deadline](r.limits.Watched)
}

// grouped is a delivery of several transactions that is not closed yet. As many
// may be open as transactions, so it is small until they begin to close.
type grouped struct {
	id      uint64
	closed  *closing       // of the transactions that have closed; nil while none has
	open    int32          // transactions of it that are open
	members int32          // all of them
	bytes   int64          // that closed holds
	wanted  bool           // Options.Where keeps one of them
	told    result.Verdict // handed on while transactions are open, 0 for none
}

// closing is a delivery whose transactions close.
type closing struct {
	result.Delivery
	faults []fault              // of its transactions, that another hop may be to blame for
	held   []result.Transaction // with Options.Whole: its closed transactions
}

// maxSpare is how many of them are kept for their memory.
const maxSpare = 64

// enter finds the delivery of a new request, or begins one. It returns the transaction
// that the request forwards, 0 for none.
func (gs *groups) enter(h handle, m *decode.Message, k *key) (forwards handle) {
	tx := gs.table.at(h)
	relative, parent := gs.relative(h, m, k)
	late := handle(0) // that forwards this one
	if !parent {
		late = gs.forwarded(h, m, k)
		relative = cmp.Or(relative, late)
	}
	if relative == 0 || gs.crowded(relative) {
		gs.table.deliveries++
		tx.setDeliveryID(gs.table.deliveries)
		return 0
	}
	other := gs.table.at(relative)
	tx.setDeliveryID(other.deliveryID())
	switch {
	case parent:
		tx.setParent(other.id())
		forwards = relative
	case late != 0:
		if child := gs.table.at(late); child.deliveryID() == tx.deliveryID() {
			child.setParent(tx.id())
		}
	}
	tx.group = gs.group(other)
	gs.joined(tx.group, relative, h)
	g := &gs.list[tx.group]
	g.open++
	g.members++
	return forwards
}

// crowded reports whether a delivery has as many transactions as it may.
func (gs *groups) crowded(member handle) bool {
	r := gs.table.at(member).record
	g := &gs.list[r.group]
	if r.group == 0 || int(g.members) < gs.limits.Hops {
		return false
	}
	gs.evicted++
	return true
}

// relative returns a transaction of the delivery that a new request belongs to,
// and whether the request forwards it; 0 where the request begins a delivery.
func (gs *groups) relative(h handle, m *decode.Message, k *key) (relative handle, parent bool) {
	if relative = gs.table.upstream(h, m); relative != 0 {
		gs.sentOn(gs.table.at(relative), m.Src.IP, m.ViaCount)
		return relative, true
	}
	if relative = gs.table.translated(h, m, k); relative != 0 {
		return relative, !gs.table.isAgain(relative, m)
	}
	if relative = gs.does(m); relative != 0 {
		return relative, false
	}
	if relative = gs.table.attemptBefore(h, m, k); relative != 0 {
		return relative, false
	}
	if relative = gs.correlated(m); relative != 0 {
		return relative, true
	}
	return gs.table.attemptBehind(m, k), false
}

// correlated returns the other leg of a B2BUA, which names its Call-ID in a
// header field of this one.
func (gs *groups) correlated(m *decode.Message) handle {
	for i := range m.Headers {
		header := &m.Headers[i]
		if !gs.options.correlates(header, m.Raw) {
			continue
		}
		if h := gs.table.named(header.Value.In(m.Raw), m); h != 0 {
			return h
		}
	}
	return 0
}

// group returns the number of the record's group, and makes one if it has none.
func (gs *groups) group(tx txn) uint32 {
	if tx.group != 0 {
		return tx.group
	}
	if n := len(gs.free); n > 0 {
		tx.group, gs.free = gs.free[n-1], gs.free[:n-1]
	} else {
		gs.list = append(gs.list, grouped{})
		tx.group = uint32(len(gs.list) - 1)
	}
	gs.list[tx.group] = grouped{id: tx.deliveryID(), open: 1, members: 1, told: tx.told()}
	return tx.group
}

// count notes that a group holds more bytes.
func (gs *groups) count(g *grouped, bytes int64) {
	g.bytes += bytes
	gs.held += bytes
}

// closedOf returns what has closed of a record's group.
func (gs *groups) closedOf(r *record) *closing {
	g := &gs.list[r.group]
	if g.closed == nil {
		g.closed = gs.fresh(g.id)
	}
	return g.closed
}

// drop forgets a group whose transactions have all closed.
func (gs *groups) drop(group uint32) {
	g := &gs.list[group]
	gs.free = append(gs.free, group)
	delete(gs.members, group)
	gs.held -= g.bytes
	if len(gs.spare) < maxSpare {
		gs.spare = append(gs.spare, g.closed)
	}
	g.closed = nil
}

// fresh returns an empty delivery.
func (gs *groups) fresh(id uint64) *closing {
	one := new(closing)
	if n := len(gs.spare); n > 0 {
		one, gs.spare = gs.spare[n-1], gs.spare[:n-1]
	}
	clear(one.held)
	clear(one.faults)
	*one = closing{result.Delivery{ID: id, Hops: one.Hops[:0], CallIDs: one.CallIDs[:0], Findings: one.Findings[:0]}, one.faults[:0], one.held[:0]}
	return one
}

// take adds a closed transaction to the delivery, and returns how many bytes that
// takes. The strings are copied: they are parts of one that holds all of t's.
func (d *closing) take(hop result.Hop, t *result.Transaction) (bytes int64) {
	if len(d.Hops) == 0 || hop.Transaction < d.Hops[0].Transaction {
		d.Sender, d.Recipient = strings.Clone(t.From), strings.Clone(t.To)
		bytes += int64(len(t.From) + len(t.To))
	}
	d.Hops = append(d.Hops, hop)
	slices.SortFunc(d.Hops, func(a, b result.Hop) int { return cmp.Compare(a.Transaction, b.Transaction) })
	if !slices.Contains(d.CallIDs, t.CallID) {
		d.CallIDs = append(d.CallIDs, strings.Clone(t.CallID))
		bytes += int64(len(t.CallID)) + stringBytes
	}
	return bytes + 2*hopSize // slices grow by doubling
}

const (
	hopSize     = int64(unsafe.Sizeof(result.Hop{}))
	stringBytes = 2 * int64(unsafe.Sizeof(""))
)
