package check

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"simplecap/capture"
)

// MSRP inside of TLS is evidence that can be read, or hidden whole where texts are.
func TestPlainEvidenceOfMSRP(t *testing.T) {
	const name = "../testdata/pcaps/msrp-tls.pcap"
	text := []byte("MSRP made1 SEND\r\n")
	var frames []capture.Ref
	for _, n := range []uint64{10, 11, 14, 15} { // where the messages end
		frames = append(frames, capture.MakeRef(1, n))
	}
	v := &Verdict{Result: Fail, Checks: []Check{{Name: "all", Status: Failed, Breaches: []Breach{{Frames: frames}}}}}
	open := func() (capture.Source, error) { return capture.Open([]string{name}, capture.Options{}) }
	for _, options := range []EvidenceOptions{{Bodies: true, Decrypted: true}, {}, {Bodies: true}} {
		options.Decode.Keys = keysBeside(t, name)
		var file bytes.Buffer
		if err := WriteEvidence(&file, v, open, options); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(file.Bytes(), text) != options.Decrypted {
			t.Errorf("%+v: %q", options, file.Bytes())
		}
		if plain := options.Decrypted || !options.Bodies; bytes.Contains(file.Bytes(), []byte("made of a message over TLS in frame")) != plain {
			t.Errorf("bodies %v: packets made: %v", options.Bodies, !plain)
		}
		if options.Decrypted {
			readsMSRP(t, file.Bytes(), 4)
		}
	}
}

// readsMSRP holds that tshark finds so many messages of MSRP in a file.
func readsMSRP(t *testing.T, file []byte, want int) {
	t.Helper()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		return
	}
	name := filepath.Join(t.TempDir(), "plain.pcapng")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tshark, "-r", name, "-Y", "msrp").Output()
	if got := strings.Count(string(out), "\n"); err != nil || got != want {
		t.Errorf("tshark: %v, %d messages, want %d\n%s", err, got, want, out)
	}
}
