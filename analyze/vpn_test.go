package analyze

import (
	"testing"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// TestVirtualPrivateNetwork names IPsec behind a host as an unseen leg only where something
// says that it is SIP: that the two hosts exchange SIP, or that the request is for the other end.
func TestVirtualPrivateNetwork(t *testing.T) {
	end := func(last byte) decode.Endpoint {
		return decode.Endpoint{IP: decode.AddrFrom16([16]byte{10: 0xff, 11: 0xff, 12: 10, 15: last}), Port: 5060}
	}
	alice, proxy, gateway, phone := end(1), end(2), end(3), end(4)
	sealed := func(from, to decode.Endpoint, sip bool) *decode.ConnEvent {
		from.Port, to.Port = 0, 0
		return &decode.ConnEvent{Kind: decode.ConnSealed, Src: from, Dst: to, SIP: sip}
	}
	for name, test := range map[string]struct {
		events []*decode.ConnEvent
		uri    string
		want   string
	}{
		"a gateway":                      {[]*decode.ConnEvent{sealed(proxy, gateway, false)}, "sip:bob@example.com", ""},
		"a gateway elsewhere":            {[]*decode.ConnEvent{sealed(gateway, phone, false)}, "sip:bob@example.com", ""},
		"hosts that speak SIP":           {[]*decode.ConnEvent{sealed(proxy, phone, true)}, "sip:bob@example.com", "what 10.0.0.2 sends to 10.0.0.4 in IPsec cannot be read"},
		"a gateway behind it":            {[]*decode.ConnEvent{sealed(proxy, phone, true), sealed(proxy, gateway, false)}, "sip:bob@example.com", "what 10.0.0.2 sends to 10.0.0.4 in IPsec cannot be read"},
		"that is whom the request is to": {[]*decode.ConnEvent{sealed(proxy, phone, false)}, "sip:bob@10.0.0.4:6100;transport=udp", "what 10.0.0.2 sends to 10.0.0.4 in IPsec cannot be read"},
		"and it is whom it came from":    {[]*decode.ConnEvent{sealed(proxy, alice, false)}, "sip:bob@10.0.0.1", ""},
		"between hosts elsewhere":        {[]*decode.ConnEvent{sealed(gateway, phone, true)}, "sip:bob@example.com", "meanwhile what 10.0.0.3 sends to 10.0.0.4 in IPsec cannot be read"},
	} {
		var hs hosts
		hs.init(&run{limits: DefaultLimits})
		for _, e := range test.events {
			hs.connection(e)
		}
		exchange := &result.Transaction{Src: alice, Dst: proxy, RequestURI: test.uri, Outcome: result.Timeout}
		if got := hs.sealedBehind(txn{record: &record{}}, exchange); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
