package bus

import (
	"maps"
	"time"
)

// Seen is what a Checkpoint says of an agent.
type Seen struct {
	Name   string         `json:"n"`
	Number uint16         `json:"i"` // of its input
	Epoch  uint64         `json:"e"`
	Low    int64          `json:"l"`
	Known  bool           `json:"k"` // it has said its Low
	Offset int64          `json:"o"` // of its clock
	Bound  int64          `json:"b"` // of that
	At     int64          `json:"t"` // when it was heard of, by the clock of the bus
	Silent bool           `json:"s"`
	Ended  bool           `json:"d"`
	Live   bool           `json:"v"` // its times are those of now
	Last   map[int]uint64 `json:"q"` // number of its latest batch by partition
}

// seen is what everybody is like now.
func (c *Collector) seen() []Seen {
	all := make([]Seen, len(c.order))
	for i, m := range c.order {
		all[i] = Seen{m.name, m.number, m.epoch, m.low, m.known, m.offset, int64(m.bound), m.seen.UnixNano(), m.silent, m.ended, m.live, maps.Clone(m.last)}
	}
	return all
}

// restore makes everybody what they were.
func (c *Collector) restore(all []Seen, clock int64) {
	c.clock = clock
	for i := range all {
		s := &all[i]
		m := &member{name: s.Name, number: s.Number, epoch: s.Epoch, low: s.Low, known: s.Known, offset: s.Offset, bound: time.Duration(s.Bound), seen: time.Unix(0, s.At),
			silent: s.Silent, ended: s.Ended, live: s.Live, last: maps.Clone(s.Last), missing: make(map[batchKey]bool)}
		if m.last == nil {
			m.last = make(map[int]uint64)
		}
		c.agents[m.name], c.order = m, append(c.order, m)
	}
	c.joiner.Missing(c.Silent())
}
