package analyze

import (
	"cmp"
	"net/netip"
	"slices"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// peers sums up transactions by the address that their requests went to.
type peers struct {
	options *Options
	limits  Limits
	byAddr  map[decode.Endpoint]*peer
	other   *peer                            // those beyond Limits.Peers
	agents  *recent[decode.Endpoint, string] // what each address calls itself
}

type peer struct {
	endpoint decode.Endpoint
	sum      result.Peer
	rtt      samples
}

// exactPeerRTT is how many round-trip times are kept exactly for one peer.
const exactPeerRTT = 200

func (p *peers) init(options *Options) {
	p.options, p.limits = options, options.Limits
	p.byAddr = make(map[decode.Endpoint]*peer)
	p.agents = newRecent[decode.Endpoint, string](p.limits.Peers)
}

// named remembers what the sender of m calls itself in Server or User-Agent.
func (pr *pairing) named(m *decode.Message, h handle) {
	p := &pr.totals.peers
	if _, ok := p.agents.get(m.Src); ok || !pr.groups.isOwn(m, h) {
		return
	}
	if name := p.options.agentOf(m); name != "" || m.Status != 100 {
		p.agents.put(m.Src, name)
	}
}

// agentOf returns a message's Server or User-Agent header field.
func agentOf(m *decode.Message) string {
	for _, h := range m.Headers {
		if h.ID == sip.HeaderServer || h.ID == sip.HeaderUserAgent {
			return string(cut(h.Value.In(m.Raw)))
		}
	}
	return ""
}

// agent returns what the address calls itself, "" where it never said.
func (p *peers) agent(e decode.Endpoint) string {
	name, _ := p.agents.get(e)
	return name
}

func (p *peers) add(t *result.Transaction) {
	if t.Outcome == result.Orphan {
		return
	}
	one := p.find(t.Dst)
	one.sum.Transactions++
	switch {
	case t.Outcome == result.Success:
		one.sum.Success++
	case t.Outcome.Missing():
		one.sum.Missing200++
	}
	if t.HasRTT {
		one.rtt.add(t.RTT)
	}
}

func (p *peers) find(e decode.Endpoint) *peer {
	if one := p.byAddr[e]; one != nil {
		return one
	}
	one := &peer{endpoint: e, sum: result.Peer{Address: e.String()}, rtt: samples{exact: exactPeerRTT, digits: 2}}
	if len(p.byAddr) >= p.limits.Peers {
		if p.other == nil {
			one.sum.Address = "other"
			p.other = one
		}
		return p.other
	}
	p.byAddr[e] = one
	return one
}

// list returns the peers by address, "other" last.
func (p *peers) list() []result.Peer {
	all := make([]*peer, 0, len(p.byAddr)+1)
	for _, one := range p.byAddr {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b *peer) int { return compareEndpoints(a.endpoint, b.endpoint) })
	if p.other != nil {
		all = append(all, p.other)
	}
	list := make([]result.Peer, len(all))
	for i, one := range all {
		list[i] = one.sum
		list[i].UserAgent = p.agent(one.endpoint)
		list[i].RTT, list[i].Spread = one.rtt.summary(), one.rtt.spread
	}
	return list
}

// compareEndpoints orders IPv4 before IPv6, then by address and port.
func compareEndpoints(a, b decode.Endpoint) int {
	if c := addr(a).Compare(addr(b)); c != 0 {
		return c
	}
	return cmp.Compare(a.Port, b.Port)
}

func addr(e decode.Endpoint) netip.Addr { return e.AddrPort().Addr() }

// hostOf is the address that a message's sender is known by. The port of a TCP
// client is a passing one and would make a peer of every connection.
func hostOf(m *decode.Message) decode.Endpoint {
	return knownAs(m.Src, m.Transport)
}

// knownAs is hostOf for an end of a transaction.
func knownAs(e decode.Endpoint, transport decode.Transport) decode.Endpoint {
	const ephemeral = 32768
	if transport.Reliable() && e.Port >= ephemeral {
		e.Port = 0
	}
	return e
}
