package html

import (
	"strings"

	"simplecap/analyze/result"
	"simplecap/report"
)

// sentence is the answer.
func (l *list) sentence(r *result.Report) (text, kind string) {
	var all, bad, open uint64
	for v, n := range l.verdicts {
		all += n
		switch classOf(v) {
		case failed:
			bad += n
		case unknown:
			open += n
		}
	}
	texts := l.failedTexts()
	switch {
	case all == 0 && r.Texts.Total(result.SessionMessage) == 0:
		return report.Totals(r, l.options.Where, l.options.OfTexts)[0], "empty"
	case bad == 0 && open == 0 && texts == 0:
		if all == 1 {
			return "The one message was " + l.arrived(all) + ".", "fine"
		}
		return "All " + report.Count(all, "message") + " were " + l.arrived(all) + ".", "fine"
	case bad == 0 && texts == 0:
		return report.Number(all-open) + " of " + report.Count(all, "message") + " were " + l.arrived(all-open) + "; of " + report.Number(open) + " the capture does not tell.", "unknown"
	case bad == 0:
		return report.Count(texts, "text") + " did not arrive, though every message was answered.", "failed"
	}
	text = report.Number(bad) + " of " + report.Count(all, "message") + " did not arrive: " + l.reasons()
	if texts > 0 {
		text += "; and " + report.Count(texts, "text") + " did not, though their messages were answered"
	}
	return text + ".", "failed"
}

// arrived says of so many messages what their answers say of them: a 202 leaves open
// whether the text arrives (RFC 3428 7).
func (l *list) arrived(all uint64) string {
	switch accepted := l.verdicts[result.Accepted]; accepted {
	case 0:
		return "delivered"
	case all:
		return "accepted with 202, which does not say that it arrives"
	default:
		return "answered, " + report.Number(accepted) + " of them with 202, which does not say that it arrives"
	}
}

// reasons counts failures by verdict, and says who is to blame where that is one.
func (l *list) reasons() string {
	bad := make(map[result.Verdict]uint64)
	for v, n := range l.verdicts {
		if v.Failed() {
			bad[v] = n
		}
	}
	_, text, _ := strings.Cut(report.VerdictsInWords(bad), ": ")
	peers, words := map[string]bool{}, ""
	for _, k := range l.kinds.known {
		if !k.Text {
			peers[k.Peer], words = true, k.Words
		}
	}
	switch {
	case len(l.kinds.known) == 1:
		return words
	case len(peers) == 1 && !peers[""]:
		for peer := range peers {
			text += ", all at " + peer
		}
	}
	return text
}

// failedTexts are texts that did not arrive though their messages were answered.
func (l *list) failedTexts() (n uint64) {
	for _, k := range l.kinds.known {
		if k.Text {
			n += k.Count
		}
	}
	return n
}

// tiles are the numbers that matter, each with the filter that shows what it counts.
func (l *list) tiles(r *result.Report) (tiles []tile) {
	delivered := "delivered"
	if l.failedTexts() > 0 {
		delivered = "answered with 200"
	}
	for _, v := range []struct {
		verdict result.Verdict
		label   string
		class   class
	}{
		{result.Delivered, delivered, fine},
		{result.Accepted, "accepted (202)", fine},
		{result.Refused, "refused", failed},
		{result.NoAnswer, "without an answer", failed},
		{result.NotReached, "unreachable", failed},
		{result.NotForwarded, "not forwarded", failed},
		{result.AnswerNotRelayed, "answer not passed on", failed},
		{result.AnswerNotReceived, "answer not received", failed},
		{result.Unmatchable, "answer unmatchable", failed},
		{result.NeverRetried, "challenged", failed},
		{result.Unknown, "unknown", unknown},
	} {
		if n := l.verdicts[v.verdict]; n > 0 || v.verdict == result.Delivered {
			tiles = append(tiles, tile{report.Number(n), v.label, v.class.String(), "verdict:" + v.verdict.String()})
		}
	}
	if l.orphans > 0 {
		tiles = append(tiles, tile{report.Number(l.orphans), "responses alone", unknown.String(), "verdict:orphan"})
	}
	if n := l.failedTexts(); n > 0 {
		tiles = append(tiles, tile{report.Number(n), "texts that failed", failed.String(), "end:refused,failed,no-report"})
	}
	if n := r.Summary.Retransmissions; n > 0 {
		tiles = append(tiles, tile{report.Number(n), "retransmissions", "", "again>0"})
	}
	if r.RTT.Count > 0 {
		tiles = append(tiles, tile{report.Human(r.RTT.P50), "median answer", "", ""}, tile{report.Human(r.RTT.P95), "95% answered within", "", ""})
	}
	return tiles
}
