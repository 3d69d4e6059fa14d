package html

import (
	"cmp"
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/analyze/story"
	"simplecap/report"
)

// stories keeps the messages of deliveries, those of failures first. While a delivery is
// open nobody knows what will become of it, so that all messages are held until it
// closes; where there are too many, those of transactions that were answered go first.
type stories struct {
	limits   Limits
	open     map[uint64]*exchange            // by transaction
	answered []uint64                        // transactions with a 2xx, the oldest first
	silent   []uint64                        // the others
	held     int64                           // bytes in open
	waiting  map[uint64][]result.Transaction // closed ones, by delivery
	byKind   map[string][]*told
	bytes    int64 // of messages in byKind
	count    int
	left     uint64 // failures without their messages
}

// exchange is what is held of a transaction.
type exchange struct {
	messages []analyze.Joined
	bytes    int64
	answered bool
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
	return &stories{
		limits: o.Limits, open: make(map[uint64]*exchange), waiting: make(map[uint64][]result.Transaction), byKind: make(map[string][]*told),
	}
}

// messageCost is about what a held message costs beside its bytes.
const messageCost = 1024

// joined holds a message.
func (s *stories) joined(j analyze.Joined) {
	x := s.open[j.Transaction]
	if x == nil {
		x = &exchange{}
		s.open[j.Transaction] = x
		s.silent = append(s.silent, j.Transaction)
	}
	if len(x.messages) >= s.limits.StorySteps {
		return
	}
	j.Message = j.Message.Clone()
	x.messages = append(x.messages, j)
	size := int64(len(j.Message.Raw)) + messageCost
	x.bytes += size
	s.held += size
	if j.Role == analyze.FirstFinal && j.Message.Status/100 == 2 && !x.answered {
		x.answered = true
		s.answered = append(s.answered, j.Transaction)
	}
	for s.held > s.limits.HeldBytes && s.evict() {
	}
}

// evict gives the messages of one transaction up.
func (s *stories) evict() bool {
	for _, queue := range []*[]uint64{&s.answered, &s.silent} {
		for len(*queue) > 0 {
			id := (*queue)[0]
			*queue = (*queue)[1:]
			if s.open[id] != nil {
				s.take(id)
				return true
			}
		}
	}
	return false
}

// take removes a transaction from what is held and returns its messages.
func (s *stories) take(id uint64) []analyze.Joined {
	x := s.open[id]
	if x == nil {
		return nil
	}
	delete(s.open, id)
	s.held -= x.bytes
	s.tidy()
	return x.messages
}

// tidy drops the numbers of transactions that are not held any more from the queues,
// where these are most of them.
func (s *stories) tidy() {
	for _, queue := range []*[]uint64{&s.answered, &s.silent} {
		if len(*queue) > 2*len(s.open)+1024 {
			*queue = slices.DeleteFunc(slices.Clone(*queue), func(id uint64) bool { return s.open[id] == nil })
		}
	}
}

// transaction keeps a closed transaction until its delivery closes.
func (s *stories) transaction(t *result.Transaction) {
	switch {
	case !t.Closed:
	case t.Delivery != 0:
		s.waiting[t.Delivery] = append(s.waiting[t.Delivery], t.Clone())
	default:
		s.keep("orphan", transactionKey(t.ID), nil, []result.Transaction{t.Clone()})
	}
}

// delivery decides whether the messages of a delivery, which has closed, are kept.
func (s *stories) delivery(d *result.Delivery) {
	transactions := s.waiting[d.ID]
	delete(s.waiting, d.ID)
	kind, clone := kindDone, d.Clone()
	if d.Verdict.Failed() {
		kind = report.VerdictWords(d)
	}
	slices.SortFunc(transactions, func(a, b result.Transaction) int { return int(a.ID) - int(b.ID) })
	s.keep(kind, deliveryKey(d.ID), &clone, transactions)
	s.forget(d) // what a filter left out
}

// forget drops what is still held of a delivery.
func (s *stories) forget(d *result.Delivery) {
	delete(s.waiting, d.ID)
	for i := range d.Hops {
		s.take(d.Hops[i].Transaction)
	}
}

// keep collects the messages of transactions, if there is room for them.
func (s *stories) keep(kind, key string, d *result.Delivery, transactions []result.Transaction) {
	t := &told{key: key}
	var messages []analyze.Joined
	for i := range transactions {
		for _, j := range s.take(transactions[i].ID) {
			messages = append(messages, j)
			t.bytes += int64(len(j.Message.Raw))
		}
	}
	if len(messages) == 0 || !s.room(kind, t.bytes) {
		if kind != kindDone {
			s.left++
		}
		return
	}
	slices.SortStableFunc(messages, func(a, b analyze.Joined) int { return cmp.Compare(a.Message.Frame, b.Message.Frame) })
	t.collector = story.NewCollector(d, transactions, s.limits.StorySteps)
	for _, j := range messages {
		t.collector.Joined(j)
	}
	s.byKind[kind] = append(s.byKind[kind], t)
	s.bytes += t.bytes
	s.count++
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
