package report

import (
	"strconv"
	"strings"

	"simplecap/analyze/result"
)

// copies says what was seen twice, and by whom.
func copies(r *result.Report) string {
	by := " of packets made by the capture itself"
	if r.Decode.HEP.Messages > 0 {
		by = " of messages, made by the capture itself or reported by HEP as well"
	}
	return count(r.Quality.Duplicates, "copy", "copies") + by + ", not counted as retransmissions"
}

// unreadable names the datagrams that begin like SIP and are no message.
func unreadable(r *result.Report) string {
	frames := r.Decode.UnreadableFrames
	shown := frames[:min(len(frames), 10)]
	words := make([]string, len(shown))
	for i, f := range shown {
		if words[i] = strconv.FormatUint(f.Number(), 10); len(r.Inputs) > 1 {
			words[i] += " of input " + strconv.Itoa(f.File())
		}
	}
	in := " (frame " + strings.Join(words, ", ")
	if r.Decode.Unreadable > uint64(len(shown)) {
		in += " and others"
	}
	return count(r.Decode.Unreadable, "datagram") + " beginning like SIP that cannot be read" + in + ")"
}

// qualityLines says in words what the capture lost, only where it lost
// something. An input that was not read to its end comes first.
func qualityLines(r *result.Report) []string {
	var lines []string
	for _, in := range r.Inputs {
		if in.Error != "" {
			lines = append(lines, Clean(in.Name, cellWidth)+" was not read to its end: "+Clean(in.Error, cellWidth))
		} else if !in.Complete {
			lines = append(lines, Clean(in.Name, cellWidth)+" was not read to its end")
		}
		if in.Rejected > 0 {
			lines = append(lines, count(in.Rejected, "HEP packet or connection", "HEP packets or connections")+" refused on "+
				Clean(in.Name, cellWidth)+": something else, without the key, or too many")
		}
	}
	q := &r.Quality
	for _, l := range []struct {
		n    uint64
		text string
	}{
		{q.KernelDrops, count(q.KernelDrops, "packet") + " dropped by the capturing kernel: what looks missing may have been there"},
		{q.TCPGaps, count(q.TCPGaps, "gap") + " in TCP streams that carry SIP"},
		{q.UnseenAnswers, count(q.UnseenAnswers, "answer") + " that the capture may lack: it shows nothing of the way back, or not all of it"},
		{q.SCTPGaps, count(q.SCTPGaps, "chunk") + " missing in SCTP associations that carry SIP"},
		{q.WebSocketLost, count(q.WebSocketLost, "WebSocket message") + " that could not be read: too long, or with a hole"},
		{q.Contradictions, count(q.Contradictions, "piece") + " of data that came twice and differ: the first was read, a receiver may have taken the other"},
		{q.SinkLost, count(q.SinkLost, "row") + " that a store did not take (--sink)"},
		{q.FragmentsIncomplete, count(q.FragmentsIncomplete, "datagram") + " of which a fragment is missing"},
		{q.SnaplenCut, count(q.SnaplenCut, "packet") + " with SIP cut by the snapshot length (tcpdump -s 0 captures all of it)"},
		{q.BrokenHeaders, count(q.BrokenHeaders, "frame") + " with a header that cannot be read"},
		{q.Evicted, count(q.Evicted, "item") + " of state given up because a limit was reached (--limit-memory)"},
		{q.Malformed - min(q.Malformed, r.Decode.Unreadable), count(q.Malformed-min(q.Malformed, r.Decode.Unreadable), "SIP message") + " malformed"},
		{r.Decode.Unreadable, unreadable(r)},
		{r.Decode.HEP.Broken, count(r.Decode.HEP.Broken, "HEP packet") + " broken: a length in it is wrong, or its payload cannot be inflated"},
		{q.Duplicates, copies(r)},
		{q.ClockJumps, count(q.ClockJumps, "packet") + " whose time fits none near it: the clock did not follow"},
		{q.ChecksumErrors, count(q.ChecksumErrors, "packet") + " with a wrong checksum, which no host would take: not read"},
		{q.ICMPMismatches, count(q.ICMPMismatches, "ICMP error") + " between the ends of a MESSAGE without an answer, quoting something else: they explain nothing"},
		{r.Decode.ChecksumsWrong, count(r.Decode.ChecksumsWrong, "packet") + " with a wrong checksum from hosts that send no other: read, as captured before the network card filled it in"},
		{r.Decode.SCTP.BadChecksum, count(r.Decode.SCTP.BadChecksum, "SCTP packet") + " with a wrong CRC32c: read, as damaged or captured before the network card filled it in"},
		{q.OutOfOrder, count(q.OutOfOrder, "packet") + " with a time before that of an earlier packet of the file"},
	} {
		if l.n > 0 {
			lines = append(lines, l.text)
		}
	}
	return lines
}
