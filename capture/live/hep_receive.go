package live

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"simplecap/capture"
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
		if _, open := h.take(buf[:n], from, to, nil); !open {
			return
		}
	}
}

// errorPause is how long nothing is received or accepted after an error, such as that
// there are too many open files.
const errorPause = 100 * time.Millisecond

func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return tcp.AddrPort()
}

// hepAgents numbers the agents, from capture.FirstHEPAgent so that the numbers differ from
// those of interfaces that are captured beside.
type hepAgents struct {
	numbers map[hepAgent]int
	names   []string
	most    int // as HEPLimits.Agents
}

type hepAgent struct {
	addr netip.Addr
	id   uint32
}

// of returns the number of the agent that sent a packet. Beyond the most there may be
// further ones count as the first.
func (a *hepAgents) of(addr netip.Addr, p *hep.Packet) int {
	key := hepAgent{addr.Unmap(), p.AgentID}
	number, known := a.numbers[key]
	if known {
		return number
	}
	if len(a.names) >= a.most {
		return capture.FirstHEPAgent
	}
	if a.numbers == nil {
		a.numbers = make(map[hepAgent]int)
	}
	number = capture.FirstHEPAgent + len(a.names)
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
	if i := number - capture.FirstHEPAgent; i >= 0 && i < len(a.names) {
		return a.names[i]
	}
	return ""
}
