package report

import (
	"fmt"
	"slices"
	"strings"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/check"
)

// What the outputs of a verdict show of one check. The verdict holds more, and
// --json has all that it holds.
const (
	shownTransactions = 5   // of one breach, one by one
	shownFrames       = 100 // of one breach
	callIDWidth       = 256
)

// resultWords says how the check of a capture ended.
var resultWords = [...]string{
	check.Pass: "passed", check.Fail: "failed", check.Unreadable: "an input could not be read to its end",
	check.Empty: "there is no MESSAGE to judge", check.TooPoor: "the capture is too poor to judge",
}

// headline sums a verdict up: "failed: 2 of 45 checks", "the capture is
// too poor to judge: 1 of 45 checks failed".
func headline(v *check.Verdict) string {
	total := uint64(len(v.Checks) - v.Count(check.Skipped))
	text := resultWords[v.Result] + ": "
	if n := v.Count(check.Failed); n > 0 {
		text += number(uint64(n)) + " of "
	}
	text += count(total, "check")
	if v.Result > check.Fail {
		text += " failed"
	}
	return text
}

// level is the word that a failing check is listed under.
func level(c *check.Check) string {
	if c.Kind == check.RuleKind {
		return c.Severity.String()
	}
	return string(c.Kind)
}

// bounds says what a check allows, what it found and who asks for it.
func bounds(c *check.Check) string {
	var parts []string
	if c.Limit != "" {
		parts = append(parts, "allowed "+c.Limit)
	}
	if c.Limit != "" && c.Actual != "" {
		parts = append(parts, "found "+c.Actual)
	}
	if c.Source != "" {
		parts = append(parts, "set by "+Clean(c.Source, 0))
	}
	return strings.Join(parts, ", ")
}

// breachWords is the reason of a breach in one sentence.
func breachWords(b *check.Breach) string {
	text := Clean(b.Message, 0)
	if b.Peer != "" && b.UserAgent != "" {
		text += " (" + Clean(b.UserAgent, 40) + ")"
	}
	if b.Count > 1 && len(b.Transactions) > 0 && b.Reference != "" {
		text += ", " + count(b.Count, "time")
	}
	if b.Reference != "" {
		text += " [" + b.Reference + "]"
	}
	return text
}

// transactionWords names a transaction and what became of it; of a text, the reason of the
// breach says that.
func transactionWords(t *check.Transaction) string {
	if t.Text != 0 {
		return fmt.Sprintf("text %s, %s → %s", number(t.Text), t.Src, t.Dst)
	}
	text := fmt.Sprintf("transaction %s, %s → %s", number(t.ID), t.Src, t.Dst)
	if t.Retransmissions > 0 {
		text += ", sent " + count(uint64(1+t.Retransmissions), "time")
	}
	switch {
	case t.Status != 0:
		text += fmt.Sprintf(", %d", t.Status)
		if t.HasRTT {
			text += " after " + human(t.RTT)
		}
	default:
		text += ", " + t.Outcome.String()
		if t.Cause != "" {
			text += ": " + Clean(t.Cause, 0)
		}
	}
	return text
}

// frameFilter is a Wireshark display filter for frames, which begin with the
// name of their file where there are several.
func frameFilter(frames []capture.Ref, inputs []capture.Input, limit int) string {
	return strings.Join(filters(frames, inputs, limit), "; ")
}

// breachDetails lists the transactions of a breach with their frames, or its
// frames alone where it has no transaction. Those of which no more than the number is
// known share a line, and the frames of the breach, where none has its own.
func breachDetails(b *check.Breach, inputs []capture.Input) (lines []string) {
	if len(b.Transactions) == 0 && len(b.Frames) > 0 {
		return []string{frameFilter(b.Frames, inputs, shownFrames)}
	}
	frames := b.Frames
	if slices.ContainsFunc(b.Transactions, func(t check.Transaction) bool { return len(t.Frames) > 0 }) {
		frames = nil
	}
	var bare []string
	for i := range b.Transactions[:min(len(b.Transactions), shownTransactions)] {
		if t := &b.Transactions[i]; t.Src == "" && t.Dst == "" {
			bare = append(bare, number(t.ID))
		} else {
			lines = append(lines, transactionDetail(t, inputs))
		}
	}
	if len(bare) > 0 {
		lines = append(lines, withFrames(plural(uint64(len(bare)), "transaction ", "transactions ")+strings.Join(bare, ", "), frames, inputs))
	} else if len(frames) > 0 {
		lines[0] = withFrames(lines[0], frames, inputs)
	}
	if more := len(b.Transactions) - shownTransactions; more > 0 {
		lines = append(lines, "… "+number(uint64(more))+" more")
	}
	return lines
}

// transactionDetail is a transaction with its frames and its Call-ID.
func transactionDetail(t *check.Transaction, inputs []capture.Input) string {
	line := withFrames(transactionWords(t), t.Frames, inputs)
	if t.CallID != "" {
		line += ", Call-ID " + Clean(t.CallID, callIDWidth)
	}
	return line
}

// withFrames adds a display filter to words.
func withFrames(words string, frames []capture.Ref, inputs []capture.Input) string {
	if len(frames) == 0 {
		return words
	}
	return words + ": " + frameFilter(frames, inputs, shownFrames)
}

// callIDs lists the Call-IDs of a breach's transactions, for a search in logs.
func callIDs(b *check.Breach) (ids []string) {
	for i, t := range b.Transactions {
		if i == shownTransactions {
			break
		}
		if t.CallID != "" {
			ids = append(ids, Clean(t.CallID, 0))
		}
	}
	return ids
}

// inputOf returns the name of the file that a frame is in, of the first input
// where there is no frame, and "" without any input.
func inputOf(frames []capture.Ref, r *result.Report) string {
	i := 0
	if len(frames) > 0 {
		i = frames[0].File() - 1
	}
	if i < 0 || i >= len(r.Inputs) {
		return ""
	}
	return r.Inputs[i].Name
}

// byFile splits frames into those of each file; without frames there is one
// group that is empty.
func byFile(frames []capture.Ref) (groups [][]capture.Ref) {
	frames = slices.Compact(slices.Sorted(slices.Values(frames)))
	for start := 0; start < len(frames); {
		end := start
		for end < len(frames) && frames[end].File() == frames[start].File() {
			end++
		}
		groups = append(groups, frames[start:end])
		start = end
	}
	if len(groups) == 0 {
		return [][]capture.Ref{nil}
	}
	return groups
}
