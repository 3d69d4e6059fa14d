package analyze

import "simplecap/decode"

// Role is what a message is in its transaction.
type Role uint8

// The roles.
const (
	Unmatched     Role = iota // about a transaction without being a part of it: an ACK, a CANCEL, a response that its sender cannot match or that comes too late
	FirstRequest              // first transmission
	Repeated                  // retransmission of the request
	Provisional               // 1xx
	FirstFinal                // the response that decides
	FurtherAnswer             // a final response after that
	CaptureCopy               // made by the capture, or reported a second time, and not sent again
)

// Joined says where a message belongs. Pairing happens once, in this package: who
// tells a delivery's story (package story) listens and pairs nothing.
type Joined struct {
	Message     *decode.Message // valid for the call
	Transaction uint64
	Role        Role
}

// InSession says which text an MSRP message carries, answers or reports on.
type InSession struct {
	Message *decode.MSRP // valid for the call
	Text    uint64
}

// tellSession tells Options.Session of an MSRP message.
func (cs *chats) tellSession(m *decode.MSRP, t *openText) {
	if cs.options.Session != nil {
		cs.options.Session(InSession{Message: m, Text: t.ID})
	}
}

// tellJoined tells Options.Joined of a message that has been placed.
func (a *analyzer) tellJoined(m *decode.Message, h handle) {
	tx := a.table.at(h)
	a.options.Joined(Joined{Message: m, Transaction: tx.id(), Role: a.pairing.role})
}
