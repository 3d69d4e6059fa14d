package analyze

import (
	"testing"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// TestPushOut: peers that are made up use up the groups of findings; an error pushes
// out notes, and the count of each rule stays exact.
func TestPushOut(t *testing.T) {
	var f findings
	f.init(Limits{FindingGroups: 10}.withDefaults(), discard{})
	note, fault := toTagOutsideDialog.index(), lateResponse.index()
	for i := range 50 {
		f.add(f.find(group{rule: note, severity: result.Note, peer: decode.Endpoint{Port: uint16(1 + i)}}), capture.Ref(i+1))
	}
	for i := range 5 {
		f.add(f.find(group{rule: fault, severity: result.Error, peer: decode.Endpoint{Port: uint16(1 + i)}}), capture.Ref(100+i))
	}
	list := f.list(newPeers())
	counts, errors := map[string]uint64{}, 0
	for _, one := range list {
		counts[one.Rule] += one.Count
		if one.Severity == result.Error && one.Peer != result.OtherPeers {
			errors++
		}
	}
	if counts[toTagOutsideDialog.ID] != 50 || counts[lateResponse.ID] != 5 || errors != 5 || len(list) != 11 {
		t.Errorf("%v, %d errors with a peer, %d findings", counts, errors, len(list))
	}
	if last := list[len(list)-1]; last.Peer != result.OtherPeers || last.Count != 45 {
		t.Errorf("the rest is %+v", last)
	}
}

// TestExpire: with time, groups of the same severity make room for new ones; until then
// they do not.
func TestExpire(t *testing.T) {
	var f findings
	f.init(Limits{FindingGroups: 10}.withDefaults(), discard{})
	fault := lateResponse.index()
	add := func(port int) {
		f.add(f.find(group{rule: fault, severity: result.Error, peer: decode.Endpoint{Port: uint16(port)}}), capture.Ref(port))
	}
	for i := range 10 {
		add(1 + i)
	}
	f.clock = int64(findingTime)
	add(3) // still in use
	add(50)
	if _, there := f.groups[group{rule: fault, severity: result.Error, peer: decode.Endpoint{Port: 50}}]; there {
		t.Error("a group went before its time")
	}
	f.clock++
	for i := range 9 {
		add(60 + i)
	}
	total, named := uint64(0), map[string]bool{}
	for _, one := range f.list(newPeers()) {
		total += one.Count
		named[one.Peer] = true
	}
	kept := f.groups[group{rule: fault, severity: result.Error, peer: decode.Endpoint{Port: 3}}]
	if total != 21 || len(f.groups) != 10 || kept == nil || kept.Count != 2 || !named[result.OtherPeers] {
		t.Errorf("%d findings in %d groups, %+v kept, peers %v", total, len(f.groups), kept, named)
	}
}

func newPeers() *peers {
	p := &peers{}
	options := Options{}.withDefaults()
	p.init(&options)
	return p
}
