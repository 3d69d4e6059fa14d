package decode

import (
	"math/rand/v2"
	"testing"

	"simplecap/capture"
)

// TestIPsecOfOthers tells IPsec between hosts that exchange SIP from that of others, whenever
// the SIP comes.
func TestIPsecOfOthers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	sealed := func(last byte) []byte {
		payload := make([]byte, 8+400)
		for i := range payload {
			payload[i] = byte(rnd.Uint32())
		}
		copy(payload, []byte{0, 0, 16, last, 0, 0, 0, 1})
		b := ipv4Packet(protoESP, payload)
		b[19] = last
		return b
	}
	for name, frames := range map[string][][]byte{
		"before": {sipIPv4(), sealed(2), sealed(2), sealed(7)},
		"behind": {sealed(2), sealed(7), sipIPv4(), sealed(2), sealed(7), sealed(2)},
	} {
		d, r := newRecorder(Limits{})
		for i, data := range frames {
			d.Frame(frameOf(capture.LinkRaw, uint64(i+1), float64(i), data))
		}
		sip := map[byte]bool{}
		for _, e := range r.events {
			sip[ipv4Of(e.Dst)[3]] = e.SIP
		}
		if len(sip) != 2 || !sip[2] || sip[7] {
			t.Errorf("%s: %+v", name, r.events)
		}
		if name == "before" && len(r.events) != 2 || name == "behind" && len(r.events) != 3 {
			t.Errorf("%s: told %d times", name, len(r.events))
		}
	}
}
