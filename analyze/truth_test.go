package analyze

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/shared"
)

// truth is the ground truth of one capture.
type truth struct {
	Requests     map[string]uint64 `json:"requests"`
	Responses    map[string]uint64 `json:"responses"`
	Messages     int               `json:"message_transactions"`
	ByCall       int               `json:"message_transactions_by_call_id_and_cseq_too"`
	NoFinal      int               `json:"no_final"`
	Retransmits  int               `json:"retransmitted_requests"`
	Duplicates   uint64            `json:"duplicate_captures"`
	Orphans      int               `json:"orphan_responses"`
	Transactions []struct {
		CallID        string   `json:"call_id"`
		CSeq          uint64   `json:"cseq"`
		Branch        string   `json:"branch"`
		Src           string   `json:"src"`
		Dst           string   `json:"dst"`
		Retransmits   int      `json:"retransmits"`
		Status        int      `json:"final_status"`
		RequestFrames []uint64 `json:"request_frames"`
		FinalFrame    uint64   `json:"final_frame"`
		RTT           *float64 `json:"rtt_ms"`
		RTTLast       *float64 `json:"rtt_last_ms"`
	} `json:"transactions"`
}

// outOfScope are captures whose payload this version does not read.
var outOfScope = regexp.MustCompile(`tls|msrp`)

func readTruth(t *testing.T) (dir string, files map[string]truth) {
	file := shared.Path(t, "pcaps/truth.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Files map[string]truth }
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(file), all.Files
}

// collector keeps all transactions.
type collector struct{ all []result.Transaction }

func (c *collector) Transaction(t *result.Transaction) { c.all = append(c.all, t.Clone()) }
func (c *collector) Finding(*result.Finding)           {}

func analyseFiles(t *testing.T, options Options, names ...string) ([]result.Transaction, *result.Report) {
	t.Helper()
	src, err := capture.Open(names, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var c collector
	report, err := Run(context.Background(), src, options, &c)
	if err != nil {
		t.Fatal(err)
	}
	return c.all, report
}

func TestGroundTruth(t *testing.T) {
	dir, files := readTruth(t)
	for name, want := range files {
		if outOfScope.MatchString(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			paths := []string{filepath.Join(dir, name)}
			if strings.Contains(name, " ") { // several files together
				paths, _ = filepath.Glob(filepath.Join(dir, "rotated-*.pcap"))
			}
			got, report := analyseFiles(t, Options{}, paths...)
			compareTruth(t, want, got, report, len(paths) == 1)
		})
	}
}

func compareTruth(t *testing.T, want truth, got []result.Transaction, report *result.Report, oneFile bool) {
	t.Helper()
	count, noFinal, retransmissions := 0, 0, 0
	byKey := map[string][]result.Transaction{}
	for _, x := range got {
		if x.Method != "MESSAGE" || x.Outcome == result.Orphan {
			continue
		}
		count++
		retransmissions += x.Retransmissions
		if x.Status == 0 {
			noFinal++
		}
		key := fmt.Sprint(x.CallID, x.CSeq, x.Branch, plain(x.Src), plain(x.Dst))
		byKey[key] = append(byKey[key], x)
	}
	if count != want.Messages && count != want.ByCall {
		t.Errorf("%d transactions, want %d", count, want.Messages)
	}
	if count == want.Messages && (noFinal != want.NoFinal || retransmissions != want.Retransmits) {
		t.Errorf("%d without final, %d retransmissions; want %d, %d", noFinal, retransmissions, want.NoFinal, want.Retransmits)
	}
	if report.Quality.Duplicates != want.Duplicates {
		t.Errorf("%d duplicates, want %d", report.Quality.Duplicates, want.Duplicates)
	}
	for _, w := range want.Transactions {
		if count == want.ByCall && count != want.Messages {
			break // one branch for several messages: the truth lists them as one
		}
		key := fmt.Sprint(w.CallID, w.CSeq, w.Branch, w.Src, w.Dst)
		if len(byKey[key]) == 0 {
			t.Errorf("missing %s", key)
			continue
		}
		g := byKey[key][0]
		var frames []uint64
		for _, f := range g.RequestFrames {
			frames = append(frames, f.Number())
		}
		if g.Status != w.Status || g.Retransmissions != w.Retransmits || oneFile && fmt.Sprint(frames) != fmt.Sprint(w.RequestFrames) {
			t.Errorf("%s: status %d retransmissions %d frames %v; want %d %d %v", key, g.Status, g.Retransmissions, frames, w.Status, w.Retransmits, w.RequestFrames)
		}
		if w.RTT != nil && !near(g.RTT.Seconds()*1000, *w.RTT) {
			t.Errorf("%s: RTT %v, want %v ms", key, g.RTT, *w.RTT)
		}
		if w.RTTLast != nil && !near(g.RTTLast.Seconds()*1000, *w.RTTLast) {
			t.Errorf("%s: last RTT %v, want %v ms", key, g.RTTLast, *w.RTTLast)
		}
	}
}

// plain writes an endpoint as the truth does, which has no brackets around IPv6.
func plain(e decode.Endpoint) string { return fmt.Sprint(e.Host(), ":", e.Port) }

// near compares milliseconds to a microsecond and the truth's rounding.
func near(a, b float64) bool { return a-b < 0.0015 && b-a < 0.0015 }
