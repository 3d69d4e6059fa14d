package bus

import (
	"bytes"
	"hash/fnv"

	"simplecap/analyze"
)

// Calls is how many partitions legs are spread over by their Call-ID: all legs, forks and
// retries of a delivery are in one. It is fixed for the life of a stream.
const Calls = 64

// Texts is the partition of all legs that carry more than text: SMS, CPIM, notifications
// and reports. Receipts name their text by other things than the Call-ID, by RP-MR and
// handset, TP-MR and address, or a message id, so that only who has them all can match
// them.
const Texts = Calls

// Heartbeats stands for the subject that all collectors read.
const Heartbeats = Calls + 1

// PartitionOf says which partition a leg belongs to. related are the header fields in
// which a B2BUA names the Call-ID of the other leg: its leg goes where that one is.
func PartitionOf(l *analyze.Leg, related []string) int {
	if carriesMore(l) {
		return Texts
	}
	if other := otherCall(l, related); other != "" {
		return ofCall(other)
	}
	return ofCall(l.Transaction.CallID)
}

// otherCall is the Call-ID that a B2BUA names in its leg, "" for none.
func otherCall(l *analyze.Leg, related []string) string {
	for line := range bytes.SplitSeq(l.Head, []byte("\r\n")) {
		if len(line) == 0 {
			break // the body
		}
		for _, name := range related {
			if n := len(name); len(line) > n+1 && line[n] == ':' && bytes.EqualFold(line[:n], []byte(name)) {
				return string(bytes.TrimSpace(line[n+1:]))
			}
		}
	}
	return ""
}

// ofCall is the partition of a Call-ID.
func ofCall(callID string) int {
	h := fnv.New32a()
	h.Write([]byte(callID))
	return int(h.Sum32() % Calls)
}

// carriesMore reports whether a leg carries something else than a text, as its header
// field says: it is the same on every hop.
func carriesMore(l *analyze.Leg) bool {
	media := l.Transaction.ContentType
	return l.Answer != nil || media != "" && !(len(media) > 5 && media[:5] == "text/")
}
