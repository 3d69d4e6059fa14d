package bus

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"simplecap/analyze"
)

// heartOf is a heartbeat as it goes over the bus.
func heartOf(t *testing.T, epoch, seq uint64, h *Heart) []byte {
	t.Helper()
	plain := appendHead(nil, &Batch{Agent: "host", Epoch: epoch, Partition: Heartbeats, Seq: seq})
	plain = protowire.AppendBytes(protowire.AppendTag(plain, batchHeart, protowire.BytesType), appendHeart(nil, h))
	data, err := seal(plain)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What an agent has lost counts once, though its numbers are missing as well, and is not
// forgotten when it begins again.
func TestBatchesThatNeverCame(t *testing.T) {
	var said []string
	c, err := NewCollector(analyze.NewJoiner(analyze.Options{}, nil), CollectorOptions{Notify: func(line string) { said = append(said, line) }})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		epoch, seq, lost uint64
		want             string // what the report says
	}{
		{1, 1, 0, ""},
		{1, 5, 3, "3 batches of it never came"},
		{1, 7, 3, "4 batches of it never came"}, // the bus dropped one more
		{2, 1, 0, "4 batches of it never came"},
		{2, 2, 2, "6 batches of it never came"},
	} {
		c.Take(heartOf(t, one.epoch, one.seq, &Heart{Lost: one.lost}), Arrival{})
		if got := c.Report().Inputs[0].Error; got != one.want {
			t.Errorf("%+v: %s", one, got)
		}
	}
	if got := strings.Join(said, "; "); strings.Count(got, "host has lost") != 2 || !strings.Contains(got, "host has lost 2 batches") {
		t.Error(got)
	}
}

// Behind the end of the last host time goes on, so that what it saw last becomes rows. What
// was read from files may be of any time, as what is read next.
func TestTimeGoesOnBehindTheLastHost(t *testing.T) {
	begin := time.Unix(1_800_000_000, 0)
	for sent, want := range map[int64]time.Duration{begin.UnixNano(): time.Minute, 0: 0} {
		c, err := NewCollector(analyze.NewJoiner(analyze.Options{}, nil), CollectorOptions{Silence: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		c.Take(heartOf(t, 1, 1, &Heart{Sent: sent, Low: begin.UnixNano(), Ended: true}), Arrival{At: begin})
		from := c.clock
		for s := range 60 {
			c.Tick(begin.Add(time.Duration(s+1) * time.Second))
		}
		if got := time.Duration(c.clock - from); got != want {
			t.Errorf("sent %d: on by %s, want %s", sent, got, want)
		}
	}
}
