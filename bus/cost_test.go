//go:build unix

package bus_test

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/bus"
)

// userTime is what the process has taken of processors.
func userTime() time.Duration {
	var all syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &all) != nil {
		return 0
	}
	return time.Duration(all.Utime.Nano())
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// kept counts rows.
type kept struct {
	nothing
	rows int
}

func (k *kept) Transaction(*result.Transaction)                     { k.rows++ }
func (k *kept) Delivery(*result.Delivery)                           { k.rows++ }
func (*kept) At(uint64, bool)                                       {}
func (k *kept) Pending() int                                        { return k.rows }
func (k *kept) Commit(uint64, uint64, []result.Finding) (err error) { k.rows = 0; return nil }

// BenchmarkParts has all partitions make rows, as a collector alone does: what it takes of a
// processor by leg, and of memory where nothing has come, and where all legs are open.
func BenchmarkParts(b *testing.B) {
	all := publish(b, "host", proxied(20000), analyze.Options{})
	b.ReportAllocs()
	legs, idle, open := uint64(0), uint64(0), uint64(0)
	begun := userTime()
	for b.Loop() {
		before := heapInUse()
		var parts [bus.Calls]*bus.Part
		for number := range parts {
			var err error
			parts[number], err = bus.NewPart(bus.Checkpoint{}, bus.PartOptions{Number: number, Analyze: analyze.Options{PlainTexts: true, Receipts: 10 * time.Minute}, Rows: &kept{},
				Hand: func(bus.Message) error { return nil }, Keep: func(*bus.Checkpoint) error { return nil }})
			if err != nil {
				b.Fatal(err)
			}
		}
		idle = heapInUse() - before
		for i, m := range all {
			for number, p := range parts {
				if m.Partition != number && m.Partition != bus.Heartbeats {
					continue
				}
				if err := p.Take(m.Data, uint64(i+1), bus.Arrival{At: time.Unix(1700000000, int64(i)*1e6)}); err != nil {
					b.Fatal(err)
				}
			}
		}
		open = heapInUse() - before
		for _, p := range parts {
			if err := p.End(); err != nil {
				b.Fatal(err)
			}
			p.Close()
		}
		legs += 60000
	}
	b.ReportMetric(float64((userTime()-begun).Nanoseconds())/float64(legs), "cpu-ns/leg")
	b.ReportMetric(float64(idle)/1e6, "MB-idle")
	b.ReportMetric(float64(open)/1e6, "MB-open")
}
