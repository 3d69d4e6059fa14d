package bus_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"simplecap/analyze"
	"simplecap/bus"
	"simplecap/internal/shared"
	"simplecap/internal/wire"
)

// paces say how the partitions go about a stream. The zero one is one message after the
// other, each by all of them.
type paces struct {
	random *rand.Rand
	every  int           // partitions move to another collector after a message in so many; 0 for never
	apart  bool          // each goes on as far as it may, before any other
	step   time.Duration // from message to message by the clock of the bus; 0 is 100 ms
}

// cluster are all partitions, each with somebody who reads what the bus has for it.
type cluster struct {
	t      *testing.T
	paces  paces
	own    []message // of agents
	others []heard   // of partitions
	ids    map[string]bool
	now    time.Time // of the latest message that was taken
	rounds int
	kept   [bus.Calls]bus.Checkpoint
	lines  map[string][]string
	parts  [bus.Calls]*reader
}

// heard is what partitions put on the bus, and when it had that, at the latest.
type heard struct {
	partition int // for which it is, -1 for all
	data      []byte
	at        time.Time
}

// reader reads for a partition.
type reader struct {
	*cluster
	number int
	part   *bus.Part
	own    int // where it is
	others int
	word   bus.Promise
}

// time is when the bus had the message of an agent.
func (p *paces) time(at int) time.Time {
	return time.Unix(1700000000, 0).Add(time.Duration(at) * cmp.Or(p.step, 100*time.Millisecond))
}

// open has a partition read from where it was kept.
func (c *cluster) open(number int) *reader {
	r := &recorded{kept: map[string][]string{}}
	p, err := bus.NewPart(c.kept[number], bus.PartOptions{Number: number, Analyze: analyze.Options{PlainTexts: true, Receipts: time.Hour}, Rows: r,
		Keep: func(kept *bus.Checkpoint) error {
			for name, rows := range r.kept {
				c.lines[fmt.Sprint(number, " ", name)] = rows
			}
			c.kept[number] = *kept
			return nil
		},
		Hand: func(m bus.Message) error {
			if !c.ids[m.ID] { // the bus has it once
				c.ids[m.ID] = true
				c.others = append(c.others, heard{m.Partition, m.Data, c.now})
			}
			return nil
		}})
	c.ok(err)
	from, _ := slices.BinarySearchFunc(c.others, p.Since().Add(-time.Minute), func(h heard, at time.Time) int { return h.at.Compare(at) })
	return &reader{cluster: c, number: number, part: p, own: max(int(p.From())-1, 0), others: from, word: bus.Promise{Partition: number}}
}

func (c *cluster) ok(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// hear takes what others have put on the bus.
func (r *reader) hear() {
	for ; r.others < len(r.cluster.others); r.others++ {
		if m := r.cluster.others[r.others]; m.partition == r.number || m.partition < 0 {
			r.part.Hear(m.data)
		}
	}
}

// step takes the next message, where there is one and others are so far.
func (r *reader) step() bool {
	all := r.cluster.own
	for r.own < len(all) && all[r.own].partition != r.number && all[r.own].partition != bus.Heartbeats {
		r.own++
	}
	r.hear()
	if r.own == len(all) {
		return false
	}
	at := r.paces.time(r.own)
	r.word.Time = r.part.Time(at)
	if !r.part.Ready(at) {
		return false
	}
	if r.now.Before(at) {
		r.now = at
	}
	r.ok(r.part.Take(all[r.own].data, uint64(r.own+1), bus.Arrival{At: at}))
	r.own++
	return true
}

// promise puts what all promise on the bus.
func (c *cluster) promise() {
	var all []bus.Promise
	for _, r := range c.parts {
		all = append(all, r.word)
	}
	data, err := bus.EncodePromises(all)
	c.ok(err)
	c.others = append(c.others, heard{-1, data, c.now})
}

// inParts are the rows that the partitions make of a stream, and how many batches they hand
// on to each other.
func inParts(t *testing.T, all []message, paces paces) (got []string, handed int) {
	t.Helper()
	c := &cluster{t: t, paces: paces, own: all, ids: map[string]bool{}, lines: map[string][]string{}}
	for number := range c.parts {
		c.parts[number] = c.open(number)
	}
	for idle := 0; idle < 10; idle++ { // a round may only say who is where
		for c.round() {
			idle = 0
		}
	}
	for round := range bus.MostRounds + 1 {
		for _, r := range c.parts {
			if r.hear(); round > 0 {
				c.ok(r.part.Drain())
			}
			r.word.Round = round + 1
		}
		c.promise()
	}
	for _, r := range c.parts {
		if r.hear(); r.part.Round() < bus.MostRounds {
			t.Error("others have not drained")
		}
		c.ok(r.part.End())
		r.part.Close()
	}
	rules := analyze.Catalogue()
	for _, rows := range c.lines {
		for _, line := range rows {
			if !slices.ContainsFunc(rules, func(r analyze.Rule) bool { return strings.HasPrefix(line, r.ID) }) { // a finding
				got = append(got, line)
			}
		}
	}
	slices.Sort(got)
	return got, len(c.ids)
}

// round has each partition go on, and reports whether any did.
func (c *cluster) round() (any bool) {
	if c.rounds++; c.paces.apart || c.rounds%8 == 0 {
		defer c.promise()
	}
	for number := range c.parts {
		for c.parts[number].step() {
			any = true
			if c.moves() {
				p := c.parts[number].part
				c.ok(p.Commit())
				p.Close()
				c.parts[number] = c.open(number)
			}
			if !c.paces.apart {
				break
			}
		}
	}
	return any
}

func (c *cluster) moves() bool { return c.paces.every > 0 && c.paces.random.IntN(c.paces.every) == 0 }

// TestPartitionsApart wants what belongs to another partition there before its rows close,
// however far one is ahead of others: each goes on for as long as it may.
func TestPartitionsApart(t *testing.T) {
	shared.OneGoroutine(t)
	for name, text := range map[string]string{"B2BUA": renamed(40), "identity": otherIdentity(30)} {
		frames, err := wire.Parse(text)
		if err != nil {
			t.Fatal(name, err)
		}
		all := stream(t, wire.ByHost(frames[:len(frames)-1]), rand.New(rand.NewPCG(5, 6)))
		want, handed := inParts(t, all, paces{})
		if handed == 0 {
			t.Errorf("%s: nothing was handed on", name)
		}
		for _, p := range []paces{{apart: true}, {apart: true, random: rand.New(rand.NewPCG(7, 8)), every: 2000}} {
			if got, _ := inParts(t, all, p); !slices.Equal(want, got) {
				lacking, more := missing(want, got), missing(got, want)
				t.Errorf("%s: %d rows that are not there, %d that should not be: %.1000s", name, len(lacking), len(more), append(lacking, more...))
			}
		}
	}
}

// TestPartitionsOfFiles wants the same where what agents saw in a minute goes by in less than
// a second, as that of files does, and partitions move.
func TestPartitionsOfFiles(t *testing.T) {
	frames, err := wire.Parse(renamed(80))
	if err != nil {
		t.Fatal(err)
	}
	hosts := wire.ByHost(frames[:len(frames)-1])
	var want rows
	if _, err := analyze.Run(t.Context(), &wire.Memory{Frames: wire.Merged(hosts)}, analyze.Options{PlainTexts: true}, &want); err != nil {
		t.Fatal(err)
	}
	all := stream(t, hosts, rand.New(rand.NewPCG(5, 6)))
	got, _ := inParts(t, all, paces{step: time.Millisecond, random: rand.New(rand.NewPCG(7, 8)), every: 1000})
	if !slices.Equal(want.sorted(), got) {
		t.Errorf("%d rows that are not there, %d that should not be", len(missing(want.lines, got)), len(missing(got, want.lines)))
	}
}
