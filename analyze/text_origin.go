package analyze

import (
	"net/netip"
	"slices"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// A receipt comes from where its text went: anybody can write one. What an RP-MR of
// eight bits, a Call-ID or a message id that others have seen too are worth is decided
// here, and nowhere else.

// goes notes where a leg of a text goes to, of at most so many.
func (t *openText) goes(m *decode.Message, most int) {
	if len(t.ends) < most && !slices.Contains(t.ends, m.Dst.IP) {
		t.ends = append(t.ends, m.Dst.IP)
	}
}

// wentTo reports whether a leg of the text went to a host, or, where near says so, to
// one in its network: a gateway may report from another address than it has taken
// from, a handset does not.
func (t *openText) wentTo(host decode.Addr, near bool) bool {
	return slices.ContainsFunc(t.ends, func(end decode.Addr) bool {
		return end == host || near && network(end) == network(host)
	})
}

// network is the part of an address that its neighbours have too: 24 bits of IPv4, 64
// of IPv6.
func network(host decode.Addr) netip.Prefix {
	ip, bits := host.NetIP(), 64
	if ip.Is4() {
		bits = 24
	}
	prefix, _ := ip.Prefix(bits) // there are as many bits
	return prefix
}

// knowHandset remembers whose SMS are in the capture.
func (rc *receipts) knowHandset(t *openText) {
	if t.awaitsReport() {
		rc.handsets.repeats(hashOf([]byte(userOf(t.handset()))), rc.clock, 0)
	}
}

// ofAnother reports whether a report is by or for another handset than that of an SMS:
// one that has SMS of its own. A handset may have several identities.
func (rc *receipts) ofAnother(c *clue, t *openText) bool {
	user := userOf(c.handset)
	return string(user) != userOf(t.handset()) && rc.handsets.has(hashOf(user))
}

// isForeign reports whether a report of an SMS comes from where the SMS did not go.
func (t *openText) isForeign(c *clue) bool { return !t.knows(c.src, !c.rp.Up()) }

// knows is wentTo, or whether the host is one that sent the text on, where the capture has
// no earlier leg of it.
func (t *openText) knows(host decode.Addr, near bool) bool {
	return t.sentOn && host == t.Src.IP || t.wentTo(host, near)
}

// notForeign reports whether a notification may be of somebody that a text went to: by
// who sends it, or by the host that it comes from.
func (t *openText) notForeign(n *openText, src decode.Addr) bool {
	return t.sentTo(n) || t.knows(src, false)
}

// parties are whom the header fields of an SMS to a handset name: who is to get the
// report, and the identity that the handset is called by (TS 24.341 5.3.2.4).
type parties struct {
	asserted [4]uint64 // hashes of the users of P-Asserted-Identity, 0 for none
	called   uint64    // hash of the user of P-Called-Party-ID, 0 for none
}

// partiesOf reads them from a request.
func partiesOf(m *decode.Message) (p parties) {
	n := 0
	for list := range m.All(sip.HeaderPAssertedIdentity) {
		for len(list) > 0 && n < len(p.asserted) {
			var uri []byte
			uri, list = nextIdentity(list)
			p.asserted[n] = hashOf(userOf(uri))
			n++
		}
	}
	if value, ok := m.Header(sip.HeaderPCalledPartyID); ok {
		uri, _ := nextIdentity(value)
		p.called = hashOf(userOf(uri))
	}
	return p
}

// asserts reports whether a URI is that of an asserted identity.
func (p *parties) asserts(uri []byte) bool {
	return slices.Contains(p.asserted[:], hashOf(userOf(uri)))
}

// otherIdentity is the report of an SMS by another identity than the handset was called
// by: that matters only where it is refused for it.
type otherIdentity struct {
	frame capture.Ref
	src   decode.Endpoint
}

// parties holds a report of a handset against whom its SMS named.
func (j *textJudge) parties(t *openText, m *decode.Message, delivery uint64) {
	if t.called.asserted[0] != 0 && !t.called.asserts(m.URI.In(m.Raw)) && !(m.ViaCount > 1 && t.called.asserts(m.ToURI.In(m.Raw))) {
		j.breaks(&reportTarget, t, m, "") // a proxy puts where the target is into the Request-URI (RFC 3261 16.6 step 2), To stays
	}
	if from := hashOf(userOf(m.FromURI.In(m.Raw))); t.called.called != 0 && from != t.called.called {
		if len(j.otherwise) >= j.limits.Unmatched {
			j.evicted++
			return
		}
		if j.otherwise == nil {
			j.otherwise = make(map[uint64]otherIdentity)
		}
		j.otherwise[delivery] = otherIdentity{m.Frame, m.Src}
	}
}

// refusedIdentity takes the end of the delivery of such a report.
func (j *textJudge) refusedIdentity(d *result.Delivery) {
	o, known := j.otherwise[d.ID]
	if !known {
		return
	}
	delete(j.otherwise, d.ID)
	if root := lastAttempt(d); root.Status == 403 {
		j.brokeAt(&reportIdentity, o.src, root.Transaction, o.frame, "")
	}
}

// wentToOne reports whether the text went to this recipient and to no list.
func (t *openText) wentToOne(recipient string) bool {
	to := []string{t.To}
	if c := t.Content.CPIM; c != nil {
		to = append(to, c.To)
	}
	return len(t.Content.Recipients) == 0 && anySameUser(to, []string{recipient})
}
