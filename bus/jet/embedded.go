package jet

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Server is a NATS server with JetStream in this process.
type Server struct{ server *server.Server }

// Listen begins to serve at an address, such as 0.0.0.0:4222, and keeps what it holds in
// a directory, which is made.
func Listen(address, dir string, maxBytes int64) (*Server, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	if number == 0 {
		number = server.RANDOM_PORT
	}
	s, err := server.NewServer(&server.Options{ServerName: "simplecap", Host: host, Port: number, JetStream: true, StoreDir: dir,
		JetStreamMaxStore: maxBytes + 1<<30, NoSigs: true, NoLog: true, MaxPayload: 8 << 20, DisableJetStreamBanner: true})
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

// URL is where the server is.
func (s *Server) URL() string { return s.server.ClientURL() }

// Close ends the server, and waits until what it holds is on disk.
func (s *Server) Close() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
}
