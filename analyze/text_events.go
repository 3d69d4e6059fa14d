package analyze

import (
	"slices"

	"simplecap/decode"
	"simplecap/decode/sip"
)

// packages are the event packages that are told apart (IANA, "SIP event types").
var packages = []string{"presence", "presence.winfo", "message-summary", "reg", "dialog", "conference", "refer", "kpml", "xcap-diff", "ua-profile",
	"vq-rtcpxr", "call-completion", "Catalog", "consent-pending-additions", "spirits-INDPs", "as-feature-event"}

// event counts a request of the other half of SIMPLE by its event package (RFC 6665 7.2).
func (l *ledger) event(m *decode.Message) {
	switch string(m.Method.In(m.Raw)) {
	case "SUBSCRIBE", "NOTIFY", "PUBLISH":
	default:
		return
	}
	value, ok := m.Header(sip.HeaderEvent)
	if !ok {
		return
	}
	name := string(sip.MediaType(value))
	if !slices.Contains(packages, name) {
		name = "another package"
	}
	if l.events == nil {
		l.events = make(map[string]uint64)
	}
	l.events[name]++
}
