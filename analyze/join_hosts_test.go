package analyze

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/wire"
)

// toldBy is what an agent has told: legs, and between them marks.
type toldBy struct {
	agent  uint16
	legs   []*Leg
	marks  []int64 // low
	behind []int   // how many legs came before the mark
}

func (b *toldBy) Leg(leg *Leg) {
	c := *leg
	c.Transaction, c.Head, c.Answer, c.Found = leg.Transaction.Clone(), slices.Clone(leg.Head), slices.Clone(leg.Answer), slices.Clone(leg.Found)
	c.Agent = b.agent
	c.Transaction.InFile(int(b.agent))
	b.legs = append(b.legs, &c)
}

func (b *toldBy) Read([]capture.Input, decode.Stats) {}

func (b *toldBy) Mark(_, low int64) {
	b.marks, b.behind = append(b.marks, low), append(b.behind, len(b.legs))
}

// playTogether hands what agents told to a joiner in any order that keeps that of each.
func playTogether(agents []*toldBy, j *Joiner, random *rand.Rand) {
	legs, marks, low := make([]int, len(agents)), make([]int, len(agents)), make([]int64, len(agents))
	for {
		var open []int
		for i, b := range agents {
			if marks[i] < len(b.marks) {
				open = append(open, i)
			}
		}
		if len(open) == 0 {
			return
		}
		i := open[random.IntN(len(open))]
		b := agents[i]
		for ; legs[i] < b.behind[marks[i]]; legs[i]++ {
			j.Take(b.legs[legs[i]])
		}
		low[i] = b.marks[marks[i]]
		marks[i]++
		j.Advance(slices.Min(low))
	}
}

// TestHostsAsOne is the property of the bus: what several hosts saw is, joined, what one
// that had seen all would have reported, in whatever order their legs come.
func TestHostsAsOne(t *testing.T) {
	tried := 0
	for _, name := range captures(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			hosts := wire.ByHost(readAll(t, openCapture(t, name)))
			if hosts == nil || strings.Contains(name, "multihoming") { // a host has all its addresses
				t.Skip("not of IP over Ethernet alone, or of one host")
			}
			tried++
			options := Options{PlainTexts: true}
			want := newRows()
			want.copies = false
			wantReport, err := Run(context.Background(), &wire.Memory{Frames: wire.Merged(hosts)}, options, want)
			if err != nil {
				t.Fatal(err)
			}
			var agents []*toldBy
			for i, frames := range hosts {
				one := options
				agent := &toldBy{agent: uint16(i + 1)}
				one.Legs = agent
				if _, err := Run(context.Background(), &wire.Memory{Frames: frames}, one, newRows()); err != nil {
					t.Fatal(err)
				}
				agents = append(agents, agent)
			}
			for seed := range uint64(3) {
				got := newRows()
				got.copies = false
				j := NewJoiner(options, got)
				defer j.Close()
				playTogether(agents, j, rand.New(rand.NewPCG(seed, 1)))
				j.End()
				report := j.Report(nil, wantReport.Decode)
				if diff := cmp.Diff(want.sorted(), got.sorted()); diff != "" {
					t.Fatal(diff)
				}
				if diff := cmp.Diff(wantReport.Summary, report.Summary); diff != "" {
					t.Fatal(diff)
				}
			}
		})
	}
	if tried < 10 {
		t.Errorf("only %d captures have several hosts", tried)
	}
}
