package html

import (
	"cmp"
	"math"
	"slices"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// hostMap counts what passed between hosts. A proxy with several addresses is one host:
// where a hop begins that forwards another one, that other one ended.
type hostMap struct {
	limits   Limits
	edges    map[[2]string]*edge
	leftOver uint64 // hops between hosts that there was no room for
}

// edge is what passed from one host to another.
type edge struct {
	From, To       string
	Count, Failed  uint64 // hops, and those of them that decided that a delivery failed
	Missing, Other uint64 // hops without an answer, and with one that is no 2xx
}

func newHostMap(l Limits) *hostMap {
	return &hostMap{limits: l, edges: make(map[[2]string]*edge)}
}

// delivery counts the hops of a delivery.
func (m *hostMap) delivery(d *result.Delivery) {
	for i := range d.Hops {
		h := &d.Hops[i]
		from, to := hostName(h.Src, h.Dst), hostName(h.Dst, h.Src)
		for j := range d.Hops[:i] {
			if h.Parent != 0 && d.Hops[j].Transaction == h.Parent {
				from = hostName(d.Hops[j].Dst, d.Hops[j].Src)
			}
		}
		e := m.edge(from, to)
		if e == nil {
			continue
		}
		e.Count++
		if d.Verdict.Failed() && h.Transaction == d.Blame {
			e.Failed++
		}
		switch {
		case h.Outcome.Missing():
			e.Missing++
		case h.Outcome == result.Rejected || h.Outcome == result.Redirected:
			e.Other++
		}
	}
}

// edge returns that between two hosts, nil where there is no room for it.
func (m *hostMap) edge(from, to string) *edge {
	key := [2]string{from, to}
	e := m.edges[key]
	if e == nil && len(m.edges) >= m.limits.Edges {
		m.leftOver++
		return nil
	}
	if e == nil {
		e = &edge{From: from, To: to}
		m.edges[key] = e
	}
	return e
}

// hostName names an end of a hop. Where both ends have one address, ports tell them
// apart.
func hostName(e, other decode.Endpoint) string {
	if e.IP == other.IP {
		return e.String()
	}
	return e.Host()
}

// Alone reports whether the box is of one host, which a filter can ask for.
func (n *mapNode) Alone() bool { return n.Name != otherHosts }

// Alone reports whether the line is between two hosts that a filter can ask for.
func (e *edge) Alone() bool { return e.From != otherHosts && e.To != otherHosts }

// mapNode is a host on the map, and mapEdge what passed between two of them.
type mapNode struct {
	Name          string
	X, Y          int
	Count, Failed uint64
	layer         int
}

type mapEdge struct {
	*edge
	Path           string
	Width          float64
	LabelX, LabelY int
	low            int // how far down it reaches, 0 for a line between its nodes
	Class          string
}

// mapView is the map as it is drawn.
type mapView struct {
	Width, Height int
	Nodes         []*mapNode
	Edges         []mapEdge
	Left          uint64
}

// The sizes of the map.
const (
	nodeWidth, nodeHeight = 150, 34
	layerGap, rowGap      = 290, 56
	mapMargin             = 16
	layersMost            = 8
)

// view lays the map out: senders to the left, each host right of those that send to it.
func (m *hostMap) view() *mapView {
	edges := m.merged()
	if len(edges) == 0 {
		return nil
	}
	nodes := layered(edges)
	v := &mapView{Left: m.leftOver, Nodes: place(nodes)}
	at := make(map[string]*mapNode, len(v.Nodes))
	most := uint64(1)
	for _, n := range v.Nodes {
		at[n.Name] = n
		v.Width, v.Height = max(v.Width, n.X+nodeWidth+mapMargin), max(v.Height, n.Y+nodeHeight+mapMargin)
	}
	for _, e := range edges {
		most = max(most, e.Count)
	}
	for _, e := range edges {
		line := drawn(e, at[e.From], at[e.To], most)
		v.Edges, v.Height = append(v.Edges, line), max(v.Height, line.low+mapMargin)
	}
	return v
}

// merged are the edges, the most frequent first, with the least frequent hosts told as
// one where there are too many.
func (m *hostMap) merged() []*edge {
	weight := make(map[string]uint64)
	for _, e := range m.edges {
		weight[e.From] += e.Count + 1000*e.Failed
		weight[e.To] += e.Count + 1000*e.Failed
	}
	names := make([]string, 0, len(weight))
	for name := range weight {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(weight[b], weight[a]), cmp.Compare(a, b)) })
	alias := make(map[string]string)
	if len(names) > m.limits.Hosts {
		for _, name := range names[m.limits.Hosts-1:] {
			alias[name] = otherHosts
		}
	}
	joined := newHostMap(Limits{Edges: len(m.edges)})
	for _, e := range m.edges {
		x := joined.edge(cmp.Or(alias[e.From], e.From), cmp.Or(alias[e.To], e.To))
		x.Count, x.Failed, x.Missing, x.Other = x.Count+e.Count, x.Failed+e.Failed, x.Missing+e.Missing, x.Other+e.Other
	}
	edges := make([]*edge, 0, len(joined.edges))
	for _, e := range joined.edges {
		edges = append(edges, e)
	}
	slices.SortFunc(edges, func(a, b *edge) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return edges
}

// otherHosts stands for hosts that are not drawn one by one.
const otherHosts = "other hosts"

// layered gives each host a layer: one right of the hosts that send to it, as far as
// there is no circle.
func layered(edges []*edge) []*mapNode {
	known := make(map[string]*mapNode)
	var nodes []*mapNode
	at := func(name string) *mapNode {
		if known[name] == nil {
			known[name] = &mapNode{Name: name}
			nodes = append(nodes, known[name])
		}
		return known[name]
	}
	forward := make(map[[2]string]bool)
	for _, e := range edges {
		from, to := at(e.From), at(e.To)
		from.Count, to.Count, from.Failed, to.Failed = from.Count+e.Count, to.Count+e.Count, from.Failed+e.Failed, to.Failed+e.Failed
		if !forward[[2]string{e.To, e.From}] { // of two ways the busier one counts
			forward[[2]string{e.From, e.To}] = true
		}
	}
	for range layersMost {
		for _, e := range edges {
			from, to := at(e.From), at(e.To)
			if forward[[2]string{e.From, e.To}] && from != to && to.layer <= from.layer && from.layer+1 < layersMost {
				to.layer = from.layer + 1
			}
		}
	}
	return nodes
}

// place puts the hosts of each layer one below the other, the busiest first.
func place(nodes []*mapNode) []*mapNode {
	slices.SortStableFunc(nodes, func(a, b *mapNode) int {
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	var layers []int // the layers that have hosts
	rows, most := make(map[int]int), 0
	for _, n := range nodes {
		if rows[n.layer] == 0 {
			layers = append(layers, n.layer)
		}
		rows[n.layer]++
		most = max(most, rows[n.layer])
	}
	next := make(map[int]int)
	for _, n := range nodes {
		column := slices.Index(layers, n.layer)
		n.X = mapMargin + column*layerGap
		n.Y = mapMargin + (most-rows[n.layer])*rowGap/2 + next[n.layer]*rowGap
		next[n.layer]++
	}
	return nodes
}

// drawn is the line of an edge: wider where more passed.
func drawn(e *edge, from, to *mapNode, most uint64) mapEdge {
	x1, y1, x2, y2 := from.X+nodeWidth, from.Y+nodeHeight/2, to.X, to.Y+nodeHeight/2
	if x2 < x1 { // back, or to itself
		x1, y1, x2, y2 = from.X+nodeWidth/2, from.Y+nodeHeight, to.X+nodeWidth/2, to.Y+nodeHeight
	}
	bend := max(40, abs(x2-x1)/2)
	v := mapEdge{edge: e, Width: tenth(1 + 5*math.Log1p(float64(e.Count))/math.Log1p(float64(most))), LabelX: (x1 + x2) / 2, LabelY: (y1+y2)/2 - 6, Class: "fine"}
	v.Path = curve(x1, y1, x1+bend, y1, x2-bend, y2, x2, y2)
	if x2 == x1 || from.layer >= to.layer {
		v.Path = curve(x1, y1, x1, y1+30, x2, y2+30, x2, y2)
		v.LabelY, v.low = max(y1, y2)+14, max(y1, y2)+30
	}
	if e.Failed > 0 {
		v.Class = "failed"
	}
	return v
}

func abs(n int) int { return max(n, -n) }
