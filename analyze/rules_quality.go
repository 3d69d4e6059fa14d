package analyze

import (
	"strconv"
	"strings"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// qualityRules tell what the capture lost or could not show. They are judged
// once, at its end.
var qualityRules = []Rule{
	fragmentsIncomplete,
	captureQuality,
	sigcomp,
}

var fragmentsIncomplete = Rule{
	ID:        "fragments-incomplete",
	Title:     "a SIP message lacks an IP fragment",
	Doc:       "A datagram that begins a SIP message never became complete: a fragment was lost on the way, or the capture filter dropped it. A filter on ports drops all fragments but the first.",
	Reference: "RFC 791 3.2", Severity: result.Error, Since: "0.1",
	Trap: "fragments of other traffic, which the quality of the capture counts",
	Say:  func(x *Exchange) string { return x.Quality },
}

var captureQuality = Rule{
	ID:        "capture-quality",
	Title:     "the capture is not complete",
	Doc:       "Packets, bytes or a direction are missing in the capture. Verdicts about what did not come are to be read with that in mind: where the capture cannot have seen an answer, none is reported missing.",
	Reference: "simplecap", Severity: result.Info, Since: "0.1",
	Say: func(x *Exchange) string { return x.Quality },
}

var sigcomp = Rule{
	ID:        "sigcomp",
	Title:     "compressed signalling that is not read",
	Doc:       "Packets look like SigComp (RFC 3320): SIP inside them is not analysed.",
	Reference: "RFC 5049", Severity: result.Info, Since: "0.1",
	Say: func(x *Exchange) string { return x.Quality },
}

// judgeCapture reports what is wrong with the capture itself; strange are the frames whose
// time cannot be right.
func (b *blame) judgeCapture(q *result.Quality, stats *decode.Stats, strange []capture.Ref) {
	if n := stats.IncompleteSIP; n > 0 {
		b.quality(&fragmentsIncomplete, "lacks fragments of "+plural(n, "datagram")+" with SIP", stats.IncompleteSIPFrames)
	}
	if n := stats.Census.Packets[decode.ClassSigComp]; n > 0 {
		b.quality(&sigcomp, "may hold SigComp, which is not read: "+plural(n, "packet")+" on port 5060", nil)
	}
	if lost := losses(q); lost != "" {
		b.quality(&captureQuality, "lacks "+lost, strange)
	}
}

// quality adds a finding about the capture.
func (b *blame) quality(rule *Rule, what string, frames []capture.Ref) {
	one := b.findings.find(group{rule: rule.index(), severity: rule.Severity})
	if one == nil {
		return
	}
	one.Peer = ""
	one.Message = rule.say(&Exchange{Quality: what}, "the capture")
	one.Frames = frames
	if one.Count == 0 { // a report may be asked for more than once
		b.findings.add(one, 0)
	}
}

// losses lists in words what the capture lacks, "" where nothing is known to be missing.
func losses(q *result.Quality) string {
	var words []string
	for _, loss := range []struct {
		n    uint64
		what string
	}{
		{q.KernelDrops, "packet that the kernel dropped"}, {q.TCPGaps, "piece of a TCP stream"}, {q.SCTPGaps, "chunk of an SCTP association"},
		{q.WebSocketLost, "message of a WebSocket that could not be read"},
		{q.SnaplenCut, "end of a message that the snapshot length cut"},
		{q.ClockJumps, "time that can be believed, of a packet like no other near it, or of a clock that was set back"},
		{q.UnseenAnswers, "answer that may have taken a way past the capture point"},
	} {
		if loss.n > 0 {
			words = append(words, plural(loss.n, loss.what))
		}
	}
	return strings.Join(words, ", ")
}

// plural counts a thing; the plural is made of the first word.
func plural(n uint64, what string) string {
	if n != 1 {
		first, rest, _ := strings.Cut(what, " ")
		what = strings.TrimSpace(first + "s " + rest)
	}
	return strconv.FormatUint(n, 10) + " " + what
}

// qualityOf sums up what the inputs and the decoder lost.
func (a *analyzer) qualityOf(inputs []capture.Input, stats *decode.Stats) result.Quality {
	q := result.Quality{
		TCPGaps: stats.TCPGaps, SCTPGaps: stats.SCTP.Missing, FragmentsIncomplete: stats.FragmentsIncomplete, SnaplenCut: stats.SnaplenCut,
		Duplicates: a.pairing.copies, Evicted: stats.Evicted + a.evicted, Malformed: stats.Malformed, ClockJumps: a.strange.count,
		ChecksumErrors: stats.ChecksumErrors, ICMPMismatches: a.bounces.astrays, WebSocketLost: stats.WebSocketLost,
		Contradictions: stats.Contradictions, UnseenAnswers: a.closer.blind, Unread: stats.UnreadPackets(), BrokenHeaders: stats.DecodeErrors,
	}
	for _, in := range inputs {
		q.KernelDrops += in.KernelDrops
		q.OutOfOrder += in.OutOfOrder
	}
	return q
}
