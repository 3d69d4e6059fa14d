package report

import (
	"strings"
	"testing"

	"simplecap/decode"
)

// TestHint holds what is advised against what is there.
func TestHint(t *testing.T) {
	tls := func(port uint16) (c decode.Census) {
		c.Packets[decode.ClassTLS] = 3
		c.Ports[decode.ClassTLS][0] = decode.PortCount{Port: port, Packets: 3}
		return c
	}
	media := decode.Census{}
	media.Packets[decode.ClassRTP] = 9
	hep := decode.Census{}
	hep.Packets[decode.ClassHEP] = 2
	for name, test := range map[string]struct {
		stats decode.Stats
		says  string // "" for nothing
	}{
		"a web server":           {decode.Stats{Census: tls(443)}, ""},
		"SIP in TLS":             {decode.Stats{Census: tls(5061)}, "SIP inside TLS"},
		"media alone":            {decode.Stats{Census: media}, "without its signalling"},
		"media beside SIP":       {decode.Stats{Census: media, Messages: 5}, ""},
		"HEP without SIP":        {decode.Stats{Census: hep}, "HEP packets carry no SIP"},
		"HEP, some of it is SIP": {decode.Stats{Census: hep, Messages: 1, HEP: decode.HEPCounts{Messages: 1}}, ""},
	} {
		got := hint(&test.stats)
		if (got == "") != (test.says == "") || !strings.Contains(got, test.says) {
			t.Errorf("%s: %q, want %q", name, got, test.says)
		}
	}
}
