package analyze

import (
	"simplecap/decode"
)

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
		for s := j.calls.newest(namedKey(call)); s != nil; s = j.calls.newest(namedKey(call)) {
			if s.Transaction.CallID != string(call) {
				break
			}
			j.enter(s, depth+1)
		}
	}
}
