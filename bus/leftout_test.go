package bus_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"simplecap/analyze"
	"simplecap/bus"
)

// TestLeftOut wants a partition that says nothing waited for until another one promises for
// it, what it hands on after that taken, counted and said, and it waited for again when it
// has come up with the others.
func TestLeftOut(t *testing.T) {
	const number, silent = 3, 7
	var said []string
	r := &recorded{kept: map[string][]string{}}
	p, err := bus.NewPart(bus.Checkpoint{}, bus.PartOptions{Number: number, Rows: r, Notify: func(line string) { said = append(said, line) },
		Hand: func(bus.Message) error { return nil }, Keep: func(*bus.Checkpoint) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	begin := time.Unix(1700000000, 0)
	at := func(seconds float64) time.Time { return begin.Add(time.Duration(seconds * float64(time.Second))) }
	promise := func(until time.Time, given bool, numbers ...int) {
		var all []bus.Promise
		for _, number := range numbers {
			all = append(all, bus.Promise{Partition: number, Time: until.UnixNano(), Given: given})
		}
		data, err := bus.EncodePromises(all)
		if err != nil {
			t.Fatal(err)
		}
		p.Hear(data)
	}
	hand := func(count int, effect time.Time) {
		l := &analyze.Leg{Head: []byte("MESSAGE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\nCall-ID: a\r\nCSeq: 1 MESSAGE\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n\r\n")}
		l.Transaction.ID, l.Transaction.FirstRequest = uint64(count), begin.UnixNano()
		p.Hear(encoded(t, &bus.Batch{Agent: "host", Epoch: 1, Partition: number, Times: 1, Legs: []*analyze.Leg{l}, Of: []string{"a"},
			Handed: &bus.Handed{From: silent, Seq: 9, Count: count, At: effect.UnixNano()}}).data)
	}
	var others []int
	for other := range bus.Calls {
		if other != number && other != silent {
			others = append(others, other)
		}
	}
	ready := func(seconds float64, want bool) {
		t.Helper()
		if p.Ready(at(seconds)) != want {
			t.Errorf("at %.0f s: ready is not %t, behind are %v", seconds, want, p.Behind(at(seconds)))
		}
	}
	promise(at(10), false, others...)
	if ready(1, false); !slices.Equal(p.Behind(at(1)), []int{silent}) || p.LeftOut(silent) {
		t.Error(p.Behind(at(1)))
	}
	promise(at(4), true, silent)
	ready(5.9, true)
	ready(6, false)
	if !p.LeftOut(silent) {
		t.Error("it is waited for")
	}
	beat := encoded(t, &bus.Batch{Agent: "host", Epoch: 1, Partition: bus.Heartbeats, Seq: 1, Heart: &bus.Heart{Clock: 1, Low: 1}})
	if err := p.Take(beat.data, 1, bus.Arrival{At: at(5)}); err != nil {
		t.Fatal(err)
	}
	hand(1, at(3)) // too late by 3 s, and not where anybody can be: 4 s, and Lookahead
	if p.Heard() != 1 {
		t.Error("it is dropped")
	}
	promise(at(5), false, silent)
	if p.LeftOut(silent) {
		t.Error("it is not waited for again")
	}
	hand(2, at(6)) // again, by who goes on
	hand(3, at(7))
	hand(3, at(7))
	if p.Heard() != 2 {
		t.Errorf("%d batches wait, not the late one and another", p.Heard())
	}
	beat = encoded(t, &bus.Batch{Agent: "host", Epoch: 1, Partition: bus.Heartbeats, Seq: 2, Heart: &bus.Heart{Clock: 2, Low: 2}})
	if err := p.Take(beat.data, 2, bus.Arrival{At: at(6.5)}); err != nil {
		t.Fatal(err)
	}
	if p.Heard() != 1 {
		t.Errorf("%d batches wait, not one", p.Heard())
	}
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	if len(said) != 1 || !strings.Contains(said[0], "partition 3: 1 legs") {
		t.Error(said)
	}
}
