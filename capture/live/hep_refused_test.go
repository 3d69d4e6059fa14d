package live

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// A peer whose packets are refused is named at once, then once a minute with how many
// there were; peers without end share one line.
func TestRefusalsAreSaidOnceAMinute(t *testing.T) {
	var r refusals
	a, b := netip.MustParseAddrPort("192.0.2.1:9060"), netip.MustParseAddrPort("[2001:db8::1]:9060")
	now := time.Unix(1000, 0)
	steps := []struct {
		from  netip.AddrPort
		after time.Duration
		want  string
	}{
		{a, 0, "refused HEP from 192.0.2.1: no key"},
		{a, time.Second, ""},
		{b, time.Second, "refused HEP from 2001:db8::1: no key"},
		{a, 59 * time.Second, ""},
		{a, 60 * time.Second, "refused HEP from 192.0.2.1: no key; 2 more packets since the last such line"},
	}
	for i, step := range steps {
		if got := r.add(step.from, "no key", now.Add(step.after)); got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
	said := 0
	for i := range 10 * refusedPeers {
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 1)
		if line := r.add(from, "no key", now); strings.HasPrefix(line, "refused") {
			said++
		}
	}
	if len(r.peers) > refusedPeers+1 || said > refusedPeers+1 {
		t.Errorf("%d peers are remembered, %d lines said", len(r.peers), said)
	}
}
