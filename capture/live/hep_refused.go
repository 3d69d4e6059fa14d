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
	peers map[netip.Addr]*rare
}

// rare makes lines of what may happen often, one in a while at most.
type rare struct {
	said  time.Time
	quiet int // happened since, and not said
}

// line returns what is to be said at a time, "" where that was said just before; more
// is what further ones are called.
func (r *rare) line(text, more string, every time.Duration, now time.Time) string {
	if now.Sub(r.said) < every {
		r.quiet++
		return ""
	}
	if r.quiet > 0 {
		text += fmt.Sprintf("; %d %s since the last such line", r.quiet, more)
	}
	r.said, r.quiet = now, 0
	return text
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
		r.peers = make(map[netip.Addr]*rare)
	}
	key, who := from.Addr().Unmap(), from.Addr().Unmap().String()
	one := r.peers[key]
	if one == nil && len(r.peers) >= refusedPeers {
		key, who = netip.Addr{}, who+" and others"
		one = r.peers[key]
	}
	if one == nil {
		one = new(rare)
		r.peers[key] = one
	}
	return one.line("refused HEP from "+who+": "+why, "more packets", refusalEvery, now)
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
