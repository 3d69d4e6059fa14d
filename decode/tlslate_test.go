package decode_test

import (
	"os"
	"testing"

	"simplecap/capture"
	"simplecap/decode"
)

// TestGapsWithLateKeys reads a capture that lacks segments with keys that are known before
// the first frame and behind the last one: the holes are the same.
func TestGapsWithLateKeys(t *testing.T) {
	const name = "../testdata/pcaps/tls-segment-missing"
	keys, err := os.ReadFile(name + ".keys.txt")
	if err != nil {
		t.Fatal(err)
	}
	var gaps, messages [2]int
	for i := range gaps {
		var got counted
		d := decode.NewDecoder(&got, decode.Options{})
		src, err := capture.Open([]string{name + ".pcap"}, capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		if i == 0 {
			d.KeyLog(keys)
		}
		if err := capture.Each(t.Context(), src, func(f *capture.Frame) { d.Frame(f) }); err != nil {
			t.Fatal(err)
		}
		d.KeyLog(keys)
		d.UseSecrets()
		d.Flush()
		gaps[i], messages[i] = int(d.Stats().TCPGaps), int(got)
	}
	if gaps[0] == 0 || gaps[0] != gaps[1] || messages[0] != messages[1] {
		t.Errorf("%d holes and %d messages with keys before, %d and %d with keys behind", gaps[0], messages[0], gaps[1], messages[1])
	}
}
