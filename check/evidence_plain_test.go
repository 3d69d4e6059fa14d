package check

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/tls"
)

// exchanges is an analyze.Handler that keeps what a packet out of TLS must not change.
type exchanges struct {
	all  []Transaction
	list []string
}

func (e *exchanges) Transaction(t *result.Transaction) {
	frames := append(append([]capture.Ref{}, t.RequestFrames...), t.ResponseFrames...)
	e.all = append(e.all, Transaction{ID: t.ID, Src: t.Src.String(), Dst: t.Dst.String(), Outcome: t.Outcome, Frames: frames})
	e.list = append(e.list, fmt.Sprint(t.CallID, t.CSeq, t.Branch, t.Src, t.Dst, t.Outcome, t.Status, t.FirstRequest, t.LastRequest, t.Final, t.Retransmissions))
}

func (e *exchanges) Finding(*result.Finding) {}

// keysBeside are the keys of a capture, from the files beside it.
func keysBeside(t *testing.T, name string) (keys decode.Keys) {
	t.Helper()
	base := strings.TrimSuffix(name, filepath.Ext(name))
	if pem, err := os.ReadFile(base + ".server.key.pem"); err == nil {
		keys.TLS = append(keys.TLS, pem)
	}
	if table, err := os.ReadFile(base + ".esp_sa.txt"); err == nil {
		keys.ESP = append(keys.ESP, table)
	}
	if log, err := os.ReadFile(base + ".keys.txt"); err == nil {
		l := tls.NewLog(logInMemory{bytes.NewReader(log)}, tls.Limits{})
		l.More(true)
		keys.Logs = append(keys.Logs, l)
	}
	return keys
}

type logInMemory struct{ *bytes.Reader }

func (l logInMemory) Size() (int64, error) { return l.Reader.Size(), nil }

// exchangesOf reads a capture.
func exchangesOf(t *testing.T, name string, keys decode.Keys) *exchanges {
	t.Helper()
	src, err := capture.Open([]string{name}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	e := new(exchanges)
	if _, err := analyze.Run(context.Background(), src, analyze.Options{Keys: keys}, e); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestPlainEvidence writes the evidence of every exchange in TLS, WebSocket, SCTP and
// IPsec, and reads it back without keys: the exchanges are the same.
func TestPlainEvidence(t *testing.T) {
	names := map[string]string{}
	for _, pattern := range []string{"tls*.pcap*", "ws*.pcap", "sctp*.pcap", "esp*.pcap", "ah*.pcap"} {
		for _, dir := range []string{"../testdata/pcaps", "../../shared/transports", "../../../shared/transports"} {
			found, _ := filepath.Glob(filepath.Join(dir, pattern))
			for _, name := range found {
				names[filepath.Base(name)] = name
			}
		}
	}
	if len(names) < 10 {
		t.Fatal("captures are missing")
	}
	var plain bytes.Buffer // sections of a pcapng may follow each other
	for _, name := range names {
		keys := keysBeside(t, name)
		open := func() (capture.Source, error) { return capture.Open([]string{name}, capture.Options{}) }
		want := exchangesOf(t, name, keys)
		v := &Verdict{Result: Fail, Checks: []Check{{Name: "all", Status: Failed, Breaches: []Breach{{Transactions: want.all}}}}}
		for _, options := range []EvidenceOptions{{Bodies: true, Decrypted: true}, {}} {
			options.Decode.Keys = keys
			var file bytes.Buffer
			if err := WriteEvidence(&file, v, open, options); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "plain.pcapng")
			if err := os.WriteFile(out, file.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			got := exchangesOf(t, out, decode.Keys{})
			if diff := cmp.Diff(want.list, got.list); diff != "" {
				t.Errorf("%s, %+v (-captured +plain):\n%s", filepath.Base(name), options.Bodies, diff)
			}
			if hidden := !bytes.Contains(file.Bytes(), []byte("Content-Type: text/plain\r\n")); hidden && len(want.list) > 0 {
				t.Errorf("%s: messages cannot be read", name)
			}
			if options.Decrypted {
				plain.Write(file.Bytes())
			}
		}
	}
	wireshark(t, plain.Bytes())
}

// wireshark holds that tshark reads every packet of a file as SIP that has a payload. Two
// captures may have the same ports, which it takes for retransmissions.
func wireshark(t *testing.T, file []byte) {
	t.Helper()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		return
	}
	name := filepath.Join(t.TempDir(), "plain.pcapng")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tshark, "-r", name, "-Y", "!sip && !tcp.analysis.retransmission && (udp || tcp.len > 0 || sctp.chunk_type == 0)").Output()
	if err != nil || len(out) > 0 {
		t.Errorf("tshark: %v\n%s", err, out)
	}
}

// TestEvidenceWithoutKeys holds that no secret of a capture comes into evidence.
func TestEvidenceWithoutKeys(t *testing.T) {
	const name = "../testdata/pcaps/tls-keys-inside-late.pcapng"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("CLIENT_RANDOM ")) {
		t.Fatal("the capture has no secrets")
	}
	want := exchangesOf(t, name, decode.Keys{})
	v := &Verdict{Result: Fail, Checks: []Check{{Name: "all", Status: Failed, Breaches: []Breach{{Transactions: want.all}}}}}
	open := func() (capture.Source, error) { return capture.Open([]string{name}, capture.Options{}) }
	for _, options := range []EvidenceOptions{{}, {Bodies: true}, {Bodies: true, Decrypted: true}} {
		var file bytes.Buffer
		if err := WriteEvidence(&file, v, open, options); err != nil {
			t.Fatal(err)
		}
		for _, label := range []string{"CLIENT_RANDOM ", "_SECRET"} {
			if bytes.Contains(file.Bytes(), []byte(label)) {
				t.Errorf("%+v: secrets in evidence", options)
			}
		}
		if options.Bodies && !options.Decrypted && bytes.Contains(file.Bytes(), []byte("CSeq")) {
			t.Error("encrypted packets are not as they were captured")
		}
	}
}
