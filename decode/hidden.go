package decode

import (
	"cmp"
	"fmt"

	"simplecap/capture"
	"simplecap/decode/esp"
	"simplecap/decode/stream"
	"simplecap/decode/tls"
)

// Hidden is traffic that would be SIP, or may be, and cannot be read.
type Hidden struct {
	Kind        string   // "tls" or "esp"
	Peer        Endpoint // the server of TLS; of ESP the receiver, with port 0
	Connections uint64   // connections, or security associations of ESP
	Bytes       uint64   // of TLS over TCP, or of ESP packets
	Reason      string
	Hint        string      // what would make it readable, "" for nothing
	Frame       capture.Ref // the record that does not open, 0 for none
	Likely      bool        // that it is SIP: its port, its peer, or what it asks for says so
	Web         bool        // its port, or what it asks for, says that it is a web server's
}

// hiddenKey is what the connections of one Hidden have in common.
type hiddenKey struct {
	kind   string
	peer   Endpoint
	reason string
	hint   string
}

// hiddenTable adds up what is hidden, in the order of appearance and up to a limit.
type hiddenTable struct {
	limit   int
	index   map[hiddenKey]int
	list    []Hidden
	evicted uint64
}

func (t *hiddenTable) add(h Hidden) {
	k := hiddenKey{h.Kind, h.Peer, h.Reason, h.Hint}
	if i, ok := t.index[k]; ok {
		known := &t.list[i]
		known.Connections += h.Connections
		known.Bytes += h.Bytes
		known.Likely, known.Web = known.Likely || h.Likely, known.Web && h.Web
		return
	}
	if len(t.list) >= t.limit {
		t.evicted++
		return
	}
	if t.index == nil {
		t.index = make(map[hiddenKey]int)
	}
	t.index[k] = len(t.list)
	t.list = append(t.list, h)
}

// addTLS adds a connection, if something of it could not be read.
func (t *hiddenTable) addTLS(c *tlsConn) {
	if h, ok := c.hidden(); ok {
		t.add(h)
	}
}

// hidden describes what could not be read of a TLS connection.
func (t *tlsConn) hidden() (h Hidden, ok bool) {
	s := t.conn.Status()
	server := t.server(s.Client)
	h = Hidden{Kind: "tls", Peer: t.flow.Ends[server], Connections: 1, Bytes: s.Sides[0].Bytes + s.Sides[1].Bytes}
	if h.Reason, h.Hint, h.Frame = tlsReason(&s); s.Alert > 0 && t.fails(&s) {
		h.Reason, h.Hint, h.Frame = fmt.Sprintf("the handshake failed: alert %s", tls.AlertName(s.Alert)), "", 0
	}
	if h.Reason == "" {
		return h, false
	}
	h.Likely = t.flow.SIP || h.Peer.Port == portSIPS || t.flow.Ends[1-server].Port == portSIPS || t.flow.Hint || s.ALPN == "sip" ||
		t.d.hiding.clients.has(t.flow.Ends[1-server])
	h.Web = h.Peer.Port == 443 || s.ALPN == "h2" || s.ALPN == "http/1.1"
	return h, true
}

// server is which end of a connection is the server, by what it said or by its port.
func (t *tlsConn) server(client int) int {
	a, b := t.flow.Ends[0].Port, t.flow.Ends[1].Port
	switch {
	case client >= 0:
		return 1 - client
	case a == portSIPS || b != portSIPS && a < b:
		return 0
	}
	return 1
}

// fails reports whether the alert of a connection ended its handshake: nothing was opened
// before it, or all that was sent, of which nothing is data.
func (t *tlsConn) fails(s *tls.Status[stream.Mark]) bool {
	worst := cmp.Or(s.Sides[0].Reason, s.Sides[1].Reason)
	if s.Sides[0].Opened+s.Sides[1].Opened == 0 {
		return worst != tls.BeginsLater
	}
	return worst == 0 && t.inner == nil
}

// tlsReason says why a connection could not be read, and what would open it; "" where
// nothing is hidden.
func tlsReason(s *tls.Status[stream.Mark]) (reason, hint string, frame capture.Ref) {
	worst := cmp.Or(s.Sides[0].Reason, s.Sides[1].Reason)
	const log = "--keylog"
	switch worst {
	case 0:
		return "", "", 0
	case tls.NoKeys:
		reason, hint = "no keys for these sessions", log
		if tls.KeyOpens(s.Suite) {
			hint += " or --tls-key"
		}
	case tls.WrongKeys:
		reason, hint = "the keys for these sessions do not fit", log
	case tls.BeginsLater:
		reason, hint = "the handshake is not in the capture", "start the capture before the connection"
		if s.Client >= 0 && s.Sides[0].Records*s.Sides[1].Records == 0 {
			reason, hint = "only one direction is in the capture", "capture both directions"
		}
	case tls.TooMany:
		reason = "given up: too many connections at a time (--limit-memory)"
	case tls.Compressed:
		reason, hint = "TLS compression (RFC 3749) is not read", "switch compression off in the server"
	case tls.BytesLost:
		reason = "bytes are missing in the capture"
	case tls.Unsupported:
		reason = fmt.Sprintf("%s in %s is not supported", tls.SuiteName(s.Suite), tls.VersionName(s.Version))
	case tls.BadRecord:
		reason = "a record does not decrypt"
		for _, side := range s.Sides {
			if side.Reason == tls.BadRecord && frame == 0 {
				frame = side.BadAt.Frame
			}
		}
	default:
		return "", "", 0
	}
	if one := s.Sides[0].Reason == 0 || s.Sides[1].Reason == 0; one && s.Client >= 0 && worst <= tls.WrongKeys {
		from := "server"
		if s.Sides[s.Client].Reason != 0 {
			from = "client"
		}
		reason += ", of what the " + from + " sends"
	}
	return reason, hint, frame
}

// hiddenNow lists what could not be read so far, in the order in which it ended, and what
// is still open behind that.
func (d *Decoder) hiddenNow() []Hidden {
	t := hiddenTable{limit: d.hiding.hidden.limit}
	for _, h := range d.hiding.hidden.list {
		t.add(h)
	}
	for c := d.hiding.active.Oldest(); c != nil; c = c.place.Newer() {
		t.addTLS(c)
	}
	d.hiding.esp.Each(func(s *esp.Seen) {
		if h, ok := hiddenESP(s); ok {
			t.add(h)
		}
	})
	if len(t.list) == 0 {
		return t.list
	}
	speaks := d.hiding.peers.speakers()
	for i := range t.list { // a peer may speak SIP later than this
		h := &t.list[i]
		h.Likely = h.Likely || d.hiding.servers.has(h.Peer) || !h.Web && speaks[h.Peer.IP]
	}
	return t.list
}

// hiddenESP describes a security association of which packets could not be read.
func hiddenESP(s *esp.Seen) (h Hidden, ok bool) {
	h = Hidden{Kind: "esp", Connections: 1, Bytes: s.Bytes, Reason: "encrypted, and no keys for it", Hint: "--esp-keys", Likely: s.SIP}
	h.Peer.IP = AddrFrom16(s.Dst.As16())
	switch {
	case s.Opened == s.Packets:
		return h, false
	case s.Wrong > 0 && s.Opened > 0:
		h.Reason = "the keys for it do not fit some packets, which their receiver drops if the keys are right"
	case s.Wrong > 0:
		h.Reason = "the keys for it do not fit"
	case s.Opened > 0:
		h.Reason = "some packets cannot be read"
	}
	return h, true
}

// peerSet remembers which addresses exchanged SIP, as far as it has room.
type peerSet struct {
	limit   int
	last    [2]Addr
	known   map[[2]Addr]struct{} // the smaller address first
	evicted uint64               // pairs that there was no room for
}

// pairOf is the same for both directions.
func pairOf(a, b Addr) [2]Addr {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	return [2]Addr{a, b}
}

// add notes two addresses that exchanged a SIP message.
func (s *peerSet) add(src, dst Addr) {
	if s.last[0] == src && s.last[1] == dst || s.last[0] == dst && s.last[1] == src {
		return
	}
	s.last = [2]Addr{src, dst}
	pair := pairOf(src, dst)
	if s.known == nil {
		s.known = make(map[[2]Addr]struct{})
	}
	if _, ok := s.known[pair]; ok {
		return
	}
	if len(s.known) >= s.limit {
		s.evicted++
		return
	}
	s.known[pair] = struct{}{}
}

// exchanged reports whether two addresses spoke SIP to each other.
func (s *peerSet) exchanged(a, b Addr) bool {
	_, ok := s.known[pairOf(a, b)]
	return ok
}

// speakers are the addresses that spoke SIP to anybody.
func (s *peerSet) speakers() map[Addr]bool {
	all := make(map[Addr]bool)
	for pair := range s.known {
		all[pair[0]], all[pair[1]] = true, true
	}
	return all
}
