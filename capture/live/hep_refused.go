package live

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// refusals make lines of packets that were refused, one a minute and peer at most.
type refusals struct {
	mu    sync.Mutex
	peers map[netip.Addr]*refusal
}

// refusal is what was refused of a peer.
type refusal struct {
	said  time.Time
	quiet int // refused since, and not said
}

const (
	refusalEvery = time.Minute
	refusedPeers = 1024 // that are told apart; more share one
)

// add returns the line to say, "" for none.
func (r *refusals) add(from netip.AddrPort, why string, now time.Time) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.peers == nil {
		r.peers = make(map[netip.Addr]*refusal)
	}
	key, who := from.Addr().Unmap(), from.Addr().Unmap().String()
	one := r.peers[key]
	if one == nil && len(r.peers) >= refusedPeers {
		key, who = netip.Addr{}, who+" and others"
		one = r.peers[key]
	}
	if one == nil {
		one = new(refusal)
		r.peers[key] = one
	}
	if !one.said.IsZero() && now.Sub(one.said) < refusalEvery {
		one.quiet++
		return ""
	}
	line := fmt.Sprintf("refused HEP from %s: %s", who, why)
	if one.quiet > 0 {
		line += fmt.Sprintf("; %d more packets since the last such line", one.quiet)
	}
	one.said, one.quiet = now, 0
	return line
}

// refuse counts a packet that is not read, and says why.
func (h *HEP) refuse(from netip.AddrPort, why string) {
	h.rejected.Add(1)
	if h.options.Notify == nil {
		return
	}
	if line := h.refused.add(from, why, time.Now()); line != "" {
		h.options.Notify(line)
	}
}
