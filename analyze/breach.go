package analyze

import (
	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/strict"
)

// Breach says that a rule is broken, for whoever shows the messages that a
// finding rests on.
type Breach struct {
	Rule     *Rule
	Severity result.Severity
	Sentence string // what happened, beginning with who did it
}

// Breaches returns the rules that x.Message breaks by itself, in the order of
// the catalogue. x.Opinion should be that of the strict parser, as Run has it.
func Breaches(x *Exchange) (breaches []Breach) {
	for _, f := range check(nil, x) {
		x.Failed = catalogue[f.failed].ID
		breaches = append(breaches, Breach{&catalogue[f.rule], f.severity, catalogue[f.rule].say(x, hostName(hostOf(x.Message)))})
	}
	return breaches
}

// BreachOf says in the words of a rule what is known to break it: x.Message, or
// x.Transaction or x.Delivery where there is no message. It returns nil for an
// unknown id.
func BreachOf(id string, x *Exchange) *Breach {
	index, ok := ruleIndex[id]
	if !ok {
		return nil
	}
	peer, rule := "", &catalogue[index]
	switch {
	case rule.Scope == ClosedDelivery && rule.Peer != nil && x.Delivery != nil,
		rule.Scope == ClosedTransaction && rule.Peer != nil && x.Transaction != nil:
		peer = hostName(rule.Peer(x))
	case x.Transaction != nil && (x.Message == nil || rule.Scope == ClosedTransaction):
		peer = x.Transaction.Dst.String()
	case x.Message != nil && rule.Peer != nil && rule.Scope != ClosedTransaction && rule.Scope != ClosedDelivery:
		peer = hostName(rule.Peer(x))
	case x.Message != nil:
		peer = hostName(hostOf(x.Message))
	case x.Delivery != nil && len(x.Delivery.Hops) > 0:
		peer = x.Delivery.Hops[0].Dst.String()
	}
	return &Breach{rule, rule.Severity, rule.say(x, peer)}
}

// BreachBy is BreachOf where it is known who broke the rule, as a finding has it.
func BreachBy(peer, id string, x *Exchange) *Breach {
	index, ok := ruleIndex[id]
	if !ok {
		return nil
	}
	rule := &catalogue[index]
	return &Breach{rule, rule.Severity, rule.say(x, peer)}
}

// NewExchange returns what rules for single messages are shown of m by an
// analysis with these options. m must stay valid as long as the Exchange.
func NewExchange(m *decode.Message, opinion strict.Opinion, options Options) *Exchange {
	options = options.withDefaults()
	x := options.exchange(m)
	x.Opinion = opinion
	return &x
}
