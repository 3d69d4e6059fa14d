// Package jet is the bus itself: NATS JetStream. What is written to it and read from it,
// package bus knows.
package jet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"simplecap/bus"
	"simplecap/internal/dial"
)

// Options say which bus, and how to get at it.
type Options struct {
	Servers  []string // as nats://HOST:4222 or tls://HOST:4222: any one of a cluster will do
	Name     string   // who connects, for those who look after the servers
	Creds    string   // a credentials file, "" for none
	CA       string   // a file with the certificates that vouch for the servers, "" for those of the system
	Cert     string   // a file with the client's certificate, "" for none
	Key      string   // and one with its key
	Replicas int      // of the stream, where it is made (default 1)
	Keep     time.Duration
	// Now is the clock that the times of what is published are by: with each message goes how
	// far it is ahead of that of the bus. nil where they are by another one, as of a file.
	Now      func() time.Time
	MaxBytes int64             // of the stream, where it is made (default 8 GiB)
	Notify   func(line string) // is told what happens to the connection; may be nil
}

// The names on the bus. They have the version of what is in the batches.
const (
	streamName = "SIMPLECAP-1"
	allOf      = "sc.v1.>"
	beatOf     = "sc.v1.beat"
	legOf      = "sc.v1.leg."
	handOf     = "sc.v1.hand."    // and the group and the partition: what others hand on to it
	promiseOf  = "sc.v1.promise." // and the group: how far its partitions have handed on
)

// subject is where a partition is published.
func subject(partition int) string {
	switch partition {
	case bus.Heartbeats:
		return beatOf
	case bus.Packets:
		return evidenceOf
	}
	return fmt.Sprint(legOf, partition)
}

// Bus is a connection to the bus, which comes back by itself.
type Bus struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	options Options
	refused sync.Once // that the stream could not be made has been said
	without sync.Once // and of that of evidence
	denied  denied
	reached atomic.Bool // a server has been connected to once
}

// Connect connects to the bus. It does not wait for it: where no server is there, it goes
// on trying.
func Connect(o Options) (*Bus, error) {
	if o.Notify == nil {
		o.Notify = func(string) {}
	}
	if o.Keep <= 0 {
		o.Keep = 2 * time.Hour
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 8 << 30
	}
	o.Replicas = max(1, o.Replicas)
	b := &Bus{options: o}
	settings, err := b.settings()
	if err != nil {
		return nil, err
	}
	if b.conn, err = nats.Connect(strings.Join(o.Servers, ","), settings...); err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(o.Servers, ","), err)
	}
	if b.js, err = jetstream.New(b.conn); err != nil {
		b.conn.Close()
		return nil, err
	}
	return b, nil
}

// settings are those of the connection. Nothing is kept for a server that is away: the
// spool does that, and does it on disk.
func (b *Bus) settings() ([]nats.Option, error) {
	o := &b.options
	settings := []nats.Option{nats.Name(o.Name), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true), nats.ReconnectWait(500 * time.Millisecond),
		nats.ReconnectBufSize(-1), nats.Timeout(5 * time.Second), nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				o.Notify("the bus is away: " + err.Error())
			}
		}),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { b.unreachable(err) }),
		nats.ConnectHandler(func(*nats.Conn) { b.reached.Store(true) }),
		nats.ReconnectHandler(func(c *nats.Conn) { o.Notify("the bus is back: " + c.ConnectedUrlRedacted()) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { b.forbidden(err) }), nats.SetCustomDialer(lookUp(o.Servers))}
	if o.Creds != "" {
		creds, err := credentials(o.Creds)
		if err != nil {
			return nil, fmt.Errorf("credentials: %w", err)
		}
		settings = append(settings, nats.UserCredentialBytes(creds))
	}
	if o.CA == "" && o.Cert == "" {
		return settings, nil
	}
	config, err := o.secure()
	return append(settings, nats.Secure(config)), err
}

// secure reads what TLS needs. All files are read once: when the connection has to be
// made again, the process may not be able to.
func (o *Options) secure() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CA != "" {
		pem, err := os.ReadFile(o.CA)
		if err != nil {
			return nil, fmt.Errorf("certificates that vouch for the bus: %w", err)
		}
		if config.RootCAs = x509.NewCertPool(); !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: no certificate in PEM", o.CA)
		}
	}
	if o.Cert != "" {
		pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, fmt.Errorf("client certificate %s with the key %s: %w", o.Cert, o.Key, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// dialer connects to servers whose names have been looked up already, for the same reason.
type dialer struct{ names dial.Names }

func lookUp(servers []string) dialer {
	var hosts []string
	for _, server := range servers {
		if u, err := url.Parse(server); err == nil {
			hosts = append(hosts, u.Hostname())
		}
	}
	names, _ := dial.LookUp(context.Background(), hosts...) // what is not found now may be later
	return dialer{names}
}

// Dial implements nats.CustomDialer.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.names.Dial(context.Background(), network, address)
}

// Close closes the connection.
func (b *Bus) Close() { b.conn.Close() }

// stream makes the stream where it is not there.
func (b *Bus) stream(ctx context.Context) (jetstream.Stream, error) {
	o := &b.options
	return b.streamOf(ctx, &b.refused, jetstream.StreamConfig{
		Name: streamName, Description: "legs of SIP MESSAGE transactions, by simplecap", Subjects: []string{allOf}, MaxAge: o.Keep, MaxBytes: o.MaxBytes,
	})
}

// streamOf makes a stream where it is not there, and says once why it cannot.
func (b *Bus) streamOf(ctx context.Context, once *sync.Once, config jetstream.StreamConfig) (jetstream.Stream, error) {
	stream, err := b.js.Stream(ctx, config.Name)
	if err == nil || !errors.Is(err, jetstream.ErrStreamNotFound) {
		return stream, err
	}
	config.Storage, config.Discard, config.Duplicates, config.Replicas = jetstream.FileStorage, jetstream.DiscardOld, 2*time.Minute, b.options.Replicas
	asked, refused := config.MaxBytes, (*jetstream.APIError)(nil)
	stream, err = b.js.CreateStream(ctx, config)
	for errors.As(err, &refused) && refused.ErrorCode == noRoom && config.MaxBytes/2 >= leastBytes {
		config.MaxBytes /= 2
		stream, err = b.js.CreateStream(ctx, config)
	}
	switch {
	case errors.Is(err, jetstream.ErrStreamNameAlreadyInUse): // another one has made it meanwhile, of another size
		return b.js.Stream(ctx, config.Name)
	case errors.As(err, &refused):
		once.Do(func() {
			b.options.Notify("the bus does not make the stream " + config.Name + ": " + refused.Description)
		})
	case err == nil && config.MaxBytes < asked:
		b.options.Notify(fmt.Sprintf("the servers have no room for %d MiB: the stream %s holds %d MiB", asked>>20, config.Name, config.MaxBytes>>20))
	}
	return stream, err
}

// noRoom is what JetStream says where its store is too small for a stream (error 10047).
const noRoom jetstream.ErrorCode = 10047

// leastBytes is how small a stream may be made where the servers have no more room.
const leastBytes = 64 << 20

// untilThere tries again until something is done, or ctx is.
func untilThere[T any](ctx context.Context, do func(ctx context.Context) (T, error)) (T, error) {
	for {
		trying, cancel := context.WithTimeout(ctx, 5*time.Second)
		v, err := do(trying)
		cancel()
		if err == nil {
			return v, nil
		}
		if fatal(err) {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// fatal reports whether there is no use in trying again.
func fatal(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, jetstream.ErrJetStreamNotEnabled) ||
		errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount)
}
