package live

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/gopacket"

	"simplecap/capture"
	"simplecap/hep"
	"simplecap/internal/preset"
)

// HEPOptions says where [ListenHEP] takes HEP packets, and from whom.
type HEPOptions struct {
	Addresses []string          // "udp://127.0.0.1:9060", "tcp://..."; see hep.ParseAddress
	Key       []byte            // the key that a packet has to have; none: every packet is taken
	Notify    func(line string) // told whose TCP connections are dropped, and why, once a second at most, and whose packets are refused, once a minute and peer; nil for nobody
	Limits    HEPLimits         // bounds; zero fields mean the defaults
}

// HEPLimits bounds what a HEP source holds. A field that is zero or less has its default.
type HEPLimits struct {
	QueueBytes  int           // packets that wait to be read, twice (default 16 MiB); more wait in the kernel
	SocketBytes int           // what the kernel holds of a UDP socket, if it may (default 8 MiB)
	Connections int           // TCP connections at once (default 256); the idlest one goes for a further one
	ProveTime   time.Duration // how long a TCP connection may take to send its first packet, with the key where there is one (default 10 s)
	IdleTime    time.Duration // silence after which a TCP connection is closed (default 1 h)
	Agents      int           // agents told apart (default 4,096); further ones count as the first
	StallTime   time.Duration // how long the rest of a packet over TCP is waited for (default 30 s)
}

func (l HEPLimits) withDefaults() HEPLimits {
	preset.Numbers(&l, HEPLimits{
		QueueBytes: 16 << 20, SocketBytes: 8 << 20, Connections: 256, ProveTime: 10 * time.Second, IdleTime: time.Hour, Agents: 4096,
		StallTime: 30 * time.Second,
	})
	return l
}

// HEP is a [capture.Source] of HEP packets that agents send here. See [ListenHEP].
type HEP struct {
	options HEPOptions
	queue   hepQueue
	seen    seen
	single  capture.PacketReader
	clock   int64

	mu       sync.Mutex
	sockets  []io.Closer // listeners, UDP sockets and TCP connections
	conns    []*hepConn  // TCP connections, which are among them
	dropped  rare
	refused  refusals
	agents   hepAgents
	closed   bool
	running  sync.WaitGroup
	rejected atomic.Uint64
	udp      []udpSocket
}

// udpSocket is a UDP socket, and what the kernel has dropped of it so far.
type udpSocket struct {
	*net.UDPConn
	last    uint32
	dropped uint64
}

var _ capture.Source = (*HEP)(nil)

// ListenHEP takes HEP packets over UDP and TCP. Each one is a frame as it would have
// been captured on its way here, of link type LinkRaw: an IP and a UDP header, also
// where it came over TCP, and the HEP packet, with the time when it came. Package
// decode finds the message in it.
//
// What is no HEP packet or lacks the key is counted in Input.Rejected; what the kernel
// dropped of a UDP socket in Input.KernelDrops.
// ReadBatch waits for 100 ms at most and then returns 0 frames and no error.
func ListenHEP(options HEPOptions) (*HEP, error) {
	options.Limits = options.Limits.withDefaults()
	h := &HEP{options: options, agents: hepAgents{most: options.Limits.Agents}}
	h.queue.init(options.Limits.QueueBytes)
	h.seen.input = capture.Input{Format: "hep", LinkTypes: []string{capture.LinkRaw.String()}, Complete: true}
	var names []string
	for _, text := range options.Addresses {
		name, err := h.listen(text)
		if err != nil {
			h.Close()
			return nil, fmt.Errorf("listen for HEP: %w", err)
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, errors.New("listen for HEP: no address")
	}
	h.seen.input.Name = strings.Join(names, ",")
	return h, nil
}

// listen begins to take packets on one address and returns its name.
func (h *HEP) listen(text string) (name string, err error) {
	network, address, err := hep.ParseAddress(text)
	if err != nil {
		return "", err
	}
	family := familyOf(network, address)
	if network == hep.UDP {
		addr, err := net.ResolveUDPAddr(family, address)
		if err != nil {
			return "", err
		}
		conn, err := net.ListenUDP(family, addr)
		if err != nil {
			return "", err
		}
		h.own(conn)
		h.udp = append(h.udp, udpSocket{UDPConn: conn})
		prepareUDP(conn, h.options.Limits.SocketBytes)
		h.running.Go(func() { h.receive(conn) })
		return network + "://" + conn.LocalAddr().String(), nil
	}
	listener, err := net.Listen(family, address)
	if err != nil {
		return "", err
	}
	h.own(listener)
	h.running.Go(func() { h.accept(listener) })
	return network + "://" + listener.Addr().String(), nil
}

// familyOf makes a network of one family where the address is of that family: package
// net takes 0.0.0.0 for all addresses, those of IPv6 among them.
func familyOf(network, address string) string {
	at, err := netip.ParseAddrPort(address)
	switch {
	case err != nil:
		return network
	case at.Addr().Is4():
		return network + "4"
	}
	return network + "6"
}

// own remembers a socket that has to be closed at the end.
func (h *HEP) own(s io.Closer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sockets = append(h.sockets, s)
}

// take takes one packet in, unless it is none or lacks the key; over TCP its
// connection is known for good from then on. It waits where the queue is full and
// reports open as false when the source has been closed.
func (h *HEP) take(b []byte, from, to netip.AddrPort, over *hepConn) (taken, open bool) {
	var p hep.Packet
	switch err := hep.Parse(b, &p); {
	case errors.Is(err, hep.ErrNotHEP):
		h.refuse(from, "it is no HEP")
		return false, true
	case !h.allowed(&p):
		h.refuse(from, map[bool]string{true: "it has no authentication key", false: "its authentication key is another one"}[len(p.Key) == 0])
		return false, true
	}
	h.mu.Lock()
	number := h.agents.of(from.Addr(), &p)
	if over != nil {
		over.last, over.proven = time.Now(), true
	}
	h.mu.Unlock()
	return true, h.queue.put(b, from, to, number)
}

// allowed compares the packet's key, in a time that does not depend on it.
func (h *HEP) allowed(p *hep.Packet) bool {
	return len(h.options.Key) == 0 || subtle.ConstantTimeCompare(h.options.Key, p.Key) == 1
}

// ReadBatch implements [capture.Source].
func (h *HEP) ReadBatch(frames []capture.Frame) (int, error) {
	n := h.read(frames)
	if n > 0 {
		return n, nil
	}
	before := time.Now().UnixNano()
	if !h.queue.wait(idleWait) {
		return 0, os.ErrClosed
	}
	if n = h.read(frames); n == 0 {
		h.clock = before
	}
	return n, nil
}

// read is ReadBatch without waiting.
func (h *HEP) read(frames []capture.Frame) int {
	n := h.queue.read(frames)
	for i := range frames[:n] {
		h.seen.add(&frames[i])
	}
	return n
}

// Clock returns a time, in nanoseconds since 1970 UTC, before which no further frame
// lies. It moves on when ReadBatch returns nothing.
func (h *HEP) Clock() int64 { return h.clock }

// InterfaceName returns a name for the agent that Frame.Interface stands for, "" where
// there is none.
func (h *HEP) InterfaceName(number int) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.agents.name(number)
}

// Inputs implements [capture.Source]. All addresses together are one input.
func (h *HEP) Inputs() []capture.Input {
	in := h.seen.input
	in.KernelDrops, in.Rejected = h.drops(), h.rejected.Load()
	return []capture.Input{in}
}

// drops adds up what the kernel has dropped of all sockets. Of one that is closed it
// is what was known before.
func (h *HEP) drops() (total uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.udp {
		s := &h.udp[i]
		if now, ok := socketDrops(s.UDPConn); ok {
			s.dropped += uint64(now - s.last)
			s.last = now
		}
		total += s.dropped
	}
	return total
}

// ZeroCopyReadPacketData implements gopacket.ZeroCopyPacketDataSource. It waits for a
// packet. The data is valid until the next call. Use either it or ReadBatch.
func (h *HEP) ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error) {
	return h.single.Wait(h.ReadBatch)
}

// Close implements [capture.Source]. It closes all connections and waits until nothing reads
// from them any more.
func (h *HEP) Close() error {
	h.drops()
	h.mu.Lock()
	h.closed = true
	for _, s := range h.sockets {
		s.Close()
	}
	h.sockets = nil
	h.mu.Unlock()
	h.queue.close()
	h.running.Wait()
	return nil
}
