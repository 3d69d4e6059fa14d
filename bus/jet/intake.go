package jet

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// received is a message that a partition has not taken yet, or why there is none.
type received struct {
	message jetstream.Msg
	meta    *jetstream.MsgMetadata
	err     error
}

// at is when the bus had it.
func (r *received) at() time.Time { return r.meta.Timestamp }

// pumped are the messages of a consumer.
type pumped struct {
	context  jetstream.MessagesContext
	messages <-chan *received
}

// How a consumer is asked for messages: one that the bus has lost, as where the server that
// it was on has died, is known by the beats that do not come, and made again.
var pulling = []jetstream.PullMessagesOpt{jetstream.PullMaxMessages(128), jetstream.PullExpiry(15 * time.Second), jetstream.PullHeartbeat(3 * time.Second)}

// pump receives messages until they are stopped, or something goes wrong that does not go
// away by itself.
func pump(consumer jetstream.Consumer) (pumped, error) {
	context, err := consumer.Messages(pulling...)
	if err != nil {
		return pumped{}, err
	}
	out := make(chan *received, 16)
	go func() {
		defer close(out)
		for {
			m, err := context.Next()
			if err != nil && passing(err) {
				time.Sleep(100 * time.Millisecond)
				continue
			}
			one := &received{message: m, err: err}
			if err == nil {
				one.meta, one.err = m.Metadata()
			}
			if out <- one; one.err != nil {
				return
			}
		}
	}()
	return pumped{context, out}, nil
}

// stop lets the pump end.
func (p pumped) stop() {
	p.context.Stop()
	go func() {
		for range p.messages { // one may be on its way
		}
	}()
}

// intake is what comes for a partition: its own messages, and those of other partitions.
type intake struct{ own, others pumped }

// now takes what others have said so far.
func (in *intake) now(r *running) error {
	for {
		select {
		case one := <-in.others.messages:
			if err := r.hear(one); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// wait waits for a message, a little. One of the partition's own comes next where none does yet.
func (in *intake) wait(r *running) error {
	own := in.own.messages
	if r.next != nil {
		own = nil
	}
	select {
	case one := <-own:
		if one == nil || one.err != nil {
			return failure(one)
		}
		r.next = one
		return nil
	case one := <-in.others.messages:
		return r.hear(one)
	case <-r.stopped:
	case <-time.After(100 * time.Millisecond):
	}
	return nil
}

// hear takes a message of other partitions.
func (r *running) hear(one *received) error {
	if one == nil || one.err != nil {
		return failure(one)
	}
	r.part.Hear(one.message.Data())
	r.back()
	return nil
}

// failure is why no more messages come.
func failure(one *received) error {
	if one == nil {
		return jetstream.ErrMsgIteratorClosed
	}
	return one.err
}
