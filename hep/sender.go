package hep

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// SenderOptions says where a Sender sends to.
type SenderOptions struct {
	Network, Address string                                                               // as ParseAddress returns them
	QueueBytes       int                                                                  // what waits to be sent at most (default 8 MiB); what does not fit is lost
	Dial             func(ctx context.Context, network, address string) (net.Conn, error) // over TCP; nil for that of a net.Dialer
	Notify           func(line string)                                                    // told when sending begins to fail, and when it works again; nil for nobody
}

// Sender sends packets to a collector, over UDP or TCP. It never makes its user wait:
// packets for which there is no room, because the collector is slow or away, are lost
// and counted.
type Sender struct {
	options SenderOptions
	queue   chan []byte
	held    atomic.Int64 // bytes in queue
	sent    atomic.Uint64
	lost    atomic.Uint64
	done    chan struct{}
	giveUp  context.CancelFunc
	conn    net.Conn // of the goroutine; nil while there is none
	failing bool     // likewise
}

const (
	queuePackets = 4096
	dialTime     = 5 * time.Second
	writeTime    = 10 * time.Second
	redialPause  = time.Second
	closeTime    = 2 * time.Second // how long Close waits for what is queued
)

// NewSender returns a Sender. It fails where the address cannot be resolved. Whether
// somebody listens there is found out later: a collector may come and go.
func NewSender(options SenderOptions) (*Sender, error) {
	if options.QueueBytes <= 0 {
		options.QueueBytes = 8 << 20
	}
	if options.Notify == nil {
		options.Notify = func(string) {}
	}
	if options.Dial == nil {
		options.Dial = (&net.Dialer{Timeout: dialTime}).DialContext
	}
	s := &Sender{options: options, queue: make(chan []byte, queuePackets), done: make(chan struct{})}
	var err error
	if options.Network == UDP {
		s.conn, err = net.Dial(options.Network, options.Address)
	} else {
		_, err = net.ResolveTCPAddr(options.Network, options.Address)
	}
	if err != nil {
		return nil, fmt.Errorf("send HEP: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.giveUp = cancel
	go s.run(ctx)
	return s, nil
}

// Send sends a packet, of which it keeps nothing. It is used by one goroutine.
func (s *Sender) Send(p *Packet) {
	b, err := p.Append(nil)
	if err != nil || s.held.Load()+int64(len(b)) > int64(s.options.QueueBytes) {
		s.lost.Add(1)
		return
	}
	select {
	case s.queue <- b:
		s.held.Add(int64(len(b)))
	default:
		s.lost.Add(1)
	}
}

// Counts returns how many packets were handed to the network, and how many were lost.
func (s *Sender) Counts() (sent, lost uint64) { return s.sent.Load(), s.lost.Load() }

// Close sends what is queued, for two seconds at most, and closes the connection.
func (s *Sender) Close() {
	close(s.queue)
	timer := time.AfterFunc(closeTime, s.giveUp)
	<-s.done
	timer.Stop()
	s.giveUp()
}

// run sends what is queued until the queue is closed.
func (s *Sender) run(ctx context.Context) {
	defer close(s.done)
	for b := range s.queue {
		s.held.Add(-int64(len(b)))
		if s.deliver(ctx, b) {
			s.sent.Add(1)
		} else {
			s.lost.Add(1)
		}
	}
	if s.conn != nil {
		s.conn.Close()
	}
}

// deliver sends one packet. Over TCP it connects first, as often as it takes. An error
// of UDP may be that of an earlier packet, so that each is sent twice at most.
func (s *Sender) deliver(ctx context.Context, b []byte) bool {
	for try := 0; ctx.Err() == nil; try++ {
		err := s.write(ctx, b)
		if err == nil {
			s.works()
			return true
		}
		s.fails(err)
		if s.options.Network == UDP && try > 0 {
			return false
		}
		if s.options.Network != UDP {
			pause(ctx, redialPause)
		}
	}
	return false
}

// write sends one packet, on a new connection where there is none.
func (s *Sender) write(ctx context.Context, b []byte) (err error) {
	if s.conn == nil {
		if s.conn, err = s.options.Dial(ctx, s.options.Network, s.options.Address); err != nil {
			s.conn = nil
			return err
		}
		go watch(s.conn)
	}
	stop := context.AfterFunc(ctx, func() { s.conn.SetWriteDeadline(time.Now()) })
	defer stop()
	s.conn.SetWriteDeadline(time.Now().Add(writeTime))
	if _, err = s.conn.Write(b); err != nil && s.options.Network != UDP {
		s.conn.Close()
		s.conn = nil
	}
	return err
}

// watch closes a connection when the collector does: what is written to it then goes to
// nobody, and the first write does not say so. It ends with the connection. Over UDP, of
// which there is one for good, it is not called.
func watch(conn net.Conn) {
	io.Copy(io.Discard, conn)
	conn.Close()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (s *Sender) fails(err error) {
	if !s.failing {
		s.failing = true
		s.options.Notify(fmt.Sprintf("cannot send HEP to %s://%s: %v", s.options.Network, s.options.Address, err))
	}
}

func (s *Sender) works() {
	if s.failing {
		s.failing = false
		s.options.Notify(fmt.Sprintf("HEP is sent to %s://%s again", s.options.Network, s.options.Address))
	}
}
