package check

import (
	"slices"
	"testing"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// A text of a session that failed is named with its ends and frames, and counted among the
// texts of sessions that the capture tells the end of.
func TestLostInSession(t *testing.T) {
	j := New(&Policy{}, Options{})
	address := decode.Endpoint{IP: decode.AddrFrom16([16]byte{10: 0xff, 11: 0xff, 12: 10, 15: 1}), Port: 2855}
	j.Text(&result.Text{ID: 4, Kind: result.SessionMessage, Carrier: "msrp", Src: address, Dst: address, Frame: 7, End: result.RefusedText})
	j.Text(&result.Text{ID: 5, Kind: result.SessionMessage, Carrier: "msrp", Frame: 9, End: result.Received})
	for _, c := range j.Verdict(&result.Report{}, nil).Checks {
		if c.Name != undeliveredName {
			continue
		}
		if one := c.Breaches[0].Transactions[0]; c.Actual != "1 of 2" || one.Text != 4 || one.Src != "10.0.0.1:2855" || len(one.Frames) != 1 {
			t.Errorf("%s, %+v", c.Actual, one)
		}
	}
}

// A rule about a whole delivery is ignored where an ignore fits one of its transactions,
// fails where the run is filtered, and names them with their frames.
func TestRulesOfDeliveries(t *testing.T) {
	allowed := "budgets: {max-undelivered: 9, max-missing: 9}\nrules: {no-final-response: off}\n"
	for _, test := range []struct {
		name, policy string
		filtered     bool
		want         bool
	}{
		{"not ignored", "", false, true},
		{"filtered", "", true, true},
		{"one of them", "ignore: [{rule: answer-not-relayed, where: dst_host is bob, reason: x}]", false, false},
		{"none of them", "ignore: [{rule: answer-not-relayed, where: this is never true, reason: x}]", false, true},
		{"another rule", "ignore: [{rule: loop, where: dst_host is bob, reason: x}]", false, true},
		{"all", "ignore: [{rule: answer-not-relayed, reason: x}]", false, false},
	} {
		v := judgeText(t, allowed+test.policy, lost, Options{Filtered: test.filtered})
		if got := slices.Contains(names(v), "answer-not-relayed"); got != test.want {
			t.Errorf("%s: fails %v, want %v", test.name, got, test.want)
		}
		for _, c := range v.Failing() {
			for _, one := range c.Breaches[0].Transactions {
				if c.Name == "answer-not-relayed" && (one.Src == "" || len(one.Frames) == 0) {
					t.Errorf("%s: %+v has no ends or frames", test.name, one)
				}
			}
		}
	}
}
