package report

import (
	"slices"
	"strconv"
	"strings"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// trafficClass says how a class of traffic is named, and what to try where it is there
// in place of SIP.
type trafficClass struct {
	class decode.Class
	name  string
	hint  string
}

// trafficClasses are in the order in which their hints are of use.
var trafficClasses = []trafficClass{
	{decode.ClassTLS, "TLS", "SIP inside TLS is read with its secrets: --keylog FILE, see docs/keys.md"},
	{decode.ClassDTLS, "DTLS", ""},
	{decode.ClassWebSocket, "WebSocket", "no SIP was read in the WebSockets: they carry something else, or begin before the capture"},
	{decode.ClassESP, "ESP", "ESP is read with its keys: --esp-keys FILE, see docs/keys.md"},
	{decode.ClassIKE, "IKE", ""},
	{decode.ClassSigComp, "SigComp", "SIP compressed by SigComp is not read: capture behind the P-CSCF, where it is plain"},
	{decode.ClassHEP, "HEP without SIP", "the HEP packets carry no SIP, or cannot be read: see what the agent is told to send"},
	{decode.ClassSCTP, "SCTP", ""},
	{decode.ClassFragment, "fragments without the rest of their packet", "capture without a port in the filter: it drops all fragments but the first"},
	{decode.ClassSIPOther, "SIP that cannot be read", ""},
	{decode.ClassMSRP, "MSRP", ""},
	{decode.ClassRTP, "RTP", "this is media without its signalling: capture that too, it usually has port 5060"},
	{decode.ClassRTCP, "RTCP", ""},
	{decode.ClassSTUN, "STUN", ""},
	{decode.ClassDNS, "DNS", ""},
	{decode.ClassHTTP, "HTTP", ""},
	{decode.ClassKeepAlive, "keep-alives", ""},
	{decode.ClassICMP, "ICMP", ""},
	{decode.ClassEmpty, "without payload", ""},
	{decode.ClassNotIP, "not IP", ""},
	{decode.ClassOtherIP, "neither UDP nor TCP", ""},
	{decode.ClassOther, "of another kind", ""},
}

const defaultHint = "to capture SIP: tcpdump -i any -s 0 -w FILE, and a filter such as port 5060 if there is much else"

// noSIP says what was there in place of SIP and what to try.
func noSIP(r *result.Report) []string {
	n := packets(r)
	if n == 0 {
		return noPackets(r.Inputs)
	}
	text := "no SIP in " + count(n, "packet")
	if parts := census(withRest(r.Decode.Census, n)); len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	next := hint(&r.Decode)
	switch {
	case next != "":
	case r.Decode.Cut > 0:
		next = "the snapshot length cut " + count(r.Decode.Cut, "packet") + ", perhaps before SIP: tcpdump -s 0 captures all of them"
	case inputsAre(r.Inputs, "live"):
		next = liveHint(r.Inputs)
	default:
		next = defaultHint
	}
	return []string{text, next}
}

// liveHint says where else SIP may be that does not pass these interfaces.
func liveHint(inputs []capture.Input) string {
	if slices.ContainsFunc(inputs, func(in capture.Input) bool { return in.Name == "any" }) {
		return "it may pass another host"
	}
	return "it may pass another interface: -i any listens on all"
}

// noPackets says that nothing came. The kernel hands on what may be SIP, so that of an
// interface this tells nothing about the rest of its traffic.
func noPackets(inputs []capture.Input) []string {
	switch {
	case inputsAre(inputs, "live"):
		return []string{"no packet came that may be SIP", liveHint(inputs) + ", and a filter may be too narrow"}
	case inputsAre(inputs, "hep"):
		return []string{"no HEP came: see where the agents send it"}
	}
	return []string{"no packets in " + plural(max(uint64(len(inputs)), 1), "this capture", "these captures")}
}

// inputsAre reports whether all inputs are of one format.
func inputsAre(inputs []capture.Input, format string) bool {
	return len(inputs) > 0 && !slices.ContainsFunc(inputs, func(in capture.Input) bool { return in.Format != format })
}

// withRest puts the packets that are in no class with those of another kind, so
// that the numbers add up.
func withRest(c decode.Census, n uint64) *decode.Census {
	counted := uint64(0)
	for _, packets := range c.Packets {
		counted += packets
	}
	if counted > 0 && counted < n {
		c.Packets[decode.ClassOther] += n - counted
	}
	return &c
}

// hint says what to try, "" where the traffic suggests nothing.
func hint(s *decode.Stats) string {
	for _, t := range trafficClasses {
		if t.hint != "" && s.Census.Packets[t.class] > 0 && mayHideSIP(s, t.class) {
			return t.hint
		}
	}
	return ""
}

// mayHideSIP reports whether there is reason to look for SIP in a class of traffic, or
// beside it. TLS is that of a web server unless its port (RFC 3261 19.1.2), one of --port,
// what it asks for, or SIP that its server speaks elsewhere says otherwise; HEP that holds
// some SIP is read; and media has its signalling where there is SIP.
func mayHideSIP(s *decode.Stats, class decode.Class) bool {
	switch class {
	case decode.ClassTLS:
		return slices.ContainsFunc(s.Hidden, func(h decode.Hidden) bool { return h.Kind == "tls" && h.Likely && h.Hint != "" }) ||
			slices.ContainsFunc(s.Census.Ports[class][:], func(p decode.PortCount) bool { return p.Port == portSIPS && p.Packets > 0 })
	case decode.ClassHEP:
		return s.HEP.Messages == 0
	case decode.ClassRTP, decode.ClassWebSocket:
		return s.Messages == 0
	}
	return true
}

// portSIPS is where SIP is in TLS unless it is elsewhere.
const portSIPS = 5061

// census describes the traffic, the most frequent class first: "3,000 are TLS
// on port 5061".
func census(c *decode.Census) []string {
	classes := slices.Clone(trafficClasses)
	slices.SortStableFunc(classes, func(a, b trafficClass) int {
		return compareDown(c.Packets[a.class], c.Packets[b.class])
	})
	var parts []string
	for _, t := range classes {
		if n := c.Packets[t.class]; n > 0 {
			parts = append(parts, number(n)+plural(n, " is ", " are ")+t.name+ports(c, t.class))
		}
	}
	return parts
}

const portsShown = 3

// ports names the busiest ports of a class.
func ports(c *decode.Census, class decode.Class) string {
	seen := slices.DeleteFunc(slices.Clone(c.Ports[class][:]), func(p decode.PortCount) bool { return p.Port == 0 || p.Packets == 0 })
	slices.SortStableFunc(seen, func(a, b decode.PortCount) int { return compareDown(a.Packets, b.Packets) })
	var names []string
	for i, p := range seen {
		if i == portsShown {
			names = append(names, "others")
			break
		}
		names = append(names, strconv.Itoa(int(p.Port)))
	}
	if len(names) == 0 {
		return ""
	}
	return plural(uint64(len(names)), " on port ", " on ports ") + list(names)
}
