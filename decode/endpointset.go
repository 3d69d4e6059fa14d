package decode

import "simplecap/decode/tcp"

// endpointSet remembers endpoints, up to a limit.
type endpointSet struct {
	limit   int
	known   map[Endpoint]struct{}
	evicted uint64 // endpoints that there was no room for
}

func (s *endpointSet) add(end Endpoint) {
	if s.has(end) {
		return
	}
	if len(s.known) >= s.limit {
		s.evicted++
		return
	}
	if s.known == nil {
		s.known = make(map[Endpoint]struct{})
	}
	s.known[end] = struct{}{}
}

func (s *endpointSet) has(end Endpoint) bool {
	_, ok := s.known[end]
	return ok
}

// noteClients notes which clients sent over TLS what another host sent on in the clear, as
// the Via of m says: what of their connections cannot be read is SIP.
func (h *hiding) noteClients(m *Message) {
	for client := range m.SecureClients() {
		h.clients.add(endpoint(client))
	}
}

// noteServer notes the server of a connection that carries SIP inside TLS: others to it that
// cannot be read are likely to.
func (h *hiding) noteServer(f *tcp.Flow) {
	server := f.Ends[1]
	if f.MidStream && f.Ends[0].Port < server.Port {
		server = f.Ends[0]
	}
	h.servers.add(server)
}
