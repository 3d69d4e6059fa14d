package live_test

import (
	"testing"

	"simplecap/capture"
	"simplecap/capture/live"
)

// TestFilterHiddenTransports lets through what may hold SIP behind keys or in SCTP, and
// no other protocol beside it.
func TestFilterHiddenTransports(t *testing.T) {
	k := newKernel(t, &live.SIPFilter{})
	ip := func(protocol byte, payload []byte) []byte {
		b := append([]byte{12: 8, 14: 0x45, 17: 60, 23: protocol, 33: 1}, payload...)
		return append(b, make([]byte, 40)...)
	}
	for name, test := range map[string]struct {
		frame  []byte
		passes bool
	}{
		"SCTP":              {ip(132, nil), true},
		"ESP":               {ip(50, nil), true},
		"AH":                {ip(51, nil), true},
		"EIGRP":             {ip(88, nil), false},
		"ESP to UDP 4500":   {ip(17, []byte{0x9c, 0x40, 0x11, 0x94, 0, 40, 0, 0, 0x80}), true},
		"ESP from UDP 4500": {ip(17, []byte{0x11, 0x94, 0x9c, 0x40, 0, 40, 0, 0, 0x80}), true},
		"SCTP to UDP 9899":  {ip(17, []byte{0x9c, 0x40, 0x26, 0xab, 0, 40, 0, 0, 0x80}), true},
		"SigComp":           {ip(17, []byte{0x9c, 0x40, 0x13, 0xc4, 0, 40, 0, 0, 0xf8}), true},
		"SigComp from 5060": {ip(17, []byte{0x13, 0xc4, 0x9c, 0x40, 0, 40, 0, 0, 0xff}), true},
		"not on port 5060":  {ip(17, []byte{0x9c, 0x40, 0x13, 0xc5, 0, 40, 0, 0, 0xf8}), false},
		"RTP":               {ip(17, []byte{0x9c, 0x40, 0x9c, 0x42, 0, 40, 0, 0, 0x80}), false},
	} {
		if passes, _ := k.passes(capture.LinkEthernet, test.frame); passes != test.passes {
			t.Errorf("%s: passes %v", name, passes)
		}
	}
}
