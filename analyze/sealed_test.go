package analyze

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/tls"
	"simplecap/internal/wire"
)

type logInMemory struct{ *bytes.Reader }

func (l logInMemory) Size() (int64, error) { return l.Reader.Size(), nil }

// sealedCapture reads a capture over TLS and its key log without the lines in which one
// of the words without stands, and adds a packet that comes two minutes later.
func sealedCapture(t *testing.T, name string, keep func(*capture.Frame) bool, without ...string) (*wire.Memory, Options) {
	t.Helper()
	src, err := capture.Open([]string{"../testdata/pcaps/" + name + ".pcap"}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var frames []capture.Frame
	err = capture.Each(context.Background(), src, func(f *capture.Frame) {
		if keep(f) {
			c := *f
			c.Data = bytes.Clone(f.Data)
			frames = append(frames, c)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	late := frames[0]
	late.Time += int64(2 * time.Minute)
	late.Data, late.Number = nil, 1000
	log, err := os.ReadFile("../testdata/pcaps/" + name + ".keys.txt")
	if err != nil {
		t.Fatal(err)
	}
	var kept []byte
	for line := range bytes.Lines(log) {
		if !slices.ContainsFunc(without, func(w string) bool { return bytes.Contains(line, []byte(w)) }) {
			kept = append(kept, line...)
		}
	}
	l := tls.NewLog(logInMemory{bytes.NewReader(kept)}, tls.Limits{})
	l.More(true)
	return &wire.Memory{Frames: append(frames, late)}, Options{Keys: decode.Keys{Logs: []*tls.Log{l}}}
}

// sealedResults keeps what a run hands on.
type sealedResults struct {
	transactions []result.Transaction
	deliveries   []result.Delivery
}

func (r *sealedResults) Transaction(t *result.Transaction) {
	r.transactions = append(r.transactions, *t)
}
func (r *sealedResults) Finding(*result.Finding)     {}
func (r *sealedResults) Delivery(d *result.Delivery) { r.deliveries = append(r.deliveries, d.Clone()) }

// Where only what one side sends can be read nothing has timed out.
func TestAnswersSealed(t *testing.T) {
	all := func(*capture.Frame) bool { return true }
	src, options := sealedCapture(t, "tls13-keys-of-one-direction", all)
	var got sealedResults
	report, err := Run(context.Background(), src, options, &got)
	if err != nil {
		t.Fatal(err)
	}
	if report.Summary.Timeout != 0 || report.Summary.Pending != 2 || report.Summary.Orphan != 3 {
		t.Errorf("%+v", report.Summary)
	}
	pending := slices.IndexFunc(got.transactions, func(t result.Transaction) bool { return t.Outcome == result.Pending })
	if cause := got.transactions[max(pending, 0)].Cause; !strings.HasPrefix(cause, "answers cannot be read: no keys for what 203.0.113.20:5061") {
		t.Errorf("%q", cause)
	}
	for _, f := range report.Findings {
		if f.Rule == overlappingMessages.ID || f.Rule == "no-final-response" {
			t.Errorf("%s: %s", f.Rule, f.Message)
		}
	}
}

// A leg that cannot be read is named where a delivery ends before it.
func TestNextLegSealed(t *testing.T) {
	all := func(*capture.Frame) bool { return true }
	src, options := sealedCapture(t, "tls-kamailio-both-legs", all, "CLIENT_RANDOM")
	var got sealedResults
	if _, err := Run(context.Background(), src, options, &got); err != nil {
		t.Fatal(err)
	}
	for _, d := range got.deliveries {
		if d.Verdict != result.Delivered || d.Unseen != "" { // who answers is not the address that sends on
			t.Errorf("%v, %q", d.Verdict, d.Unseen)
		}
	}
	noAnswer := func(f *capture.Frame) bool { return f.Number < 21 }
	src, options = sealedCapture(t, "tls-kamailio-both-legs", noAnswer, "CLIENT_RANDOM")
	got = sealedResults{}
	if _, err := Run(context.Background(), src, options, &got); err != nil {
		t.Fatal(err)
	}
	const want = "meanwhile what 10.71.4.1 sends to 10.71.4.20:5061 over TLS cannot be read"
	if len(got.deliveries) != 1 || got.deliveries[0].Verdict != result.NoAnswer || got.deliveries[0].Unseen != want {
		t.Errorf("%+v", got.deliveries)
	}
	for _, sealed := range []string{"", "what it sends on"} {
		d := result.Delivery{Hops: []result.Hop{{Transaction: 1, Outcome: result.Timeout, Forwarder: true, Sealed: sealed}}}
		judgeHops(&d, IETF.Timers(0))
		if d.Unseen != sealed || (d.Verdict == result.NotForwarded) != (sealed == "") {
			t.Errorf("%q: %v, %q", sealed, d.Verdict, d.Unseen)
		}
	}
}

// Without the key of one association, requests in the other have not timed out, and what
// the host sends on in IPsec is named behind those that it answered.
func TestAnswersSealedInIPsec(t *testing.T) {
	const name = "../testdata/pcaps/esp-aes-cbc-keys"
	keys, err := os.ReadFile(name + ".esp_sa.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		without string
		pending uint64
		cause   string
	}{
		{"nothing", 0, ""},
		{"0x10000008", 3, "answers cannot be read: no keys for what 203.0.113.20 sends in IPsec"},
	} {
		src, err := capture.Open([]string{name + ".pcap"}, capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		var kept []byte
		for line := range bytes.Lines(keys) {
			if !bytes.Contains(line, []byte(test.without)) {
				kept = append(kept, line...)
			}
		}
		var got sealedResults
		report, err := Run(context.Background(), src, Options{Keys: decode.Keys{ESP: [][]byte{kept}}}, &got)
		if err != nil {
			t.Fatal(err)
		}
		if report.Summary.Pending != test.pending || report.Summary.Timeout != 0 {
			t.Errorf("without %s: %+v", test.without, report.Summary)
		}
		for i := range got.transactions {
			if x := &got.transactions[i]; x.Outcome == result.Pending && x.Cause != test.cause {
				t.Errorf("without %s: %q", test.without, x.Cause)
			}
		}
	}
}
