package analyze

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/capture"
	"simplecap/internal/wire"
)

// hostsOf are the two addresses of an Ethernet frame, nil where it is none of IP.
func hostsOf(f *capture.Frame) []string {
	if f.Link != capture.LinkEthernet || len(f.Data) < 34 {
		return nil
	}
	ip := f.Data[14:]
	switch binary.BigEndian.Uint16(f.Data[12:]) {
	case 0x0800:
		return []string{string(ip[12:16]), string(ip[16:20])}
	case 0x86dd:
		if len(ip) >= 40 {
			return []string{string(ip[8:24]), string(ip[24:40])}
		}
	}
	return nil
}

// byHost splits a capture as if each of its hosts had captured what it sends and
// receives: most frames are seen twice. Every host goes on capturing to the end.
func byHost(frames []capture.Frame) (hosts [][]capture.Frame) {
	index := map[string]int{}
	for i := range frames {
		for _, host := range hostsOf(&frames[i]) {
			if _, known := index[host]; !known {
				index[host] = len(hosts)
				hosts = append(hosts, nil)
			}
		}
	}
	if len(hosts) < 2 {
		return nil
	}
	last := slices.MaxFunc(frames, func(a, b capture.Frame) int { return int(a.Time - b.Time) })
	last.Data = make([]byte, 64)
	for i := range frames {
		ends := hostsOf(&frames[i])
		if ends == nil {
			return nil
		}
		for _, host := range slices.Compact(ends) {
			hosts[index[host]] = append(hosts[index[host]], frames[i])
		}
	}
	for i := range hosts {
		hosts[i] = append(hosts[i], last)
		for n := range hosts[i] {
			f := &hosts[i][n]
			f.File, f.Number = 1, uint64(n+1)
		}
	}
	return hosts
}

// merged is all captures as one, in order of time.
func merged(hosts [][]capture.Frame) (all []capture.Frame) {
	for i, frames := range hosts {
		for _, f := range frames {
			f.File = i + 1
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b capture.Frame) int { return int(a.Time - b.Time) })
	return all
}

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
			hosts := byHost(readAll(t, openCapture(t, name)))
			if hosts == nil {
				t.Skip("not of IP over Ethernet alone, or of one host")
			}
			tried++
			options := Options{PlainTexts: true}
			want := newRows()
			want.copies = false
			wantReport, err := Run(context.Background(), &wire.Memory{Frames: merged(hosts)}, options, want)
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
