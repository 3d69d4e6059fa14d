package live

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"simplecap/hep"
)

// hepConn is a TCP connection of an agent.
type hepConn struct {
	net.Conn
	last   time.Time // when it was accepted, or sent a packet that was taken
	proven bool      // it has sent one
}

// accept takes TCP connections until the listener is closed.
func (h *HEP) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(errorPause)
			continue
		}
		c := &hepConn{Conn: conn, last: time.Now()}
		if !h.enter(c) {
			conn.Close()
			continue
		}
		h.running.Go(func() {
			why := h.stream(c)
			h.leave(c, why)
		})
	}
}

// enter counts a connection. Where there are too many, the idlest one goes. It
// reports false where the source is closed.
func (h *HEP) enter(c *hepConn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	if len(h.conns) >= h.options.Limits.Connections {
		idlest := slices.MinFunc(h.conns, idler)
		h.remove(idlest)
		h.drop(idlest, fmt.Sprintf("idlest of %d connections, silent for %s", len(h.conns)+1, time.Since(idlest.last).Round(time.Millisecond)))
	}
	h.conns = append(h.conns, c)
	h.sockets = append(h.sockets, c)
	return true
}

// idler compares how soon a connection has to go: those that have sent nothing that
// was taken first, and of these the one that is silent for longest.
func idler(a, b *hepConn) int {
	switch {
	case a.proven == b.proven:
		return a.last.Compare(b.last)
	case b.proven:
		return -1
	}
	return 1
}

// remove forgets a connection and reports whether it was still known.
func (h *HEP) remove(c *hepConn) bool {
	at := slices.Index(h.conns, c)
	if at < 0 {
		return false
	}
	h.conns = slices.Delete(h.conns, at, at+1)
	h.sockets = slices.DeleteFunc(h.sockets, func(s io.Closer) bool { return s == c })
	return true
}

// leave forgets a connection and closes it; why says that it was dropped.
func (h *HEP) leave(c *hepConn, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.remove(c) && why != "" && !h.closed {
		h.drop(c, why)
	}
	c.Close()
}

// drop says whose connection goes and closes it then: who sees it closed finds the
// line.
func (h *HEP) drop(c *hepConn, why string) {
	h.rejected.Add(1)
	if line := h.dropped.line("dropped the HEP connection of "+c.RemoteAddr().String()+": "+why, "more", time.Second, time.Now()); line != "" && h.options.Notify != nil {
		h.options.Notify(line)
	}
	c.Close()
}

// stream takes the packets of a TCP connection until it ends, and returns why it was
// dropped, "" where the agent closed it. Where something else than a HEP packet
// begins, nobody can say where the next one does. Who sends one without the key is
// no agent of ours.
func (h *HEP) stream(c *hepConn) (why string) {
	limits := &h.options.Limits
	from, to := addrPort(c.RemoteAddr()), addrPort(c.LocalAddr())
	r := bufio.NewReaderSize(c, 1<<16) // holds the longest packet
	prove := c.last.Add(limits.ProveTime)
	for proven := false; ; proven = true {
		deadline := func(d time.Duration) { // in which the first packet comes, or the next one
			at := time.Now().Add(d)
			if !proven && prove.Before(at) {
				at = prove
			}
			c.SetReadDeadline(at)
		}
		deadline(limits.IdleTime)
		if _, err := r.Peek(1); err != nil {
			return whySilent(err)
		}
		deadline(limits.StallTime)
		packet, why := peekHEP(r)
		if why != "" {
			return why
		}
		taken, open := h.take(packet, from, to, c)
		switch {
		case !open:
			return ""
		case !taken:
			return "it has not the key"
		}
		r.Discard(len(packet))
	}
}

// peekHEP returns the packet that comes next, or why there is none.
func peekHEP(r *bufio.Reader) (packet []byte, why string) {
	head, err := r.Peek(hep.HeaderBytes)
	n, ok := hep.Length(head)
	switch {
	case err != nil:
		return nil, "its packet has no end"
	case !ok:
		return nil, "it sends something else than HEP"
	}
	if packet, err = r.Peek(n); err != nil {
		return nil, "its packet has no end"
	}
	return packet, ""
}

// whySilent tells a connection that was silent for too long from one that ended.
func whySilent(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "it was silent for too long"
	}
	return ""
}
