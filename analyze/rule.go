package analyze

import (
	"simplecap/decode"
)

// Rule is one thing that can be wrong with a MESSAGE exchange. Rules are data:
// their fields feed the report, "simplecap rules" and the README.
type Rule struct {
	ID        string
	Title     string   // what is wrong, in a few words
	Doc       string   // what it means for an operator
	Reference string   // the text that it stands on
	Words     string   // that text's own words, where it was read
	Severity  Severity // error only for a MUST, or a delivery that failed
	Since     string   // version of simplecap
	Trap      string   // what looks like it and is not: a rule that fires on its trap is a defect

	// Scope says what Check is shown.
	Scope Scope
	// Check reports whether the rule is broken. It is nil where the analyzer
	// finds the fault itself while pairing.
	Check func(x *Exchange) bool
	// Say is the rest of a sentence that begins with who broke the rule.
	Say func(x *Exchange) string
	// Level replaces Severity where it depends on the exchange. It may be nil.
	Level func(x *Exchange) Severity
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
	Message     *decode.Message // nil for a closed transaction
	Transaction *Transaction    // nil for a message by itself
	Profile     Profile
	Timers      Timers
	Opinion     decode.Opinion // what sipgo's parser says of the message
	Failed      string         // the rule that panicked, for ruleFailed
	Delivery    *Delivery      // only for a closed delivery
	Looped      bool           // the request passed one proxy three times
	Unmatchable bool           // an answer came that the sender cannot match
	Blind       bool           // the capture cannot have seen an answer
}

// text returns a part of the message.
func (x *Exchange) text(s decode.Span) []byte { return s.In(x.Message.Raw) }

// header returns the first header field with the ID.
func (x *Exchange) header(id decode.HeaderID) (value []byte, ok bool) { return x.Message.Header(id) }

func (x *Exchange) isRequest() bool { return x.Message.Kind == decode.Request }

// level is the severity of this exchange's breach.
func (r *Rule) level(x *Exchange) Severity {
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

// Catalogue returns the rules, grouped by theme.
func Catalogue() []Rule { return catalogue }

// catalogue is all rules. The themed files hold them.
var catalogue = concat(methodRules, pairingRules, transportRules, semanticRules, exchangeRules, closedExchangeRules, toolRules)

func concat(themes ...[]Rule) (all []Rule) {
	for _, rules := range themes {
		all = append(all, rules...)
	}
	return all
}

// ruleIndex finds a rule in the catalogue by its id.
var ruleIndex = func() map[string]int {
	index := make(map[string]int, len(catalogue))
	for i := range catalogue {
		index[catalogue[i].ID] = i
	}
	return index
}()

// rulesOf lists the rules of a scope.
func rulesOf(scope Scope) (list []int) {
	for i := range catalogue {
		if catalogue[i].Scope == scope {
			list = append(list, i)
		}
	}
	return list
}

var (
	messageRules  = rulesOf(EachMessage)
	otherRules    = rulesOf(OtherMethods)
	closedRules   = rulesOf(ClosedTransaction)
	deliveryRules = rulesOf(ClosedDelivery)
)

// check appends the rules that a message breaks by itself.
func check(facts []fact, x *Exchange) []fact {
	if ofMessage(x.Message) {
		return apply(messageRules, facts, x)
	}
	return apply(otherRules, facts, x)
}

// apply appends the rules of a list that x breaks. A rule that panics becomes a
// finding about itself, and the others go on.
func apply(rules []int, facts []fact, x *Exchange) []fact {
	for next := 0; next < len(rules); {
		facts, next = applyFrom(rules, next, facts, x)
	}
	return facts
}

// applyFrom applies the rules from the index first on, to the end or to one
// that panics, and returns the index to go on with.
func applyFrom(rules []int, first int, facts []fact, x *Exchange) (all []fact, next int) {
	all, next = facts, first
	defer func() {
		if recover() != nil {
			all = append(all, fact{rule: ruleIndex[ruleFailed], severity: Error, failed: rules[next]})
			next++
		}
	}()
	for ; next < len(rules); next++ {
		if rule := &catalogue[rules[next]]; rule.Check(x) {
			all = append(all, fact{rule: rules[next], severity: rule.level(x)})
		}
	}
	return all, next
}
