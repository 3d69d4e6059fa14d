package analyze

import (
	"net/netip"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// A leg over TLS or in IPsec without keys cannot be seen. What is said of the legs before
// it must not sound as if it were not there.

// sealedLegs remembers who sends what cannot be read, and to whom.
type sealedLegs struct {
	*recent[decode.Addr, sealedLeg]
	pairs *recent[[2]decode.Addr, bool] // hosts of which the first sends the second what cannot be read, in IPsec
}

// sealedLeg is the latest connection on which a host sends what cannot be read.
type sealedLeg struct {
	conn  uint64 // 0 in IPsec
	to    decode.Endpoint
	since int64
	open  bool // it is so still
}

func newSealedLegs(limit int) sealedLegs {
	return sealedLegs{newRecent[decode.Addr, sealedLeg](limit), newRecent[[2]decode.Addr, bool](limit)}
}

// ipsec takes an event of a security association that cannot be read, or can be again. That
// it carries SIP is likely only between hosts that speak it to each other: a virtual private
// network does not, though a proxy be one of its ends.
func (s *sealedLegs) ipsec(e *decode.ConnEvent) {
	sealed := e.Kind == decode.ConnSealed
	s.pairs.put([2]decode.Addr{e.Src.IP, e.Dst.IP}, sealed)
	if leg, known := s.get(e.Src.IP); sealed && !e.SIP || !sealed && (!known || leg.conn != 0 || leg.to != e.Dst) {
		return
	}
	s.put(e.Src.IP, sealedLeg{0, e.Dst, e.Time, sealed})
}

// seal takes an event of a connection that cannot be read, or can be again.
func (hs *hosts) seal(e *decode.ConnEvent, state *connState) {
	leg, known := hs.sealed.get(e.Src.IP)
	if e.Kind == decode.ConnUnsealed {
		if state.sealedBy == e.Src {
			state.sealed = false
		}
		if known && leg.conn == e.Conn {
			leg.open = false
			hs.sealed.put(e.Src.IP, leg)
		}
		return
	}
	if !state.sealed {
		state.sealed, state.sealedBy = true, e.Src
	}
	hs.sealed.put(e.Src.IP, sealedLeg{e.Conn, e.Dst, e.Time, true})
}

// answersSealed says that the answers to a request cannot be read, "" where they can.
func (hs *hosts) answersSealed(tx txn, t *result.Transaction) string {
	const why, sends = "answers cannot be read: no keys for what ", " sends"
	if t.IPsec {
		if sealed, _ := hs.sealed.pairs.get([2]decode.Addr{t.Dst.IP, t.Src.IP}); sealed {
			return why + t.Dst.Host() + sends + " in IPsec"
		}
	}
	if conn, ok := hs.connOf(tx); ok && conn.sealed && conn.sealedBy == t.Dst {
		return why + t.Dst.String() + sends
	}
	return ""
}

// isSealed reports whether one end of a connection sends what cannot be read.
func (hs *hosts) isSealed(conn uint64) bool {
	state, _ := hs.conns.get(conn)
	return conn != 0 && state.sealed
}

// sealedBehind says over which connection the host that a request went to sends what
// cannot be read, "" where there is none: the request may have gone on there. The host
// may have further addresses: of a request that failed any such connection counts.
func (hs *hosts) sealedBehind(tx txn, t *result.Transaction) string {
	end := hs.endOf(tx)
	hides := func(leg *sealedLeg) bool {
		return leg.open && leg.to.IP != t.Src.IP && (!tx.is(hasTime) || leg.since <= end)
	}
	if leg, ok := hs.sealed.get(t.Dst.IP); ok && hides(&leg) {
		return sealedText(t.Dst.IP, &leg)
	}
	if leg, ok := hs.sealedTo(t); ok {
		return sealedText(t.Dst.IP, &leg)
	}
	if t.Outcome == result.Success {
		return ""
	}
	for i := range hs.sealed.entries {
		if e := &hs.sealed.entries[i]; hides(&e.value) && e.key != t.Src.IP && e.value.to.IP != t.Dst.IP {
			return "meanwhile " + sealedText(e.key, &e.value)
		}
	}
	return ""
}

// sealedTo finds what cannot be read, in IPsec, of what the host that a request went to sends
// to the address that the request is for: to a phone, that is known to the registrar.
func (hs *hosts) sealedTo(t *result.Transaction) (leg sealedLeg, ok bool) {
	if len(hs.sealed.pairs.entries) == 0 {
		return leg, false
	}
	ip, err := netip.ParseAddr(strings.Trim(hostOfURI(t.RequestURI), "[]"))
	if err != nil {
		return leg, false
	}
	leg.to.IP = decode.AddrFrom16(ip.As16())
	sealed, _ := hs.sealed.pairs.get([2]decode.Addr{t.Dst.IP, leg.to.IP})
	return leg, sealed && leg.to.IP != t.Src.IP
}

func sealedText(host decode.Addr, leg *sealedLeg) string {
	what := "what " + decode.Endpoint{IP: host}.Host() + " sends to "
	if leg.conn == 0 {
		return what + leg.to.Host() + " in IPsec cannot be read"
	}
	return what + leg.to.String() + " over TLS cannot be read"
}

// unseen is what is not seen behind the last hops that are, "" where nothing hides.
func unseen(d *result.Delivery) string {
	for i := range d.Hops {
		hop := &d.Hops[i]
		if hop.Sealed == "" {
			continue
		}
		last := true
		for j := range d.Hops {
			last = last && d.Hops[j].Parent != hop.Transaction
		}
		if last {
			return hop.Sealed
		}
	}
	return ""
}
