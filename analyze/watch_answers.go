package analyze

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// elsewhere says that the answer went to the port that the request m came from,
// where its Via asks for another one (RFC 3261 18.2.2, RFC 3581 4). It is empty
// where that is the same.
func elsewhere(m *decode.Message, status int) string {
	via := m.Via.In(m.Raw)
	_, port := splitSentBy(m.SentBy.In(m.Raw))
	if m.Transport.Reliable() || port == m.Src.Port || hasParam(via, "rport") || hasParam(via, "maddr") {
		return ""
	}
	return "the " + strconv.Itoa(status) + " went to port " + strconv.Itoa(int(m.Src.Port)) +
		", where the request came from, although its Via has no rport and says port " + strconv.Itoa(int(port))
}

// answeredBy looks at a response of a transaction whose request is known.
func (w *watch) answeredBy(h handle, m *decode.Message) {
	tx := w.table.at(h)
	if !tx.is(hasRequest) || m.Carriage&decode.Cut != 0 || w.options.noRules {
		return
	}
	if m.Status == 100 && !m.Transport.Reliable() && m.HasTime && tx.timeOf(m)-tx.first < int64(w.timers.slowest100()) {
		w.blame.broken(&early100, m, h)
	}
	if wrong := w.notMirrored(tx, m); wrong != "" && !tx.is(isHeadCut) {
		w.blame.brokenSo(&responseNotMirrored, m, h, wrong)
	}
	src, dst := tx.ends()
	tx.setIf(isToSource, m.Dst == src)
	via := m.Via.In(m.Raw)
	if m.Src != dst && hasParam(via, "rport") {
		w.blame.broken(&responseFromOtherAddress, m, h)
	}
	switch {
	case m.Dst == src || m.Transport.Reliable():
	case !namesAddress(m, via):
		w.blame.broken(&responseToWrongAddress, m, h)
	case m.Dst.IP != src.IP && m.Agent == 0 && tx.agent == 0 && !hasParam(via, "maddr"):
		w.blame.brokenSo(&responseToWrongAddress, m, h, "the "+strconv.Itoa(m.Status)+" went to "+hostName(m.Dst)+", and the request came from "+hostName(src))
	}
	if w.onOtherConnection(tx, m) {
		w.blame.broken(&responseOnOtherConnection, m, h)
	}
	w.allow(h, m)
}

// onOtherConnection reports whether a response came over another TCP connection than its
// request, and as far as the capture shows that one is still open (RFC 3261 18.2.2).
func (w *watch) onOtherConnection(tx txn, m *decode.Message) bool {
	p := tx.common()
	if p.conn == 0 || m.Conn == 0 || p.conn == uint32(m.Conn) || p.transport != m.Transport || m.Transport == decode.SCTP {
		return false
	}
	if _, dst := tx.ends(); m.Src == dst {
		return false // the server did not open it: it is another one of the client's, or who reports it does not know the client's port
	}
	state, _ := w.hosts.connOf(tx)
	return state.ended == 0 && !state.gap
}

// notMirrored says what a response does not repeat of its request, "" where it
// repeats all that it must.
func (w *watch) notMirrored(tx txn, m *decode.Message) string {
	var wrong []string
	if callID := m.CallID.In(m.Raw); !bytes.Equal(tx.get(tx.callID), cut(callID)) {
		wrong = append(wrong, "Call-ID "+w.options.token(callID)+" instead of "+w.options.token(tx.get(tx.callID)))
	}
	if n := tx.cseqNumber(); n != m.CSeqNumber {
		wrong = append(wrong, "CSeq "+strconv.FormatUint(m.CSeqNumber, 10)+" instead of "+strconv.FormatUint(n, 10))
	}
	if !sameFrom(tx, m) {
		wrong = append(wrong, w.options.tag("From", m.FromTag.In(m.Raw))+" instead of "+w.options.tag("From", tx.get(tx.fromTag)))
	}
	if int(tx.vias) != min(m.ViaCount, 255) {
		wrong = append(wrong, plural(uint64(m.ViaCount), "Via")+" instead of "+strconv.Itoa(int(tx.vias)))
	}
	tag, asked := m.ToTag.In(m.Raw), tx.get(tx.toTag)
	switch {
	case m.Status != 100 && len(tag) == 0:
		wrong = append(wrong, "no To tag")
	case m.Status != 100 && tx.status == 0 && len(asked) > 0 && !bytes.Equal(asked, cut(tag)):
		wrong = append(wrong, w.options.tag("To", tag)+" instead of "+w.options.tag("To", asked))
	}
	return strings.Join(wrong, ", ")
}

// token quotes an identifier from the wire, as a pseudonym where Options.Redact
// asks for them.
func (o *Options) token(b []byte) string {
	if o.Redact == nil {
		return quoted(b)
	}
	return quoted([]byte(o.Redact.CallID(string(b))))
}

func hasParam(via []byte, name string) bool {
	_, ok := sip.Param(via, name)
	return ok
}

// namesAddress reports whether the destination of a response is what its top Via
// asks for: received and rport, or else sent-by (RFC 3261 18.2.2, RFC 3581 4).
// A host name, or maddr, could be any address.
func namesAddress(m *decode.Message, via []byte) bool {
	if hasParam(via, "maddr") {
		return true
	}
	host, port := splitSentBy(m.SentBy.In(m.Raw))
	if received, ok := sip.Param(via, "received"); ok {
		host = string(received)
	}
	if rport, ok := sip.Param(via, "rport"); ok {
		if n, err := strconv.ParseUint(string(rport), 10, 16); err == nil {
			port = uint16(n)
		} else {
			port = m.Dst.Port // the server did not say
		}
	}
	addr, err := netip.ParseAddr(host)
	return port == m.Dst.Port && (err != nil || addr.Unmap() == m.Dst.AddrPort().Addr())
}

// splitSentBy takes a sent-by apart; the default port is 5060.
func splitSentBy(sentBy []byte) (host string, port uint16) {
	if a, err := netip.ParseAddrPort(string(sentBy)); err == nil {
		return a.Addr().String(), a.Port()
	}
	host, port = string(bytes.Trim(sentBy, "[]")), 5060
	if i := bytes.LastIndexByte(sentBy, ':'); i >= 0 && sentBy[len(sentBy)-1] != ']' {
		if n, err := strconv.ParseUint(string(bytes.TrimSpace(sentBy[i+1:])), 10, 16); err == nil {
			return string(bytes.TrimSpace(sentBy[:i])), uint16(n)
		}
	}
	return host, port
}

// allow compares what a server answers with its last Allow. Behind a proxy
// there may be many servers, so hosts that forward are left out.
func (w *watch) allow(h handle, m *decode.Message) {
	if _, forwards := w.groups.forwarders.get(m.Src.IP); forwards || m.Status < 200 {
		return
	}
	lists, known := w.allows.get(m.Src)
	refuses := m.Status == 405 || m.Status == 501
	if known && (lists && refuses || !lists && m.Status < 300) {
		w.blame.broken(&allowContradicted, m, h)
	}
}

// furtherFinal takes a final response after the first one: the same again, or a
// conflicting one (RFC 3261 8.2.6.2, 17.2.2).
func (w *watch) furtherFinal(h handle, m *decode.Message) {
	tx := w.table.at(h)
	tag, before := m.ToTag.In(m.Raw), tx.get(tx.toTag)
	switch sameTag := bytes.Equal(before, cut(tag)); {
	case int(tx.status) != m.Status && sameTag:
		w.blame.brokenSo(&conflictingFinals, m, h, "after a "+strconv.Itoa(int(tx.status)))
	case int(tx.status) != m.Status:
		w.blame.brokenSo(&conflictingFinals, m, h, "with "+w.options.tag("To", tag)+" after a "+strconv.Itoa(int(tx.status))+" with "+w.options.tag("To", before))
	case !sameTag:
		w.blame.brokenSo(&conflictingFinals, m, h, "again, with "+w.options.tag("To", tag)+" instead of "+w.options.tag("To", before))
	}
}

// thirdParty notes a response from another host than the request went to.
func (w *watch) thirdParty(h handle, m *decode.Message) {
	if !hasParam(m.Via.In(m.Raw), "rport") {
		w.blame.broken(&responseFromThirdParty, m, h)
	}
}
