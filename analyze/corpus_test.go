package analyze

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/internal/shared"
)

// corpusTruth is what tshark counts in a capture of the corpus.
type corpusTruth struct {
	Requests  map[string]uint64 `json:"sip_requests_by_method"`
	Responses map[string]uint64 `json:"sip_responses_by_status"`
	Messages  int               `json:"message_transactions"`
}

// TestCorpus compares the counts of every capture of the corpus with tshark's.
func TestCorpus(t *testing.T) {
	file := shared.Path(t, "corpus/truth.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var truth map[string]corpusTruth
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	// Wireshark finds ESP with null encryption only with the preference
	// esp.enable_null_encryption_decode_heuristic, and then counts this.
	esp := truth["open5gs/ipsec_to_nonipsec_call.pcapng"]
	esp.Requests["ACK"], esp.Requests["INVITE"] = 10, 12
	esp.Responses["100"], esp.Responses["180"], esp.Responses["200"] = 9, 8, 15
	for name, want := range truth {
		t.Run(name, func(t *testing.T) {
			_, report := analyseFiles(t, Options{}, filepath.Join(filepath.Dir(file), name))
			diff := cmp.Diff(want.Requests, report.SIP.Requests) + cmp.Diff(want.Responses, report.SIP.Responses)
			if diff != "" {
				t.Errorf("-tshark +simplecap:\n%s", diff)
			}
		})
	}
}
