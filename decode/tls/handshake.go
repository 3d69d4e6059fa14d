package tls

// handshake is one handshake of a connection: the first, or a renegotiation.
type handshake struct {
	next *handshake // the renegotiation after it

	client, server hello
	haveServer     bool
	version        uint16
	suite          *suite // nil where it cannot be read
	ticket         [32]byte
	hasTicket      bool // the client offered a session ticket
	issued         [32]byte
	hasIssued      bool // the server gave one
	refused        bool // a renegotiation that the server did not want
	retried        bool // HelloRetryRequest was seen

	extensionsSeen bool // EncryptedExtensions
	earlyRefused   bool

	encrypted []byte // premaster secret, as ClientKeyExchange has it
	keep      bool   // the messages are kept for the session hash
	hello     []byte // ClientHello
	flights   [2][]byte
	hashed    bool // ClientKeyExchange is in flights

	master []byte         // has opened a record
	sides  [2]*protection // of master, for the client and the server
}

// wants reports whether the body of a handshake message is of use.
func wants(kind byte) bool {
	switch kind {
	case typeClientHello, typeServerHello, typeNewSessionTicket, typeEncryptedExtensions, typeClientKeyExchange:
		return true
	case typeEndOfEarlyData, typeFinished, typeKeyUpdate: // whose end is where other keys begin
		return true
	}
	return false
}

// handshakeBytes takes the content of a handshake record. It reports false where
// what is known does not suffice yet to go on with a message; messages goes on then.
func (c *core) handshakeBytes(h *half, b []byte) bool {
	if n := min(h.skip, len(b)); n > 0 {
		h.skip -= n
		b = b[n:]
	}
	h.msg = append(h.msg, b...)
	return c.messages(h)
}

// messages reads the handshake messages that are complete.
func (c *core) messages(h *half) bool {
	used := 0
	h.stalled = false
	for len(h.msg)-used >= 4 {
		m := h.msg[used:]
		n := 4 + int(m[1])<<16 + int(m[2])<<8 + int(m[3])
		if !h.keepsAll() && !wants(m[0]) || n > c.limits.HandshakeBytes {
			if !c.message(h, m[0], nil) {
				h.stalled = true
				break
			}
			h.skip = max(0, n-len(m))
			used += min(n, len(m))
			continue
		}
		if len(m) < n {
			break
		}
		if !c.message(h, m[0], m[:n]) {
			h.stalled = true
			break
		}
		used += n
	}
	h.msg = h.msg[:copy(h.msg, h.msg[used:])]
	if len(h.msg) == 0 && cap(h.msg) > 4096 {
		h.msg = nil
	}
	return !h.stalled
}

// keepsAll reports whether the messages of a direction are wanted whole.
func (h *half) keepsAll() bool { return h.hs != nil && h.hs.keep && !h.hs.hashed }

// message reads one handshake message with its header; m is nil where its body is of
// no use, or too long. It reports false where the message has to wait.
func (c *core) message(h *half, kind byte, m []byte) bool {
	switch kind {
	case typeClientHello:
		return c.clientHello(h, m)
	case typeServerHello:
		return c.serverHello(h, m)
	}
	hs := h.hs
	if hs == nil {
		return true
	}
	if kind == typeClientKeyExchange && !hs.haveServer {
		return false
	}
	c.keepMessage(h, kind, m)
	if m != nil {
		c.readMessage(h, kind, m[4:])
	}
	if hs.version == VersionTLS13 {
		c.message13(h, kind)
	}
	return true
}

// readMessage reads the body of a message that has one of use.
func (c *core) readMessage(h *half, kind byte, body []byte) {
	hs := h.hs
	switch kind {
	case typeClientKeyExchange:
		if hs.suite != nil && hs.suite.rsa && c.env.Secrets.leadsToPremaster() {
			hs.encrypted = clone(encryptedPremaster(body), 2048)
		}
	case typeNewSessionTicket:
		if hs.version < VersionTLS13 {
			if t := newTicket(body); len(t) > 0 {
				hs.issued, hs.hasIssued = ticketID(t), true
				c.remember(hs)
			}
		}
	case typeEncryptedExtensions:
		hs.extensionsSeen, hs.earlyRefused = true, refusesEarlyData(body)
		c.progress = true
	}
}

// message13 follows the keys of TLS 1.3 (RFC 8446 2, 4.4.4, 4.5 and 4.6.3).
func (c *core) message13(h *half, kind byte) {
	switch {
	case kind == typeEndOfEarlyData && h.epoch == epochEarly:
		h.enter(epochHandshake)
	case kind == typeFinished && h.epoch == epochHandshake:
		h.enter(epochApplication)
		c.progress = true
	case kind == typeKeyUpdate && h.epoch == epochApplication && h.cur != nil:
		if next := h.cur.next(); next != nil {
			h.cur, h.seq = next, 0
		}
	}
}

// clientHello begins a handshake.
func (c *core) clientHello(h *half, m []byte) bool {
	if m == nil {
		return true
	}
	var hello hello
	if !hello.parse(m[4:], true) {
		return true
	}
	c.progress = true
	if hs := h.hs; hs != nil && hs.client.random == hello.random {
		hs.client.earlyData = hs.client.earlyData || hello.earlyData // the second, after HelloRetryRequest
		return true
	}
	c.setClient(h)
	hs := &handshake{client: hello, keep: c.env.Secrets.leadsToPremaster()}
	if len(hello.ticket) > 0 {
		hs.ticket, hs.hasTicket = ticketID(hello.ticket), true
	}
	hs.client.ticket, hs.client.alpn = nil, clone(hello.alpn, 64)
	hs.client.serverName = clone(hello.serverName, 256)
	if hs.keep {
		hs.hello = clone(m, len(m))
	}
	if c.first == nil {
		c.first = hs
	} else {
		c.last.next = hs
	}
	c.last, h.hs = hs, hs
	if c.pending++; c.pending > c.limits.Hellos {
		c.giveUp(Refused)
	}
	return true
}

// serverHello completes what is known of a handshake. It waits for its ClientHello.
func (c *core) serverHello(h *half, m []byte) bool {
	var hello hello
	if m == nil || !hello.parse(m[4:], false) {
		return true
	}
	c.setClient(c.other(h))
	hs := c.first
	if h.hs != nil && h.hs.haveServer {
		hs = h.hs.next
	}
	for hs != nil && hs.refused {
		hs = hs.next
	}
	if hs == nil {
		return c.other(h).lost || c.other(h).off != 0
	}
	c.progress = true
	h.hs, c.pending = hs, 0
	if hello.isRetry() {
		hs.retried = true
		return true
	}
	c.first = hs
	hello.alpn, hello.serverName, hello.ticket = clone(hello.alpn, 64), nil, nil
	hs.server, hs.haveServer, hs.version, hs.suite = hello, true, hello.version, suites()[hello.suite]
	if hs.suite != nil && hs.suite.tls13 != (hs.version == VersionTLS13) {
		hs.suite = nil
	}
	if hs.keep = hs.keep && hs.suite != nil && hello.ems && hs.version < VersionTLS13; !hs.keep {
		hs.forget()
	}
	c.keepMessage(h, typeServerHello, m)
	if hs.version == VersionTLS13 {
		h.enter(epochHandshake)
	}
	return true
}

// keepMessage keeps the messages that the session hash covers: ClientHello up to
// ClientKeyExchange, those of the server before those of the client (RFC 7627 3).
func (c *core) keepMessage(h *half, kind byte, m []byte) {
	hs := h.hs
	if !hs.keep || hs.hashed || kind == typeHelloRequest {
		return
	}
	side := 0
	if c.isServer(h) {
		side = 1
		if kind == typeNewSessionTicket || kind == typeFinished {
			return
		}
	}
	if m == nil || len(hs.flights[side])+len(m) > c.limits.HandshakeBytes {
		hs.keep = false
		return
	}
	hs.flights[side] = append(hs.flights[side], m...)
	hs.hashed = kind == typeClientKeyExchange
}

// forget gives up the messages that are kept.
func (hs *handshake) forget() { hs.hello, hs.flights, hs.keep = nil, [2][]byte{}, false }

// kept is how many bytes of messages are kept.
func (c *core) kept() (n int) {
	for hs := c.first; hs != nil; hs = hs.next {
		n += cap(hs.hello) + cap(hs.flights[0]) + cap(hs.flights[1]) + cap(hs.encrypted)
	}
	return n
}

// session is the session hash, nil where it is not called for.
func (hs *handshake) session() []byte {
	if !hs.server.ems || !hs.hashed {
		return nil
	}
	transcript := append(append(append([]byte(nil), hs.hello...), hs.flights[1]...), hs.flights[0]...)
	return sessionHash(hs.version, hs.suite.prf, transcript)
}

// masters calls use with each master secret that may be that of the handshake.
func (c *core) masters(hs *handshake, use func([]byte)) {
	s := c.env.Secrets
	s.find(MasterSecret, &hs.client.random, use)
	derive := func(premaster []byte) {
		if hash := hs.session(); hash != nil || !hs.server.ems {
			use(masterSecret(hs.version, hs.suite.prf, premaster, hs.client.random[:], hs.server.random[:], hash))
		}
	}
	s.find(Premaster, &hs.client.random, derive)
	if hs.encrypted != nil {
		s.openPremaster(hs.encrypted, derive)
	}
	if hs.client.hasID && hs.client.session == hs.server.session {
		s.find(SessionMaster, &hs.client.session, use)
	}
	if hs.hasTicket {
		s.find(sessionOfTicket, &hs.ticket, use)
	}
}

// remember keeps the master secret of a session for those that resume it.
func (c *core) remember(hs *handshake) {
	if hs.master == nil {
		return
	}
	if hs.server.hasID {
		c.env.Secrets.remember(SessionMaster, hs.server.session, hs.master)
	}
	if hs.hasIssued {
		c.env.Secrets.remember(sessionOfTicket, hs.issued, hs.master)
	}
}
