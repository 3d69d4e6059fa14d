package jet

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Server is a NATS server with JetStream in this process.
type Server struct{ server *server.Server }

// Listen begins to serve at an address, such as 0.0.0.0:4222, and keeps what it holds in
// a directory, which is made.
func Listen(address, dir string, maxBytes int64) (*Server, error) {
	return ListenAmong(Cluster{}, address, dir, maxBytes)
}

// Cluster are servers that keep the same together. The zero one is a server alone.
type Cluster struct {
	Name    string   // of this server
	Address string   // where it listens for the others
	Others  []string // where those do
}

// ListenAmong is Listen for one of several servers. Clients have to know them all: they
// are not told of those that they do not name.
func ListenAmong(c Cluster, address, dir string, maxBytes int64) (*Server, error) {
	host, port, err := splitAddress(address)
	if err != nil {
		return nil, err
	}
	if err := usable(address, dir); err != nil {
		return nil, err
	}
	options := &server.Options{ServerName: cmp.Or(c.Name, "simplecap"), Host: host, Port: port, JetStream: true, StoreDir: dir,
		JetStreamMaxStore: maxBytes + evidenceBytes + 1<<30, NoSigs: true, NoLog: true, MaxPayload: 8 << 20, DisableJetStreamBanner: true}
	if c.Address != "" {
		options.Cluster = server.ClusterOpts{Name: "simplecap", NoAdvertise: true}
		if options.Cluster.Host, options.Cluster.Port, err = splitAddress(c.Address); err != nil {
			return nil, err
		}
		for _, other := range c.Others {
			options.Routes = append(options.Routes, &url.URL{Scheme: "nats", Host: other})
		}
	}
	s, err := server.NewServer(options)
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		s.Shutdown()
		return nil, fmt.Errorf("listen on %s: %w", address, errors.New("nothing listens there after 20 s: is the address in use, or the directory?"))
	}
	return &Server{s}, nil
}

// usable looks whether a server can listen at an address and write to a directory: the
// server itself would not say.
func usable(address, dir string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	l.Close()
	return os.MkdirAll(dir, 0o750)
}

// splitAddress splits HOST:PORT; port 0 is any that is free.
func splitAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	if port, err = strconv.Atoi(text); port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, err
}

// URL is where the server is.
func (s *Server) URL() string { return s.server.ClientURL() }

// Close ends the server, and waits until what it holds is on disk.
func (s *Server) Close() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
}
