package analyze

import (
	"net/netip"
	"slices"
	"testing"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/internal/wire"
)

// TestSamples holds every rule against its samples: what breaks it must fire,
// what is clean or only looks like it must not.
func TestSamples(t *testing.T) {
	for _, rule := range Catalogue() {
		t.Run(rule.ID, func(t *testing.T) {
			kinds := map[string]bool{}
			for _, s := range Samples(rule.ID) {
				kinds[s.Kind] = true
				findings := findingsOf(t, s)
				fired := slices.ContainsFunc(findings, func(f result.Finding) bool {
					return f.Rule == rule.ID && (f.Severity > result.Info || rule.Severity == result.Info)
				})
				if want := s.Kind == "fires"; fired != want {
					t.Errorf("%s: fired %v, want %v\n%s\nfindings: %v", s.Kind, fired, want, s.Text, ids(findings))
				}
			}
			for kind, needed := range map[string]bool{"fires": true, "clean": true, "trap": rule.Trap != ""} {
				if needed && !kinds[kind] && rule.ID != ruleFailed.ID {
					t.Errorf("no sample of kind %q", kind)
				}
			}
		})
	}
}

// findingsOf analyses a sample. Where it has a trust domain, its messages are
// judged one by one.
func findingsOf(t *testing.T, s Sample) []result.Finding {
	t.Helper()
	if s.Trusted {
		return judgeMessages(t, s.Text, Exchange{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	}
	_, report := analyseText(t, s.Text, Options{Profile: s.Profile})
	return report.Findings
}

// judgeMessages decodes an exchange and applies the rules for single messages,
// with what x sets.
func judgeMessages(t *testing.T, text string, x Exchange) []result.Finding {
	t.Helper()
	frames, err := wire.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	j := judge{exchange: x}
	decoder := decode.NewDecoder(&j, decode.Options{})
	for i := range frames {
		decoder.Frame(&frames[i])
	}
	decoder.Flush()
	return j.findings
}

// judge is a decode.Handler that applies the rules for single messages.
type judge struct {
	exchange Exchange
	findings []result.Finding
}

func (j *judge) Message(m *decode.Message) {
	x := j.exchange
	x.Message = m
	for _, f := range check(nil, &x) {
		rule := &catalogue[f.rule]
		j.findings = append(j.findings, result.Finding{Rule: rule.ID, Severity: f.severity, Message: rule.say(&x, m.Src.String())})
	}
}

func ids(findings []result.Finding) (list []string) {
	for _, f := range findings {
		list = append(list, f.Rule)
	}
	return list
}
