package bus

import (
	"bytes"
	"hash/fnv"

	"simplecap/analyze"
)

// Calls is how many partitions legs are spread over: all legs, forks and retries of a
// delivery are in one, and those of all receipts of its text. It is fixed for the life of a
// stream.
const Calls = 64

// Heartbeats stands for the subject that all collectors read.
const Heartbeats = Calls

// PartitionOf says which partition a leg belongs to. Receipts name their text by other
// things than its Call-ID, by RP-MR and handset, TP-MR and address, or a message id: they
// and their text go by what they have in common (analyze.Leg.About), all other legs by their
// Call-ID. related are the header fields in which a B2BUA names the Call-ID of the other
// leg: its leg goes where that one is.
func PartitionOf(l *analyze.Leg, related []string) int { return partitionBy(l.About, l, related) }

// partitionBy is the partition of a leg of which it is known what it is about.
func partitionBy(about uint64, l *analyze.Leg, related []string) int {
	if about != 0 {
		return int(about % Calls)
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
