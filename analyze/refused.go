package analyze

import (
	"slices"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// A proxy that cannot connect to its next hop keeps the request or refuses it, and
// no leg of it shows why: only the TCP connection that did not come about does.

// refusals remembers TCP connections that did not come about, by who asked whom.
type refusals struct {
	*recent[refusalKey, refusal]
	aliases *recent[hostPair, bool] // addresses of one host: where a request came to, and where it was sent on from
}

type refusalKey struct {
	client decode.Addr
	server decode.Endpoint
}

// refusal is what became of the attempts to connect, as far as they are of one kind.
type refusal struct {
	kind        decode.ConnKind // ConnRefused or ConnSilent; ConnOpened where it came about in the end
	reason      string          // of an ICMP error
	client      decode.Endpoint // of the first attempt
	first, last int64
	frame       capture.Ref // of the first
	latest      capture.Ref // of the last
}

// newRefusals remembers up to a limit of pairs of client and server: more are no next hops
// of a proxy but somebody who tries out ports.
func newRefusals(limit int) refusals {
	return refusals{newRecent[refusalKey, refusal](limit), newRecent[hostPair, bool](limit)}
}

// add takes an event of a connection that did not come about.
func (f refusals) add(e *decode.ConnEvent) {
	key := refusalKey{e.Dst.IP, e.Src}
	one, known := f.get(key)
	if !known && e.Kind == decode.ConnOpened {
		return
	}
	if !known || one.kind != e.Kind {
		one = refusal{kind: e.Kind, client: e.Dst, first: e.Time, frame: e.Frame}
	}
	one.reason, one.last, one.latest = e.Reason, e.Time, e.Frame
	f.put(key, one)
}

// within returns the frame of an attempt in a span of time, if there was one.
func (o *refusal) within(from, to int64) (frame capture.Ref, ok bool) {
	switch {
	case o.kind == decode.ConnOpened:
		return 0, false
	case o.first >= from && o.first <= to:
		return o.frame, true
	case o.last >= from && o.last <= to:
		return o.latest, true
	}
	return 0, false
}

// nextHop is a server that a connection could not be made to.
type nextHop struct {
	refusal
	server decode.Endpoint
	own    bool // it was the host that the request went to that tried, from one of its addresses
}

// behind returns the next hop that the host which a request went to could not connect
// to, between two times. Where no address of that host has tried, it is the one next
// hop that somebody else could not connect to before soon.
func (f refusals) behind(host decode.Endpoint, from, to, soon int64, isSIP func(port uint16) bool) (best nextHop, ok bool) {
	others := 0
	for i := range f.entries {
		e := &f.entries[i]
		frame, in := e.value.within(from, to)
		hop := nextHop{e.value, e.key.server, f.areOne(host.IP, e.key.client)}
		hop.frame = frame
		switch {
		case !in:
			continue
		case hop.own:
		case hop.first < from || hop.first > soon || !isSIP(hop.server.Port):
			continue
		default:
			others++
		}
		if !ok || hop.own && (!best.own || hop.frame < best.frame) {
			best, ok = hop, true
		}
	}
	return best, ok && (best.own || others == 1)
}

// areOne reports whether two addresses are of one host, as far as was seen.
func (f refusals) areOne(a, b decode.Addr) bool {
	if a == b {
		return true
	}
	_, ok := f.aliases.get(hostPair{a, b})
	return ok
}

// text says what became of the connection.
func (h *nextHop) text() string {
	text := "the TCP connection of " + h.client.Host() + " to " + h.server.String()
	if !h.own {
		text = "meanwhile " + text
	}
	if h.kind == decode.ConnSilent {
		return text + " was not answered (" + frameText(h.frame) + ")"
	}
	text += " was refused in " + frameText(h.frame)
	if h.reason != "" {
		text += " (" + h.reason + ")"
	}
	return text
}

// refusedBehind says which next hop the host that a request went to could not connect
// to while the request was open, "" where none is known.
func (hs *hosts) refusedBehind(tx txn, t *result.Transaction) (text string, own bool) {
	if len(hs.refusals.entries) == 0 || !tx.is(hasTime) {
		return "", false
	}
	from := tx.opened()
	hop, ok := hs.refusals.behind(t.Dst, from, hs.endOf(tx), from+int64(hs.timers.T2), hs.isSIPPort)
	if !ok || tx.status != 0 && !hop.own {
		return "", false
	}
	return hop.text(), hop.own
}

// explain adds to what is said of a transaction which next hop could not be reached. Of
// one that was sent on, its next leg says what became of it.
func (cl *closer) explain(tx txn, t *result.Transaction, x *Exchange) {
	text, own := cl.hosts.refusedBehind(tx, t)
	if text == "" || cl.groups.isSentOn(tx) {
		return
	}
	x.Detail += "; " + text
	if t.Status == 0 {
		t.Cause = joinCauses(t.Cause, text)
	}
	if own {
		x.Refused = text
	}
}

func joinCauses(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// isSIPPort reports whether a server on the port is likely to be one of SIP.
func (hs *hosts) isSIPPort(port uint16) bool {
	return port == 5060 || port == 5061 || slices.Contains(hs.options.Ports, port)
}
