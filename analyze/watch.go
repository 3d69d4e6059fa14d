package analyze

import (
	"bytes"
	"hash/maphash"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// watch remembers what the rules over several messages need. Everything in it
// is bounded by Limits.Watched.
type watch struct {
	late       *recent[uint64, failed]        // transactions that failed, by branch and Call-ID
	unanswered *recent[uint32, bool]          // Call-IDs of those without an answer
	texts      texts                          // by sender, recipient and content
	pending    *recent[uint64, deadline]      // the latest transaction by sender and target
	allows     *recent[decode.Endpoint, bool] // whether a peer's last Allow lists MESSAGE
	rates      *recent[[16]byte, rate]        // MESSAGEs begun in the current second
	dialogs    *recent[uint32, bool]          // Call-IDs of dialogs seen
}

// failed is a closed transaction that a late answer may still belong to.
type failed struct {
	id      uint64
	server  [16]byte // the host that its answer has to come from
	status  uint16   // of its final response, 0 for none
	hasTime bool
	first   int64
	request capture.Ref
}

type rate struct {
	second int64
	count  int
}

func (w *watch) init(limit int) {
	w.late = newRecent[uint64, failed](limit)
	w.unanswered = newRecent[uint32, bool](limit)
	w.texts.limit = limit
	w.pending = newRecent[uint64, deadline](limit)
	w.allows = newRecent[decode.Endpoint, bool](limit)
	w.rates = newRecent[[16]byte, rate](limit)
	w.dialogs = newRecent[uint32, bool](limit)
}

// hashOf hashes several strings as one key.
func hashOf(parts ...[]byte) uint64 {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	for _, p := range parts {
		h.Write(p)
		h.WriteByte(0)
	}
	return h.Sum64()
}

// began looks at the first transmission of a request.
func (a *analyzer) began(h handle, m *decode.Message, k *key) {
	r := a.store.at(h).record
	r.vias = uint8(min(m.ViaCount, 255))
	if a.options.noRules {
		return
	}
	if m.ViaCount == 1 {
		a.sentByUA(h, m, k)
	} else if m.ViaCount >= 3 {
		r.setIf(isLooped, loops(m))
	}
	if other := a.merged(h, m, k); other {
		a.broken(&mergedRequest, m, h)
	}
	if m.ToTag.Len > 0 {
		if _, known := a.watch.dialogs.get(k.call); !known {
			a.broken(&toTagOutsideDialog, m, h)
		}
	}
}

// sentByUA looks at a request that comes from a user agent, not from a proxy
// that speaks for many.
func (a *analyzer) sentByUA(h handle, m *decode.Message, k *key) {
	if lists, known := a.watch.allows.get(m.Src); known && !lists && m.MethodIs("MESSAGE") {
		a.broken(&allowContradicted, m, h)
	}
	a.watchRate(h, m)
	if m.ToTag.Len == 0 {
		a.watchPending(h, m)
	}
	if m.Body.Len >= shortText && m.HasTime {
		a.watchText(h, m, k)
	}
}

// floodRate is how many MESSAGEs one host may begin within a second.
const floodRate = 200

func (a *analyzer) watchRate(h handle, m *decode.Message) {
	if !m.HasTime {
		return
	}
	n, _ := a.watch.rates.get(m.Src.IP)
	if second := m.Time / 1e9; second != n.second {
		n = rate{second: second}
	}
	n.count++
	a.watch.rates.put(m.Src.IP, n)
	if n.count == floodRate+1 {
		a.broken(&flood, m, h)
	}
}

// watchPending finds a request to a target that an earlier one is still
// unanswered from.
func (a *analyzer) watchPending(h handle, m *decode.Message) {
	src := makePath(m.Src, decode.Endpoint{})
	key := hashOf(m.FromURI.In(m.Raw), src[:], m.URI.In(m.Raw))
	before, known := a.watch.pending.swap(key, deadline{id: a.idOf(h), h: h})
	if !known || !a.holds(before.h, before.id) {
		return
	}
	if other := a.store.at(before.h); other.status == 0 && other.first < m.Time && !a.expired(other, m) && !a.isSealed(m.Conn) {
		a.broken(&overlappingMessages, m, h)
	}
}

// shortText are so few bytes of text that people may well send them twice.
const shortText = 10

func (a *analyzer) watchText(h handle, m *decode.Message, k *key) {
	hosts := makePath(hostOf(m), m.Dst)
	key := hashOf(hosts[:], m.FromURI.In(m.Raw), m.ToURI.In(m.Raw), m.Body.In(m.Raw))
	if earlier, again := a.watch.texts.repeats(key, m.Time, k.call); again && a.unanswered(earlier, m) {
		a.broken(&duplicateText, m, h)
	}
}

// unanswered reports whether the request with a Call-ID's hash, from the sender
// of m, has had no final response: who sends an answered text again means to.
func (a *analyzer) unanswered(call uint32, m *decode.Message) bool {
	h := a.store.byCall.find(call)
	for n := 0; h != 0 && n < a.limits.Candidates; n++ {
		tx := a.store.at(h)
		if src, _ := tx.ends(); tx.is(hasRequest) && src.IP == m.Src.IP {
			return tx.status == 0
		}
		h = tx.callLinks.next
	}
	_, gaveUp := a.watch.unanswered.get(call)
	return gaveUp
}

// merged reports whether the same request reached the same server in another
// transaction (RFC 3261 8.2.2.2).
func (a *analyzer) merged(self handle, m *decode.Message, k *key) bool {
	if m.CallID.Len == 0 {
		return false
	}
	id, parent := a.idOf(self), a.parentOf(self)
	return a.findCall(m, k.call, func(tx txn) bool {
		if tx.id() == id || !tx.is(hasRequest) || tx.cseqNumber() != m.CSeqNumber || !sameFrom(tx, m) || tx.id() == parent || sameHop(tx, m) {
			return false
		}
		_, dst := tx.ends()
		return dst == m.Dst && bytes.Equal(tx.get(tx.uri), cut(m.URI.In(m.Raw)))
	}) != 0
}

// loops reports whether a proxy stands three times among the Vias.
func loops(m *decode.Message) bool {
	const most = 70
	var seen [most]uint32
	n := 0
	for sentBy := range m.Vias() {
		hash, count := hash32(sentBy), 0
		for _, other := range seen[:n] {
			if other == hash {
				count++
			}
		}
		if count >= 2 {
			return true
		}
		if n < most {
			seen[n] = hash
			n++
		}
	}
	return false
}

// repeated looks at a retransmission.
func (a *analyzer) repeated(h handle, m *decode.Message) {
	tx := a.store.at(h)
	if m.Transport.Reliable() {
		a.broken(&retransmitOnStream, m, h)
	}
	if tx.status == 0 || tx.timeOf(m)-tx.final <= crossing || a.forwardsAgain(tx, m) {
		return
	}
	detail := ""
	if tx.is(isToSource) {
		detail = elsewhere(m, int(tx.status))
	}
	if detail != "" {
		a.brokenSo(&responseToWrongAddress, m, h, detail)
	}
	a.brokenSo(&retransmitAfterFinal, m, h, detail)
}

// timerE finds a request that is repeated over UDP long before Timer E fires.
// Elements may use a T1 that is a little smaller in a closed network (RFC 3261 17.1.1.1).
func (a *analyzer) timerE(h handle, m *decode.Message, after time.Duration) {
	const least = 5
	if !a.options.noRules && m.Transport == decode.UDP && m.HasTime && after >= 0 && after < a.timers.T1/least {
		a.brokenSo(&tooSoon, m, h, "("+after.Round(time.Millisecond).String()+" after the copy before; Timer E is "+a.timers.T1.String()+")")
	}
}

// sameBody compares the body of a request with that of the one that it forwards.
func (a *analyzer) sameBody(h handle, m *decode.Message, p txn) {
	tx := a.store.at(h)
	if a.options.noRules || a.joiner != nil || tx.bodyHash == p.bodyHash || tx.is(isBodyCut) || p.is(isBodyCut) ||
		!bytes.Equal(tx.get(tx.callID), p.get(p.callID)) {
		return
	}
	a.brokenSo(&bodyChanged, m, h, "("+strconv.Itoa(int(p.bodyBytes))+" bytes in "+frameText(p.request)+", "+
		plural(uint64(tx.bodyBytes), "byte")+" in "+frameText(tx.request)+")")
}

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

// forwardsAgain reports whether a repetition is a new copy of the sender's own,
// that came to the proxy just before: of one that keeps no transactions, or has
// forgotten this one. The answer was not lost on this hop then.
func (a *analyzer) forwardsAgain(tx txn, m *decode.Message) bool {
	parent := tx.parentID()
	if parent == 0 {
		return false
	}
	return a.findCall(m, callOf(m), func(p txn) bool {
		if p.id() != parent || p.latest == 0 {
			return false
		}
		since := p.timeOf(m) - p.at(p.latest)
		return since >= 0 && since <= crossing
	}) != 0
}

// answeredBy looks at a response of a transaction whose request is known.
func (a *analyzer) answeredBy(h handle, m *decode.Message) {
	tx := a.store.at(h)
	if !tx.is(hasRequest) || m.Carriage&decode.Cut != 0 || a.options.noRules {
		return
	}
	if m.Status == 100 && !m.Transport.Reliable() && m.HasTime && tx.timeOf(m)-tx.first < int64(a.timers.slowest100()) {
		a.broken(&early100, m, h)
	}
	if wrong := a.notMirrored(tx, m); wrong != "" {
		a.brokenSo(&responseNotMirrored, m, h, wrong)
	}
	src, dst := tx.ends()
	tx.setIf(isToSource, m.Dst == src)
	via := m.Via.In(m.Raw)
	if m.Src != dst && hasParam(via, "rport") {
		a.broken(&responseFromOtherAddress, m, h)
	}
	if m.Dst != src && !m.Transport.Reliable() && !namesAddress(m, via) {
		a.broken(&responseToWrongAddress, m, h)
	}
	a.watchAllow(h, m)
}

// notMirrored says what a response does not repeat of its request, "" where it
// repeats all that it must.
func (a *analyzer) notMirrored(tx txn, m *decode.Message) string {
	var wrong []string
	if callID := m.CallID.In(m.Raw); !bytes.Equal(tx.get(tx.callID), cut(callID)) {
		wrong = append(wrong, "Call-ID "+a.token(callID)+" instead of "+a.token(tx.get(tx.callID)))
	}
	if n := tx.cseqNumber(); n != m.CSeqNumber {
		wrong = append(wrong, "CSeq "+strconv.FormatUint(m.CSeqNumber, 10)+" instead of "+strconv.FormatUint(n, 10))
	}
	if !sameFrom(tx, m) {
		wrong = append(wrong, a.tag("From", m.FromTag.In(m.Raw))+" instead of "+a.tag("From", tx.get(tx.fromTag)))
	}
	if int(tx.vias) != min(m.ViaCount, 255) {
		wrong = append(wrong, plural(uint64(m.ViaCount), "Via")+" instead of "+strconv.Itoa(int(tx.vias)))
	}
	if m.Status != 100 && m.ToTag.Len == 0 {
		wrong = append(wrong, "no To tag")
	}
	return strings.Join(wrong, ", ")
}

// token quotes an identifier from the wire, as a pseudonym where Options.Redact
// asks for them.
func (a *analyzer) token(b []byte) string {
	if a.options.Redact == nil {
		return quoted(b)
	}
	return quoted([]byte(a.options.Redact.CallID(string(b))))
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

// watchAllow compares what a server answers with its last Allow. Behind a proxy
// there may be many servers, so hosts that forward are left out.
func (a *analyzer) watchAllow(h handle, m *decode.Message) {
	if _, forwards := a.deliveries.forwarders.get(m.Src.IP); forwards || m.Status < 200 {
		return
	}
	lists, known := a.watch.allows.get(m.Src)
	refuses := m.Status == 405 || m.Status == 501
	if known && (lists && refuses || !lists && m.Status < 300) {
		a.broken(&allowContradicted, m, h)
	}
}

// learn takes from any SIP message what later rules need.
func (a *analyzer) learn(m *decode.Message) {
	if m.ViaCount == 1 || m.Kind == sip.Response {
		if allow, ok := m.Header(sip.HeaderAllow); ok {
			a.watch.allows.put(m.Src, bytes.Contains(allow, []byte("MESSAGE")))
		}
	}
	if m.Kind == sip.Request {
		switch string(m.Method.In(m.Raw)) {
		case "INVITE", "SUBSCRIBE", "NOTIFY", "REFER":
			a.watch.dialogs.put(callOf(m), true)
		}
	}
}

// cancelled returns the MESSAGE transaction that a CANCEL is for, or 0.
func (a *analyzer) cancelled(m *decode.Message) handle {
	k := keyOf(m)
	return a.findBranch(k.branch, func(_ handle, tx txn) bool {
		return tx.is(hasRequest) && sameHop(tx, m) && sameCall(tx, m)
	})
}

// lateKey finds a timed-out transaction again.
func lateKey(branch, callID []byte) uint64 { return hashOf(cut(branch), cut(callID)) }

// gaveUp remembers a transaction that closed without a success.
func (a *analyzer) gaveUp(tx txn) {
	_, dst := tx.ends()
	a.watch.late.put(lateKey(tx.get(tx.branch), tx.get(tx.callID)), failed{tx.id(), dst.IP, tx.status, tx.is(hasTime), tx.opened(), tx.request})
	if tx.status == 0 {
		a.watch.unanswered.put(hash32(tx.get(tx.callID)), true)
	}
}

// isLate reports a final response that came after its transaction had closed.
// Its first final response again is none.
func (a *analyzer) isLate(m *decode.Message) bool {
	t, ok := a.watch.late.get(lateKey(m.Branch.In(m.Raw), m.CallID.In(m.Raw)))
	if !ok || m.Src.IP != t.server {
		return false
	}
	if int(t.status) == m.Status {
		return true
	}
	x := a.options.exchange(m)
	x.Detail = t.since(m)
	a.foundOf(fact{rule: lateResponse.index(), severity: lateResponse.level(&x)}, &x, t.id, 0)
	return true
}

// since says how long after its request m comes, and what came before.
func (t *failed) since(m *decode.Message) string {
	text := "the MESSAGE of " + frameText(t.request) + ", when its sender had given up"
	if t.hasTime && m.HasTime {
		text = time.Duration(m.Seen()-t.first).Round(time.Millisecond).String() + " after " + text
	}
	if t.status != 0 {
		text += " and had a " + strconv.Itoa(int(t.status))
	}
	return text
}
