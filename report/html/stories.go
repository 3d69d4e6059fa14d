package html

import (
	"cmp"
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/analyze/story"
	"simplecap/decode"
	"simplecap/report"
)

// stories keeps the messages of deliveries, those of failures first. While a delivery is
// open nobody knows what will become of it, so that all messages are held until it
// closes; where there are too many, those of transactions that were answered go first.
type stories struct {
	limits   Limits
	open     byNumber[exchange] // by transaction
	free     []*exchange        // which is used again
	answered []uint64           // transactions with a 2xx, the oldest first
	silent   []uint64           // the others
	held     int64              // bytes in open
	byKind   map[string][]*told
	bytes    int64 // of messages in byKind
	count    int
	left     uint64 // failures without their messages
}

// exchange is what is held of a transaction.
type exchange struct {
	messages []decode.Message
	roles    []analyze.Role
	raw      []byte // that the messages are part of
	bytes    int64
	answered bool
}

// add holds a copy of a message, for which the memory of an earlier exchange is used.
func (x *exchange) add(j *analyze.Joined) {
	n := len(x.messages)
	x.messages = slices.Grow(x.messages, 1)[:n+1]
	x.raw = j.Message.CopyTo(&x.messages[n], x.raw)
	x.roles = append(x.roles, j.Role)
	x.bytes += int64(len(j.Message.Raw)) + messageCost
}

// told is a delivery, or responses alone, with its messages.
type told struct {
	key       string
	collector *story.Collector
	bytes     int64
}

// kindDone is the kind of deliveries that did not fail: they make room for others.
const kindDone = ""

func newStories(o Options) *stories {
	return &stories{limits: o.Limits, open: newByNumber[exchange](), byKind: make(map[string][]*told)}
}

// messageCost is about what a held message costs beside its bytes.
const messageCost = 1024

// joined holds a message.
func (s *stories) joined(j analyze.Joined) {
	x := s.open.get(j.Transaction)
	if x == nil {
		x = reused(&s.free)
		s.open.put(j.Transaction, x)
		s.silent = append(s.silent, j.Transaction)
	}
	if len(x.messages) >= s.limits.StorySteps {
		return
	}
	before := x.bytes
	x.add(&j)
	s.held += x.bytes - before
	if j.Role == analyze.FirstFinal && j.Message.Status/100 == 2 && !x.answered {
		x.answered = true
		s.answered = append(s.answered, j.Transaction)
	}
	for s.held > s.limits.HeldBytes && s.evict() {
	}
}

// What is kept for use again: exchanges, messages of one, and bytes of them.
const (
	freeExchanges = 1024
	freeMessages  = 8
	freeBytes     = 16 << 10
)

// evict gives the messages of one transaction up.
func (s *stories) evict() bool {
	for _, queue := range []*[]uint64{&s.answered, &s.silent} {
		for len(*queue) > 0 {
			id := (*queue)[0]
			*queue = (*queue)[1:]
			if s.dropOne(id) {
				return true
			}
		}
	}
	return false
}

// dropOne gives up what is held of a transaction, and reports whether that was anything.
func (s *stories) dropOne(id uint64) bool {
	x := s.open.take(id)
	if x == nil {
		return false
	}
	s.held -= x.bytes
	s.tidy()
	if len(s.free) < freeExchanges && cap(x.messages) <= freeMessages && cap(x.raw) <= freeBytes {
		*x = exchange{messages: x.messages[:0], roles: x.roles[:0], raw: x.raw[:0]}
		s.free = append(s.free, x)
	}
	return true
}

// tidy drops the numbers of transactions that are not held any more from the queues,
// where these are most of them.
func (s *stories) tidy() {
	for _, queue := range []*[]uint64{&s.answered, &s.silent} {
		if len(*queue) > 2*s.open.len()+1024 {
			*queue = slices.DeleteFunc(slices.Clone(*queue), func(id uint64) bool { return s.open.get(id) == nil })
		}
	}
}

// orphan keeps a transaction without a delivery, if there is room.
func (s *stories) orphan(t *result.Transaction) {
	s.keep("orphan", rowKey{'t', t.ID}, nil, []result.Transaction{*t})
	s.dropOne(t.ID)
}

// delivery decides whether the messages of a delivery, which has closed, are kept.
func (s *stories) delivery(d *result.Delivery, of *legs) {
	kind := kindDone
	if d.Verdict.Failed() {
		kind = report.VerdictWords(d)
	}
	s.keep(kind, rowKey{'d', d.ID}, d, of.each())
	s.drop(d)
}

// drop gives up what is still held of a delivery.
func (s *stories) drop(d *result.Delivery) {
	for i := range d.Hops {
		s.dropOne(d.Hops[i].Transaction)
	}
}

// keep collects copies of the messages of transactions, if there is room for them.
func (s *stories) keep(kind string, key rowKey, d *result.Delivery, transactions []result.Transaction) {
	bytes, any := s.sizes(transactions)
	if !any || !s.room(kind, bytes) {
		if kind != kindDone {
			s.left++
		}
		return
	}
	t := &told{key: key.String(), bytes: bytes}
	t.collector = s.collect(d, transactions)
	s.byKind[kind] = append(s.byKind[kind], t)
	s.bytes += t.bytes
	s.count++
}

// sizes is how many bytes of messages are held of transactions, and whether any is.
func (s *stories) sizes(transactions []result.Transaction) (bytes int64, any bool) {
	for i := range transactions {
		if x := s.open.get(transactions[i].ID); x != nil {
			any = any || len(x.messages) > 0
			bytes += x.bytes - messageCost*int64(len(x.messages))
		}
	}
	return bytes, any
}

// collect copies what is held of transactions.
func (s *stories) collect(d *result.Delivery, transactions []result.Transaction) *story.Collector {
	var messages []analyze.Joined
	copies := make([]result.Transaction, len(transactions))
	for i := range transactions {
		id := transactions[i].ID
		transactions[i].CopyTo(&copies[i])
		for k, x := 0, s.open.get(id); x != nil && k < len(x.messages); k++ {
			messages = append(messages, analyze.Joined{Message: &x.messages[k], Transaction: id, Role: x.roles[k]})
		}
	}
	slices.SortStableFunc(messages, func(a, b analyze.Joined) int { return cmp.Compare(a.Message.Frame, b.Message.Frame) })
	if d != nil {
		clone := d.Clone()
		d = &clone
	}
	c := story.NewCollector(d, copies, s.limits.StorySteps)
	for _, j := range messages {
		c.Joined(j)
	}
	return c
}

// room makes room for a story of a kind: deliveries that did not fail make room for
// those that did, and kinds of which there are many for others.
func (s *stories) room(kind string, bytes int64) bool {
	for s.count >= s.limits.Stories || s.bytes+bytes > s.limits.StoryBytes {
		victim := s.victim(kind)
		if victim == kind {
			return false
		}
		list := s.byKind[victim]
		last := list[len(list)-1]
		s.byKind[victim] = list[:len(list)-1]
		s.bytes -= last.bytes
		s.count--
		if victim != kindDone {
			s.left++
		}
	}
	return true
}

// victim is the kind that gives one of its stories up.
func (s *stories) victim(kind string) string {
	if kind == kindDone || len(s.byKind[kindDone]) > 0 {
		return kindDone
	}
	victim, most := kind, 0
	for k, list := range s.byKind {
		if n := len(list); n > most || n == most && k > victim {
			victim, most = k, n
		}
	}
	if len(s.byKind[kind]) >= most {
		return kind
	}
	return victim
}

// all returns the stories by kind, those that failed first, in order of their keys
// within a kind.
func (s *stories) all() (all []*told) {
	kinds := make([]string, 0, len(s.byKind))
	for kind := range s.byKind {
		if kind != kindDone {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	for _, kind := range append(kinds, kindDone) {
		all = append(all, s.byKind[kind]...)
	}
	return all
}
