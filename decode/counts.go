package decode

import (
	"simplecap/capture"
	"simplecap/decode/sip"
)

// RequestCounts returns how many requests there were of each method, by the
// exact token; "other" stands for methods beyond Limits.Methods. The map is the
// caller's.
func (s *Stats) RequestCounts() map[string]uint64 { return s.Requests.ByName() }

// ResponseCounts returns how many responses there were of each status code,
// by its three digits; "other" stands for codes that are none of 100 to 699.
// The map is the caller's.
func (s *Stats) ResponseCounts() map[string]uint64 { return s.Responses.ByCode() }

// count counts one SIP message.
func (s *Stats) count(m *Message, methods int) {
	s.Messages++
	if m.Kind == sip.Request {
		s.Requests.Add(m.Bytes(m.Method), methods)
	} else {
		s.Responses.Add(m.Status)
	}
	switch {
	case m.Carriage&Cut != 0 && m.Transport == UDP: // streams count where they are cut
		s.SnaplenCut++
	case m.Carriage&Cut != 0:
	case m.Defects.Any(sip.DefectsMalformed):
		s.Malformed++
	}
	if m.Carriage&Contradicted != 0 {
		s.Contradictions++
	}
	if m.MentionsMESSAGE() {
		s.Mentions++
	}
}

// unreadable counts what begins like SIP and cannot be read.
func (s *Stats) unreadable(frame capture.Ref, limit int) {
	s.Malformed++
	s.Unreadable++
	if len(s.UnreadableFrames) < limit {
		s.UnreadableFrames = append(s.UnreadableFrames, frame)
	}
}
