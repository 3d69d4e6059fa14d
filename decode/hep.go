package decode

import (
	"crypto/subtle"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"simplecap/capture"
	"simplecap/decode/stream"
	"simplecap/hep"
)

// This file unwraps HEP: copies of SIP messages that an agent, such as a proxy, sends
// to a collector. The message inside gets the addresses, the transport and the time
// that the agent reports, and the frame that carried the report.

// HEPCounts counts what HEP packets carried.
type HEPCounts struct {
	Packets  uint64     // HEP packets of any version
	Messages uint64     // SIP messages in them
	Refused  uint64     // packets that were not read, because of HEPTrust
	Broken   uint64     // packets that break their own lengths, or whose payload cannot be inflated
	Agents   []HEPAgent // who sent them, in order of appearance; the first Limits.Agents
}

// HEPTrust says which HEP packets are read. Anybody may send one: in a file that is for
// its reader to judge, but what is sent past a live capture must not forge an answer.
type HEPTrust struct {
	ListenedOnly bool   // those that were sent to a HEP listener (capture/live), and none that were captured
	Key          []byte // those that have this key; none: all
}

// Trusts reports whether a packet is to be read; listened says that it was sent to a HEP
// listener.
func (t *HEPTrust) Trusts(h *hep.Packet, listened bool) bool {
	if t.ListenedOnly && !listened {
		return false
	}
	return len(t.Key) == 0 || subtle.ConstantTimeCompare(t.Key, h.Key) == 1
}

// HEPAgent is who reports messages by HEP: a host, and its number there.
type HEPAgent struct {
	IP       Addr
	ID       uint32 // capture id
	Node     string // the name that it gives itself, as it stands in its first packet; may be empty
	Messages uint64 // SIP messages in its packets
}

// Host returns the agent's address.
func (a *HEPAgent) Host() string { return a.IP.NetIP().String() }

// agent returns the number of the agent that sent a packet, from 1. Those beyond
// Limits.Agents share the number after the last one.
func (c *HEPCounts) agent(ip Addr, h *hep.Packet, limits *Limits) int {
	i := slices.IndexFunc(c.Agents, func(a HEPAgent) bool { return a.IP == ip && a.ID == h.AgentID })
	if i < 0 {
		if i = len(c.Agents); i >= limits.Agents {
			return limits.Agents + 1
		}
		c.Agents = append(c.Agents, HEPAgent{IP: ip, ID: h.AgentID, Node: string(h.Node[:min(len(h.Node), limits.NodeBytes)])})
	}
	return i + 1
}

// AgentName is the address of the HEP agent with a number (Message.Agent). Those beyond
// Limits.Agents have none of their own.
func (d *Decoder) AgentName(number uint8) string {
	if n := int(number); n > 0 && n <= len(d.stats.HEP.Agents) {
		return d.stats.HEP.Agents[n-1].Host()
	}
	return "one of many agents"
}

// hep looks for SIP in a HEP packet; p is the packet that carries it, and first the
// frame with its first byte. It reports false where b is something else.
func (d *Decoder) hep(p *origin, b []byte, first capture.Ref) bool {
	h := &d.report
	err := hep.Parse(b, h)
	if errors.Is(err, hep.ErrNotHEP) {
		return false
	}
	trusted := d.trust.Trusts(h, d.listened)
	message := trusted && d.reported(h)
	if h.Version < 3 && !message {
		return false // the bytes of the old headers are not rare enough
	}
	counts := &d.stats.HEP
	counts.Packets++
	if !trusted {
		counts.Refused++
		d.stats.Census.add(ClassHEP, min(p.Src.Port, p.Dst.Port))
		return true
	}
	if (err != nil || h.Cut) && !p.Cut {
		counts.Broken++
	}
	if !message {
		d.stats.Census.add(ClassHEP, min(p.Src.Port, p.Dst.Port))
		return true
	}
	agent := counts.agent(p.Src.IP, h, &d.limits)
	if agent <= len(counts.Agents) {
		counts.Agents[agent-1].Messages++
	}
	counts.Messages++
	d.emitReport(p, uint8(agent), first)
	return true
}

// reported scans the payload of a HEP packet and reports whether it is SIP. Where it
// cannot be inflated to its end, h.Cut is set.
func (d *Decoder) reported(h *hep.Packet) bool {
	if h.Type != 0 && h.Type != hep.TypeSIP {
		return false
	}
	if h.Compressed {
		whole, err := d.inflater.Inflate(h.Payload, d.limits.InflateBytes)
		h.Payload, h.Cut = whole, h.Cut || err != nil
		if errors.Is(err, hep.ErrTooLong) {
			d.stats.Evicted++
		}
	}
	return d.message.ScanUnit(h.Payload, h.Cut, &d.framing.Limits)
}

// emitReport hands on the message that reported has scanned.
func (d *Decoder) emitReport(p *origin, agent uint8, first capture.Ref) {
	h, m := &d.report, &d.message
	inner := origin{Mark: stream.Mark{Frame: p.Frame, Time: p.Time, HasTime: p.HasTime}, Src: endpoint(h.Src), Dst: endpoint(h.Dst)}
	var lag int64
	if h.HasTime && h.Time > 0 && p.HasTime {
		inner.Time, lag = h.Time, p.Time-h.Time
	}
	m.Carrier = Carrier{Agent: agent, First: first, Transport: reportedTransport(h, m), Lag: lag}
	if h.Cut {
		m.Carriage = Cut
	}
	if m.Transport.Reliable() {
		m.Defects |= m.LengthDefects()
	}
	d.emit(&inner, m)
}

// reportedTransport is what carried the message that an agent saw. Agents have
// numbers of their own for TLS and WebSocket, so that what is not UDP is a stream.
func reportedTransport(h *hep.Packet, m *Message) Transport {
	if h.Protocol == hep.ProtocolUDP || h.Protocol == 0 && strings.EqualFold(m.Text(m.ViaTransport), "UDP") {
		return UDP
	}
	return TCP
}

// endpoint converts the standard library's form; one that is not valid is zero.
func endpoint(a netip.AddrPort) Endpoint {
	if !a.Addr().IsValid() {
		return Endpoint{Port: a.Port()}
	}
	return Endpoint{IP: AddrFrom16(a.Addr().As16()), Port: a.Port()}
}
