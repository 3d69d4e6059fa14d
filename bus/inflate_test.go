package bus_test

import (
	"runtime"
	"testing"

	"simplecap/bus"
)

// TestDecodersTakeTurns wants no room of its own for each of the partitions of a process: a
// heartbeat, which is so short that it does not say how long it is, took all that a batch may
// have.
func TestDecodersTakeTurns(t *testing.T) {
	m := encoded(t, &bus.Batch{Agent: "host", Epoch: 1, Partition: bus.Heartbeats, Seq: 1, Heart: &bus.Heart{Clock: 1, Low: 1}})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var decoders []*bus.Decoder
	for range bus.Calls {
		d, err := bus.NewDecoder(bus.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Decode(m.data); err != nil {
			t.Fatal(err)
		}
		decoders = append(decoders, d)
	}
	runtime.ReadMemStats(&after)
	if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 32<<20 {
		t.Errorf("%d MiB for %d decoders", bytes>>20, len(decoders))
	}
}

// TestDecodeLong wants a batch that does not say how long it is as far as one may be, and no
// further.
func TestDecodeLong(t *testing.T) {
	text := make([]byte, 100<<10)
	for i := range text {
		text[i] = byte(i >> 7)
	}
	m := encoded(t, &bus.Batch{Agent: string(text), Epoch: 1})
	for bytes, fits := range map[int]bool{64 << 10: false, 200 << 10: true} {
		d, err := bus.NewDecoder(bus.Limits{BatchBytes: bytes})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := d.Decode(m.data); (err == nil) != fits || fits && b.Agent != string(text) {
			t.Errorf("%d bytes: %v", bytes, err)
		}
	}
}
