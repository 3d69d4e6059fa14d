package analyze

import (
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
	"simplecap/decode/strict"
)

// Rule is one thing that can be wrong with a MESSAGE exchange. Rules are data:
// their fields feed the report, "simplecap rules" and docs/rules.md.
type Rule struct {
	ID        string
	Title     string          // what is wrong, in a few words
	Doc       string          // what it means for an operator
	Reference string          // the text that it stands on
	Words     string          // that text's own words, where it was read
	Severity  result.Severity // error only for a MUST, or a delivery that failed
	Since     string          // version of simplecap
	Trap      string          // what looks like it and is not: a rule that fires on its trap is a defect

	// Scope says what the rule is shown. The next three leave out what cannot
	// break it, at less cost than a call.
	Scope   Scope
	Kind    sip.Kind     // only requests or only responses; 0 for both
	Defects sip.Defects  // only messages with one of these; 0 for all
	Header  sip.HeaderID // only messages with this header field; HeaderOther for all

	// A fault that a proxy only passes on counts where it began. EndToEnd is true
	// of what is wrong with a message on every hop that it takes; Inherits reports
	// whether the outcome of a hop is that of the next one.
	EndToEnd bool
	Inherits func(hop, next *result.Hop) bool

	// Peer is who broke the rule, where that is not the sender of the message or
	// the host that the transaction's request went to. It may be nil.
	Peer func(x *Exchange) decode.Endpoint

	// Places are what to point at in the message. Rules that are about a whole message,
	// about what is missing, or about several messages have none.
	Places []Place

	// Check reports whether the rule is broken. It is nil where what is shown to
	// the rule breaks it, and where the analyzer finds the fault while pairing.
	Check func(x *Exchange) bool
	// Say is the rest of a sentence that begins with who broke the rule.
	Say func(x *Exchange) string
	// Where is the frame that the finding shows where that is not the message's. It may be nil.
	Where func(x *Exchange) capture.Ref
	// Level replaces Severity where it depends on the exchange. It may be nil.
	Level func(x *Exchange) result.Severity
}

// Scope says when a rule is checked.
type Scope uint8

// The scopes.
const (
	WhilePairing Scope = iota // by the analyzer itself
	EachMessage               // every request and response of a MESSAGE exchange, by itself
	OtherMethods              // every request of another method, by itself
	ClosedTransaction
	ClosedDelivery
)

// Exchange is what a rule is shown.
type Exchange struct {
	Message     *decode.Message     // nil for a closed transaction
	Transaction *result.Transaction // nil for a message by itself
	Profile     Profile
	Timers      Timers
	Opinion     strict.Opinion   // what sipgo's parser says of the message
	Failed      string           // the rule that panicked, for ruleFailed
	Delivery    *result.Delivery // only for a closed delivery
	Detail      string           // what is wrong exactly, where pairing has found it; rules must do without
	Refused     string           // which next hop the host that the request went to could not connect to
	Quality     string           // what the capture lacks, for the rules about it
	Looped      bool             // the request passed one proxy three times, or a 482 says so
	NotTheType  bool             // what a 415 refused need not be the media type: it says so, or the capture lacks some of the request's header fields
	Unmatchable bool             // an answer came that the sender cannot match
	Blind       bool             // the capture cannot have seen an answer
	Spared      bool             // it was sent once, and another branch of its fork was answered before it was due again
	Trusted     []netip.Prefix   // networks inside the trust domain (RFC 3325 2.3); none where they are not known
	Agent       string           // who reported the answer, where only a HEP report shows it
	Strict      bool             // judged for a build: what nobody vouches for is an error
	MTU         int              // smallest MTU on the paths in bytes, 0 where it is not known
}

// text returns a part of the message.
func (x *Exchange) text(s sip.Span) []byte { return s.In(x.Message.Raw) }

// header returns the first header field with the ID.
func (x *Exchange) header(id sip.HeaderID) (value []byte, ok bool) { return x.Message.Header(id) }

// has reports whether the message has a header field with the ID.
func (x *Exchange) has(id sip.HeaderID) bool { return x.Message.Present.Has(id) }

// lacks reports whether the message has no header field with the ID, as far as
// the capture and the scanner's limits show.
func (x *Exchange) lacks(id sip.HeaderID) bool {
	return !x.has(id) && x.wholeHead() && !x.Message.Defects.Any(sip.DefectTooManyHeaders)
}

// wholeHead reports whether the message has all its header fields. Rules must
// not judge what is behind its end, which the capture cut, or the sender:
// headers-not-terminated tells of that.
func (x *Exchange) wholeHead() bool { return !x.Message.Defects.Any(sip.DefectNotTerminated) }

// isCut reports whether the capture lacks the end of the message.
func (x *Exchange) isCut() bool { return x.Message.Carriage&decode.Cut != 0 }

func (x *Exchange) isRequest() bool { return x.Message.Kind == sip.Request }

// isMessage reports whether this is a request with the method MESSAGE, in any case.
func (x *Exchange) isMessage() bool {
	method := x.text(x.Message.Method)
	return x.isRequest() && isMESSAGE(method)
}

// isSuccess reports whether this is a 2xx.
func (x *Exchange) isSuccess() bool { return x.Message.Status/100 == 2 }

// noun names the message in a sentence.
func (x *Exchange) noun() string {
	switch {
	case !x.isRequest() && x.Message.Status == 0:
		return "a response"
	case !x.isRequest():
		return "a " + strconv.Itoa(x.Message.Status) + " response"
	case x.isMessage():
		return "a MESSAGE"
	}
	return "a request " + quoted(x.text(x.Message.Method))
}

// trusts reports whether an address is inside the trust domain.
func (x *Exchange) trusts(e decode.Endpoint) bool {
	addr := e.AddrPort().Addr()
	return slices.ContainsFunc(x.Trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// level is the severity of this exchange's breach.
func (r *Rule) level(x *Exchange) result.Severity {
	if r.Level != nil {
		return r.Level(x)
	}
	return r.Severity
}

// say makes the finding's sentence. A rule that panics over its own words is
// named by its title.
func (r *Rule) say(x *Exchange, peer string) (sentence string) {
	defer func() {
		if recover() != nil {
			sentence = peer + ": " + r.Title
		}
	}()
	return peer + " " + r.Say(x)
}

// longestQuote bounds, in characters, what a sentence quotes from the wire.
const longestQuote = 80

// printable makes text from the wire fit for a sentence: what is not printable
// is replaced, and what is long is cut.
func printable(text string) string {
	n := 0
	return strings.Map(func(r rune) rune {
		switch n++; {
		case n > longestQuote+1:
			return -1
		case n > longestQuote:
			return '…'
		case r == '\r' || r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// quoted is printable between quotation marks.
func quoted(b []byte) string { return `"` + printable(string(b)) + `"` }

// Catalogue returns the rules, grouped by theme.
func Catalogue() []Rule { return catalogue }

// RuleIDs lists the rules of the catalogue.
func RuleIDs() (ids []string) {
	for i := range catalogue {
		ids = append(ids, catalogue[i].ID)
	}
	return ids
}

// catalogue is all rules. The themed files hold them.
var catalogue = slices.Concat(methodRules, pairingRules, transportRules, framingRules, syntaxRules,
	headerRules, semanticRules, authRules, privacyRules, smsRules, imRules, exchangeRules, closedExchangeRules, wholeDeliveryRules, answerRules, qualityRules, toolRules)

// ruleIndex finds a rule in the catalogue by its id.
var ruleIndex = func() map[string]int {
	index := make(map[string]int, len(catalogue))
	for i := range catalogue {
		index[catalogue[i].ID] = i
	}
	return index
}()

// index is the place of a rule of the catalogue in it.
func (r *Rule) index() int { return ruleIndex[r.ID] }

// guard is what is looked at before a rule is called, all in one place.
type guard struct {
	defects sip.Defects
	headers sip.HeaderSet
	check   func(x *Exchange) bool
	rule    int // index in the catalogue
}

// admits reports whether a message could break the rule.
func (g *guard) admits(x *Exchange) bool {
	if g.defects == 0 {
		return true // ruleSet.worth has looked at the header fields
	}
	return g.defects&x.Message.Defects != 0 && g.headers&^x.Message.Present == 0
}

// ruleSet is the rules of a scope for messages of a kind, each a bit in the order of the
// catalogue. Most messages have no defect, and need no look at the rules about those.
type ruleSet struct {
	rules    []guard       // at most 64
	plain    uint64        // of them those that look at every message
	byHeader [64]uint64    // those that look at messages with a header field, by HeaderID
	headers  sip.HeaderSet // the header fields that there are such of
	byDefect uint64        // those that look at messages with one of defects
	defects  sip.Defects   // all that they ask for
}

// rulesOf lists the rules of a scope for messages of a kind.
func rulesOf(scope Scope, kind sip.Kind) *ruleSet {
	s := new(ruleSet)
	for i := range catalogue {
		if rule := &catalogue[i]; rule.Scope == scope && (rule.Kind == 0 || rule.Kind == kind) {
			s.add(rule, i)
		}
	}
	return s
}

// add adds a rule with its index in the catalogue.
func (s *ruleSet) add(rule *Rule, index int) {
	g, bit := guard{defects: rule.Defects, check: rule.Check, rule: index}, uint64(1)<<len(s.rules)
	if g.check == nil {
		g.check = func(*Exchange) bool { return true }
	}
	if rule.Header != sip.HeaderOther {
		g.headers = 1 << rule.Header
	}
	switch {
	case g.defects != 0:
		s.defects |= g.defects
		s.byDefect |= bit
	case g.headers != 0:
		s.headers |= g.headers
		s.byHeader[rule.Header] |= bit
	default:
		s.plain |= bit
	}
	s.rules = append(s.rules, g)
}

// worth is the rules that a message with these defects and header fields could break, and
// maybe more: guard.admits decides of those with defects.
func (s *ruleSet) worth(defects sip.Defects, headers sip.HeaderSet) uint64 {
	rules := s.plain
	for rest := headers & s.headers; rest != 0; rest &= rest - 1 {
		rules |= s.byHeader[bits.TrailingZeros64(uint64(rest))]
	}
	if defects&s.defects != 0 {
		rules |= s.byDefect
	}
	return rules
}

var (
	requestRules  = rulesOf(EachMessage, sip.Request)
	responseRules = rulesOf(EachMessage, sip.Response)
	otherRules    = rulesOf(OtherMethods, sip.Request)
	closedRules   = rulesOf(ClosedTransaction, 0)
	deliveryRules = rulesOf(ClosedDelivery, 0)
)

// check appends the rules that a message breaks by itself.
func check(facts []fact, x *Exchange) []fact {
	switch {
	case x.isRequest() && OfMessage(x.Message):
		return apply(requestRules, facts, x)
	case x.isRequest():
		return apply(otherRules, facts, x)
	case OfMessage(x.Message):
		return apply(responseRules, facts, x)
	case unidentified(x.Message):
		// Whether it answers a MESSAGE is not known: what it lacks is all there is to say.
		return append(facts, slices.DeleteFunc(apply(responseRules, nil, x), func(f fact) bool { return f.rule != mandatoryHeaderMissing.index() })...)
	}
	return facts
}

// unidentified reports whether nothing in a response says what it answers: it may
// be the answer that somebody misses.
func unidentified(m *decode.Message) bool {
	const nothing = sip.DefectNoVia | sip.DefectNoCallID | sip.DefectNoCSeq
	return m.Defects.Has(nothing) && m.Carriage&decode.Cut == 0
}

// apply appends the rules of a set that x breaks. A rule that panics becomes a
// finding about itself, and the others go on.
func apply(rules *ruleSet, facts []fact, x *Exchange) []fact {
	var defects sip.Defects
	var headers sip.HeaderSet
	if m := x.Message; m != nil {
		defects, headers = m.Defects, m.Present
	}
	for worth := rules.worth(defects, headers); worth != 0; {
		facts, worth = applyAll(rules.rules, worth, facts, x)
	}
	return facts
}

// applyAll applies the rules of which there are bits, to the end or to one that panics,
// and returns the bits to go on with.
func applyAll(rules []guard, worth uint64, facts []fact, x *Exchange) (all []fact, rest uint64) {
	all, rest = facts, worth
	defer func() {
		if recover() != nil {
			all = append(all, fact{rule: ruleFailed.index(), severity: result.Error, failed: rules[bits.TrailingZeros64(rest)].rule})
			rest &= rest - 1
		}
	}()
	for ; rest != 0; rest &= rest - 1 {
		g := &rules[bits.TrailingZeros64(rest)]
		if g.admits(x) && g.check(x) {
			all = append(all, fact{rule: g.rule, severity: catalogue[g.rule].level(x)})
		}
	}
	return all, rest
}
