package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/capture"
	"simplecap/decode"
)

// msrpKeeper is a decode.Handler that keeps MSRP.
type msrpKeeper []string

func (k *msrpKeeper) Message(*decode.Message) {}

// MSRP implements decode.MSRPHandler.
func (k *msrpKeeper) MSRP(m *decode.MSRP) {
	*k = append(*k, m.Src.String()+" "+m.Dst.String()+" "+string(m.Raw))
}

// msrpOf is the MSRP in a capture.
func msrpOf(t *testing.T, name string, keys decode.Keys) (k msrpKeeper) {
	t.Helper()
	src, err := openSource(t.Context(), []string{name}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	d := decode.NewDecoder(&k, decode.Options{Keys: keys})
	if err := capture.Each(t.Context(), src, func(f *capture.Frame) { d.Frame(f) }); err != nil {
		t.Fatal(err)
	}
	d.Flush()
	return k
}

// MSRP inside of TLS is written in the clear with --decrypted, and what was in no TLS is
// there as well.
func TestDecryptedMSRP(t *testing.T) {
	for name, want := range map[string]int{"msrp-tls.pcap": 4, "msrp-chunks-and-interruption.pcap": 0} {
		name = filepath.Join("..", "..", "testdata", "pcaps", name)
		k := flagsBeside(name)
		keys, err := k.load()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range keys.Logs {
			l.More(true)
		}
		whole := msrpOf(t, name, keys)
		if len(whole) == 0 || want > 0 && len(whole) != want {
			t.Fatalf("%s: %d messages", name, len(whole))
		}
		file := filepath.Join(t.TempDir(), "plain.pcapng")
		runWith(t, []string{name}, analyze.Options{Keys: keys, KeyLogs: k.readOn()}, func(files *captureFiles) *evidence {
			e := newEvidence(writeAll, defaultEvidenceLimits, files, func(int) string { return "" })
			e.made = new(plainFrames)
			return e
		}, file)
		if diff := cmp.Diff(whole, msrpOf(t, file, decode.Keys{})); diff != "" {
			t.Errorf("%s (-captured +plain):\n%s", filepath.Base(name), diff)
		}
		if data, err := os.ReadFile(file); err != nil || !bytes.Contains(data, []byte("made of a message over T")) {
			t.Errorf("%s: %v: packets are not said to be made", name, err)
		}
	}
}
