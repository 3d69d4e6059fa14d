package report

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/shared"
)

// nobody takes what a run finds.
type nobody struct{}

func (nobody) Transaction(*result.Transaction) {}
func (nobody) Finding(*result.Finding)         {}

// Of every public capture, what is said of SIP in it, and advised, is right: by what
// tshark counts, and by what there is evidence for.
func TestCorpusHints(t *testing.T) {
	file := shared.Path(t, "corpus/truth.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var truth map[string]struct {
		Requests  map[string]int `json:"sip_requests_by_method"`
		Responses map[string]int `json:"sip_responses_by_status"`
	}
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	dir, read := filepath.Dir(file), 0
	filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.Contains(filepath.Ext(name), "cap") {
			return err
		}
		src, err := capture.Open([]string{name}, capture.Options{})
		if err != nil {
			return nil
		}
		r, _ := analyze.Run(context.Background(), src, analyze.Options{}, nobody{})
		src.Close()
		read++
		relative, _ := filepath.Rel(dir, name)
		want := truth[filepath.ToSlash(relative)]
		if wrong := wrongHint(r, r.SIP.Messages > 0 || len(want.Requests)+len(want.Responses) > 0); wrong != "" {
			t.Errorf("%s: %s:\n%s", relative, wrong, strings.Join(totals(r, ""), "\n"))
		}
		return nil
	})
	if read < len(truth) {
		t.Errorf("%d captures read, tshark read %d", read, len(truth))
	}
	t.Log(read, "captures")
}

// wrongHint says what is wrong with what is said of a capture, "" for nothing.
func wrongHint(r *result.Report, hasSIP bool) string {
	text := strings.Join(totals(r, ""), "\n")
	says := func(s string) bool { return strings.Contains(text, s) }
	there := func(class decode.Class) bool { return r.Decode.Census.Packets[class] > 0 }
	switch {
	case hasSIP && (says("no SIP in") || says("without its signalling") || says("to capture SIP:")):
		return "there is SIP"
	case says("SIP inside TLS") && !tlsLooksLikeSIP(r):
		return "nothing says that this is SIP in TLS"
	case says("without its signalling") && !there(decode.ClassRTP):
		return "there is no media"
	case says("ESP is read with its keys") && !there(decode.ClassESP):
		return "there is no ESP"
	case says("HEP packets carry no SIP") && r.Decode.HEP.Messages > 0:
		return "there is SIP in HEP"
	case says("drops all fragments but the first") && !there(decode.ClassFragment):
		return "there are no fragments"
	case says("the WebSockets: they carry something else") && !there(decode.ClassWebSocket):
		return "there is no WebSocket"
	case r.SIP.Requests["MESSAGE"] > 0 && says("no MESSAGE in"):
		return "there are MESSAGEs"
	}
	return ""
}

// tlsLooksLikeSIP looks for evidence by itself: the port of SIPS, or a server that is no
// web server's port and speaks SIP elsewhere.
func tlsLooksLikeSIP(r *result.Report) bool {
	for _, p := range r.Decode.Census.Ports[decode.ClassTLS] {
		if p.Port == 5061 || p.Port == 5060 {
			return true
		}
	}
	for _, h := range r.Decode.Hidden {
		if h.Likely && h.Peer.Port != 443 {
			return true
		}
	}
	return false
}
