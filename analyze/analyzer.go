package analyze

import (
	"strconv"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// analyzer pairs requests with responses and judges what becomes of them. It is
// used by one goroutine and knows no clock but the capture's.
//
// It only says which part takes what comes. Each part owns its state and uses the parts
// above it in this list, none below.
type analyzer struct {
	run
	table      table      // open transactions
	hosts      hosts      // connections, hosts and who reports
	groups     groups     // which transactions are of one delivery
	blame      blame      // who breaks which rule
	watch      watch      // what rules over several messages remember
	viewer     viewer     // transactions as others see them
	totals     totals     // what was counted
	ledger     ledger     // texts
	deliveries deliveries // verdicts
	legs       legs       // what is published
	progress   progress   // live: what is told before transactions close
	bounces    bounces    // ICMP errors
	closer     closer     // when transactions end
	pairing    pairing    // what each message is

	strange  strangeTimes
	exchange Exchange // scratch
	warmed   uint32   // what warm has read, or the compiler would leave it out
}

// run is what all parts of an analysis share: what was asked for, and the time.
type run struct {
	options  Options
	limits   Limits
	timers   Timers
	clock    int64   // largest time seen, ns
	firstSIP int64   // the clock at the first SIP message
	evicted  uint64  // what there was no room for
	joiner   *Joiner // that legs are joined for; nil where messages are seen
}

func newAnalyzer(options Options, h Handler) *analyzer {
	options = options.withDefaults()
	a := new(analyzer)
	if grown := options.Grown; grown != nil {
		options.Grown = func(bytes int64) { grown(bytes + a.outside()) }
	}
	a.run = run{options: options, limits: options.Limits, timers: options.Profile.Timers(options.T1)}
	r := &a.run
	a.table.init(r)
	a.hosts.init(r)
	a.groups.init(r, &a.table, &a.hosts)
	a.blame.init(r, &a.table, &a.groups, h)
	a.watch = watch{run: r, table: &a.table, hosts: &a.hosts, groups: &a.groups, blame: &a.blame}
	a.watch.forget()
	a.viewer = viewer{run: r, table: &a.table, hosts: &a.hosts, blame: &a.blame}
	a.totals.init(r, h)
	a.ledger.init(r, &a.table, &a.hosts, &a.blame, h)
	a.deliveries = deliveries{run: r, hosts: &a.hosts, groups: &a.groups, blame: &a.blame, totals: &a.totals, ledger: &a.ledger}
	a.deliveries.handler, _ = h.(DeliveryHandler)
	a.legs = legs{run: r, table: &a.table, hosts: &a.hosts, groups: &a.groups, blame: &a.blame, viewer: &a.viewer, totals: &a.totals, handler: options.Legs}
	a.progress = progress{run: r, table: &a.table, groups: &a.groups, viewer: &a.viewer, deliveries: &a.deliveries, ledger: &a.ledger}
	if options.Live {
		a.progress.handler, _ = h.(WaitingHandler)
	}
	a.bounces = bounces{run: r, table: &a.table, blame: &a.blame, progress: &a.progress}
	a.closer = closer{run: r, table: &a.table, hosts: &a.hosts, groups: &a.groups, blame: &a.blame, watch: &a.watch, viewer: &a.viewer, ledger: &a.ledger,
		deliveries: &a.deliveries, legs: &a.legs, progress: &a.progress, judged: options.exchange(nil)}
	a.pairing = pairing{run: r, table: &a.table, hosts: &a.hosts, groups: &a.groups, blame: &a.blame, watch: &a.watch, viewer: &a.viewer, totals: &a.totals,
		legs: &a.legs, progress: &a.progress, closer: &a.closer}
	return a
}

// outside is how many bytes beside those of open transactions lie outside the garbage
// collector's heap.
func (a *analyzer) outside() int64 {
	return a.watch.texts.size() + a.watch.pending.size() + a.ledger.receipts.handsets.size()
}

// close gives back what lies outside the garbage collector's heap.
func (a *analyzer) close() {
	a.table.close()
	a.watch.close()
	a.ledger.receipts.handsets.close()
}

// message takes the next SIP message, with what the workers have made of it.
func (a *analyzer) message(e *event) {
	m, facts, opinion := &e.message, e.facts, &e.opinion
	a.pairing.head = e.head
	if first := a.hosts.sightings.add(m.Src, m.Dst); first {
		a.watch.heard(m)
	}
	a.start()
	var h, other handle // other is what a request of another method is about
	copies := a.pairing.copies
	switch {
	case m.Kind == sip.Response:
		h = a.pairing.response(m, &e.hashes)
		a.ledger.answered(m, e.content, h)
		a.ledger.chats.dialog(m)
	case OfMessage(m):
		h = a.pairing.request(m, &e.hashes)
		if a.pairing.role == FirstRequest {
			a.ledger.began(m, e.content, e.characters, h)
		}
	default:
		a.pairing.role = Unmatched
		other = a.pairing.otherRequest(m)
		a.ledger.chats.dialog(m)
		a.ledger.event(m)
		a.ledger.elsewhere(m, e.content)
	}
	if a.options.Live && h != 0 {
		r := a.table.at(h).record
		a.progress.recount(r)
	}
	if a.options.Joined != nil && h|other != 0 {
		a.tellJoined(m, h|other)
	}
	if m.Kind == sip.Request {
		a.hosts.swallowed(m)
	}
	if len(facts) > 0 && a.pairing.copies == copies { // a copy breaks no rule that the original did not
		a.exchange = a.options.exchange(m)
		a.exchange.Opinion = *opinion
		for _, f := range facts {
			a.blame.found(f, &a.exchange, h)
		}
	}
	a.legs.told()
	a.watch.learn(m, e.allow)
}

// OfMessage reports whether a message belongs to a MESSAGE exchange: by its
// request line or its CSeq, compared without case, or by a method that can only
// be a misspelt MESSAGE.
func OfMessage(m *decode.Message) bool {
	if m.Kind == sip.Request {
		switch method := m.Method.In(m.Raw); {
		case isMESSAGE(method) || nearMiss(m):
			return true
		case string(method) == "ACK" || string(method) == "CANCEL":
			return false // they repeat the CSeq number of another request
		}
	}
	return isMESSAGE(m.CSeqMethod.In(m.Raw))
}

// frameText names a frame for a sentence.
func frameText(f capture.Ref) string {
	text := "frame " + strconv.FormatUint(f.Number(), 10)
	if f.File() > 1 {
		text += " of file " + strconv.Itoa(f.File())
	}
	return text
}

// start remembers when the first SIP message came.
func (r *run) start() {
	if r.firstSIP == 0 {
		r.firstSIP = r.clock
	}
}

// beganBefore reports whether the request of an orphan may be from before the capture.
func (r *run) beganBefore(tx txn) bool {
	return tx.opened()-r.firstSIP < int64(r.timers.F())
}
