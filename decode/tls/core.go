package tls

// Side is one direction of a connection, 0 or 1, as its owner numbers them.
type Side uint8

// Reason says why records of a direction cannot be read.
type Reason uint8

// The reasons. The zero value means that nothing stands in the way.
const (
	NoKeys      Reason = iota + 1 // no secrets for this connection
	WrongKeys                     // secrets for it that open nothing
	BeginsLater                   // the handshake is not in the capture
	BytesLost                     // bytes are missing that would be needed
	Unsupported                   // a cipher or version that cannot be read
	BadRecord                     // a record does not open, though others did
	Refused                       // the handshake failed; there was nothing to read
	TooMany                       // given up to make room for other connections
	Compressed                    // the connection is compressed (RFC 3749), which is not read
)

// epoch says which keys a direction uses.
type epoch uint8

const (
	epochPlain       epoch = iota
	epochEarly             // 0-RTT (RFC 8446 2.3)
	epochHandshake         // TLS 1.3
	epochApplication       // TLS 1.3
	epochKeys              // after ChangeCipherSpec, up to TLS 1.2
)

// status says what became of a record.
type status uint8

const (
	done    status = iota
	skipped        // data in it stays closed, and nothing waits for it
	blocked        // its keys are not known yet
	failed         // it does not open
)

// half is one direction.
type half struct {
	epoch  epoch
	cur    *protection // nil at the beginning of an epoch
	seq    uint64
	opened uint64 // records opened

	hs      *handshake
	msg     []byte // a handshake message that is not complete, or has to wait
	skip    int    // bytes of one that is of no use
	stalled bool   // msg begins with a message that has to wait

	any     bool // a record was seen
	lost    bool // records may be missing before the next one
	missing int  // bytes that are, or may be
	lostIV  bool // TLS 1.0 CBC: the record before is missing
	passed  int  // records passed over since the last that opened
	unfound int  // what looked like records behind a gap and did not open
	early   bool // there was early data whose secret is not known
	off     Reason
	wait    Reason // why it is blocked
}

// enter begins an epoch.
func (h *half) enter(e epoch) { h.epoch, h.cur, h.seq = e, nil, 0 }

// core is a connection without what its records came in.
type core struct {
	env         *Env
	limits      *Limits
	halves      [2]half
	client      int8       // index of the client's half, -1 while that is not known
	first, last *handshake // from the one that the server reads on
	pending     int        // ClientHellos without an answer
	tries       int        // sequence numbers tried
	progress    bool       // what is known has changed: the other direction may go on
	force       bool       // do not wait for what may still come
	alert       alert
}

// alert is a fatal alert that was seen.
type alert struct {
	seen bool
	code byte
}

func (c *core) other(h *half) *half {
	if h == &c.halves[0] {
		return &c.halves[1]
	}
	return &c.halves[0]
}

func (c *core) isServer(h *half) bool { return c.client >= 0 && h != &c.halves[c.client] }

// setClient notes which half is the client's.
func (c *core) setClient(h *half) {
	if c.client < 0 {
		if c.client = 0; h == &c.halves[1] {
			c.client = 1
		}
	}
}

// process reads one record. content is application data, valid until the next call.
func (c *core) process(h *half, r *record) (content []byte, st status) {
	if h.stalled && !c.messages(h) {
		h.wait = NoKeys
		return nil, blocked
	}
	if !h.any && !c.begins(h, r) {
		return nil, done
	}
	kind, body := r.kind, r.body
	if c.encrypted(h, r) {
		if body, kind, st = c.unprotect(h, r); st != done || body == nil {
			return nil, st
		}
	}
	switch kind {
	case recordHandshake:
		if h.epoch == epochPlain && h.lost && !wholeMessages(body) {
			return nil, done
		}
		c.handshakeBytes(h, body)
	case recordChangeCipher:
		return nil, c.changeCipher(h)
	case recordAlert:
		c.readAlert(h, body)
	case recordData:
		return body, done
	}
	return nil, done
}

// begins looks at the first record of a direction. One that does not begin a
// handshake belongs to a connection from before the capture.
func (c *core) begins(h *half, r *record) bool {
	h.any = true
	hello := r.kind == recordHandshake && len(r.body) > 0 && r.body[0] <= typeServerHello
	if hello || r.kind == recordAlert && len(r.body) == 2 || h.lost {
		return true
	}
	if c.other(h).hs != nil {
		return true
	}
	c.giveUp(BeginsLater)
	return false
}

// giveUp leaves both directions alone.
func (c *core) giveUp(why Reason) {
	for i := range c.halves {
		c.halves[i].stop(why)
	}
}

// stop leaves a direction alone.
func (h *half) stop(why Reason) {
	if h.off == 0 {
		h.off = why
	}
	h.msg, h.cur, h.stalled = nil, nil, false
}

// encrypted reports whether a record is protected. In TLS 1.3 that are the ones
// that look like application data (RFC 8446 5.2).
func (c *core) encrypted(h *half, r *record) bool {
	switch {
	case h.epoch == epochKeys || r.kind == recordData:
		return true
	case h.epoch != epochPlain:
		return false
	}
	hs := h.hs
	return h.lost && hs != nil && hs.haveServer && hs.version < VersionTLS13 && !plainRecord(r)
}

// plainRecord reports whether a record looks like one of a handshake in the clear.
func plainRecord(r *record) bool {
	switch r.kind {
	case recordChangeCipher:
		return len(r.body) == 1
	case recordAlert:
		return len(r.body) == 2
	}
	return wholeMessages(r.body)
}

// wholeMessages reports whether b is handshake messages of known types, none cut.
func wholeMessages(b []byte) bool {
	for len(b) >= 4 {
		n := 4 + int(b[1])<<16 + int(b[2])<<8 + int(b[3])
		if b[0] > typeKeyUpdate || n > len(b) {
			return false
		}
		b = b[n:]
	}
	return len(b) == 0
}

// changeCipher takes ChangeCipherSpec, which means nothing in TLS 1.3.
func (c *core) changeCipher(h *half) status {
	hs := h.hs
	if hs == nil {
		hs = c.first
	}
	switch {
	case hs == nil:
		return done
	case !hs.haveServer && hs.retried:
		return done
	case !hs.haveServer:
		h.wait = NoKeys
		return blocked
	case hs.version < VersionTLS13:
		h.hs = hs
		h.enter(epochKeys)
		h.msg, h.skip = nil, 0
		c.progress = true
	}
	return done
}

// readAlert takes an alert. Before TLS 1.3 the connection goes on behind a warning, such
// as unrecognized_name (RFC 5246 7.2.2); since then the level says nothing (RFC 8446 6).
func (c *core) readAlert(h *half, body []byte) {
	const fatal, closeNotify, userCanceled, noRenegotiation = 2, 0, 90, 100
	if len(body) != 2 {
		return
	}
	switch {
	case body[1] == closeNotify: // no error
	case body[1] == noRenegotiation && c.isServer(h) && h.hs != nil && h.hs.next != nil:
		h.hs.next.refused = true
		if peer := c.other(h); peer.hs == h.hs.next {
			peer.hs = h.hs
		}
	case body[0] == fatal || body[1] != userCanceled && h.cur != nil && h.cur.version >= VersionTLS13:
		c.alert = alert{true, body[1]}
	}
}

// unprotect opens a record.
func (c *core) unprotect(h *half, r *record) (body []byte, kind byte, st status) {
	hs := h.hs
	if hs == nil && h.lost {
		hs = c.first
	}
	if h.cur != nil && h.cur.version < VersionTLS13 && hs != nil && !hs.haveServer && r.kind != recordChangeCipher {
		return c.opened(h, r, c.open12) // a renegotiation has begun under these keys
	}
	if hs == nil || !hs.haveServer && !c.guess(h, hs) {
		if hs == nil && c.other(h).off != 0 || h.off != 0 {
			h.stop(BytesLost)
			return nil, 0, done
		}
		h.wait = NoKeys
		return nil, 0, blocked
	}
	h.hs = hs
	if hs.server.method != 0 && hs.version < VersionTLS13 {
		c.giveUp(Compressed)
		return nil, 0, done
	}
	if hs.suite == nil && hs.haveServer || hs.version <= VersionSSL30 {
		c.giveUp(Unsupported)
		return nil, 0, done
	}
	if hs.version == VersionTLS13 {
		return c.opened(h, r, c.open13)
	}
	return c.opened(h, r, c.open12)
}

// opened opens a record with open, and notes that this was done.
func (c *core) opened(h *half, r *record, open func(*half, *record) ([]byte, byte, status)) (body []byte, kind byte, st status) {
	body, kind, st = open(h, r)
	if st == done && body != nil {
		h.opened++
		h.lost, h.missing, h.passed, h.unfound = false, 0, 0, 0
	}
	return body, kind, st
}

// guess reports whether a handshake without its ServerHello, which is missing in
// the capture, is of TLS 1.3 by its secrets: its suites can be tried.
func (c *core) guess(h *half, hs *handshake) bool {
	server := c.other(&c.halves[max(c.client, 0)])
	if !server.lost && server.off == 0 && !(c.isServer(h) && h.lost) {
		return false
	}
	s, id := c.env.Secrets, &hs.client.random
	if !s.has(ClientTraffic, id) && !s.has(ServerTraffic, id) && !s.has(ClientHandshake, id) && !s.has(ServerHandshake, id) {
		return false
	}
	hs.version = VersionTLS13
	return true
}

// pass goes over a record that cannot be opened.
func (h *half) pass(r *record) {
	if h.cur != nil {
		h.cur.accept(r)
	}
	h.seq++
	h.passed++
}
