package tls

// Status is what is known of a connection.
type Status[M any] struct {
	Version uint16 // 0 while no ServerHello was read
	Suite   uint16
	Client  int    // which side is the client's, -1 where that is not known
	Server  string // the name that the client asks for, "" for none
	ALPN    string // the protocol agreed on, or the first that the client offers
	Alert   int    // the last alert that ended something, -1 for none (RFC 8446 6)
	Sides   [2]SideStatus[M]
}

// SideStatus is what is known of one direction.
type SideStatus[M any] struct {
	Records uint64 // seen
	Opened  uint64 // records opened
	Bytes   uint64 // seen
	Reason  Reason // why the rest cannot be read, 0 where nothing stands in the way
	BadAt   M      // the record that does not open, with BadRecord
}

// Status says how far the connection could be read.
func (c *Conn[M]) Status() Status[M] {
	s := Status[M]{Client: int(c.client), Alert: -1}
	if hs := c.first; hs != nil {
		s.Version, s.Suite = hs.version, hs.server.suite
		s.Server, s.ALPN = string(hs.client.serverName), string(hs.client.alpn)
		if len(hs.server.alpn) > 0 {
			s.ALPN = string(hs.server.alpn)
		}
	}
	if c.alert.seen {
		s.Alert = int(c.alert.code)
	}
	for i := range c.dirs {
		d, h := &c.dirs[i], &c.halves[i]
		s.Sides[i] = SideStatus[M]{Records: d.count, Opened: h.opened, Bytes: d.bytes, Reason: c.reason(i), BadAt: d.badAt}
	}
	return s
}

// Off reports whether nothing more is read of a direction.
func (c *Conn[M]) Off(side Side) bool { return c.halves[side].off != 0 }

// Holds reports whether records of a direction wait for their keys.
func (c *Conn[M]) Holds(side Side) bool { return len(c.dirs[side].queue) > 0 }

// Sealed reports whether what a direction sends cannot be read, as far as it is known
// now: its keys are missing, or nothing of it is in the capture though the other side
// goes on.
func (c *Conn[M]) Sealed(side Side) bool {
	d, h := &c.dirs[side], &c.halves[side]
	return h.off != 0 && h.off != Refused || len(d.queue) > 0 || d.count == 0 && c.halves[1-side].opened > 0
}

// reason says why a direction cannot be read.
func (c *Conn[M]) reason(i int) Reason {
	d, h := &c.dirs[i], &c.halves[i]
	peer := &c.halves[1-i]
	switch {
	case h.off != 0:
		return h.off
	case d.isBad && h.opened == 0 && !h.lost:
		return WrongKeys
	case d.isBad:
		return BadRecord
	case h.unfound > 1:
		return BytesLost
	case h.early && h.opened > 0:
		return NoKeys
	case len(d.queue) == 0 && !h.stalled:
		return 0
	case h.wait == WrongKeys:
		return WrongKeys
	case c.first == nil || !c.first.haveServer:
		if h.lost || peer.lost {
			return BytesLost
		}
		if !peer.any || c.first == nil {
			return BeginsLater
		}
	}
	return NoKeys
}
