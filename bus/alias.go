package bus

import (
	"hash/maphash"
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
)

// A B2BUA gives a call another Call-ID. Its own leg names the old one, and goes where that
// goes; legs further on may not, and go where the new one does. So the agent that sees both
// publishes an Alias there, and who has that partition hands on to the other what is of the
// call: before it is joined, since the alias comes before the heartbeat that lets it be.

// mostTimes bounds how often a leg is handed on.
const mostTimes = 4

func appendAlias(dst []byte, a Alias) []byte {
	dst = appendText(appendText(dst, 1, a.Call), 2, a.Of)
	if a.Of != "" {
		return dst
	}
	return appendNumber(dst, 3, uint64(a.Partition)+1)
}

func readAlias(b []byte) (a Alias, ok bool) {
	a.Partition = -1
	err := eachField(b, func(f *field) bool {
		switch f.number {
		case 1:
			a.Call = f.text()
		case 2:
			a.Of = f.text()
			a.Partition = ofCall(a.Of)
		case 3:
			a.Partition = int(min(f.value, Calls+1)) - 1
		}
		return true
	})
	return a, err == nil && a.Call != "" && a.Partition >= 0 && a.Partition < Calls
}

// named remembers which aliases an agent has published, the latest.
type named struct {
	seen [4096]uint64 // hashes, by the lower bits of them
	seed maphash.Seed
	made bool
}

// AliasOf is what a leg gives reason to publish, and in which partition: the one in which
// hosts that know less put legs of the call. Its Call is "" for none.
func AliasOf(l *analyze.Leg, related []string) (alias Alias, partition int) {
	call, other := l.Transaction.CallID, otherCall(l, related)
	to, from := PartitionOf(l, related), partitionBy(l.Itself, l, nil)
	switch {
	case call == "" || to == from:
		return alias, 0
	case l.About == 0 && other != "":
		return Alias{call, other, to}, from
	}
	return Alias{Call: call, Partition: to}, from
}

// of is AliasOf where that was not published lately.
func (n *named) of(l *analyze.Leg, related []string) (alias Alias, partition int) {
	if alias, partition = AliasOf(l, related); alias.Call == "" {
		return alias, 0
	}
	if !n.made {
		n.seed, n.made = maphash.MakeSeed(), true
	}
	hash := maphash.String(n.seed, alias.Call+" "+alias.Of+string(rune(alias.Partition)))
	at := &n.seen[hash%uint64(len(n.seen))]
	if *at == hash {
		return Alias{}, 0
	}
	*at = hash
	return alias, partition
}

// moved are the calls of a partition that belong to another one.
type moved struct {
	hands   bool // what belongs elsewhere is handed on; not where all partitions are joined at once
	number  int  // of the partition
	related []string
	to      map[string]Alias // by Call-ID
	order   []string         // a ring of the keys, the oldest at next
	next    int
	limits  *Limits
	out     []*Batch // to be handed on because of the message at hand
	bytes   int      // of the last of them, about
}

// aliases takes the aliases of a batch.
func (d *moved) aliases(c *Collector, b *Batch) {
	if !d.hands {
		return
	}
	for _, a := range b.Aliases {
		if a.Partition == d.number {
			continue
		}
		if _, known := d.to[a.Call]; !known {
			d.remember(a.Call, d.limits.Aliases)
		}
		d.to[a.Call] = a
		c.joiner.Hold(c.seq)
		for _, l := range c.joiner.Withdraw(a.Call) {
			if m := c.byNumber(l.Agent); m != nil {
				d.handOn(m.name, l.Epoch, l, a, 1)
			}
		}
	}
}

// remember makes room for a Call-ID.
func (d *moved) remember(call string, limit int) {
	if d.to == nil {
		d.to = make(map[string]Alias)
	}
	if len(d.order) < limit {
		d.order = append(d.order, call)
		return
	}
	delete(d.to, d.order[d.next])
	d.order[d.next] = call
	d.next = (d.next + 1) % limit
}

// belongs says where a leg belongs that is here, and was handed on so often before as of a
// Call-ID.
func (d *moved) belongs(l *analyze.Leg, times int, of string) (by Alias, elsewhere bool) {
	if len(d.to) == 0 || times > 0 && of == "" {
		return by, false
	}
	key := of
	if key == "" {
		key = otherCall(l, d.related)
	}
	if key == "" {
		key = l.Transaction.CallID
	}
	by, elsewhere = d.to[key]
	return by, elsewhere
}

// handOn hands a leg on to where an alias says that it belongs.
func (d *moved) handOn(agent string, epoch uint64, l *analyze.Leg, by Alias, times int) {
	if times > mostTimes {
		return
	}
	at := slices.IndexFunc(d.out, func(b *Batch) bool {
		return b.Partition == by.Partition && b.Agent == agent && b.Epoch == epoch && b.Times == times && len(b.Legs) < d.limits.BatchLegs
	})
	d.bytes += len(l.Head) + len(l.Answer) + len(l.Transaction.Body) + legBytes
	if at < 0 || d.bytes > d.limits.BatchBytes/2 {
		d.out = append(d.out, &Batch{Agent: agent, Epoch: epoch, Partition: by.Partition, Times: times})
		at, d.bytes = len(d.out)-1, 0
	}
	b := d.out[at]
	b.Legs, b.Of = append(b.Legs, l), append(b.Of, by.Of)
}

// legBytes is what a leg takes beside what its messages say, generously.
const legBytes = 4 << 10

// arrive takes a leg of an agent, or hands it on where its call belongs elsewhere.
func (c *Collector) arrive(m *member, b *Batch, i int) {
	l, of := b.Legs[i], ""
	if i < len(b.Of) {
		of = b.Of[i]
	}
	if b.Times == 0 { // what was handed on was put right before
		m.shift(l)
	}
	if by, elsewhere := c.moved.belongs(l, b.Times, of); elsewhere {
		c.moved.handOn(m.name, b.Epoch, l, by, b.Times+1)
		return
	}
	c.leg(m, b.Epoch, l)
}

// handedOn takes what another partition handed on: it counts as nothing that was heard.
func (c *Collector) handedOn(b *Batch) {
	m := c.member(b)
	if m == nil {
		c.counts.Beyond++
		return
	}
	for i := range b.Legs {
		c.arrive(m, b, i)
	}
}

// byNumber is the agent with a number, nil for none.
func (c *Collector) byNumber(number uint16) *member {
	if n := int(number); n > 0 && n <= len(c.order) {
		return c.order[n-1]
	}
	return nil
}

// gone reports whether a call belongs to another partition.
func (d *moved) gone(call string) bool {
	_, gone := d.to[call]
	return gone
}

// elsewhere keeps from Rows what another partition makes rows of: what had been joined
// when it was heard whose it is.
type elsewhere struct {
	Rows
	moved *moved
}

// Transaction implements analyze.Handler.
func (e elsewhere) Transaction(t *result.Transaction) {
	if !e.moved.gone(t.CallID) {
		e.Rows.Transaction(t)
	}
}

// Delivery implements analyze.DeliveryHandler.
func (e elsewhere) Delivery(d *result.Delivery) {
	if len(d.CallIDs) == 0 || slices.ContainsFunc(d.CallIDs, func(call string) bool { return !e.moved.gone(call) }) {
		e.Rows.Delivery(d)
	}
}

// Text implements analyze.TextHandler.
func (e elsewhere) Text(t *result.Text) {
	if !e.moved.gone(t.CallID) {
		e.Rows.Text(t)
	}
}
