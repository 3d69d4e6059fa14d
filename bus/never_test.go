package bus

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"simplecap/analyze"
)

// heartOf is a heartbeat as it goes over the bus.
func heartOf(t *testing.T, epoch, seq, lost uint64) []byte {
	t.Helper()
	plain := appendHead(nil, &Batch{Agent: "host", Epoch: epoch, Partition: Heartbeats, Seq: seq})
	plain = protowire.AppendBytes(protowire.AppendTag(plain, batchHeart, protowire.BytesType), appendHeart(nil, &Heart{Lost: lost}))
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
		c.Take(heartOf(t, one.epoch, one.seq, one.lost), Arrival{})
		if got := c.Report().Inputs[0].Error; got != one.want {
			t.Errorf("%+v: %s", one, got)
		}
	}
	if got := strings.Join(said, "; "); strings.Count(got, "host has lost") != 2 || !strings.Contains(got, "host has lost 2 batches") {
		t.Error(got)
	}
}
