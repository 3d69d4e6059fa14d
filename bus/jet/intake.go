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

// pump receives messages until they are stopped, or something goes wrong that does not go
// away by itself.
func pump(messages jetstream.MessagesContext) <-chan *received {
	out := make(chan *received, 16)
	go func() {
		defer close(out)
		for {
			m, err := messages.Next(jetstream.NextMaxWait(time.Second))
			one := &received{message: m, err: err}
			if err == nil {
				one.meta, one.err = m.Metadata()
			} else if passing(err) {
				continue
			}
			out <- one
			if one.err != nil {
				return
			}
		}
	}()
	return out
}

// intake is what comes for a partition: its own messages, and those of other partitions.
type intake struct {
	own, others <-chan *received
}

// stop lets the pumps end, whose messages were stopped.
func (in *intake) stop() {
	for _, all := range []<-chan *received{in.own, in.others} {
		go func() {
			for range all {
			}
		}()
	}
}

// now takes what others have said so far.
func (in *intake) now(r *running) error {
	for {
		select {
		case one := <-in.others:
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
	own := in.own
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
	case one := <-in.others:
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
