package analyze

import (
	"bytes"

	"simplecap/decode"
)

// icmp takes an ICMP error. It concerns the latest unanswered request between
// the two addresses, or the one that it quotes the branch of; or the answer to it.
func (a *analyzer) icmp(e *decode.ICMPError) {
	h := a.quoted(e)
	if h == 0 {
		a.bounced(e)
		return
	}
	c, r := a.store.at(h)
	if r.is(isUnreachable) {
		return
	}
	r.set(isUnreachable | isChanged)
	c.keep(r, nodeCause, uint64(c.put([]byte(icmpCause(e)))))
	a.store.account(c)
}

func icmpCause(e *decode.ICMPError) string {
	return "ICMP " + e.Reason + " from " + e.From.Host() + " in " + frameText(e.Frame)
}

// bounced takes an ICMP error that quotes a response: it proves that the
// response did not arrive.
func (a *analyzer) bounced(e *decode.ICMPError) {
	branch := quotedBranch(e.Quoted)
	if branch == nil || !bytes.HasPrefix(e.Quoted, []byte("SIP/2.0 ")) {
		return
	}
	h := a.findBranch(hash32(branch), func(_ handle, c *chunk, r *record) bool {
		src, dst := ends(c.flowOf(r))
		return r.status != 0 && bytes.Equal(c.get(r.branch), branch) && src.IP == e.Dst.IP && dst.IP == e.Src.IP
	})
	if h == 0 {
		return
	}
	_, r := a.store.at(h)
	if r.is(isBounced) {
		return
	}
	r.set(isBounced | isChanged)
	a.unreached(h, e)
}

// unreached counts a response that did not arrive.
func (a *analyzer) unreached(h handle, e *decode.ICMPError) {
	c, r := a.store.at(h)
	x := a.options.exchange(nil)
	x.Detail = icmpCause(e)
	index := responseUnreachable.index()
	one := a.findings.find(group{index, responseUnreachable.Severity, e.Dst, int(r.status)})
	if one == nil {
		return
	}
	a.word(one, index, &x, hostName(e.Dst))
	a.findings.addTransaction(one, a.mark(h, index))
	a.findings.add(one, e.Frame)
	a.store.account(c)
}
