package bus

import (
	"google.golang.org/protobuf/encoding/protowire"

	"simplecap/analyze"
	"simplecap/analyze/result"
)

// The fields of a finding of a leg.
const (
	foundRule protowire.Number = iota + 1
	foundSeverity
	foundPeer
	foundStatus
	foundCount
	foundMessage
	foundAgent
)

func appendFound(dst []byte, f *analyze.Found) []byte {
	dst = appendText(dst, foundRule, f.Rule)
	dst = appendNumber(dst, foundSeverity, uint64(f.Severity))
	dst = appendEndpoint(dst, foundPeer, f.Peer)
	dst = appendNumber(dst, foundStatus, uint64(f.Status))
	dst = appendNumber(dst, foundCount, f.Count)
	dst = appendText(dst, foundMessage, f.Message)
	return appendText(dst, foundAgent, f.UserAgent)
}

func readFound(b []byte) (found analyze.Found, ok bool) {
	err := eachField(b, func(f *field) bool {
		switch f.number {
		case foundRule:
			found.Rule = f.text()
		case foundSeverity:
			found.Severity = result.Severity(min(f.value, uint64(result.Error)))
		case foundPeer:
			found.Peer = f.endpoint()
		case foundStatus:
			found.Status = int(min(f.value, 999))
		case foundCount:
			found.Count = f.value
		case foundMessage:
			found.Message = f.text()
		case foundAgent:
			found.UserAgent = f.text()
		}
		return true
	})
	return found, err == nil && found.Rule != "" && found.Severity >= result.Info
}
