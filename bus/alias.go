package bus

import (
	"hash/maphash"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/decode"
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
	hand    func(*Batch) error // hands legs on; nil where all partitions are joined at once
	related []string
	to      map[string]Alias // by Call-ID
	order   []string         // a ring of the keys, the oldest at next
	next    int
	err     error // why legs could not be handed on
}

// aliases takes the aliases of a batch.
func (d *moved) aliases(c *Collector, b *Batch) {
	if d.hand == nil {
		return
	}
	for _, a := range b.Aliases {
		if _, known := d.to[a.Call]; !known {
			d.remember(a.Call, c.options.Limits.Aliases)
		}
		d.to[a.Call] = a
		c.joiner.Hold(c.seq)
		for _, l := range c.joiner.Withdraw(a.Call) {
			if m := c.byNumber(l.Agent); m != nil {
				d.handOn(&Batch{Agent: m.name, Epoch: l.Epoch, Legs: []*analyze.Leg{l}}, a, 1)
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

// handOn hands a batch on to where an alias says that it belongs.
func (d *moved) handOn(b *Batch, by Alias, times int) {
	if times > mostTimes {
		return
	}
	b.Of, b.Times, b.Partition = by.Of, times, by.Partition
	if err := d.hand(b); err != nil && d.err == nil {
		d.err = err
	}
}

// arrive takes a leg of an agent, or hands it on where its call belongs elsewhere.
func (c *Collector) arrive(m *member, b *Batch, l *analyze.Leg) {
	if c.moved.hand != nil && len(c.moved.to) > 0 && (b.Times == 0 || b.Of != "") {
		key := b.Of
		if key == "" {
			key = otherCall(l, c.moved.related)
		}
		if key == "" {
			key = l.Transaction.CallID
		}
		if by, known := c.moved.to[key]; known {
			if b.Times == 0 {
				m.shift(l)
			}
			c.moved.handOn(&Batch{Agent: m.name, Epoch: b.Epoch, Legs: []*analyze.Leg{l}}, by, b.Times+1)
			return
		}
	}
	if b.Times == 0 { // what was handed on was put right before
		m.shift(l)
	}
	c.leg(m, b.Epoch, l)
}

// handedOn takes what another collector handed on: it counts as nothing that was heard.
func (c *Collector) handedOn(m *member, b *Batch) {
	for _, l := range b.Legs {
		c.arrive(m, b, l)
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

// EncodeBatch returns what goes over the bus of a batch.
func EncodeBatch(b *Batch) ([]byte, error) {
	plain := appendHead(nil, b)
	plain = appendNumber(appendText(plain, batchOf, b.Of), batchTimes, uint64(b.Times))
	for _, a := range b.Aliases {
		plain = protowire.AppendBytes(protowire.AppendTag(plain, batchAlias, protowire.BytesType), appendAlias(nil, a))
	}
	var head decode.Message
	for _, l := range b.Legs {
		plain = protowire.AppendBytes(protowire.AppendTag(plain, batchLeg, protowire.BytesType), appendLeg(nil, l, &head))
	}
	if b.Heart != nil {
		plain = protowire.AppendBytes(protowire.AppendTag(plain, batchHeart, protowire.BytesType), appendHeart(nil, b.Heart))
	}
	return seal(plain)
}
