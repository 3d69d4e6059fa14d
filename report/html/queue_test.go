package html

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
)

// made is a delivery of one to three transactions, or a transaction without one.
func made(i uint64) (d result.Delivery, of []result.Transaction) {
	d = result.Delivery{ID: 3 * i, Closed: true, Verdict: result.Verdict(i % 5), HasTime: true, FirstRequest: int64(i) * 1e8, CallIDs: []string{fmt.Sprint("call-", i)}}
	for hop := range i%3 + 1 {
		t := result.Transaction{
			ID: 3*i + hop, Delivery: d.ID, Closed: true, CallID: d.CallIDs[0], Method: "MESSAGE", HasTime: true, FirstRequest: d.FirstRequest, HasRTT: i%7 != 0,
			RTT: time.Duration(i) * time.Microsecond, Status: 200, Findings: []string{"early-100"}, RequestFrames: []capture.Ref{capture.MakeRef(1, 9*i+hop+1)},
			Provisional: []int{100}, Body: []byte("hello"),
		}
		of = append(of, t)
		d.Hops = append(d.Hops, result.Hop{Transaction: t.ID, Status: t.Status})
	}
	if i%11 == 0 {
		of = of[:1]
		of[0].Delivery, d.ID = 0, 0
	}
	return d, of
}

// direct tells a list without a queue.
func direct(l *list, d *result.Delivery, all []result.Transaction) {
	var of legs
	for i := range all {
		t := &all[i]
		if t.HasRTT {
			l.closed(t.RTT, t.FirstRequest, t.HasTime)
		}
		if t.Delivery == 0 {
			l.orphan(t)
			return
		}
		of.add(t)
	}
	l.delivery(d, &of)
}

// rowsOf are the rows of a list.
func rowsOf(t *testing.T, l *list) (all []byte) {
	t.Helper()
	defer l.rows.Close()
	if err := l.rows.Each(func(row []byte) bool { all = append(append(all, row...), '\n'); return true }); err != nil {
		t.Fatal(err)
	}
	return all
}

// A list on a goroutine of its own makes the rows that it makes without one, also where
// whoever tells of them uses his memory again.
func TestQueue(t *testing.T) {
	w := New(io.Discard, Options{})
	want := newList(w.options)
	for i := range uint64(2 * batches * batchEntries) {
		d, all := made(i)
		direct(want, &d, all)
		for k := range all {
			w.Transaction(&all[k])
			clear(all[k].Findings)
			clear(all[k].RequestFrames)
			clear(all[k].Provisional)
			clear(all[k].Body)
		}
		if d.ID != 0 {
			w.Delivery(&d)
			clear(d.Hops)
			clear(d.CallIDs)
		}
	}
	w.queue.end()
	got := w.list
	if a, b := rowsOf(t, got), rowsOf(t, want); !bytes.Equal(a, b) || len(a) < 1<<19 {
		t.Errorf("the rows differ: %.2000s\ninstead of\n%.2000s", a, b)
	}
	if !reflect.DeepEqual(got.verdicts, want.verdicts) || !reflect.DeepEqual(got.rtt, want.rtt) || !reflect.DeepEqual(got.line, want.line) || got.orphans != want.orphans {
		t.Errorf("counts: %v, %d orphans, instead of %v, %d", got.verdicts, got.orphans, want.verdicts, want.orphans)
	}
	if n := w.waiting.of.len(); n != 0 {
		t.Errorf("%d deliveries wait", n)
	}
}

func TestByNumber(t *testing.T) {
	m, want := newByNumber[int](), map[uint64]*int{}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		number := random.Uint64N(1000)
		switch random.IntN(3) {
		case 0:
			if want[number] == nil {
				want[number] = new(int)
				m.put(number, want[number])
			}
		case 1:
			if m.take(number) != want[number] {
				t.Fatalf("%d has another value", number)
			}
			delete(want, number)
		default:
			if m.get(number) != want[number] {
				t.Fatalf("%d has another value", number)
			}
		}
	}
	for number := range uint64(1000) {
		m.take(number)
	}
	if m.len() != 0 || len(m.pages) != 0 {
		t.Errorf("%d values in %d pages", m.len(), len(m.pages))
	}
}

// A batch is handed on when what is in it takes much, whatever that is.
func TestBatchesOfLongRows(t *testing.T) {
	long := strings.Repeat("x", batchBytes/8+1)
	q := &queue{waiting: new(waiting), now: new(batch), free: make(chan *batch, 9), full: make(chan *batch, 9)}
	for range cap(q.free) {
		q.free <- new(batch)
	}
	for range 17 {
		q.text(&result.Text{MSRP: &result.SessionText{ToPath: long}})
		q.delivery(&result.Delivery{CallIDs: []string{long}}, nil)
	}
	if len(q.full) != 4 || len(q.now.entries) != 2 {
		t.Errorf("%d batches, and %d entries in the next one", len(q.full), len(q.now.entries))
	}
	one := <-q.full
	one.reset(q.waiting)
	for _, e := range one.entries[:cap(one.entries)] {
		if e.text != nil || e.delivery.CallIDs != nil {
			t.Error("a batch that is empty keeps long rows")
		}
	}
}
