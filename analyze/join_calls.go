package analyze

import (
	"simplecap/decode"
)

// pendingCalls are the legs that wait to be joined by their Call-ID, so that a B2BUA's leg
// finds the one that it names.
type pendingCalls map[uint64]*sight

// add takes a leg that waits.
func (p pendingCalls) add(s *sight) {
	key := namedKey(s.message.CallID.In(s.message.Raw))
	s.sameCall = p[key]
	p[key] = s
}

// drop takes a leg out.
func (p pendingCalls) drop(s *sight) {
	key := namedKey(s.message.CallID.In(s.message.Raw))
	first := p[key]
	for at := &first; *at != nil; at = &(*at).sameCall {
		if *at == s {
			*at = s.sameCall
			break
		}
	}
	if s.sameCall = nil; first == nil {
		delete(p, key)
		return
	}
	p[key] = first
}

func namedKey(callID []byte) uint64 { return hashOf(cut(callID)) }

// enterNamed joins the legs of the calls that the leg of a B2BUA names, where they wait:
// hosts whose clocks differ a little may have seen them later.
func (j *Joiner) enterNamed(m *decode.Message, depth int) {
	for i := range m.Headers {
		h := &m.Headers[i]
		if !j.a.options.correlates(h, m.Raw) {
			continue
		}
		call := h.Value.In(m.Raw)
		for s := j.calls[namedKey(call)]; s != nil; s = j.calls[namedKey(call)] {
			if s.Transaction.CallID != string(call) {
				break
			}
			j.enter(s, depth+1)
		}
	}
}
