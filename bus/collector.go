package bus

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// CollectorOptions say how a Collector waits.
type CollectorOptions struct {
	// Hold is how much later than it began a leg is joined, so that one that it forwards
	// has come even where the clocks of their hosts differ (default 1 s).
	Hold time.Duration
	// Silence is how long nothing is heard of an agent until the others do not wait for
	// it any more (default 30 s).
	Silence time.Duration
	// Drift is how far the clock of an agent may be from that of the bus before its
	// times are put right (default 500 ms): between hosts that keep time it is noise.
	Drift time.Duration
	// Shown says that somebody looks on, and rows may change still: once all agents that
	// are known have ended, nothing is waited for. Where rows are kept it must not be set:
	// an agent that nobody has heard of yet may have legs of the same time.
	Shown  bool
	Notify func(line string) // is told what happens to agents; may be nil
	Limits Limits
}

// Collector keeps the clocks of many agents together and hands their legs to a Joiner.
// It is used by one goroutine.
type Collector struct {
	options CollectorOptions
	joiner  *analyze.Joiner
	decoder *Decoder
	agents  map[string]*member
	order   []*member // by number
	counts  Counts
	moved   *moved
	clock   int64     // that the joiner was told last
	later   bool      // it follows the agents' clocks later: see later
	now     int64     // by the clock of the bus, where later
	ticked  time.Time // the latest Tick
	due     []Due     // the oldest first
	seq     uint64    // of the message at hand, for Leg.Seq
}

// Counts are what a Collector has read.
type Counts struct {
	Batches, Legs, Unread uint64 // Unread could not be read: of another version, or broken
	Repeated              uint64 // batches that came a second time
	Beyond                uint64 // of agents beyond Limits.Agents
}

// member is an agent.
type member struct {
	name    string
	number  uint16
	epoch   uint64
	low     int64         // its Low, on the collector's clock
	known   bool          // it has told its Low
	offset  int64         // how far its clock is ahead of the bus's, where that matters
	bound   time.Duration // how far its times may be off then; 0 for not measured
	seen    time.Time
	silent  bool
	ended   bool
	live    bool // its times are those of now
	heart   Heart
	lost    uint64            // batches of this epoch, as it says
	earlier uint64            // batches of epochs before that never came
	last    map[int]uint64    // the latest batch of each partition
	missing map[batchKey]bool // those before that have not come: they may have been overtaken
}

// NewCollector returns a Collector for a Joiner.
func NewCollector(joiner *analyze.Joiner, options CollectorOptions) (*Collector, error) {
	options.Limits = options.Limits.withDefaults()
	options.Hold = cmp.Or(options.Hold, time.Second)
	options.Silence = cmp.Or(options.Silence, 30*time.Second)
	options.Drift = cmp.Or(options.Drift, 500*time.Millisecond)
	if options.Notify == nil {
		options.Notify = func(string) {}
	}
	d, err := NewDecoder(options.Limits)
	return &Collector{options: options, joiner: joiner, decoder: d, agents: make(map[string]*member), moved: &moved{}}, err
}

// Arrival is how a message came.
type Arrival struct {
	At time.Time // when, by the clock of the bus, it was taken there
	// How far the clock of the agent was ahead of that of the bus, and how far that may be
	// wrong: as it was measured by who published the message. Bound 0 is not measured.
	Ahead, Bound time.Duration
}

// Take takes what came over the bus. An agent's batches of a partition must come in the
// order of their numbers, and a heartbeat after the batches before it.
func (c *Collector) Take(data []byte, by Arrival) {
	b, err := c.decoder.Decode(data)
	if err != nil {
		c.counts.Unread++
		return
	}
	if b.Tick || b.Handed != nil || b.Promises != nil {
		return
	}
	m := c.member(b)
	if m == nil {
		c.counts.Beyond++
		return
	}
	if !m.follows(b) {
		c.counts.Repeated++
		return
	}
	c.counts.Batches++
	m.seen = by.At
	c.measured(m, by)
	if m.silent {
		m.silent = false
		c.joiner.Missing(c.Silent())
		c.options.Notify(m.name + " is heard again")
		c.advance()
	}
	if b.Heart != nil {
		c.beat(m, b.Heart)
		return
	}
	c.moved.aliases(c, b)
	for i := range b.Legs {
		c.arrive(m, b, i)
	}
}

// member returns who sent a batch, nil where there is no room for another agent.
func (c *Collector) member(b *Batch) *member {
	m := c.agents[b.Agent]
	if m == nil {
		if len(c.order) == c.options.Limits.Agents {
			return nil
		}
		m = &member{name: b.Agent, number: uint16(len(c.order) + 1)}
		c.agents[b.Agent], c.order = m, append(c.order, m)
	}
	if m.epoch < b.Epoch { // it has begun again
		m.earlier, m.lost = m.never(), 0
		m.epoch, m.last, m.missing, m.ended, m.known = b.Epoch, make(map[int]uint64), make(map[batchKey]bool), false, false
	}
	return m
}

// never is how many batches never came. What an agent has lost is missing, too, as soon as
// another batch of the partition comes.
func (m *member) never() uint64 { return m.earlier + max(m.lost, uint64(len(m.missing))) }

// follows reports whether a batch has not come before, and counts those that are missing.
func (m *member) follows(b *Batch) bool {
	if b.Epoch < m.epoch {
		return true // of a run before: its spool was kept
	}
	last, key := m.last[b.Partition], batchKey{b.Partition, b.Seq}
	if b.Seq <= last {
		overtaken := m.missing[key]
		delete(m.missing, key)
		return overtaken
	}
	for n := last + 1; last > 0 && n < b.Seq && len(m.missing) < mostMissing; n++ {
		m.missing[batchKey{b.Partition, n}] = true
	}
	m.last[b.Partition] = b.Seq
	return true
}

// batchKey names a batch of an agent's run.
type batchKey struct {
	partition int
	seq       uint64
}

// mostMissing bounds the batches of an agent that are remembered as missing.
const mostMissing = 4096

// shift puts the times of a leg on the clock of the bus.
func (m *member) shift(l *analyze.Leg) {
	t := &l.Transaction
	for _, at := range []*int64{&t.FirstRequest, &t.LastRequest, &t.Final, &l.LastSeen, &l.Until, &l.Seen} {
		if *at != 0 {
			*at -= m.offset
		}
	}
}

// leg hands a leg to the joiner, with its frames as those of the agent's input.
func (c *Collector) leg(m *member, epoch uint64, l *analyze.Leg) {
	l.Agent, l.Epoch, l.Seq, l.Bound = m.number, epoch, c.seq, int64(m.bound)
	l.Transaction.InFile(int(m.number))
	if c.joiner.Take(l) {
		c.counts.Legs++
	}
}

// beat takes a heartbeat.
func (c *Collector) beat(m *member, h *Heart) {
	m.heart, m.ended, m.known, m.low, m.live = *h, h.Ended, true, h.Low-m.offset, h.Sent != 0
	if h.Lost > m.lost {
		c.options.Notify(fmt.Sprintf("%s has lost %d batches: its spool is too small or cannot be written, or the bus was away for too long", m.name, h.Lost-m.lost))
		m.lost = h.Lost
	}
	c.advance()
}

// measured takes what was measured of the clock of an agent. Where it keeps time, its times
// stay as they are; where it is off, they are put right by what was measured first, and
// again when that has become another thing.
func (c *Collector) measured(m *member, by Arrival) {
	if by.Bound <= 0 {
		return
	}
	m.bound = by.Bound
	off := by.Ahead
	if off.Abs() <= c.options.Drift {
		m.bound, off = max(by.Bound, off.Abs()), 0
	}
	if apart := time.Duration(m.offset) - off; apart.Abs() <= by.Bound+stillTheSame && (off == 0) == (m.offset == 0) {
		return
	}
	if m.offset = int64(off); off != 0 {
		c.options.Notify(fmt.Sprintf("the clock of %s is off by %s: its times are put right, to within %s", m.name, off.Round(time.Millisecond), by.Bound.Round(time.Microsecond)))
	}
}

// stillTheSame is how far measurements of one clock differ from each other.
const stillTheSame = 20 * time.Millisecond

// advance moves the joiner's clock to where all agents have come that are heard of.
func (c *Collector) advance() {
	low, hold, any := int64(0), int64(c.options.Hold), false
	for _, m := range c.order {
		if !m.known || m.silent || m.ended {
			continue
		}
		if !any || m.low < low {
			low, any = m.low, true
		}
	}
	if !any {
		if c.options.Shown { // and past what came late, which is joined a little later
			hold = -2 * hold
		}
		for _, m := range c.order { // all have ended: as far as the last one came
			if m.known && m.ended {
				low, any = max(low, m.low+c.beyond(m)), true
			}
		}
	}
	switch low -= hold; {
	case !any:
	case c.later:
		c.due = schedule(c.due, c.now, low)
	case low >= c.clock:
		c.joined(low)
	}
}

// beyond is how much later it is than an agent said that has ended. Time goes on where it
// saw what passed just then; what it read may be of any time, as what the next one reads.
func (c *Collector) beyond(m *member) int64 {
	if gone := c.ticked.Sub(m.seen); m.live && gone > c.options.Silence {
		return int64(gone)
	}
	return 0
}

// joined tells the joiner what time it is.
func (c *Collector) joined(clock int64) {
	c.clock = clock
	c.joiner.Advance(clock)
}

// turn says what time it is by the clock of the bus, where the joiner is told later.
func (c *Collector) turn(now int64) {
	clock, left := fallen(c.due, now)
	if c.now, c.due = now, left; clock >= c.clock && clock > 0 {
		c.joined(clock)
	}
}

// Tick says what time it is by the clock of the bus: agents that have not been heard of
// for long are not waited for any more.
func (c *Collector) Tick(now time.Time) {
	c.ticked = now
	for _, m := range c.order {
		if !m.silent && !m.ended && now.Sub(m.seen) > c.options.Silence {
			m.silent = true
			c.options.Notify(fmt.Sprintf("nothing was heard of %s for %s: the others do not wait for it, and what it saw may be missing", m.name, c.options.Silence))
		}
	}
	c.joiner.Missing(c.Silent())
	c.advance()
}

// Ended reports whether every agent that was heard of has ended.
func (c *Collector) Ended() bool {
	return len(c.order) > 0 && !slices.ContainsFunc(c.order, func(m *member) bool { return !m.ended })
}

// Counts are what was read.
func (c *Collector) Counts() Counts { return c.counts }

// Silent are the agents that are not heard of, by name.
func (c *Collector) Silent() (names []string) {
	for _, m := range c.order {
		if m.silent {
			names = append(names, m.name)
		}
	}
	return names
}

// Report is what was found so far. Its inputs are the agents.
func (c *Collector) Report() *result.Report {
	var inputs []capture.Input
	stats, unread := decode.Stats{}, uint64(0)
	requests, responses := map[string]uint64{}, map[string]uint64{}
	for _, m := range c.order {
		in := &m.heart.Input
		inputs = append(inputs, m.input())
		stats.TCPGaps += in.TCPGaps
		stats.SCTP.Missing += in.SCTPGaps
		stats.FragmentsIncomplete += in.Fragments
		stats.SnaplenCut += in.SnaplenCut
		stats.Malformed += in.Malformed
		stats.Evicted += in.Evicted + m.never()
		stats.ChecksumErrors += in.Checksums
		stats.WebSocketLost += in.WebSocketLost
		stats.Contradictions += in.Contradictions
		stats.DecodeErrors += in.BrokenHeaders
		unread += in.Unread
		stats.Messages += in.Messages
		stats.Mentions += in.Mentions
		add(requests, in.Requests)
		add(responses, in.Responses)
	}
	r := c.joiner.Report(inputs, stats)
	r.SIP.Requests, r.SIP.Responses = requests, responses
	r.Quality.Unread = unread
	return r
}

// input is an agent as an input of the report.
func (m *member) input() capture.Input {
	in := &m.heart.Input
	one := capture.Input{Name: m.name, Format: "agent", Packets: in.Packets, Bytes: in.Bytes, KernelDrops: in.KernelDrops, OutOfOrder: in.OutOfOrder, Complete: !m.silent}
	if in.First != 0 {
		one.First, one.Last = time.Unix(0, in.First-m.offset), time.Unix(0, in.Last-m.offset)
	}
	var wrong []string
	if m.silent {
		wrong = append(wrong, "nothing is heard of it any more")
	}
	if n := m.never(); n > 0 {
		wrong = append(wrong, fmt.Sprintf("%d batches of it never came", n))
	}
	one.Error = strings.Join(wrong, "; ")
	return one
}

func add(all, one map[string]uint64) {
	for name, n := range one {
		all[name] += n
	}
}

// End joins and closes what is left.
func (c *Collector) End() { c.joiner.End() }
