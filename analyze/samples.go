package analyze

import (
	"embed"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:embed samples/*.txtar
var sampleFiles embed.FS

// Sample is an exchange that shows a rule, in the notation of package wire.
type Sample struct {
	Kind    string // "fires", "clean" or "trap"
	Profile Profile
	Trusted bool // 10.0.0.0/8 is the trust domain
	Text    string
}

// Samples returns the exchanges that show a rule: some that break it, some that
// do not, and some that only look like it. It returns none for an unknown id.
func Samples(id string) (samples []Sample) {
	data, err := sampleFiles.ReadFile("samples/" + id + ".txtar")
	if err != nil {
		return nil
	}
	for _, f := range txtar.Parse(data).Files {
		samples = append(samples, sampleOf(f.Name, string(f.Data)))
	}
	return samples
}

// sampleOf reads a section's name: a kind, and behind a hyphen a profile other
// than ietf, or "trusted".
func sampleOf(name, text string) Sample {
	kind, rest, _ := strings.Cut(name, "-")
	s := Sample{Kind: kind, Profile: IETF, Trusted: rest == "trusted", Text: text}
	if p, err := ParseProfile(rest); err == nil {
		s.Profile = p
	}
	return s
}
