package analyze

import (
	"container/heap"
	"slices"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/sip"
	"simplecap/internal/order"
)

// Joiner joins the legs of many hosts: what Run does behind the pairing of one process,
// with the same code, behind the pairing of many. Two hosts that saw the same hop saw one
// transaction. It is used by one goroutine and knows no clock but that of Advance.
type Joiner struct {
	a        *analyzer
	pending  sightHeap             // legs that have not been joined, by when they began
	children *keyed[uint64, sight] // of these, by their own branch, so that what they forward can be found
	calls    *keyed[uint64, sight] // likewise, by Call-ID, so that a B2BUA's leg finds the one that it names
	offsets  offsets               // of the clocks of hosts
	byLeg    map[legID]*sight
	byHop    *keyed[uint64, joined] // by hopKey
	byHandle map[handle]*joined
	due      joinedHeap
	gone     *recent[legID, bool] // legs whose transaction has closed
	held     int64
	late     uint64
	missing  string // which agents are not heard of, in words
	floors   floors
	named    *keyed[uint64, sight] // all of byLeg by Call-ID, for Withdraw; nil where nobody does
}

// legID names a leg among those of all agents.
type legID struct {
	agent  uint16
	epoch  uint64
	number uint64
}

// sight is a transaction as one host saw it.
type sight struct {
	*Leg
	message decode.Message // of Head
	at      int64          // when it began
	due     int64          // the clock at which it is joined: when it began, or, where it comes late, a little later than it came
	bytes   int64
	seq     uint64 // Leg.Seq of the first that came of it
	place   int    // in Joiner.pending, -1 where it has been joined
	hop     *joined

	child, call, name order.Place[sight] // in Joiner.children, calls and named
	named             uint64             // its key in Joiner.named
}

// joined is a transaction as all hosts saw it that did.
type joined struct {
	h     handle
	id    uint64
	seen  []*sight // the first is the one whose clock counts
	t     result.Transaction
	key   uint64
	same  order.Place[joined] // in Joiner.byHop
	until int64
	place int // in Joiner.due
}

// NewJoiner returns a Joiner that hands on to h what Run would.
func NewJoiner(options Options, h Handler) *Joiner {
	options = options.withDefaults()
	options.Legs = nil
	j := &Joiner{a: newAnalyzer(options, h), children: newKeyed[uint64, sight](), calls: newKeyed[uint64, sight](), offsets: make(offsets), byLeg: make(map[legID]*sight),
		byHop: newKeyed[uint64, joined](), byHandle: make(map[handle]*joined), gone: newRecent[legID, bool](options.Limits.Watched)}
	j.a.joiner = j
	return j
}

// Close gives back what the Joiner holds outside the garbage collector's heap.
func (j *Joiner) Close() { j.a.close() }

// Late is how many legs came when their transaction had closed; they count for nothing.
func (j *Joiner) Late() uint64 { return j.late }

// Missing says which agents are not heard of: rows that close meanwhile name them, since
// they may lack what those saw.
func (j *Joiner) Missing(agents []string) {
	if j.missing = ""; len(agents) > 0 {
		j.missing = "nothing is heard of " + strings.Join(agents, ", ")
	}
}

// open is how many legs are held: the transactions that have not closed.
func (j *Joiner) open() int { return len(j.byLeg) }

// Take takes a leg, and keeps it. One with the number of an earlier one takes its place.
// The times and frames of its Transaction are those of the joined report: who calls has
// put clocks right and numbered the files. It reports whether the leg was of any use.
func (j *Joiner) Take(l *Leg) bool {
	id := legID{l.Agent, l.Epoch, l.Transaction.ID}
	if _, closed := j.gone.get(id); closed {
		j.late++
		return false
	}
	if s := j.byLeg[id]; s != nil {
		if s.Transaction.Closed && !l.Transaction.Closed {
			return false // an earlier one, delivered again
		}
		j.resize(s, l)
		s.Leg = l
		if s.hop != nil {
			j.refresh(s.hop)
		}
		return true
	}
	s := &sight{Leg: l, at: l.Transaction.FirstRequest, seq: l.Seq}
	if l.Head == nil {
		s.at = l.Transaction.Final
	} else if !s.read() {
		return false
	}
	j.byLeg[id] = s
	j.name(s)
	j.resize(s, l)
	// What is handed on comes when the clock is beyond it, and in no order: the legs that it
	// forwards may be right behind it.
	if s.due = s.at; s.due < j.a.clock {
		s.due = j.a.clock + tellsAfter
	}
	heap.Push(&j.pending, s)
	if l.Head != nil {
		m := &s.message
		j.children.add(branchKey(m.Branch.In(m.Raw), m.CallID.In(m.Raw)), &s.child, s)
		j.calls.add(namedKey(m.CallID.In(m.Raw)), &s.call, s)
	}
	return true
}

// read makes the message of a leg's Head.
func (s *sight) read() bool {
	m, t := &s.message, &s.Transaction
	if s.Message != nil {
		*m, s.Message = *s.Message, nil
	} else if !m.Scan(s.Head) || m.Kind != sip.Request {
		return false
	}
	m.Src, m.Dst, m.Transport, m.HasTime, m.Time = t.Src, t.Dst, t.Transport, t.HasTime, t.FirstRequest
	if len(t.RequestFrames) > 0 {
		m.Frame = t.RequestFrames[0]
	}
	if t.BodyCut {
		m.Carriage |= decode.Cut
	}
	if t.IPsec {
		m.Carriage |= decode.IPsec
	}
	return true
}

// resize counts the bytes of a leg.
func (j *Joiner) resize(s *sight, l *Leg) {
	bytes := sizeOf(&l.Transaction) + int64(cap(l.Head)+cap(l.Answer)) + foundBytes*int64(len(l.Found)) + sightBytes
	j.held += bytes - s.bytes
	s.bytes = bytes
}

// sightBytes is about what a leg takes beside its transaction and its head.
const sightBytes = 1 << 10

// Advance moves the clock, in ns since 1970 UTC: every leg that began before it has come.
// Legs are joined in order of when they began, and each after what it forwards, even
// where clocks differ a little.
func (j *Joiner) Advance(clock int64) {
	for len(j.pending) > 0 && j.pending[0].due < clock {
		j.enter(j.pending[0], 0)
	}
	j.tick(clock)
	for j.held+j.a.closer.held() > j.a.limits.Memory && j.evict() {
		j.a.evicted++
	}
}

// evict closes the oldest transaction, and joins one before that where there is none.
func (j *Joiner) evict() bool {
	if h := j.a.table.oldest(); h != 0 {
		j.close(j.byHandle[h])
		return true
	}
	if len(j.pending) > 0 {
		j.enter(j.pending[0], 0)
		return true
	}
	return false
}

// tick closes what is over by the clock.
func (j *Joiner) tick(clock int64) {
	a := j.a
	if clock <= a.clock {
		return
	}
	for len(j.due) > 0 && j.due[0].until < clock {
		a.clock = max(a.clock, j.due[0].until)
		j.close(j.due[0])
	}
	a.clock, a.blame.findings.clock = clock, clock
	a.progress.waited()
	a.ledger.advance()
}

// enter joins a leg, after those that it forwards.
func (j *Joiner) enter(s *sight, depth int) {
	heap.Remove(&j.pending, s.place)
	if s.Head != nil {
		j.dropChild(s)
		if depth < maxVias {
			j.enterParents(s, depth)
			j.enterNamed(&s.message, depth)
		}
	}
	j.tick(s.at)
	j.a.start()
	key := hopKey(&s.Transaction)
	for o, n := j.byHop.newest(key), 0; o != nil && n < j.a.limits.Candidates; o, n = o.same.Older(), n+1 {
		if o.takes(s, int64(j.a.timers.F())) {
			j.again(o, s)
			return
		}
	}
	j.begin(s, key)
}

// enterParents joins what a leg forwards, where that has not been joined yet.
func (j *Joiner) enterParents(s *sight, depth int) {
	m, n := &s.message, 0
	for _, branch := range m.Vias() {
		if n++; n == 1 {
			continue
		}
		if n > maxVias {
			return
		}
		key := branchKey(branch, m.CallID.In(m.Raw))
		for parent := j.children.oldest(key); parent != nil; parent = j.children.oldest(key) {
			j.enter(parent, depth+1) // which takes it out
		}
	}
}

// dropChild takes a leg out of those that can be found by branch.
func (j *Joiner) dropChild(s *sight) {
	m := &s.message
	j.calls.drop(namedKey(m.CallID.In(m.Raw)), &s.call)
	j.children.drop(branchKey(m.Branch.In(m.Raw), m.CallID.In(m.Raw)), &s.child)
}

// branchKey is what a request and its responses have in common.
func branchKey(branch, callID []byte) uint64 { return hashOf(cut(branch), cut(callID)) }

// hopKey is what two sights of one hop have in common.
func hopKey(t *result.Transaction) uint64 {
	var number [8]byte
	for i := range number {
		number[i] = byte(t.CSeq >> (8 * i))
	}
	src, dst := t.Src.IP.As16(), t.Dst.IP.As16()
	return hashOf([]byte(t.Branch), []byte(t.CallID), number[:], src[:], dst[:])
}

// takes reports whether a leg is another host's sight of the same hop.
func (o *joined) takes(s *sight, timerF int64) bool {
	t, one := &o.t, &s.Transaction
	if t.Branch != one.Branch || t.CallID != one.CallID || t.CSeq != one.CSeq || !sameSentBy([]byte(t.SentBy), []byte(one.SentBy)) {
		return false
	}
	if apart := o.seen[0].at - s.at; apart > timerF || -apart > timerF {
		return false
	}
	for _, other := range o.seen {
		if other.Agent == s.Agent && other.Epoch == s.Epoch || other.Head != nil && s.Head != nil && (t.Src != one.Src || t.Dst != one.Dst) {
			return false
		}
	}
	return true
}

// begin makes a record for a leg that no host saw before.
func (j *Joiner) begin(s *sight, key uint64) {
	a := j.a
	o := &joined{seen: []*sight{s}, key: key}
	s.hop, s.place = o, -1
	m, t := &s.message, &s.Transaction
	if s.Head == nil {
		m = orphanMessage(t)
	}
	k := keyOf(m)
	o.h = a.pairing.begin(m, &k)
	o.id = a.table.idOf(o.h)
	j.byHop.add(key, &o.same, o)
	j.byHandle[o.h] = o
	if s.Head != nil {
		j.request(o, s)
	} else {
		tx := a.table.at(o.h)
		tx.setCommon(&common{src: t.Src, dst: t.Dst, transport: t.Transport, ipsec: t.IPsec, method: tx.intern([]byte(t.Method)), sentBy: tx.intern([]byte(t.SentBy))})
	}
	heap.Push(&j.due, o)
	j.refresh(o)
}

// orphanMessage is what there is of the request of an orphan.
func orphanMessage(t *result.Transaction) *decode.Message {
	raw := make([]byte, 0, len(t.CallID)+len(t.Branch)+len(t.From)+len(t.To))
	put := func(text string) sip.Span {
		raw = append(raw, text...)
		return sip.Span{Off: uint32(len(raw) - len(text)), Len: uint32(len(text))}
	}
	m := &decode.Message{Message: sip.Message{CSeqNumber: t.CSeq}, Carrier: decode.Carrier{HasTime: t.HasTime, Time: t.Final}}
	m.CallID, m.Branch, m.FromURI, m.ToURI = put(t.CallID), put(t.Branch), put(t.From), put(t.To)
	m.CSeq.Len = uint32(min(1, t.CSeq))
	m.Raw = append(raw, ' ')
	return m
}

// request takes the request of a hop: it says what delivery and what text it is of.
func (j *Joiner) request(o *joined, s *sight) {
	a, m := j.a, &s.message
	hashes := a.options.hashesOf(m)
	tx := a.table.at(o.h)
	a.pairing.fillRequest(tx, m, &hashes)
	tx.vias = uint8(min(m.ViaCount, 255))
	tx.bodyBytes = uint32(s.Transaction.BodyBytes)
	a.groups.enter(o.h, m, &hashes.key)
	a.table.account(tx.chunk)
	a.hosts.sightings.add(m.Src, m.Dst)
	a.progress.await(o.h)
	a.ledger.began(m, a.options.carries(m, new(content.Memory)), 0, o.h)
	j.tellRequest(o, m)
}

// again takes another host's sight of a hop.
func (j *Joiner) again(o *joined, s *sight) {
	s.hop, s.place = o, -1
	requested := slices.ContainsFunc(o.seen, func(s *sight) bool { return s.Head != nil })
	if o.seen = append(o.seen, s); s.Head != nil && !requested {
		last := len(o.seen) - 1
		o.seen[0], o.seen[last] = o.seen[last], o.seen[0]
		j.request(o, s)
	}
	j.refresh(o)
}
