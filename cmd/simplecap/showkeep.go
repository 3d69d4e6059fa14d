package main

import (
	"slices"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/analyze/story"
	"simplecap/capture"
)

// kept holds the messages with the Call-ID that was asked for while the captures are read
// the first time: where they are all that the delivery has, nothing needs to be read twice.
type kept struct {
	callID   string
	messages []analyze.Joined
	over     bool // there are more than a story takes
	report   *result.Report
}

// joined takes the next message of a MESSAGE exchange.
func (k *kept) joined(j analyze.Joined) {
	if string(j.Message.CallID.In(j.Message.Raw)) != k.callID {
		return
	}
	if len(k.messages) == story.DefaultMessages {
		k.over = true
		return
	}
	j.Message = j.Message.Clone()
	k.messages = append(k.messages, j)
}

// whole reports whether every message of the transactions is there: a B2BUA gives some
// another Call-ID, and one that answers may get it wrong.
func (k *kept) whole(transactions []result.Transaction) bool {
	if k.report == nil || k.over {
		return false
	}
	have := make(map[capture.Ref]bool, len(k.messages))
	for _, j := range k.messages {
		have[j.Message.Frame] = true
	}
	for i := range transactions {
		t := &transactions[i]
		for _, frame := range slices.Concat(t.RequestFrames, t.ResponseFrames) {
			if t.CallID != k.callID || !have[frame] {
				return false
			}
		}
	}
	return true
}

// story tells a delivery by the messages that were kept.
func (k *kept) story(f *finding, options analyze.Options) *story.Story {
	collector := story.NewCollector(f.delivery, f.transactions, story.DefaultMessages)
	for _, j := range k.messages {
		collector.Joined(j)
	}
	return collector.Story(k.report, options)
}
