package analyze

import (
	"errors"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode/strict"
)

// reasonOf is the cause at the bottom of an error.
func reasonOf(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}

// toolRules are about how messages are read rather than what a standard asks.
var toolRules = []Rule{
	{
		ID:        "strict-parser",
		Title:     "a strict SIP stack reads the message otherwise",
		Doc:       "The scanner of simplecap is tolerant and keeps every message. Its second opinion, the parser of the SIP stack sipgo, rejects this one or reads a part of it differently: a peer with a strict parser may drop it or fail to match it.",
		Reference: "RFC 3261 25.1", Severity: result.Note, Since: "0.1",
		Trap:  "messages that the capture cut, and methods in another case, which method-case reports",
		Scope: EachMessage,
		Check: func(x *Exchange) bool {
			err := x.Opinion.Err
			return err != nil && !errors.Is(err, strict.ErrNotGiven) || x.Opinion.Differs&^strict.DiffersMethod != 0
		},
		Say: func(x *Exchange) string {
			if x.Opinion.Err != nil {
				return "sends a message that a strict SIP parser refuses: " + strings.TrimRight(printable(reasonOf(x.Opinion.Err)), ". ")
			}
			return "sends a message in which a strict SIP parser reads another " + x.Opinion.Differs.String()
		},
	},
	ruleFailed,
}

// ruleFailed is broken by a rule that is itself at fault.
var ruleFailed = Rule{
	ID:        "rule-failed",
	Title:     "a rule failed",
	Doc:       "A rule of simplecap stopped with a programming error on this message. The others went on. Please report it with the frame.",
	Reference: "simplecap", Severity: result.Error, Since: "0.1",
	Say: func(x *Exchange) string { return "sent a message on which the rule " + x.Failed + " failed" },
}
