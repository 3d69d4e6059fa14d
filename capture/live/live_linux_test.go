package live

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"simplecap/capture"
)

// namespace moves the test into a network namespace of its own, where nobody
// else sends, and skips it without the right to make one.
func namespace(t testing.TB) {
	t.Helper()
	runtime.LockOSThread() // for ever: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("no right to make a network namespace: %v", err)
	}
	ip(t, "link set lo up")
}

func ip(t testing.TB, args string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		t.Skipf("ip %s: %v: %s", args, err, out)
	}
}

// send sends a datagram with the text to an address.
func send(t testing.TB, to string, texts ...string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", ":0") // not connected: ICMP errors are none of its business
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	addr := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to))
	for _, text := range texts {
		if _, err := conn.WriteTo([]byte(text), addr); err != nil {
			t.Fatal(err)
		}
	}
}

func openLive(t testing.TB, options Options) *Capture {
	t.Helper()
	l, err := Open(options)
	if errors.Is(err, fs.ErrPermission) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// untilIdle reads until each of the texts, if any, has come at the end of a frame, however
// slow the machine is, and then until nothing has come for a while.
func untilIdle(t testing.TB, l *Capture, texts ...string) (frames []capture.Frame) {
	t.Helper()
	batch, late := make([]capture.Frame, 64), time.Now().Add(time.Minute)
	for idle := 0; idle < 3 || len(texts) > 0 && time.Now().Before(late); {
		n, err := l.ReadBatch(batch)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			idle++
		}
		for _, f := range batch[:n] {
			f.Data = append([]byte(nil), f.Data...)
			frames = append(frames, f)
			texts = slices.DeleteFunc(texts, func(text string) bool { return bytes.HasSuffix(f.Data, []byte(text)) })
			idle = 0
		}
	}
	return frames
}

// texts are the payloads of UDP datagrams to port 5060 among the frames.
func texts(frames []capture.Frame, header int) (found []string) {
	for _, f := range frames {
		b := f.Data[header:]
		if len(b) > 28 && b[0] == 0x45 && b[9] == 17 && binary.BigEndian.Uint16(b[22:]) == 5060 {
			found = append(found, string(b[28:]))
		}
	}
	return found
}

func TestLiveLoopbackOnce(t *testing.T) {
	namespace(t)
	before := time.Now().UnixNano()
	for _, names := range [][]string{{"lo"}, {"any"}, nil} {
		l := openLive(t, Options{Interfaces: names})
		send(t, "127.0.0.1:5060", "one", "two", "three")
		frames := untilIdle(t, l, "one", "two", "three")
		header := map[capture.LinkType]int{capture.LinkEthernet: 14, capture.LinkSLL2: 20}[l.Link()]
		if got := fmt.Sprint(texts(frames, header)); got != "[one two three]" {
			t.Errorf("%v: %s", names, got)
		}
		for i, f := range frames {
			if f.Number != uint64(i+1) || f.File != 1 || !f.HasTime || f.Time < before || f.Cut() || f.Length != len(f.Data) {
				t.Errorf("%v: frame %+v", names, f)
			}
		}
		in := l.Inputs()[0]
		if in.Packets != uint64(len(frames)) || in.KernelDrops != 0 || !in.Complete {
			t.Errorf("%v: %+v", names, in)
		}
		if name := l.InterfaceName(frames[0].Interface); name != "lo" {
			t.Errorf("%v: interface %q", names, name)
		}
		l.Close()
	}
}

func TestLiveSnaplen(t *testing.T) {
	namespace(t)
	l := openLive(t, Options{Interfaces: []string{"lo"}, Snaplen: 50})
	send(t, "127.0.0.1:5060", strings.Repeat("x", 100))
	if f := untilIdle(t, l, "xxxx")[0]; len(f.Data) != 50 || f.Length != 142 {
		t.Errorf("%d bytes of %d, want 50 of 142", len(f.Data), f.Length)
	}
}

// pair makes two interfaces that are connected, both up.
func pair(t *testing.T) {
	t.Helper()
	namespace(t)
	ip(t, "link add v0 type veth peer name v1")
	ip(t, "link set v0 up")
	ip(t, "link set v1 up")
}

// A VLAN tag travels beside the packet inside the kernel. It has to be in the
// frame, whichever way that was captured.
func TestLiveVLAN(t *testing.T) {
	pair(t)
	ip(t, "link add link v0 name v0.5 type vlan id 5")
	ip(t, "link set v0.5 up")
	ip(t, "addr add 10.9.0.1/24 dev v0.5")
	ip(t, "neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev v0.5")
	for _, names := range [][]string{{"v1"}, {"v0"}, {"v1", "lo"}} {
		l := openLive(t, Options{Interfaces: names})
		send(t, "10.9.0.2:5060", "tagged")
		want, at := "08004500", 16
		if l.Link() == capture.LinkSLL2 {
			at = 22
		}
		found := false
		for _, f := range untilIdle(t, l, "tagged") {
			if len(f.Data) < at+4 || !strings.HasSuffix(string(f.Data), "tagged") {
				continue
			}
			found = true
			if got := fmt.Sprintf("%x", f.Data[at:at+4]); got != want {
				t.Errorf("%v: %x: % x", names, f.Data[:at], f.Data)
			}
			if id := binary.BigEndian.Uint16(f.Data[at-2:]) & 0xfff; id != 5 {
				t.Errorf("%v: VLAN %d", names, id)
			}
		}
		if !found {
			t.Errorf("%v: no packet", names)
		}
		l.Close()
	}
}

func TestLiveSeveralInterfaces(t *testing.T) {
	pair(t)
	ip(t, "addr add 10.9.0.1/24 dev v0")
	ip(t, "neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev v0")
	l := openLive(t, Options{Interfaces: []string{"lo", "v1"}})
	send(t, "10.9.0.2:5060", "far")
	send(t, "127.0.0.1:5060", "near")
	frames := untilIdle(t, l, "far", "near")
	got := texts(frames, 20) // in the order in which the kernel had time for them
	if slices.Sort(got); !slices.Equal(got, []string{"far", "near"}) {
		t.Error(got)
	}
	for _, f := range frames {
		if name := l.InterfaceName(f.Interface); name != "lo" && name != "v1" {
			t.Errorf("a packet of %s", name)
		}
	}
}

// An interface that is deleted and made again is captured again, under whatever index, and
// where that takes no second too.
func TestLiveInterfaceComesBack(t *testing.T) {
	const (
		slow  = "v0 is down: waiting for it to come back; v0 is back"
		quick = "v0 was made again: packets may be missing from before that was seen, for a second or so"
	)
	for _, test := range []struct {
		names      []string
		first, new string // index
		said       string
	}{
		{[]string{"v0"}, "", "", slow},
		{[]string{"v0", "lo"}, "", "", slow},
		{[]string{"v0"}, "index 4711", "index 4711", slow},
		{[]string{"v0", "lo"}, "index 4711", "index 4711", slow},
		{[]string{"v0"}, "", "", quick},
		{[]string{"v0", "lo"}, "", "", quick},
		{[]string{"v0"}, "index 4711", "index 4711", quick},
	} {
		t.Run(fmt.Sprint(test.names, test.new, test.said == quick), func(t *testing.T) {
			namespace(t)
			made := func(index string) {
				ip(t, strings.TrimSpace("link add v0 "+index)+" type veth peer name v1")
				ip(t, "link set v1 up")
				ip(t, "link set v0 up")
				ip(t, "addr add 10.9.0.1/24 dev v0")
				ip(t, "neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev v0")
			}
			made(test.first)
			var said []string
			l := openLive(t, Options{Interfaces: test.names, Promiscuous: true, Notify: func(line string) { said = append(said, line) }})
			untilSaid := func(n int) {
				for end := time.Now().Add(time.Minute); len(said) < n && time.Now().Before(end); {
					untilIdle(t, l)
				}
			}
			untilIdle(t, l)
			ip(t, "link del v0")
			if test.said == slow {
				untilSaid(1)
			}
			made(test.new)
			untilSaid(1 + strings.Count(test.said, ";"))
			send(t, "10.9.0.2:5060", "again")
			header := map[capture.LinkType]int{capture.LinkEthernet: 14, capture.LinkSLL2: 20}[l.Link()]
			if got := texts(untilIdle(t, l, "again"), header); len(got) != 1 {
				t.Errorf("got %v", got)
			}
			if got := strings.Join(said, "; "); got != test.said {
				t.Error(got)
			}
		})
	}
}

// What comes back without Ethernet headers cannot be read as if it had them.
func TestLiveInterfaceOfAnotherKind(t *testing.T) {
	pair(t)
	var said []string
	l := openLive(t, Options{Interfaces: []string{"v0"}, Notify: func(line string) { said = append(said, line) }})
	ip(t, "link del v0")
	ip(t, "tuntap add dev v0 mode tun")
	ip(t, "link set v0 up")
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); {
		untilIdle(t, l)
	}
	if got := strings.Join(said, "; "); got != "v0 is an interface of another kind now, which this capture cannot read: begin it again" {
		t.Error(got)
	}
	if state := l.State(); state.Interfaces[0].Up {
		t.Error("it is said to be up")
	}
}

func TestLiveCloseWakes(t *testing.T) {
	namespace(t)
	l := openLive(t, Options{Interfaces: []string{"lo"}})
	go func() {
		time.Sleep(30 * time.Millisecond)
		l.Close()
	}()
	batch := make([]capture.Frame, 1)
	for {
		_, err := l.ReadBatch(batch)
		if errors.Is(err, os.ErrClosed) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A reader that stops loses packets when the ring is full, and is told how many.
func TestLiveCountsDrops(t *testing.T) {
	namespace(t)
	l := openLive(t, Options{Interfaces: []string{"lo"}, Buffer: 2 << 20})
	const sent = 4000
	text := strings.Repeat("x", 1000)
	for range sent {
		send(t, "127.0.0.1:9", text)
	}
	got := uint64(len(untilIdle(t, l)))
	drops := l.Inputs()[0].KernelDrops
	for late := time.Now().Add(time.Minute); got+drops < sent && time.Now().Before(late); drops = l.Inputs()[0].KernelDrops {
		got += uint64(len(untilIdle(t, l)))
	}
	if drops == 0 || got+drops < sent {
		t.Errorf("%d received and %d dropped of %d", got, drops, sent)
	}
	if again := l.Inputs()[0].KernelDrops; again != drops {
		t.Errorf("%d drops, then %d", drops, again)
	}
}

func TestLiveClock(t *testing.T) {
	namespace(t)
	l := openLive(t, Options{Interfaces: []string{"lo"}})
	start := time.Now()
	untilIdle(t, l)
	if clock := time.Unix(0, l.Clock()); clock.Before(start.Add(-clockMargin)) || clock.After(time.Now()) {
		t.Errorf("clock %v, started %v", clock, start)
	}
}

func TestLiveErrors(t *testing.T) {
	if _, err := Open(Options{Interfaces: []string{"nowhere0"}}); err == nil || !strings.Contains(err.Error(), `no interface is named "nowhere0"`) {
		t.Error(err)
	}
	failing := func(capture.LinkType) ([]bpf.Instruction, error) { return nil, errors.New("no such filter") }
	if _, err := Open(Options{Filter: failing}); err == nil || !strings.Contains(err.Error(), "no such filter") && !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	if _, err := Open(Options{Interfaces: []string{"lo"}, Buffer: int(hostMemory())}); err == nil || !strings.Contains(err.Error(), "more than half of the") && !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
}

// The kernel takes the filters, and they do there what they do in the emulator.
func TestLiveFilter(t *testing.T) {
	namespace(t)
	long := "MESSAGE sip:a SIP/2.0\r\n" + strings.Repeat("x", 3000)
	ip(t, "link set lo mtu 1500")
	filters := []*SIPFilter{{}, {UDPPorts: []uint16{5060}}}
	if _, err := exec.LookPath("tcpdump"); err == nil {
		filters = append(filters, &SIPFilter{Expression: Tcpdump("udp port 5060")})
	} else {
		t.Log("no tcpdump here: filters in its language are not tried")
	}
	for _, filter := range filters {
		for _, name := range []string{"lo", "any"} {
			l := openLive(t, Options{Interfaces: []string{name}, Filter: filter.Program})
			send(t, "127.0.0.1:5060", "\x80\x08 RTP", "MESSAGE sip:b SIP/2.0", "\x00\x01 STUN", long)
			header := map[capture.LinkType]int{capture.LinkEthernet: 14, capture.LinkSLL2: 20}[l.Link()]
			messages, fragments := 0, 0
			for _, f := range untilIdle(t, l, "SIP/2.0", "xxx") {
				b := f.Data[header:]
				switch {
				case b[9] != unix.IPPROTO_UDP: // an ICMP error
				case binary.BigEndian.Uint16(b[6:])&fragmentBits != 0:
					fragments++
				case strings.HasPrefix(string(b[28:]), "MESSAGE"):
					messages++
				default:
					t.Errorf("%s: % x", name, b)
				}
			}
			if messages != 1 || fragments != 3 {
				t.Errorf("%s: %d messages and %d fragments", name, messages, fragments)
			}
			l.Close()
		}
	}
}
