package analyze

import (
	"hash/fnv"

	"simplecap/decode"
	"simplecap/decode/content"
)

// Receipts name their text by other things than its Call-ID. What a text and all that is
// said of it have in common, whoever saw it, tells where their legs are joined: the handset
// of an SMS, which its reports, status reports, other parts and repeats have too, the message
// id of CPIM and of the IMDN that names it, the number of a GB/T 28181 exchange.

// aboutOf is a hash of that, the same on every host; 0 where a message has nothing of it.
func aboutOf(c *content.Content, from, to string) uint64 {
	switch {
	case c.SMS != nil && c.SMS.Type.Up():
		return wideHash("handset", userOf(from))
	case c.SMS != nil:
		return wideHash("handset", userOf(to))
	case len(c.IMDNs) > 0:
		return wideHash("message", c.IMDNs[0].MessageID)
	case c.Inner != nil && c.Inner.MessageID != "":
		return wideHash("message", c.Inner.MessageID)
	case c.CPIM != nil && c.CPIM.MessageID != "":
		return wideHash("message", c.CPIM.MessageID)
	}
	e := &c.Exchange
	if e.Command == "" || e.Number == "" {
		return 0
	}
	if e.Root == "Response" {
		from, to = to, from
	}
	return wideHash("exchange", e.Command, e.Number, userOf(from), userOf(to))
}

// wideHash is a hash that all hosts agree on, never 0. hashOf is of one process.
func wideHash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return max(1, h.Sum64())
}

func (t *openText) about() uint64 { return aboutOf(t.Content, t.From, t.To) }

// aboutTexts knows which texts deliveries were found to be about.
type aboutTexts struct {
	*run
	byDelivery map[uint64]uint64 // hashes of aboutOf, until the delivery is left
}

// named notes which text a delivery was found to be about.
func (ab *aboutTexts) named(delivery uint64, t *openText) {
	if ab.options.Legs == nil || delivery == 0 {
		return
	}
	if len(ab.byDelivery) >= ab.limits.Unmatched {
		ab.evicted++
		return
	}
	if ab.byDelivery == nil {
		ab.byDelivery = make(map[uint64]uint64)
	}
	ab.byDelivery[delivery] = t.about()
}

// joins keeps with a transaction what its leg is joined by: what is known here of its text,
// and what its own message says, which is all that another host may know.
func (l *ledger) joins(m *decode.Message, c *content.Content, tx txn) {
	if l.options.Legs == nil || c == nil {
		return
	}
	itself := aboutOf(c, m.Text(m.FromURI), m.Text(m.ToURI))
	delivery := tx.deliveryID()
	about, noted := l.abouts.byDelivery[delivery]
	if t := l.byDelivery[delivery]; !noted && t != nil {
		about, noted = t.about(), true
	}
	switch {
	case !noted:
		about = itself
	case about == itself:
		delete(l.abouts.byDelivery, delivery)
	}
	if about != 0 {
		tx.push(nodeAbout, about)
	}
	if itself != 0 {
		tx.push(nodeItself, itself)
	}
}

// waits returns what tells, when a delivery has been left, whether something may still be
// said of what it carried, or it says something of a text that may still come.
func (l *ledger) waits(delivery uint64) func() bool {
	if p, ok := l.plain.get(delivery); ok && p.contents == noPlainType {
		return func() bool { return true }
	}
	t := l.byDelivery[delivery]
	return func() bool { return t != nil && !t.gone }
}
