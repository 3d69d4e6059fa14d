package analyze

import (
	"bytes"
	"fmt"
	"slices"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// tellRequest tells Options.Joined of the request of a hop, as far as its leg has it.
func (j *Joiner) tellRequest(o *joined, m *decode.Message) {
	if j.a.options.Joined != nil {
		j.a.options.Joined(Joined{Message: m, Transaction: o.id, Role: FirstRequest})
	}
}

// tellAnswer tells Options.Joined of the first final response of a hop: what is known of
// it, its status line and the header fields that it has from the request.
func (j *Joiner) tellAnswer(o *joined) {
	at := slices.IndexFunc(o.seen, func(s *sight) bool { return s.Head != nil })
	if j.a.options.Joined == nil || at < 0 {
		return
	}
	t, m := &o.t, &decode.Message{}
	if !m.Scan(answerOf(&o.seen[at].message, t.Status, t.Reason)) {
		return
	}
	m.Src, m.Dst, m.Transport, m.Time, m.HasTime = t.Dst, t.Src, t.Transport, t.Final, t.HasTime
	if len(t.ResponseFrames) > 0 {
		m.Frame = t.ResponseFrames[0]
	}
	j.a.options.Joined(Joined{Message: m, Transaction: o.id, Role: FirstFinal})
}

// answerOf is the head of a response to a request (RFC 3261 8.2.6.2).
func answerOf(request *decode.Message, status int, reason string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", status, reason)
	for i := range request.Headers {
		h := &request.Headers[i]
		if slices.Contains([]sip.HeaderID{sip.HeaderVia, sip.HeaderFrom, sip.HeaderTo, sip.HeaderCallID, sip.HeaderCSeq}, h.ID) {
			fmt.Fprintf(&b, "%s: %s\r\n", h.Name.In(request.Raw), h.Value.In(request.Raw))
		}
	}
	b.WriteString("\r\n")
	return b.Bytes()
}
