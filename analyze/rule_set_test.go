package analyze

import (
	"slices"
	"testing"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// Of every scope and kind, a message is shown to the rules that say so, in the order of
// the catalogue: with no defect and no header field, with each alone, and with all.
func TestRuleSets(t *testing.T) {
	for scope := EachMessage; scope <= ClosedDelivery; scope++ {
		for _, kind := range []sip.Kind{sip.Request, sip.Response} {
			rules := rulesOf(scope, kind)
			if len(rules.rules) > 64 {
				t.Errorf("scope %d has %d rules: a set takes 64", scope, len(rules.rules))
			}
			for i := -1; i < 64; i++ {
				one := uint64(0)
				if i >= 0 {
					one = 1 << i
				}
				for _, x := range []decode.Message{
					{Message: sip.Message{Defects: sip.Defects(one)}}, {Message: sip.Message{Present: sip.HeaderSet(one)}},
					{Message: sip.Message{Defects: sip.Defects(one), Present: ^sip.HeaderSet(0)}}, {Message: sip.Message{Defects: ^sip.Defects(0), Present: sip.HeaderSet(one)}},
				} {
					if got, want := shownTo(rules, &x), wantingOf(scope, kind, &x); !slices.Equal(got, want) {
						t.Fatalf("scope %d, kind %d, defects %x, header fields %x: shown to %v, want %v", scope, kind, x.Defects, x.Present, got, want)
					}
				}
			}
		}
	}
}

// shownTo lists the rules of a set that look at a message.
func shownTo(s *ruleSet, m *decode.Message) (list []int) {
	rules := slices.Clone(s.rules)
	for i := range rules {
		rules[i].check = func(*Exchange) bool { list = append(list, rules[i].rule); return false }
	}
	set := *s
	set.rules = rules
	apply(&set, nil, &Exchange{Message: m})
	return list
}

// wantingOf lists the rules of the catalogue that a message is to be shown to.
func wantingOf(scope Scope, kind sip.Kind, m *decode.Message) (list []int) {
	for i := range catalogue {
		r := &catalogue[i]
		of := r.Scope == scope && (r.Kind == 0 || r.Kind == kind)
		if of && (r.Defects == 0 || r.Defects&m.Defects != 0) && (r.Header == sip.HeaderOther || m.Present.Has(r.Header)) {
			list = append(list, i)
		}
	}
	return list
}
