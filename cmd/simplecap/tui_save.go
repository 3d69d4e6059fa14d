package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/capture/made"
	"simplecap/check"
	"simplecap/decode"
	"simplecap/internal/tui"
	"simplecap/report"
)

// saver writes deliveries to files, for the screen.
type saver struct {
	command *tuiCommand
	store   *tui.Store
	options analyze.Options
	open    func() (capture.Source, error) // opens the captures again; nil where they cannot be
}

// save writes what is to be saved and says what it wrote. A file that exists stays.
func (s *saver) save(what tui.Saving) (string, error) {
	if _, err := os.Lstat(what.Name); err == nil {
		return "", fmt.Errorf("%s exists already: choose another name", what.Name)
	}
	write := map[string]func(io.Writer, []uint32) error{".pcapng": s.packets, ".json": s.json, ".md": s.markdown}[filepath.Ext(what.Name)]
	if write == nil {
		return "", errors.New("the name must end in .pcapng, .json or .md")
	}
	out, err := createOutput(what.Name, nil, s.command.mode.of(true))
	if err != nil {
		return "", err
	}
	defer out.abort()
	if err := write(out, what.Deliveries); err != nil {
		return "", err
	}
	if err := out.commit(); err != nil {
		return "", err
	}
	return fmt.Sprintf("saved %s in %s", report.Count(uint64(len(what.Deliveries)), "delivery", "deliveries"), report.Clean(what.Name, 0)), nil
}

// packets writes the packets of deliveries: as they were captured where the captures can
// be read again, else packets that are made of the messages. With --redact names and
// texts are hidden.
func (s *saver) packets(w io.Writer, ids []uint32) error {
	if s.open == nil {
		return s.madePackets(w, ids)
	}
	breach := check.Breach{}
	for _, id := range ids {
		row, ok := s.store.Row(tui.ByDelivery, id)
		if !ok {
			continue
		}
		for i := range row.Transactions {
			t := &row.Transactions[i]
			breach.Transactions = append(breach.Transactions, check.Transaction{ID: t.ID, Delivery: t.Delivery, Src: t.Src.String(), Dst: t.Dst.String(),
				Outcome: t.Outcome, Frames: slices.Concat(t.RequestFrames, t.ResponseFrames)})
		}
	}
	v := &check.Verdict{Checks: []check.Check{{Name: "saved", Status: check.Failed, Breaches: []check.Breach{breach}}}}
	redactor := s.options.Redact
	return check.WriteEvidence(w, v, s.open, check.EvidenceOptions{
		Decode: decode.Options{Ports: s.options.Ports, Keys: s.options.Keys, Limits: s.options.Limits.Decode}, Bodies: redactor == nil, Redact: redactor,
	})
}

// madePackets writes packets that are made of the messages that the screen holds.
func (s *saver) madePackets(w io.Writer, ids []uint32) error {
	out := capture.NewPcapngWriter(w, "simplecap "+version())
	var packets made.Packets
	for _, id := range ids {
		told := s.store.Story(tui.ByDelivery, id, s.options)
		if told == nil {
			continue
		}
		for i := range told.Steps {
			m := told.Steps[i].Message.Plain()
			for _, f := range packets.Message(&m) {
				if err := out.Commented(&f, "", fmt.Sprintf("simplecap: delivery %d, made of its message in frame %s", id, told.Steps[i].Message.Frame)); err != nil {
					return err
				}
			}
		}
	}
	return out.Flush()
}

// json writes the deliveries as a JSON report.
func (s *saver) json(w io.Writer, ids []uint32) error {
	out, err := report.New(report.JSON, w, report.Options{Bodies: s.command.bodies})
	if err != nil {
		return err
	}
	r := &result.Report{Inputs: s.store.Inputs()}
	for _, id := range ids {
		row, ok := s.store.Row(tui.ByDelivery, id)
		if !ok {
			continue
		}
		for i := range row.Transactions {
			out.Transaction(&row.Transactions[i])
			r.Summary.Add(row.Transactions[i].Outcome, row.Transactions[i].Retransmissions)
		}
		out.Delivery(&row.Delivery)
		r.Summary.Deliveries++
		if row.Verdict.Failed() {
			r.Summary.Undelivered++
		}
	}
	r.Findings = s.store.Findings(ids)
	return out.Close(r)
}

// markdown writes each delivery in full, as text.
func (s *saver) markdown(w io.Writer, ids []uint32) error {
	for _, id := range ids {
		told := s.store.Story(tui.ByDelivery, id, s.options)
		if told == nil {
			continue
		}
		fmt.Fprintf(w, "## Delivery %d\n\n````text\n", id)
		if err := report.WriteDetail(w, told, report.DetailOptions{Width: 120, Bodies: s.command.bodies}); err != nil {
			return err
		}
		if _, err := io.WriteString(w, "````\n\n"); err != nil {
			return err
		}
	}
	return nil
}

// reopening opens captures again, unless one of them is a pipe.
func (c *tuiCommand) reopening(files []string, options *analyze.Options) func() (capture.Source, error) {
	if slices.ContainsFunc(files, readOnce) {
		return nil
	}
	return func() (capture.Source, error) {
		traces := c.traces
		return traces.open(context.Background(), files, nil, options.Profile.Timers(options.T1).F())
	}
}
