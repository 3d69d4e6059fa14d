package preset

import (
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	type inner struct{ N int }
	type limits struct {
		A, B, C int
		Bytes   int64
		Time    time.Duration
		Inner   inner
	}
	l := limits{A: 7, B: -1, Time: time.Minute}
	Numbers(&l, limits{A: 1, B: 2, C: 3, Bytes: 4, Time: time.Second, Inner: inner{5}})
	if want := (limits{A: 7, B: 2, C: 3, Bytes: 4, Time: time.Minute}); l != want {
		t.Errorf("got %+v, want %+v", l, want)
	}
}
