package analyze

import (
	"strconv"

	"simplecap/decode"
)

// rest takes bytes that are the rest of a message whose Content-Length is wrong.
func (a *analyzer) rest(r *decode.Rest) {
	rule, detail := &framingLost, "sends a message with Content-Length "+strconv.FormatInt(r.ContentLength, 10)+" and "+
		strconv.FormatInt(r.Body+r.Bytes, 10)+" bytes behind its header fields: the rest belongs to no message"
	if r.Transport == decode.UDP {
		rule, detail = &splitOverDatagrams, "cuts one SIP message into several UDP datagrams: of the "+strconv.FormatInt(r.ContentLength, 10)+" bytes of its Content-Length "+
			strconv.FormatInt(r.Body, 10)+" came in "+frameText(r.Of)+", the rest came in "+frameText(r.Frame)
	}
	x := a.options.exchange(nil)
	x.Detail = detail
	peer, index := knownAs(r.Src, r.Transport), rule.index()
	one := a.findings.find(group{rule: index, severity: rule.Severity, peer: peer})
	if one == nil {
		return
	}
	a.word(one, index, &x, hostName(peer))
	if h := a.latestOpen(func(o txn) bool { return o.request == r.Of || o.response == r.Of }); h != 0 {
		a.findings.addTransaction(one, a.mark(h, index))
	}
	a.findings.add(one, r.Of)
}
