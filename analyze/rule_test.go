package analyze

import (
	"slices"
	"testing"
)

// TestSamples holds every rule against its samples: what breaks it must fire,
// what is clean or only looks like it must not.
func TestSamples(t *testing.T) {
	for _, rule := range Catalogue() {
		t.Run(rule.ID, func(t *testing.T) {
			kinds := map[string]bool{}
			for _, s := range Samples(rule.ID) {
				kinds[s.Kind] = true
				_, report := analyseText(t, s.Text, Options{Profile: s.Profile})
				fired := slices.ContainsFunc(report.Findings, func(f Finding) bool {
					return f.Rule == rule.ID && (f.Severity > Info || rule.Severity == Info)
				})
				if want := s.Kind == "fires"; fired != want {
					t.Errorf("%s: fired %v, want %v\n%s\nfindings: %v", s.Kind, fired, want, s.Text, ids(report.Findings))
				}
			}
			for kind, needed := range map[string]bool{"fires": true, "clean": true, "trap": rule.Trap != ""} {
				if needed && !kinds[kind] && rule.ID != ruleFailed {
					t.Errorf("no sample of kind %q", kind)
				}
			}
		})
	}
}

func ids(findings []Finding) (list []string) {
	for _, f := range findings {
		list = append(list, f.Rule)
	}
	return list
}
