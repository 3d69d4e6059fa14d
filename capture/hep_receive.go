package capture

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"simplecap/hep"
)

// receive takes the packets of a UDP socket until it is closed.
func (h *HEP) receive(conn *net.UDPConn) {
	to := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	buf := make([]byte, 1<<16)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(errorPause)
			continue
		}
		if !h.take(buf[:n], from, to) {
			return
		}
	}
}

// errorPause is how long nothing is received or accepted after an error, such as that
// there are too many open files.
const errorPause = 100 * time.Millisecond

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
		if !h.enter(conn) {
			h.rejected.Add(1)
			conn.Close()
			continue
		}
		h.running.Go(func() {
			h.stream(conn)
			h.leave(conn)
		})
	}
}

// enter counts a connection, if there is room for it.
func (h *HEP) enter(conn net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.open >= h.options.Limits.Connections {
		return false
	}
	h.open++
	h.sockets = append(h.sockets, conn)
	return true
}

// leave forgets a connection and closes it.
func (h *HEP) leave(conn net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	h.sockets = slices.DeleteFunc(h.sockets, func(s io.Closer) bool { return s == conn })
	conn.Close()
}

// stream takes the packets of a TCP connection. Where something else than a HEP
// packet begins, nobody can say where the next one does, and it ends.
func (h *HEP) stream(conn net.Conn) {
	from, to := addrPort(conn.RemoteAddr()), addrPort(conn.LocalAddr())
	r := bufio.NewReaderSize(conn, 1<<16) // holds the longest packet
	for {
		conn.SetReadDeadline(time.Now().Add(h.options.Limits.IdleTime))
		if _, err := r.Peek(1); err != nil {
			return
		}
		conn.SetReadDeadline(time.Now().Add(h.options.Limits.StallTime))
		head, _ := r.Peek(hep.HeaderBytes)
		n, ok := hep.Length(head)
		if ok {
			head, _ = r.Peek(n)
		}
		if !ok || len(head) < n {
			h.rejected.Add(1)
			return
		}
		if !h.take(head, from, to) {
			return
		}
		r.Discard(n)
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return tcp.AddrPort()
}

// hepAgents numbers the agents, from firstHEPAgent so that the numbers differ from
// those of interfaces that are captured beside.
type hepAgents struct {
	numbers map[hepAgent]int
	names   []string
}

type hepAgent struct {
	addr netip.Addr
	id   uint32
}

const (
	firstHEPAgent = 1 << 16
	maxHEPAgents  = 4096
)

// of returns the number of the agent that sent a packet. Beyond maxHEPAgents of them
// further ones count as the first.
func (a *hepAgents) of(addr netip.Addr, p *hep.Packet) int {
	key := hepAgent{addr.Unmap(), p.AgentID}
	number, known := a.numbers[key]
	if known {
		return number
	}
	if len(a.names) >= maxHEPAgents {
		return firstHEPAgent
	}
	if a.numbers == nil {
		a.numbers = make(map[hepAgent]int)
	}
	number = firstHEPAgent + len(a.names)
	a.numbers[key] = number
	a.names = append(a.names, key.name(p.Node))
	return number
}

// name is what a capture file calls the agent: "hep 101 at 192.0.2.1, edge".
func (k hepAgent) name(node []byte) string {
	const longest = 64
	name := "hep " + strconv.FormatUint(uint64(k.id), 10) + " at " + k.addr.String()
	node = node[:min(len(node), longest)]
	printable := strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, string(node))
	if printable != "" {
		name += ", " + printable
	}
	return name
}

func (a *hepAgents) name(number int) string {
	if i := number - firstHEPAgent; i >= 0 && i < len(a.names) {
		return a.names[i]
	}
	return ""
}
