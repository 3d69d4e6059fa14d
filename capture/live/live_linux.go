package live

import (
	"encoding/binary"
	"fmt"
	"simplecap/capture"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Capture is a [capture.Source] of the packets on network interfaces. See [Open].
type Capture struct {
	options Options
	socket  *socket
	ring    *ring
	seen    seen
	numbers interfaceNumbers
	single  capture.PacketReader

	watch time.Time // when to look at the interfaces and the drops again
	clock int64     // every packet before it has been delivered
	time  steadyClock

	sample time.Time // when to look at the ring again
	filled int       // the most that was found in it since the state was last set
	frozen uint64
	state  atomic.Pointer[State]

	reading sync.Mutex // held by ReadBatch, and by Close while it unmaps the ring
	closing atomic.Bool
}

// Open captures on network interfaces through a packet socket with a ring
// that the kernel fills (TPACKET_V3). It needs the right CAP_NET_RAW; without it
// the error wraps fs.ErrPermission. There is one socket however many interfaces
// are named, so that packets come out in the order in which they passed.
//
// One Ethernet interface or the loopback has link type LinkEthernet. Everything
// else (several interfaces, all of them, or one of another kind, such as a
// tunnel) has LinkSLL2, as tcpdump -i any has: the header is made of what the
// kernel says of each packet. A VLAN tag that the kernel took out is put back.
// Of a packet on the loopback interface, which the kernel shows going out and
// coming in, only the second sight is kept.
//
// ReadBatch waits for 100 ms at most and then returns 0 frames and no error.
// Interfaces that are down or disappear end nothing: the capture goes on when
// they are back.
func Open(options Options) (*Capture, error) {
	l := &Capture{options: options.withDefaults()}
	l.numbers.most = l.options.Limits.Interfaces
	name := l.name()
	l.seen.input = capture.Input{Name: name, Format: "live", Complete: true}
	var err error
	if l.socket, err = openSocket(&l.options); err != nil {
		return nil, fmt.Errorf("capture on %s: %w", name, err)
	}
	if l.ring, err = newRing(l.socket.fd, l.options.Buffer); err == nil {
		err = l.socket.start()
	}
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("capture on %s: %w", name, err)
	}
	l.seen.input.LinkTypes = []string{l.socket.link.String()}
	l.time.notify = l.options.Notify
	l.setState()
	return l, nil
}

// State says how the capture goes, as it was a second ago at most. Any goroutine
// may ask.
func (l *Capture) State() State { return *l.state.Load() }

// setState notes how the capture goes.
func (l *Capture) setState() {
	s := State{RingBlocks: l.ring.blocks(), RingFilled: max(l.filled, l.ring.filled()), RingFull: l.frozen}
	for _, p := range l.socket.ports {
		s.Interfaces = append(s.Interfaces, InterfaceState{p.name, p.up})
	}
	l.filled = 0
	l.state.Store(&s)
}

func (l *Capture) name() string {
	if l.options.isAny() {
		return AnyInterface
	}
	return strings.Join(l.options.Interfaces, ",")
}

// Link returns the link type of all frames.
func (l *Capture) Link() capture.LinkType { return l.socket.link }

// InterfaceName returns the name of the interface that Frame.Interface stands
// for, "" where there is none.
func (l *Capture) InterfaceName(number int) string { return l.numbers.name(number) }

// next reads what has come, and waits for it if it is to.
func (l *Capture) next(frames []capture.Frame, wait bool) (int, error) {
	l.look(time.Now())
	ready := l.ring.ready()
	if !ready && wait {
		if err := l.wait(); err != nil {
			return 0, err
		}
		ready = l.ring.ready()
	}
	if ready {
		l.time.look()
	}
	n := 0
	for ready && n < len(frames) && l.ring.left > 0 {
		p := l.ring.take()
		l.frame(&frames[n], &p)
		n++
	}
	return n, nil
}

// look looks at the ring, the interfaces and the drops, when it is time to.
func (l *Capture) look(now time.Time) {
	if !now.Before(l.sample) {
		l.sample = now.Add(sampleEvery)
		l.filled = max(l.filled, l.ring.filled())
	}
	if !now.Before(l.watch) {
		l.watch = now.Add(watchEvery)
		l.count()
		l.socket.watch()
		l.setState()
	}
}

// clockMargin is how long a packet may be in the kernel's hands at most.
const clockMargin = 4 * retireAfter

// wait waits until the kernel hands a block over. When none comes, every packet
// from before must have been delivered.
func (l *Capture) wait() error {
	woken, err := l.socket.wait(idleWait)
	if err == nil && !woken && !l.ring.ready() {
		l.clock = max(l.clock, l.time.idle()-int64(clockMargin))
	}
	return err
}

// frame makes a frame of a packet in the ring.
func (l *Capture) frame(f *capture.Frame, p *ringPacket) {
	sender := p.sender()
	*f = capture.Frame{} // and not a literal, which would be made elsewhere and copied
	f.Time, f.HasTime = l.time.of(int64(p.Sec)*1e9+int64(p.Nsec)), true
	f.Length, f.File, f.Link, f.Interface = int(p.Len), 1, l.socket.link, l.numbers.of(sender.Ifindex)
	if l.socket.link == capture.LinkEthernet {
		f.Data = ethernetFrame(p)
	} else {
		f.Data = cookedFrame(p, sender)
	}
	f.Length += len(f.Data) - int(p.Snaplen)
	l.seen.add(f)
}

const (
	sll2Header = 20 // bytes of a LINUX_SLL2 header
	addresses  = 12 // bytes before the ethertype or tag of an Ethernet frame
)

// ethernetFrame is the packet with its VLAN tag where it was on the wire.
func ethernetFrame(p *ringPacket) []byte {
	tpid, tci, tagged := p.vlan()
	if !tagged || p.Snaplen < addresses {
		return p.data(0)
	}
	b := p.data(vlanTag)
	copy(b, b[vlanTag:vlanTag+addresses])
	binary.BigEndian.PutUint16(b[addresses:], tpid)
	binary.BigEndian.PutUint16(b[addresses+2:], tci)
	return b
}

// cookedFrame puts a LINUX_SLL2 header before a packet that begins with its
// network header, and the VLAN tag between them where there was one.
func cookedFrame(p *ringPacket, sender *unix.RawSockaddrLinklayer) []byte {
	tpid, tci, tagged := p.vlan()
	protocol := bits16(sender.Protocol)
	b := p.data(sll2Header)
	if tagged {
		b = p.data(sll2Header + vlanTag)
		binary.BigEndian.PutUint16(b[sll2Header:], tci)
		binary.BigEndian.PutUint16(b[sll2Header+2:], protocol)
		protocol = tpid
	}
	binary.BigEndian.PutUint16(b, protocol)
	binary.BigEndian.PutUint16(b[2:], 0)
	binary.BigEndian.PutUint32(b[4:], uint32(sender.Ifindex))
	binary.BigEndian.PutUint16(b[8:], sender.Hatype)
	b[10], b[11] = sender.Pkttype, sender.Halen
	copy(b[12:sll2Header], sender.Addr[:])
	return b
}

// bits16 turns a number between the host's byte order and the network's.
func bits16(v uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], v)
	return binary.BigEndian.Uint16(b[:])
}

// count adds up what the kernel dropped since it was last asked.
func (l *Capture) count() {
	if s, err := unix.GetsockoptTpacketStatsV3(l.socket.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		l.seen.input.KernelDrops += uint64(s.Drops)
		l.frozen += uint64(s.Freeze_q_cnt)
	}
}

// wakeUp ends the waiting of a ReadBatch.
func (l *Capture) wakeUp() { l.socket.wakeUp() }

// release gives back the ring and the socket.
func (l *Capture) release() (err error) {
	if l.ring != nil {
		err = l.ring.close()
	}
	l.socket.close()
	return err
}
