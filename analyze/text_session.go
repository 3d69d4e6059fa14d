package analyze

// SessionText is what MSRP says of a text (RFC 4975).
type SessionText struct {
	MessageID                    string
	ToPath, FromPath             string // on the hop seen first
	SuccessReport, FailureReport string // as the sender asked; "" where it did not
	Bytes                        int64
	Chunks                       int
}

func (l *ledger) endInSession(t *openText) TextEnd { return EndUnknown }
