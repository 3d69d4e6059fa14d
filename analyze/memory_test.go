package analyze

import (
	"strings"
	"testing"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/content"
)

// Open texts take no more than their part of the memory, whatever they hold; the
// latest is never the one that goes.
func TestTextsWithinMemory(t *testing.T) {
	a := newAnalyzer(Options{Limits: Limits{Memory: 1 << 20}}, nil)
	l := &a.ledger
	for i := range 2000 {
		text := &openText{Text: result.Text{ID: uint64(i), Content: &content.Content{}}, closed: true}
		l.open.add(text)
		l.open.grow(text, 1000+i%7*1000)
		l.receipts.receive(text, &decode.Message{}, result.Receipt{Kind: "imdn"})
		l.makeRoom()
		if l.open.queue.Newest() != text || text.gone {
			t.Fatalf("text %d is gone", i)
		}
		sum := int64(0)
		for one := l.open.queue.Oldest(); one != nil; one = one.queued.Newer() {
			sum += one.bytes
		}
		if sum != l.open.held || l.open.held > l.open.room {
			t.Fatalf("%d bytes in texts, %d counted, room for %d", sum, l.open.held, l.open.room)
		}
	}
	l.end()
	if l.open.held != 0 || l.open.count != 0 {
		t.Errorf("%d bytes of %d texts are held of none", l.open.held, l.open.count)
	}
}

// Groups of findings take no more than their part of the memory: what has no room is
// counted by its rule.
func TestFindingsWithinMemory(t *testing.T) {
	var f findings
	f.init(Limits{Memory: 1 << 20}.withDefaults(), &collector{})
	f.limits.FindingGroups = 1 << 20
	const times = 5000
	for i := range times {
		severity := result.Severity(i % 3)
		one := f.find(group{rule: 1, severity: severity, peer: decode.Endpoint{IP: decode.AddrFrom16([16]byte{byte(i >> 8), byte(i)})}})
		if one.Count == 0 {
			one.Message = strings.Repeat("x", 1000)
		}
		f.addTransaction(one, uint64(i+1))
		f.add(one, capture.Ref(i+1))
		if most := f.room + 16<<10; f.held > most { // and what stands for the rest of the rule
			t.Fatalf("%d bytes after %d findings, want %d at most", f.held, i, most)
		}
	}
	var counted uint64
	for _, one := range f.list(&peers{agents: newRecent[decode.Endpoint, string](1)}) {
		counted += one.Count
	}
	if counted != times || len(f.groups) > 200 {
		t.Errorf("%d of %d counted in %d groups", counted, times, len(f.groups))
	}
}

// With less memory fewer things are remembered of which each takes little.
func TestLimitsFollowMemory(t *testing.T) {
	d := DefaultLimits
	if l := (Limits{}).withDefaults(); l != d {
		t.Errorf("%+v", l)
	}
	if l := (Limits{Memory: 4 * d.Memory}).withDefaults(); l.Watched != d.Watched || l.Peers != d.Peers {
		t.Errorf("with more: %+v", l)
	}
	l := Limits{Memory: d.Memory / 8, Texts: 7}.withDefaults()
	if l.Watched != d.Watched/8 || l.Peers != d.Peers/8 || l.Texts != 7 || l.FrameList != d.FrameList {
		t.Errorf("with an eighth: %+v", l)
	}
	if l := (Limits{Memory: 1}).withDefaults(); l.Watched != 64 {
		t.Errorf("with none: %+v", l)
	}
}
