package jet

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"simplecap/bus"
)

// Where the packets of failing deliveries are.
const (
	evidenceName = "SIMPLECAP-EVIDENCE-1"
	evidenceOf   = "sc.evidence.v1"
)

// How much the stream with packets holds, where it is made, and for how long.
const (
	evidenceBytes = 1 << 30
	evidenceKeep  = 24 * time.Hour
)

// evidence makes the stream with packets where it is not there.
func (b *Bus) evidence(ctx context.Context) (jetstream.Stream, error) {
	return b.streamOf(ctx, &b.without, jetstream.StreamConfig{
		Name: evidenceName, Description: "packets of SIP MESSAGE deliveries that failed, by simplecap", Subjects: []string{evidenceOf},
		MaxAge: evidenceKeep, MaxBytes: evidenceBytes,
	})
}

// PublishEvidence is Publish for the spool of a bus.Witness.
func (b *Bus) PublishEvidence(ctx context.Context, spool *bus.Spool) error {
	return b.publish(ctx, spool, b.evidence, func() string { return "" })
}

// ConsumeEvidence is Consume for what PublishEvidence publishes. Where the stream ends
// before from, it is not the one that from is of, and all of it is read.
func (b *Bus) ConsumeEvidence(ctx context.Context, from uint64, t Taker) error {
	stream, err := untilThere(ctx, b.evidence)
	if err != nil {
		return err
	}
	if from > stream.CachedInfo().State.LastSeq+1 {
		from = 0
	}
	return consume(ctx, stream, []string{evidenceOf}, from, t)
}

// LastEvidence is the number of the last message with packets, 0 where there is none.
func (b *Bus) LastEvidence(ctx context.Context) (uint64, error) {
	stream, err := b.evidence(ctx)
	if err != nil {
		return 0, err
	}
	return stream.CachedInfo().State.LastSeq, nil
}
