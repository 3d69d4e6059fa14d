package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode/content/sms"
)

// textTotals says in words what became of the texts: a line for SMS, for the texts of
// sessions and for notifications, where there are any; and one for presence.
// where is the filter that they had to pass, "" for none.
func textTotals(r *result.Report, where string) (lines []string) {
	s := &r.Texts
	add := func(line string) {
		if line != "" {
			lines = append(lines, line)
		}
	}
	if kept := s.Total(); where != "" {
		add(number(kept) + " of " + count(kept+s.LeftOut, "text") + " kept by " + whereWords(where))
	}
	smsKinds := []result.TextKind{result.SMSSubmit, result.SMSDeliver, result.SMSStatusReport, result.SMSCommand}
	if n := s.Total(smsKinds...); n > 0 {
		add(number(n) + " SMS: " + endsOf(s, smsKinds...))
	}
	if receipted(s, result.InstantMessage) {
		add(count(s.Total(result.InstantMessage), "instant message") + ": " + endsOf(s, result.InstantMessage))
	}
	if n := s.Total(result.SessionMessage); n > 0 || len(r.Sessions) > 0 {
		line := count(uint64(len(r.Sessions)), "message session")
		if n > 0 {
			line += ", " + count(n, "text") + " in session mode: " + endsOf(s, result.SessionMessage)
		}
		add(line + hiddenSessions(r))
	}
	add(others(s))
	if s.Orphans > 0 {
		add(count(s.Orphans, "receipt refers", "receipts refer") + " to nothing in the capture")
	}
	if s.Receipts.Count > 0 {
		add(fmt.Sprintf("receipts came after %s (median), %s (95%%), %s at most", human(s.Receipts.P50), human(s.Receipts.P95), human(s.Receipts.Max)))
	}
	add(presence(r))
	return lines
}

// receipted reports whether receipts say something of texts of a kind.
func receipted(s *result.TextSummary, kind result.TextKind) bool {
	return s.Ended(result.ReachedEnd, kind)+s.Ended(result.Displayed, kind)+s.Ended(result.FailedText, kind) > 0
}

// endsOf counts texts by their end: "398 submitted, 9 refused (RP-ERROR 22 memory
// capacity exceeded 6, SIP 488 3), 5 without a report".
func endsOf(s *result.TextSummary, kinds ...result.TextKind) string {
	var parts []string
	for _, e := range []struct {
		end   result.TextEnd
		words string
	}{
		{result.NoReport, "without a report"}, {result.RefusedText, "refused"}, {result.FailedText, "failed"}, {result.Unconfirmed, "unconfirmed"},
		{result.NotSent, "aborted"}, {result.EndUnknown, "unknown"}, {result.Submitted, "submitted"}, {result.Received, "received"},
		{result.ReachedEnd, "delivered"}, {result.Displayed, "displayed"}, {result.NotAsked, "without a receipt asked for"},
	} {
		n := s.Ended(e.end, kinds...)
		if n == 0 {
			continue
		}
		part := number(n) + " " + e.words
		if e.end == result.RefusedText && kinds[0].IsSMS() {
			part += refusals(s)
		}
		parts = append(parts, part)
	}
	text := strings.Join(parts, ", ")
	if s.MadeGood > 0 && kinds[0].IsSMS() {
		text += "; of those that failed " + number(s.MadeGood) + " arrived when sent again"
	}
	if s.Late > 0 && kinds[0].IsSMS() {
		text += "; " + count(s.Late, "report") + " came late"
	}
	return text
}

// refusals lists the causes of refused SMS, the most frequent first.
func refusals(s *result.TextSummary) string {
	causes := slices.SortedFunc(maps.Keys(s.Causes), func(a, b sms.Cause) int {
		return cmp.Or(cmp.Compare(s.Causes[b], s.Causes[a]), cmp.Compare(a, b))
	})
	const most = 5
	var words []string
	for i, c := range causes {
		if i == most {
			words = append(words, count(uint64(len(causes)-i), "other cause"))
			break
		}
		words = append(words, "RP-ERROR "+c.String()+" "+number(s.Causes[c]))
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// others counts what is no text of anybody.
func others(s *result.TextSummary) string {
	var parts []string
	if n := s.Total(result.Notification); n > 0 {
		parts = append(parts, count(n, "notification")+" (IMDN)")
	}
	if n := s.Total(result.TypingIndication); n > 0 {
		parts = append(parts, count(n, "is-composing indication"))
	}
	if n := s.Total(result.TextOther); n > 0 {
		parts = append(parts, count(n, "body that is no text", "bodies that are no text"))
	}
	return strings.Join(parts, ", ")
}

// hiddenSessions counts the sessions whose texts are in TLS.
func hiddenSessions(r *result.Report) string {
	n := uint64(0)
	for i := range r.Sessions {
		if !r.Sessions[i].Readable {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return "; " + number(n) + " over TLS"
}

// presence counts what is of the other half of SIMPLE, so that nobody takes it for messages.
func presence(r *result.Report) string {
	var parts []string
	for _, method := range []string{"SUBSCRIBE", "NOTIFY", "PUBLISH"} {
		if n := r.SIP.Requests[method]; n > 0 {
			parts = append(parts, number(n)+" "+method)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	text := "presence and other events, which are no messages: " + strings.Join(parts, ", ")
	if len(r.Events) > 0 {
		text += " (" + strings.Join(byCount(r.Events, 5), ", ") + ")"
	}
	return text
}
