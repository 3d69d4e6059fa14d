package analyze

import (
	"testing"

	"simplecap/analyze/result"
)

// TestWhoMayAnswer holds the outcome of a MESSAGE against who answers it from where.
func TestWhoMayAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		outcome result.Outcome
		status  int
	}{
		"the sender itself":                                {"0 alice > bob MESSAGE\n0.1 alice > bob 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n40 end", result.Timeout, 0},
		"the sender from another port":                     {"0 alice > bob MESSAGE\n0.1 alice:6000 > bob 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n40 end", result.Timeout, 0},
		"the sender, and then the server":                  {"0 alice > bob MESSAGE\n0.1 alice > bob 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n0.2 bob > alice 486 Busy Here\n40 end", result.Rejected, 486},
		"the sender, over the connection":                  {"0 alice:40000 > bob tcp MESSAGE\n0 alice:40000 > bob tcp 200 OK\n  Via: SIP/2.0/TCP 10.0.0.1:40000;branch=z9hG4bK-1\n40 end", result.Timeout, 0},
		"one host, the wrong way":                          {"0 10.0.0.1:5061 > 10.0.0.1 MESSAGE\n0.1 10.0.0.1:5061 > 10.0.0.1 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:5061;branch=z9hG4bK-1\n40 end", result.Timeout, 0},
		"one host":                                         {"0 10.0.0.1:5061 > 10.0.0.1 MESSAGE\n0.1 10.0.0.1 > 10.0.0.1:5061 200 OK\n40 end", result.Success, 200},
		"another port of the server":                       {"0 alice > bob MESSAGE\n0.1 bob:6000 > alice 200 OK\n40 end", result.Success, 200},
		"a new connection":                                 {"0 alice:40000 > bob tcp MESSAGE\n0.1 bob:41000 > alice tcp 200 OK\n  Via: SIP/2.0/TCP 10.0.0.1:40000;branch=z9hG4bK-1\n40 end", result.Success, 200},
		"a second address of the server":                   {"0 alice > bob MESSAGE\n0.1 carol > alice 200 OK\n40 end", result.Success, 200},
		"a third party, which the sender does not believe": {"0 alice > bob MESSAGE\n0.1 carol > alice 200 OK\n0.5 alice > bob MESSAGE\n40 end", result.Timeout, 0},
		"a third party, and then the server":               {"0 alice > bob MESSAGE\n0.1 carol > alice 200 OK\n0.2 bob > alice 486 Busy Here\n40 end", result.Rejected, 486},
		"the server, and then a third party":               {"0 alice > bob MESSAGE\n0.1 bob > alice 486 Busy Here\n0.2 carol > alice 200 OK\n40 end", result.Rejected, 486},
		"between strangers":                                {"0 alice > bob MESSAGE\n0.1 carol > dave 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n40 end", result.Timeout, 0},
		"the body of another message":                      {"0 alice:40000 > bob tcp MESSAGE\n0 bob > alice:40000 tcp MESSAGE #2\n  Content-Length: 900\n0 bob > alice:40000 tcp 200 OK\n5 end\n40 end", result.Timeout, 0},
		"the body of one without a length":                 {"0 alice:40000 > bob tcp MESSAGE\n0 bob > alice:40000 tcp MESSAGE #2\n  Content-Length: none\n0 bob > alice:40000 tcp 200 OK\n5 end\n40 end", result.Timeout, 0},
		"the body of one with a length that is no number":  {"0 alice:40000 > bob tcp MESSAGE\n0 bob > alice:40000 tcp MESSAGE #2\n  Content-Length: -5\n0 bob > alice:40000 tcp 200 OK\n5 end\n40 end", result.Timeout, 0},
		"an empty text without a length":                   {"0 alice:40000 > bob tcp MESSAGE\n0 bob > alice:40000 tcp MESSAGE #2\n  Content-Length: none\n  -body\n0 bob > alice:40000 tcp 200 OK\n5 end\n40 end", result.Timeout, 0},
		"behind an answer without a length":                {"0 alice:40000 > bob tcp MESSAGE\n0 alice:40000 > bob tcp MESSAGE #2\n0 bob > alice:40000 tcp 200 OK #2\n  Content-Length: none\n0 bob > alice:40000 tcp 200 OK\n  Content-Length: none\n5 end\n40 end", result.Success, 200},
		"long behind one without a length":                 {"0 alice:40000 > bob tcp MESSAGE\n0 bob > alice:40000 tcp MESSAGE #2\n  Content-Length: none\n0.5 bob > alice:40000 tcp 200 OK\n5 end\n40 end", result.Success, 200},
		"a report, against the wire":                       {"0 alice > bob MESSAGE\n0.1 bob > alice hep 200 OK\n0.2 bob > alice 486 Busy Here\n40 end", result.Rejected, 486},
		"the wire, against a report":                       {"0 alice > bob MESSAGE\n0.1 bob > alice 486 Busy Here\n0.2 bob > alice hep 200 OK\n40 end", result.Rejected, 486},
		"the sender, long after":                           {"0 alice > bob MESSAGE\n33 end\n34 alice > bob 200 OK\n  Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1\n40 end", result.Timeout, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := analyseText(t, c.text, Options{})
			if len(got) == 0 || got[0].Outcome != c.outcome || got[0].Status != c.status {
				t.Errorf("%+v, want %v with %d", got, c.outcome, c.status)
			}
		})
	}
}
