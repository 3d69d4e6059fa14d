package analyze

import (
	"context"
	"slices"
	"testing"

	"simplecap/analyze/result"
	"simplecap/internal/wire"
)

// TestEveryFailureIsFound: a delivery whose verdict is a failure has a finding that
// says so, in every sample of every rule and however early the capture ends. Only what
// follows from a challenge or a redirection may have been behind the end.
func TestEveryFailureIsFound(t *testing.T) {
	for _, rule := range Catalogue() {
		for _, s := range Samples(rule.ID) {
			frames, err := wire.Parse(s.Text)
			if err != nil {
				t.Fatal(err)
			}
			for n := 1; n <= len(frames); n++ {
				var c failures
				report, err := Run(context.Background(), &wire.Memory{Frames: frames[:n]}, Options{Profile: s.Profile}, &c)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range c.failed {
					if !explained(&d, report.Findings) && sentNoMore(lastAttempt(&d), s.Profile.Timers(0)) {
						t.Errorf("%s, %d frames of\n%s\n%s and no finding of transaction %d", rule.ID, n, s.Text, d.Verdict, d.Hops[0].Transaction)
					}
				}
			}
		}
	}
}

// failures keeps the deliveries that failed.
type failures struct {
	everything
	failed []result.Delivery
}

func (f *failures) Delivery(d *result.Delivery) {
	if d.Verdict.Failed() {
		f.failed = append(f.failed, d.Clone())
	}
}

// explained reports whether a warning or an error is about a hop of a delivery.
func explained(d *result.Delivery, findings []result.Finding) bool {
	return slices.ContainsFunc(findings, func(f result.Finding) bool {
		return f.Severity >= result.Warning && slices.ContainsFunc(d.Hops, func(h result.Hop) bool { return slices.Contains(f.Transactions, h.Transaction) })
	})
}

// TestEndsBehindTheAnswer: a capture that ends right behind a challenge or a redirection
// shows no message that arrived, so that a check of it must not pass.
func TestEndsBehindTheAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want result.Verdict
	}{
		"challenged, and the capture ends":       {"0 alice > bob MESSAGE\n0.1 bob > alice 401 Unauthorized\n1 end", result.NeverRetried},
		"challenged, and it goes on":             {"0 alice > bob MESSAGE\n0.1 bob > alice 401 Unauthorized\n5 end", result.NeverRetried},
		"redirected, and the capture ends":       {"0 alice > bob MESSAGE\n0.1 bob > alice 302 Moved Temporarily\n1 end", result.Refused},
		"redirected, and it goes on":             {"0 alice > bob MESSAGE\n0.1 bob > alice 302 Moved Temporarily\n5 end", result.Refused},
		"challenged over TCP, and it goes on":    {"0 alice:40000 > bob tcp MESSAGE\n0.1 bob > alice:40000 tcp 407 Proxy Authentication Required\n5 end\n40 end", result.NeverRetried},
		"refused, and the capture ends":          {"0 alice > bob MESSAGE\n0.1 bob > alice 404 Not Found", result.Refused},
		"challenged again, and the capture ends": {"0 alice > bob MESSAGE\n0.1 bob > alice 401 Unauthorized\n0.2 alice > bob MESSAGE @2\n  CSeq: 2 MESSAGE\n0.3 bob > alice 401 Unauthorized @2\n  CSeq: 2 MESSAGE\n1 end", result.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			var v verdictList
			frames, err := wire.Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Run(context.Background(), &wire.Memory{Frames: frames}, Options{}, &v); err != nil {
				t.Fatal(err)
			}
			if len(v.all) != 1 || v.all[0] != c.want {
				t.Errorf("%v, want %v", v.all, c.want)
			}
		})
	}
}

type verdictList struct {
	everything
	all []result.Verdict
}

func (v *verdictList) Delivery(d *result.Delivery) { v.all = append(v.all, d.Verdict) }
