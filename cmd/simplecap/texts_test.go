package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simplecap/internal/shared"
)

// textOfTruth and textOfReport are what the ground truth and the report say of a text.
type textOfTruth struct {
	Kind     string
	Frame    uint64 `json:"request_frame"`
	End      string
	Text     *string
	Loose    bool
	RP       *string `json:"rp_type"`
	MR       *int    `json:"rp_mr"`
	Address  *string `json:"tp_address"`
	Whole    *wholeOfText
	Receipts []struct {
		Kind      string
		Frame     uint64
		MatchedBy string `json:"matched_by"`
		Late      bool
		Duplicate bool
	}
	RepeatOf *int `json:"repeat_of"`
	CopyOf   *int `json:"copy_of"`
}

// wholeOfText is what both say of a concatenated SMS; Text is "" where it is not complete.
type wholeOfText struct {
	Complete bool
	Text     string
}

// sessionOfTruth is what both say of a message session.
type sessionOfTruth struct {
	CallID    string `json:"call_id"`
	Offer     string `json:"offer_path"`
	Answer    string `json:"answer_path"`
	Transport string
	Readable  bool
	MovedTo   []string `json:"moved_to"`
}

type truthOfTexts struct {
	Texts    []textOfTruth
	Sessions []sessionOfTruth
}

type textOfReport struct {
	ID    uint64
	Kind  string
	Frame struct{ Frame uint64 } `json:"request_frame"`
	End   string
	Text  string
	SMS   *struct {
		RP      string `json:"rp_type"`
		MR      *int   `json:"rp_mr"`
		Address string `json:"tp_address"`
	}
	Whole    *wholeOfText
	Receipts []struct {
		Kind      string
		Frame     struct{ Frame uint64 }
		MatchedBy string `json:"matched_by"`
		Late      bool
		Duplicate bool
	}
	RepeatOf uint64 `json:"repeat_of"`
	CopyOf   uint64 `json:"copy_of"`
}

// TestTexts holds what the report says of texts and receipts against captures of
// which the truth is known.
func TestTexts(t *testing.T) {
	dir := shared.Path(t, "texts")
	data, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth struct {
		Files map[string]truthOfTexts
	}
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	for name, want := range truth.Files {
		t.Run(name, func(t *testing.T) { compareTexts(t, filepath.Join(dir, name), want) })
	}
}

func compareTexts(t *testing.T, file string, truth truthOfTexts) {
	want := truth.Texts
	out, talk, code := simplecap("json", []string{"--bodies", file})
	var got struct {
		Texts    []textOfReport
		Sessions []sessionOfTruth
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
		t.Fatalf("exit code %d: %v %s", code, err, talk)
	}
	ids := make([]uint64, len(want)) // of the texts of the truth in the report
	for i, w := range want {
		n := slices.IndexFunc(got.Texts, func(g textOfReport) bool {
			return g.Kind == w.Kind && g.Frame.Frame == w.Frame && !slices.Contains(ids, g.ID)
		})
		if n < 0 {
			if !w.Loose {
				t.Errorf("frame %d: no %s", w.Frame, w.Kind)
			}
			continue
		}
		ids[i] = got.Texts[n].ID
	}
	for i, w := range want {
		if n := slices.IndexFunc(got.Texts, func(g textOfReport) bool { return g.ID == ids[i] }); n >= 0 && !w.Loose {
			if wanted, said := w.line(ids), got.Texts[n].line(); wanted != said {
				t.Errorf("frame %d %s:\n got %s\nwant %s", w.Frame, w.Kind, said, wanted)
			}
		}
	}
	var sessions []sessionOfTruth
	for _, s := range truth.Sessions {
		if s.CallID != "" {
			sessions = append(sessions, s)
		}
	}
	if diff := cmp.Diff(sessions, got.Sessions, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("sessions (-truth +report)\n%s", diff)
	}
	if len(got.Texts) > len(want) {
		t.Errorf("%d texts, want %d", len(got.Texts), len(want))
	}
}

func (w *textOfTruth) line(ids []uint64) string {
	text, rp, mr, address := "", "", -1, ""
	if w.Text != nil {
		text = *w.Text
	}
	if w.RP != nil {
		rp = *w.RP
	}
	if w.MR != nil {
		mr = *w.MR
	}
	if w.Address != nil {
		address = *w.Address
	}
	line := fmt.Sprintf("%s %q %s %d %q whole %+v", w.End, text, rp, mr, address, w.Whole)
	if w.RepeatOf != nil {
		line += fmt.Sprint(" repeats ", ids[*w.RepeatOf])
	}
	if w.CopyOf != nil {
		line += fmt.Sprint(" copies ", ids[*w.CopyOf])
	}
	var receipts []string
	for _, r := range w.Receipts {
		receipts = append(receipts, fmt.Sprintln(r.Frame, r.Kind, r.MatchedBy, r.Late, r.Duplicate))
	}
	slices.Sort(receipts)
	return fmt.Sprint(line, receipts)
}

func (g *textOfReport) line() string {
	rp, mr, address := "", -1, ""
	if g.SMS != nil {
		rp, address = g.SMS.RP, g.SMS.Address
		if g.SMS.MR != nil {
			mr = *g.SMS.MR
		}
	}
	line := fmt.Sprintf("%s %q %s %d %q whole %+v", g.End, g.Text, rp, mr, address, g.Whole)
	if g.RepeatOf != 0 {
		line += fmt.Sprint(" repeats ", g.RepeatOf)
	}
	if g.CopyOf != 0 {
		line += fmt.Sprint(" copies ", g.CopyOf)
	}
	var receipts []string
	for _, r := range g.Receipts {
		receipts = append(receipts, fmt.Sprintln(r.Frame.Frame, r.Kind, r.MatchedBy, r.Late, r.Duplicate))
	}
	slices.Sort(receipts)
	return fmt.Sprint(line, receipts)
}
