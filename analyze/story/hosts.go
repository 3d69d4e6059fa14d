package story

import (
	"slices"
	"strconv"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// Hosts are the columns of a ladder. A proxy with several addresses is one host:
// where a hop begins that forwards another one, that other one ended.
type Hosts struct {
	byPort  map[decode.Addr]bool // addresses that several hosts share, told apart by their ports
	index   map[decode.Endpoint]int
	Columns []Host // from left to right
}

// Host is who sent and received messages.
type Host struct {
	Addresses []string // in order of appearance, with a port where several hosts share an address
	Software  []string // what it says it is, as on the wire
}

// Hosts returns the hosts between which the messages went.
func (s *Story) Hosts() *Hosts {
	h := &Hosts{byPort: make(map[decode.Addr]bool), index: make(map[decode.Endpoint]int)}
	for i := range s.Steps {
		if m := s.Steps[i].Message; m.Src.IP == m.Dst.IP && m.Src.Port != m.Dst.Port {
			h.byPort[m.Src.IP] = true
		}
	}
	merged := h.forwarders(s)
	for i := range s.Steps {
		h.add(s.Steps[i].Message.Src, merged)
		h.add(s.Steps[i].Message.Dst, merged)
	}
	h.order(s)
	for i := range s.Steps {
		if s.speaksForItself(&s.Steps[i]) {
			h.software(s.Steps[i].Message)
		}
	}
	return h
}

// key is what tells a host from others.
func (h *Hosts) key(e decode.Endpoint) decode.Endpoint {
	if !h.byPort[e.IP] {
		e.Port = 0
	}
	return e
}

// forwarders maps where each hop begins to where the one before it ended.
func (h *Hosts) forwarders(s *Story) map[decode.Endpoint]decode.Endpoint {
	merged := make(map[decode.Endpoint]decode.Endpoint)
	for hop := range s.hops {
		parent := s.hop(hop.Parent)
		if parent == nil || s.translates(hop) || h.key(hop.Src) == h.key(parent.Dst) {
			continue
		}
		if root := find(merged, h.key(parent.Dst)); root != h.key(hop.Src) && find(merged, h.key(hop.Src)) != root {
			merged[find(merged, h.key(hop.Src))] = root
		}
	}
	return merged
}

// find follows the map to its end.
func find(merged map[decode.Endpoint]decode.Endpoint, e decode.Endpoint) decode.Endpoint {
	for {
		next, ok := merged[e]
		if !ok {
			return e
		}
		e = next
	}
}

func (h *Hosts) add(e decode.Endpoint, merged map[decode.Endpoint]decode.Endpoint) {
	key := h.key(e)
	if _, ok := h.index[key]; ok {
		return
	}
	root := find(merged, key)
	column, ok := h.index[root]
	if !ok {
		column = len(h.Columns)
		h.Columns = append(h.Columns, Host{})
		h.index[root] = column
	}
	h.index[key] = column
	h.Columns[column].Addresses = append(h.Columns[column].Addresses, hostTitle(key))
}

func hostTitle(key decode.Endpoint) string {
	if key.Port == 0 {
		return key.Host()
	}
	return key.Host() + ":" + strconv.Itoa(int(key.Port))
}

// translates reports whether a NAT is where the hop begins, and not a proxy: the
// request's top Via is that of the hop before.
func (s *Story) translates(hop *result.Hop) bool {
	parent, t := s.transaction(hop.Parent), s.transaction(hop.Transaction)
	return parent != nil && t != nil && t.Branch != "" && t.Branch == parent.Branch
}

// order puts a NAT before what is behind it.
func (h *Hosts) order(s *Story) {
	for hop := range s.hops {
		if !s.translates(hop) {
			continue
		}
		nat, dst := h.Column(hop.Src), h.Column(hop.Dst)
		if nat > dst {
			h.move(nat, dst)
		}
	}
}

// move moves a column to the left.
func (h *Hosts) move(from, to int) {
	c := h.Columns[from]
	h.Columns = slices.Insert(slices.Delete(h.Columns, from, from+1), to, c)
	for key, column := range h.index {
		switch {
		case column == from:
			h.index[key] = to
		case column >= to && column < from:
			h.index[key]++
		}
	}
}

// speaksForItself reports whether the sender of a message made it: proxies pass
// on what others say they are.
func (s *Story) speaksForItself(step *Step) bool {
	switch {
	case step.Role == analyze.Unmatched:
		return false
	case step.Message.Kind == sip.Request:
		return step.Message.ViaCount == 1
	case s.Delivery == nil:
		return false
	}
	for hop := range s.hops {
		if hop.Parent == step.Transaction.ID {
			return false
		}
	}
	return true
}

// software adds what the sender of a message says it is.
func (h *Hosts) software(m *decode.Message) {
	id := sip.HeaderServer
	if m.Kind == sip.Request {
		id = sip.HeaderUserAgent
	}
	name, ok := m.Header(id)
	if !ok || len(name) == 0 {
		return
	}
	c := &h.Columns[h.Column(m.Src)]
	if len(c.Addresses)+len(c.Software) < 3 && !slices.Contains(c.Software, string(name)) {
		c.Software = append(c.Software, string(name))
	}
}

// Column is the index in Columns of the host that has an address.
func (h *Hosts) Column(e decode.Endpoint) int { return h.index[h.key(e)] }
