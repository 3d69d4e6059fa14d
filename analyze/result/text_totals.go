package result

import (
	"simplecap/decode/content/sms"
)

// TextCounts counts texts by kind and end.
type TextCounts [textKinds][textEnds]uint64

// TextSummary counts texts.
type TextSummary struct {
	Kinds    TextCounts           // by kind and end
	Causes   map[sms.Cause]uint64 // SMS that were refused, by the cause of the RP-ERROR
	Statuses map[int]uint64       // texts that were refused, by SIP status
	MadeGood uint64               // SMS that failed, and were sent again and arrived
	Late     uint64               // reports after TR1M or TR2M
	Orphans  uint64               // receipts that refer to nothing in the capture
	LeftOut  uint64               // texts that analyze.Options.WhereText did not keep, which are counted nowhere else
	Lost     uint64               // texts that were taken (Text.Lost) and did not arrive, each SMS once
	Receipts RTT                  // from a text to the receipt that decides
	Sends    uint64               // MSRP SENDs with a body, each on the hop that was seen first
	SendRTT  RTT                  // from these to their responses
}

// beyondSIP reports whether more is known of the texts than what SIP says of their MESSAGEs.
func (s *TextSummary) beyondSIP() bool {
	if s.Total(SMSSubmit, SMSDeliver, SMSStatusReport, SMSCommand, SessionMessage) > 0 {
		return true
	}
	for _, end := range []TextEnd{ReachedEnd, Displayed, FailedText, NoReport, Unconfirmed, NotSent} {
		if s.Ended(end) > 0 {
			return true
		}
	}
	return false
}

// ByName returns the counts by the names of kinds and ends, nil where SIP says it all.
func (s *TextSummary) ByName() map[string]map[string]uint64 {
	if !s.beyondSIP() {
		return nil
	}
	named := make(map[string]map[string]uint64)
	for kind, ends := range s.Kinds {
		for end, n := range ends {
			if n == 0 {
				continue
			}
			if named[textKindNames[kind]] == nil {
				named[textKindNames[kind]] = make(map[string]uint64)
			}
			named[textKindNames[kind]][textEndNames[end]] = n
		}
	}
	return named
}

// Total counts the texts of some kinds, all where none is given.
func (s *TextSummary) Total(kinds ...TextKind) (n uint64) {
	for end := range textEnds {
		n += s.Ended(end, kinds...)
	}
	return n
}

// Ended counts the texts of some kinds with an end.
func (s *TextSummary) Ended(end TextEnd, kinds ...TextKind) (n uint64) {
	if len(kinds) == 0 {
		for k := range s.Kinds {
			n += s.Kinds[k][end]
		}
	}
	for _, k := range kinds {
		n += s.Kinds[k][end]
	}
	return n
}
