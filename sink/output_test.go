package sink

import (
	"errors"
	"strings"
	"testing"
	"time"

	"simplecap/analyze/result"
)

var errAway = errors.New("away")

// TestRetry wants rows to arrive although the store is away for a while, and a refusal to
// be counted.
func TestRetry(t *testing.T) {
	quick := Limits{FirstPause: time.Millisecond, LastPause: 2 * time.Millisecond}
	var said []string
	store := &shelf{fail: func(try int) error {
		if try < 5 {
			return errAway
		}
		return nil
	}}
	s := New(Options{Wait: true, Limits: quick, Say: func(line string) { said = append(said, line) }}, Output{Name: "it", Store: store})
	deliver(s, 1, result.Delivered)
	if err := s.Close(nil); err != nil || len(store.rows(Deliveries)) != 1 {
		t.Errorf("%d rows, %v", len(store.rows(Deliveries)), err)
	}
	if len(said) != 2 || !strings.Contains(said[0], "it takes no rows: away") || !strings.Contains(said[1], "again") {
		t.Errorf("said %q", said)
	}
	store = &shelf{fail: func(int) error { return Permanent(errAway) }}
	s = New(Options{Wait: true}, Output{Name: "it", Store: store})
	deliver(s, 1, result.Delivered)
	err := s.Close(nil)
	if counts, _ := s.Counts(); err == nil || !strings.Contains(err.Error(), "3 rows were lost, 0 were stored: away") || counts[0].Lost() != 3 {
		t.Errorf("%v, %+v", err, counts)
	}
}

// TestPatience wants a file's rows to be given up when the store stays away, and nobody to
// say that it is back.
func TestPatience(t *testing.T) {
	var said []string
	store := &shelf{fail: func(int) error { return errAway }}
	say := func(line string) { said = append(said, line) }
	s := New(Options{Wait: true, Say: say, Limits: Limits{FirstPause: time.Millisecond, Patience: 5 * time.Millisecond, QueueBytes: 1000}}, Output{Store: store})
	for i := range 100 {
		deliver(s, i+1, result.Delivered)
	}
	err := s.Close(nil)
	if counts, _ := s.Counts(); err == nil || counts[0].Stored != 0 || counts[0].Lost() < 200 || len(said) != 1 {
		t.Errorf("%v, %+v, %q", err, counts, said)
	}
}

// TestFull wants the analysis never to wait for a live store, and what is lost to be counted.
func TestFull(t *testing.T) {
	block := make(chan struct{})
	store := &shelf{fail: func(int) error { <-block; return nil }}
	s := New(Options{Limits: Limits{QueueBytes: 4000}}, Output{Store: store})
	for i := range 100 {
		deliver(s, i+1, result.Delivered)
	}
	close(block)
	err := s.Close(nil)
	counts, _ := s.Counts()
	c := counts[0]
	got := store.rows(Deliveries)
	if err == nil || c.Full == 0 || c.Stored+c.Full < 200 || uint64(len(got)+len(store.rows(Transactions))+len(store.rows(Minutes))) != c.Stored {
		t.Errorf("%v, %+v, %d deliveries", err, c, len(got))
	}
}

// TestClosing wants the end of a live capture not to wait for a store that is away.
func TestClosing(t *testing.T) {
	store := &shelf{fail: func(int) error { return errAway }}
	s := New(Options{Limits: Limits{Closing: 10 * time.Millisecond}}, Output{Store: store})
	deliver(s, 1, result.Delivered)
	err := s.Close(nil)
	if counts, _ := s.Counts(); err == nil || counts[0].Refused != 3 {
		t.Errorf("%v, %+v", err, counts)
	}
}
