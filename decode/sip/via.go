package sip

import (
	"bytes"
	"iter"
	"net/netip"
	"strconv"
	"strings"
)

// via reads one Via header field (RFC 3261 20.42): it counts the via-parms and,
// unless a Via header field came before, reads the first of them.
func (s *scanner) via(value []byte) {
	for more := true; more; {
		var parm []byte
		parm, value, more = cutUnquoted(value, ',')
		parm = trimLWS(parm)
		if len(parm) == 0 {
			continue
		}
		if s.m.ViaCount == 0 {
			s.topVia(parm)
		}
		s.m.ViaCount++
	}
}

// topVia reads "SIP/2.0/UDP host:port;branch=x", with white space wherever the
// grammar allows it (RFC 3261 25.1, via-parm). The branch is found even where
// what stands before it cannot be read.
func (s *scanner) topVia(parm []byte) {
	s.m.Via = s.span(parm)
	protocol, params := parm, []byte(nil)
	if semicolon := bytes.IndexByte(parm, ';'); semicolon >= 0 {
		protocol, params = parm[:semicolon], parm[semicolon+1:]
	}
	transport, sentBy := cutSentProtocol(protocol)
	s.m.ViaTransport, s.m.SentBy = s.span(transport), s.span(sentBy)
	if !IsToken(transport) || len(sentBy) == 0 {
		s.m.Defects |= DefectBadVia
	}
	branch, count := findParam(params, "branch")
	s.m.Branch = s.span(branch)
	if count > 1 {
		s.m.Defects |= DefectRepeatedParameter
	}
}

// cutSentProtocol takes "SIP / 2.0 / UDP host : 5060" apart. Both results are
// empty where it has no two slashes.
func cutSentProtocol(b []byte) (transport, sentBy []byte) {
	if usual := []byte("SIP/2.0/"); bytes.HasPrefix(b, usual) {
		return cutWord(trimLWS(b[len(usual):]))
	}
	for range 2 {
		slash := bytes.IndexByte(b, '/')
		if slash < 0 {
			return nil, nil
		}
		b = b[slash+1:]
	}
	return cutWord(trimLWS(b))
}

// Vias yields sent-by and branch of every via-parm of a message, the topmost
// first (RFC 3261 20.42). They point into m.Raw; what is missing is nil.
func (m *Message) Vias() iter.Seq2[[]byte, []byte] {
	return func(yield func(sentBy, branch []byte) bool) {
		for parm := range m.viaParms() {
			protocol, params, _ := bytes.Cut(parm, []byte(";"))
			_, sentBy := cutSentProtocol(protocol)
			branch, _ := findParam(params, "branch")
			if !yield(sentBy, branch) {
				return
			}
		}
	}
}

// viaParms yields every via-parm of a message, without white space around it.
func (m *Message) viaParms() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for value := range m.All(HeaderVia) {
			for more := true; more; {
				var parm []byte
				parm, value, more = cutUnquoted(value, ',')
				if !yield(trimLWS(parm)) {
					return
				}
			}
		}
	}
}

// SecureClients yields the address and port of each client from which a message came over
// TLS, or over WebSocket in TLS, as the via-parms say: received and rport, or else sent-by
// (RFC 3261 18.2.1, RFC 3581 4, RFC 7118 5). Names of hosts and missing ports are passed over.
func (m *Message) SecureClients() iter.Seq[netip.AddrPort] {
	return func(yield func(netip.AddrPort) bool) {
		for parm := range m.viaParms() {
			if client, ok := secureClient(parm); ok && !yield(client) {
				return
			}
		}
	}
}

// secureClient reads one via-parm.
func secureClient(parm []byte) (client netip.AddrPort, ok bool) {
	protocol, params, _ := bytes.Cut(parm, []byte(";"))
	transport, sentBy := cutSentProtocol(protocol)
	if t := string(transport); !strings.EqualFold(t, "TLS") && !strings.EqualFold(t, "WSS") {
		return client, false
	}
	client, _ = netip.ParseAddrPort(string(sentBy))
	ip, port := client.Addr(), client.Port()
	if received, n := findParam(params, "received"); n > 0 {
		ip, _ = netip.ParseAddr(string(bytes.Trim(received, "[]")))
	}
	if rport, n := findParam(params, "rport"); n > 0 {
		if p, err := strconv.ParseUint(string(rport), 10, 16); err == nil {
			port = uint16(p)
		}
	}
	return netip.AddrPortFrom(ip, port), ip.IsValid() && port != 0
}
