package check

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/shared"
	"simplecap/redact"
)

// everything is a policy under which every transaction fails.
func everything(t *testing.T) *Policy {
	t.Helper()
	note, zero := Level(result.Note), Amount{}
	limit, err := ParseRTTLimit("max=1ns")
	if err != nil {
		t.Fatal(err)
	}
	return &Policy{Budgets: Budgets{FailOn: &note, MaxRTT: []RTTLimit{limit}, MaxMissing: &zero, MaxRejected: &zero, MaxRetransmissions: &zero}}
}

// outcomes is an analyze.Handler that lists what became of transactions.
type outcomes []string

func (o *outcomes) Transaction(t *result.Transaction) {
	findings := slices.DeleteFunc(slices.Clone(t.Findings), aboutContent)
	*o = append(*o, fmt.Sprintf("%d %s %d %v %d+%d %d bytes %q", t.ID, t.Outcome, t.Status, t.RTT, t.Retransmissions, t.Duplicates, t.BodyBytes, findings))
}

// aboutContent reports whether a rule is about what a body says, such as an SMS or
// CPIM: evidence that hides it cannot show that.
func aboutContent(rule string) bool {
	for _, subject := range []string{"rp-", "mo-", "mt-", "report-", "imdn-", "cpim-", "concatenation-"} {
		if strings.HasPrefix(rule, subject) {
			return true
		}
	}
	return false
}

func (*outcomes) Finding(*result.Finding) {}

func (o *outcomes) Delivery(d *result.Delivery) {
	*o = append(*o, fmt.Sprintf("delivery %d %s, %d hops", d.ID, d.Verdict, len(d.Hops)))
}

// judgedFile is what a capture file holds: transactions, deliveries and findings.
func judgedFile(t *testing.T, name string) []string {
	t.Helper()
	src, err := capture.Open([]string{name}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var all outcomes
	r, err := analyze.Run(context.Background(), src, analyze.Options{}, &all)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if aboutContent(f.Rule) {
			continue
		}
		all = append(all, fmt.Sprintf("%s %s %d %v", f.Rule, f.Peer, f.Count, f.Frames))
	}
	slices.Sort(all) // a text that looks like SIP delays what comes of it
	return append(all, fmt.Sprintf("%+v", r.Quality))
}

// people collects users, numbers and texts of a capture.
type people struct{ words map[string]bool }

func (p *people) Message(m *decode.Message) {
	for _, uri := range [][]byte{m.Bytes(m.FromURI), m.Bytes(m.ToURI), m.Bytes(m.URI)} {
		_, rest, _ := bytes.Cut(uri, []byte(":"))
		user, _, isSIP := bytes.Cut(rest, []byte("@"))
		user, _, _ = bytes.Cut(user, []byte(";"))
		if isSIP || bytes.HasPrefix(uri, []byte("tel:")) {
			p.add(user)
		}
	}
	if contentType := m.Text(m.ContentType); strings.Contains(contentType, "3gpp.sms") || strings.Contains(contentType, "iscomposing") {
		return // only numbers and texts in it are hidden: cmd/simplecap searches evidence for these
	}
	for line := range bytes.FieldsFuncSeq(m.Bytes(m.Body), func(c rune) bool { return c == '\r' || c == '\n' }) {
		if !bytes.HasPrefix(line, []byte("<?xml ")) {
			p.add(line)
		}
	}
}

func (p *people) add(word []byte) {
	if word = bytes.TrimLeft(word, "+"); len(word) >= 5 && !bytes.Contains(word, []byte(": ")) && !bytes.HasPrefix(word, []byte("SIP/2.0")) {
		p.words[string(word)] = true
	}
}

// peopleOf reads a capture.
func peopleOf(t *testing.T, name string) *people {
	t.Helper()
	p := &people{map[string]bool{}}
	d := decode.NewDecoder(p, decode.Options{})
	err := eachFrame(func() (capture.Source, error) { return capture.Open([]string{name}, capture.Options{}) }, nil,
		func(f *capture.Frame) error { d.Frame(f); return nil })
	d.Flush()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func testRedactor(t *testing.T, mode redact.Mode) *redact.Redactor {
	t.Helper()
	r, err := redact.New(mode, []byte("a key for the tests"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Evidence without names and texts is judged as the one with them, and holds
// none of them.
func TestRedactedEvidence(t *testing.T) {
	files, err := filepath.Glob("../testdata/pcaps/*.pcap*")
	if err != nil {
		t.Fatal(err)
	}
	redactFiles(t, files, redact.None, redact.Numbers, redact.All)
}

// The same of the captures with ground truth, where they are there.
func TestRedactedEvidenceOfAllCaptures(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared.Path(t, "pcaps"), "*.pcap*"))
	if err != nil {
		t.Fatal(err)
	}
	redactFiles(t, files, redact.All)
}

func redactFiles(t *testing.T, files []string, modes ...redact.Mode) {
	t.Helper()
	for _, name := range files {
		if strings.HasPrefix(filepath.Base(name), "container-") {
			continue // damaged files, and the same packets in other files
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			policy := everything(t)
			want := judgedFile(t, evidenceOf(t, name, policy, EvidenceOptions{Bodies: true}))
			people := peopleOf(t, name)
			for _, mode := range modes {
				evidence := evidenceOf(t, name, policy, EvidenceOptions{Redact: testRedactor(t, mode)})
				if diff := cmp.Diff(want, judgedFile(t, evidence)); diff != "" && !hidesWhole(filepath.Base(name)) {
					t.Errorf("%s (-as it was +redacted):\n%s", mode, diff)
				}
				if mode == redact.All {
					holdsNone(t, evidence, people)
				}
			}
		})
	}
}

// hidesWhole reports whether a capture's messages are masked, compressed, encrypted or
// in chunks: redacted evidence hides such packets whole, so that it cannot be judged.
func hidesWhole(name string) bool {
	for _, carrier := range []string{"ws-", "wss-", "websocket-", "tls", "esp-", "ah-", "sctp-"} {
		if strings.HasPrefix(name, carrier) {
			return true
		}
	}
	return false
}

func holdsNone(t *testing.T, evidence string, people *people) {
	t.Helper()
	data, err := os.ReadFile(evidence)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.ToLower(data)
	for _, word := range slices.Sorted(func(yield func(string) bool) {
		for w := range people.words {
			if !yield(w) {
				return
			}
		}
	}) {
		if at := bytes.Index(data, bytes.ToLower([]byte(word))); at >= 0 {
			t.Errorf("%q is there: %q", word, data[max(at-60, 0):min(at+60, len(data))])
		}
	}
}
