package decode

// clientSet remembers, up to a limit, which clients sent over TLS what another host sent
// on in the clear, as its Via says: what of their connections cannot be read is SIP.
type clientSet struct {
	limit   int
	known   map[Endpoint]struct{}
	evicted uint64 // clients that there was no room for
}

// add notes the clients that a message names.
func (s *clientSet) add(m *Message) {
	for client := range m.SecureClients() {
		end := endpoint(client)
		if _, ok := s.known[end]; ok {
			continue
		}
		if len(s.known) >= s.limit {
			s.evicted++
			continue
		}
		if s.known == nil {
			s.known = make(map[Endpoint]struct{})
		}
		s.known[end] = struct{}{}
	}
}

func (s *clientSet) has(client Endpoint) bool {
	_, ok := s.known[client]
	return ok
}
