package analyze

import (
	"simplecap/decode"
	"simplecap/decode/sip"
)

// hashes are what a message is looked up and told apart by. They depend on the message
// alone, so workers compute them, beside the pairing.
type hashes struct {
	key
	whole  uint32 // of all bytes
	body   uint32 // 0 where there is none, or not all of it
	target uint64 // of sender and target, see watch.pendingBefore; 0 where the rule asks for none
	text   uint64 // of hosts, users and content, see watch.text; likewise
}

// hashesOf computes the hashes of a message. Those for rules over several messages are
// of requests from user agents only, and 0 without rules.
func (o *Options) hashesOf(m *decode.Message) hashes {
	s := hashes{key: keyOf(m), whole: hash32(m.Raw)}
	if m.Kind == sip.Response {
		return s
	}
	if m.Body.Len > 0 && m.Carriage&decode.Cut == 0 {
		s.body = hash32(m.Body.In(m.Raw))
	}
	if o.noRules || m.ViaCount != 1 {
		return s
	}
	if m.ToTag.Len == 0 {
		src := makePath(m.Src, decode.Endpoint{})
		s.target = hashOf(m.FromURI.In(m.Raw), src[:], m.URI.In(m.Raw))
	}
	if m.Body.Len >= shortText && m.HasTime {
		hosts := makePath(hostOf(m), m.Dst)
		s.text = hashOf(hosts[:], m.FromURI.In(m.Raw), m.ToURI.In(m.Raw), m.Body.In(m.Raw))
	}
	return s
}
