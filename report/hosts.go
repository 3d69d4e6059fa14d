package report

import (
	"slices"
	"strconv"

	"simplecap/analyze"
	"simplecap/decode"
)

// hosts are the columns of a ladder. A proxy with several addresses is one host:
// where a hop begins that forwards another one, that other one ended.
type hosts struct {
	byPort  map[[16]byte]bool // addresses that several hosts share, told apart by their ports
	index   map[decode.Endpoint]int
	columns []host
}

type host struct {
	names []string // addresses, then the software that it says it is
}

func newHosts(d *Detail, steps []step) *hosts {
	h := &hosts{byPort: make(map[[16]byte]bool), index: make(map[decode.Endpoint]int)}
	for i := range steps {
		if m := steps[i].m; m.Src.IP == m.Dst.IP && m.Src.Port != m.Dst.Port {
			h.byPort[m.Src.IP] = true
		}
	}
	merged := h.forwarders(d)
	for i := range steps {
		h.add(steps[i].m.Src, merged)
		h.add(steps[i].m.Dst, merged)
	}
	h.order(d)
	for i := range steps {
		if speaksForItself(d, &steps[i]) {
			h.software(steps[i].m)
		}
	}
	return h
}

// key is what tells a host from others.
func (h *hosts) key(e decode.Endpoint) decode.Endpoint {
	if !h.byPort[e.IP] {
		e.Port = 0
	}
	return e
}

// forwarders maps where each hop begins to where the one before it ended.
func (h *hosts) forwarders(d *Detail) map[decode.Endpoint]decode.Endpoint {
	merged := make(map[decode.Endpoint]decode.Endpoint)
	if d.Delivery == nil {
		return merged
	}
	for i := range d.Delivery.Hops {
		hop := &d.Delivery.Hops[i]
		parent := hopOf(d.Delivery, hop.Parent)
		if parent == nil || d.translates(hop) || h.key(hop.Src) == h.key(parent.Dst) {
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

func (h *hosts) add(e decode.Endpoint, merged map[decode.Endpoint]decode.Endpoint) {
	key := h.key(e)
	if _, ok := h.index[key]; ok {
		return
	}
	root := find(merged, key)
	column, ok := h.index[root]
	if !ok {
		column = len(h.columns)
		h.columns = append(h.columns, host{})
		h.index[root] = column
	}
	h.index[key] = column
	h.columns[column].names = append(h.columns[column].names, hostTitle(key))
}

// widest is the width of the widest IPv4 address; longer names may be shortened.
func (h *hosts) widest() (width int) {
	for _, c := range h.columns {
		width = max(width, displayWidth(c.names[0]))
	}
	return min(width, len("255.255.255.255"))
}

func hostTitle(key decode.Endpoint) string {
	if key.Port == 0 {
		return key.Host()
	}
	return key.Host() + ":" + strconv.Itoa(int(key.Port))
}

// translates reports whether a NAT is where the hop begins, and not a proxy: the
// request's top Via is that of the hop before.
func (d *Detail) translates(hop *analyze.Hop) bool {
	parent, t := d.transaction(hop.Parent), d.transaction(hop.Transaction)
	return parent != nil && t != nil && t.Branch != "" && t.Branch == parent.Branch
}

func (d *Detail) transaction(id uint64) *analyze.Transaction {
	for i := range d.Transactions {
		if d.Transactions[i].ID == id {
			return &d.Transactions[i]
		}
	}
	return nil
}

// order puts a NAT before what is behind it.
func (h *hosts) order(d *Detail) {
	if d.Delivery == nil {
		return
	}
	for i := range d.Delivery.Hops {
		hop := &d.Delivery.Hops[i]
		if !d.translates(hop) {
			continue
		}
		nat, dst := h.column(hop.Src), h.column(hop.Dst)
		if nat > dst {
			h.move(nat, dst)
		}
	}
}

// move moves a column to the left.
func (h *hosts) move(from, to int) {
	c := h.columns[from]
	h.columns = slices.Insert(slices.Delete(h.columns, from, from+1), to, c)
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
func speaksForItself(d *Detail, s *step) bool {
	if s.m.Kind == decode.Request {
		return s.m.ViaCount == 1 && s.transaction != nil
	}
	if s.transaction == nil || d.Delivery == nil {
		return false
	}
	return !slices.ContainsFunc(d.Delivery.Hops, func(h analyze.Hop) bool { return h.Parent == s.transaction.ID })
}

// software adds what the sender of a message says it is.
func (h *hosts) software(m *decode.Message) {
	id := decode.HeaderServer
	if m.Kind == decode.Request {
		id = decode.HeaderUserAgent
	}
	name, ok := m.Header(id)
	if !ok || len(name) == 0 {
		return
	}
	c := &h.columns[h.column(m.Src)]
	if title := Clean(string(name), 40); len(c.names) < 3 && !slices.Contains(c.names, title) {
		c.names = append(c.names, title)
	}
}

func (h *hosts) column(e decode.Endpoint) int { return h.index[h.key(e)] }
