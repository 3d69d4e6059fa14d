package live_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/bpf"

	"simplecap/capture"
	"simplecap/capture/live"
	"simplecap/decode"
	"simplecap/internal/shared"
)

// sharedCaptures returns the captures with ground truth that are kept beside the
// project, and those of the project itself.
func sharedCaptures(t testing.TB) (names []string) {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	own, _ := filepath.Glob("../../testdata/pcaps/*")
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "shared/pcaps/truth.json")); err == nil {
			names, _ = filepath.Glob(filepath.Join(dir, "shared/pcaps/*.pcap*"))
			return append(names, own...)
		}
	}
	t.Log("no shared/pcaps/truth.json beside the project: only the project's own captures")
	return own
}

// readFrames calls do for every frame of a capture.
func readFrames(t testing.TB, name string, do func(f *capture.Frame)) {
	t.Helper()
	source, err := capture.Open([]string{name}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if err := capture.Each(t.Context(), source, do); err != nil {
		t.Fatal(err)
	}
}

// kernel runs a filter as the kernel would, for both kinds of socket.
type kernel struct {
	t        testing.TB
	ethernet *bpf.VM
	cooked   []bpf.Instruction
	vms      map[uint16]*bpf.VM // by protocol
}

func newKernel(t testing.TB, f *live.SIPFilter) *kernel {
	t.Helper()
	k := &kernel{t: t, vms: make(map[uint16]*bpf.VM)}
	program, err := f.Program(capture.LinkEthernet)
	if err != nil {
		t.Fatal(err)
	}
	k.ethernet = k.vm(program)
	if k.cooked, err = f.Program(capture.LinkSLL2); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *kernel) vm(program []bpf.Instruction) *bpf.VM {
	k.t.Helper()
	vm, err := bpf.NewVM(program)
	if err != nil {
		k.t.Fatal(err)
	}
	return vm
}

// passes reports whether the filter lets a frame through; known is false for a
// link type that is not captured live.
func (k *kernel) passes(link capture.LinkType, data []byte) (passes, known bool) {
	switch {
	case link == capture.LinkEthernet:
		return k.run(k.ethernet, data), true
	case link == capture.LinkSLL2 && len(data) >= 20:
		return k.passesCooked(binary.BigEndian.Uint16(data), data[20:]), true
	case link == capture.LinkLinuxSLL && len(data) >= 16:
		return k.passesCooked(binary.BigEndian.Uint16(data[14:]), data[16:]), true
	}
	return false, false
}

// passesCooked runs the filter for packets that begin with their network header.
// The emulator does not know the protocol of a packet, so it becomes a constant.
func (k *kernel) passesCooked(protocol uint16, data []byte) bool {
	vm := k.vms[protocol]
	if vm == nil {
		program := append([]bpf.Instruction(nil), k.cooked...)
		for i, ins := range program {
			if ins == (bpf.LoadExtension{Num: bpf.ExtProto}) {
				program[i] = bpf.LoadConstant{Dst: bpf.RegA, Val: uint32(protocol)}
			}
		}
		vm = k.vm(program)
		k.vms[protocol] = vm
	}
	return k.run(vm, data)
}

func (k *kernel) run(vm *bpf.VM, data []byte) bool {
	n, err := vm.Run(data)
	if err != nil {
		k.t.Fatal(err)
	}
	return n > 0
}

// events writes down what a decoder finds.
type events []string

func (e *events) Message(m *decode.Message) {
	*e = append(*e, fmt.Sprintf("%v > %v %s %q", m.Src, m.Dst, m.Transport, m.Raw))
}

func (e *events) ICMP(i *decode.ICMPError) {
	*e = append(*e, fmt.Sprintf("%v %s %v > %v", i.From, i.Reason, i.Src, i.Dst))
}

// What is decoded of a capture is the same when only what the filter lets
// through is decoded.
func TestFilterLosesNothing(t *testing.T) {
	shared.OneGoroutine(t)
	k := newKernel(t, &live.SIPFilter{})
	total, passed := 0, 0
	for _, name := range sharedCaptures(t) {
		var all, some events
		every, rest := decode.NewDecoder(&all, decode.Options{}), decode.NewDecoder(&some, decode.Options{})
		readFrames(t, name, func(f *capture.Frame) {
			passes, known := k.passes(f.Link, f.Data)
			if !known {
				return
			}
			total++
			every.Frame(f)
			if passes {
				passed++
				rest.Frame(f)
			}
			if f.Link == capture.LinkEthernet && len(f.Data) >= 14 {
				ether := binary.BigEndian.Uint16(f.Data[12:])
				if cooked := k.passesCooked(ether, f.Data[14:]); ether >= 0x600 && cooked != passes {
					t.Errorf("%s frame %d: passes on one interface %t, on all %t", name, f.Number, passes, cooked)
				}
			}
		})
		every.Flush()
		rest.Flush()
		if diff := cmp.Diff(all, some); diff != "" {
			t.Errorf("%s: %s", filepath.Base(name), diff)
		}
	}
	t.Logf("%d of %d frames pass", passed, total)
	if total == 0 || passed == total {
		t.Error("nothing was filtered")
	}
}

// checkFrame makes sure that a frame in which a decoder finds something passes.
func checkFrame(t *testing.T, k *kernel, link capture.LinkType, data []byte) {
	t.Helper()
	var found events
	decode.NewDecoder(&found, decode.Options{}).Frame(&capture.Frame{Data: data, Length: len(data), Number: 1, File: 1, Link: link})
	if passes, known := k.passes(link, data); known && !passes && len(found) > 0 {
		t.Errorf("%s frame is dropped: % x\nbut has %s", link, data, found)
	}
}

// FuzzFilter looks for frames with SIP that the filter drops.
func FuzzFilter(f *testing.F) {
	links := []capture.LinkType{capture.LinkEthernet, capture.LinkSLL2}
	for _, frame := range samples(f) {
		f.Add(frame)
	}
	k := newKernel(f, &live.SIPFilter{})
	f.Fuzz(func(t *testing.T, data []byte) {
		k.t = t
		for _, link := range links {
			checkFrame(t, k, link, data)
		}
	})
}

// samples are a few frames of every capture.
func samples(t testing.TB) (frames [][]byte) {
	for _, name := range sharedCaptures(t) {
		n := 0
		readFrames(t, name, func(f *capture.Frame) {
			if n++; n%7 == 1 && n < 60 {
				frames = append(frames, append([]byte(nil), f.Data...))
			}
		})
	}
	return frames
}

func TestFilterOnChangedFrames(t *testing.T) {
	shared.OneGoroutine(t)
	k := newKernel(t, &live.SIPFilter{})
	r := rand.New(rand.NewPCG(5, 1))
	frames := samples(t)
	for range 30000 {
		data := append([]byte(nil), frames[r.IntN(len(frames))]...)
		for range 1 + r.IntN(3) {
			if len(data) > 0 {
				data[r.IntN(min(len(data), 90))] = byte(r.Uint32())
			}
		}
		checkFrame(t, k, capture.LinkEthernet, data)
		checkFrame(t, k, capture.LinkSLL2, data)
	}
}

// datagram is an Ethernet frame with a UDP datagram.
func datagram(src, dst uint16, payload string) []byte {
	b := make([]byte, 42, 42+len(payload))
	b[12], b[14], b[23] = 0x08, 0x45, 17
	copy(b[26:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	binary.BigEndian.PutUint16(b[16:], uint16(28+len(payload)))
	binary.BigEndian.PutUint16(b[34:], src)
	binary.BigEndian.PutUint16(b[36:], dst)
	binary.BigEndian.PutUint16(b[38:], uint16(8+len(payload)))
	return append(b, payload...)
}

// Every way to begin a SIP message passes, and HEP does. The shortest method and the
// strangest characters are there.
func TestFilterStartLines(t *testing.T) {
	k := newKernel(t, &live.SIPFilter{})
	const head = " sip:a@b SIP/2.0\r\nCall-ID: x\r\n\r\n"
	lines := []string{"SIP/2.0 200 OK\r\nCall-ID: x\r\n\r\n", "sip/2.0 200 OK\r\nCall-ID: x\r\n\r\n", "\r\n\r\nMESSAGE" + head, "\nMESSAGE" + head}
	for c := range 256 {
		one := string([]byte{byte(c)})
		lines = append(lines, one+head, "M"+one+head, "MM"+one+head, "M"+one+"sip:a SIP/2.0\r\nCall-ID: x\r\n\r\n", "M "+one+" SIP/2.0\r\nCall-ID: x\r\n\r\n")
	}
	old := "\x02\x11\x13\xc4\x13\xc4abcdefgh"
	lines = append(lines, string(hepMessage(t, "x", "")), "\x01\x10"+old+"M"+head, "\x02\x10"+old+strings.Repeat("\x00", 12)+"M"+head)
	found := 0
	for _, line := range lines {
		var e events
		frame := datagram(5060, 5060, line)
		decode.NewDecoder(&e, decode.Options{}).Frame(&capture.Frame{Data: frame, Length: len(frame), Link: capture.LinkEthernet})
		found += len(e)
		checkFrame(t, k, capture.LinkEthernet, frame)
	}
	if found < 3*74+3 {
		t.Errorf("only %d of %d are messages: nothing is tested", found, len(lines))
	}
}

func TestFilterDrops(t *testing.T) {
	k := newKernel(t, &live.SIPFilter{})
	r := rand.New(rand.NewPCG(7, 7))
	random := func(head string) string {
		b := []byte(head)
		for range 40 {
			b = append(b, byte(r.Uint32()))
		}
		return string(b)
	}
	for _, test := range []struct {
		name    string
		payload func() string
		atMost  float64 // share that passes
	}{
		{"RTP", func() string { return random("\x80\x08") }, 0},
		{"RTCP", func() string { return random("\x81\xc8\x00\x06") }, 0},
		{"STUN", func() string { return random("\x00\x01\x00\x08\x21\x12\xa4\x42") }, 0},
		{"DTLS", func() string { return random("\x16\xfe\xfd") }, 0},
		{"DNS query", func() string { return random(random("")[:2] + "\x01\x00\x00\x01") }, 0.02},
		{"DNS answer", func() string { return random(random("")[:2] + "\x81\x80\x00\x01") }, 0.02},
		{"mDNS", func() string { return random("\x00\x00\x84\x00") }, 0},
		{"nothing", func() string { return "" }, 0},
	} {
		passed := 0
		for range 4000 {
			if passes, _ := k.passes(capture.LinkEthernet, datagram(40000, 53, test.payload())); passes {
				passed++
			}
		}
		if float64(passed) > 4000*test.atMost {
			t.Errorf("%s: %d of 4000 pass", test.name, passed)
		}
	}
	arp := append(make([]byte, 12), 0x08, 0x06, 0, 1)
	if passes, _ := k.passes(capture.LinkEthernet, append(arp, make([]byte, 50)...)); passes {
		t.Error("ARP passes")
	}
}

// Hosts and ports do what tcpdump's words do.
func TestFilterNarrowed(t *testing.T) {
	for _, test := range []struct {
		filter     live.SIPFilter
		expression string
	}{
		{live.SIPFilter{UDPPorts: []uint16{5060}}, "udp port 5060"},
		{live.SIPFilter{TCPPorts: []uint16{5060, 5062}}, "tcp port 5060 or tcp port 5062"},
		{live.SIPFilter{UDPPorts: []uint16{5060}, TCPPorts: []uint16{5060}}, "port 5060 and not sctp"},
		{live.SIPFilter{Hosts: addrs("192.0.2.1")}, "host 192.0.2.1"},
		{live.SIPFilter{OwnTCPPorts: []uint16{4222, 5060}}, "not tcp port 4222 and not tcp port 5060"},
		{live.SIPFilter{OwnTCPPorts: []uint16{5061}, TCPPorts: []uint16{5060, 5061}}, "tcp port 5060 and not tcp port 5061"},
		{live.SIPFilter{Hosts: addrs("192.0.2.1", "2001:db8:1::10", "198.51.100.20")}, "host 192.0.2.1 or host 2001:db8:1::10 or host 198.51.100.20"},
		{live.SIPFilter{Hosts: addrs("2001:db8:1::10"), UDPPorts: []uint16{5060}}, "host 2001:db8:1::10 and udp port 5060"},
	} {
		t.Run(test.expression, func(t *testing.T) {
			compareWith(t, &test.filter, test.expression)
		})
	}
}

// compareWith compares a filter with a program of tcpdump on all captures.
// Fragments and tunnels pass ours on purpose, so they are left out.
func compareWith(t *testing.T, filter *live.SIPFilter, expression string) {
	both, ours := newKernel(t, &live.SIPFilter{}), newKernel(t, filter)
	program, err := live.Tcpdump("(" + expression + ") and (udp or tcp)")(capture.LinkEthernet)
	if err != nil {
		t.Skip(err)
	}
	plain, err := live.Tcpdump("(udp or tcp) and not (ip[6:2] & 0x3fff != 0) and not ip6 proto 44 and not (udp dst port 4789 or udp dst port 8472 or udp dst port 6081 or udp dst port 2152)")(capture.LinkEthernet)
	if err != nil {
		t.Fatal(err)
	}
	tcpdump, simple := both.vm(program), both.vm(plain)
	passed := 0
	for _, name := range sharedCaptures(t) {
		readFrames(t, name, func(f *capture.Frame) {
			if f.Link != capture.LinkEthernet || !both.run(simple, f.Data) {
				return
			}
			all, _ := both.passes(f.Link, f.Data)
			got, _ := ours.passes(f.Link, f.Data)
			if want := all && both.run(tcpdump, f.Data); got != want {
				t.Errorf("%s frame %d passes: %t, want %t", name, f.Number, got, want)
			}
			if got {
				passed++
			}
		})
	}
	if passed == 0 {
		t.Error("no frame passes: nothing is tested")
	}
}

// An expression and our filter together let through what both do, on one
// interface and on all.
func TestFilterExpression(t *testing.T) {
	for _, expression := range []string{"udp port 5060", "host 192.0.2.1 and not port 5062", "ip6", "tcp[13] & 2 != 0", "greater 500"} {
		program, err := live.Tcpdump(expression)(capture.LinkEthernet)
		if err != nil {
			t.Skip(err)
		}
		filter := &live.SIPFilter{Expression: live.Tcpdump(expression)}
		if expression == "greater 500" { // counts the link-layer header too
			filter.Expression = func(capture.LinkType) ([]bpf.Instruction, error) { return program, nil }
		}
		k, sip := newKernel(t, filter), newKernel(t, &live.SIPFilter{})
		alone := k.vm(program)
		for _, name := range sharedCaptures(t) {
			readFrames(t, name, func(f *capture.Frame) {
				if f.Link != capture.LinkEthernet || len(f.Data) < 60 {
					return
				}
				all, _ := sip.passes(f.Link, f.Data)
				got, _ := k.passes(f.Link, f.Data)
				want := all && (k.run(alone, f.Data) || laterFragment(f.Data))
				if got != want {
					t.Errorf("%s: %s frame %d passes: %t, want %t", expression, name, f.Number, got, want)
				}
				ether := binary.BigEndian.Uint16(f.Data[12:])
				if cooked := k.passesCooked(ether, f.Data[14:]); expression != "greater 500" && ether >= 0x600 && cooked != want {
					t.Errorf("%s: %s frame %d on all interfaces: %t, want %t", expression, name, f.Number, cooked, want)
				}
			})
		}
	}
}

// laterFragment reports whether an untagged frame has a fragment other than the first.
func laterFragment(b []byte) bool {
	switch binary.BigEndian.Uint16(b[12:]) {
	case 0x0800:
		return binary.BigEndian.Uint16(b[20:])&0x1fff != 0
	case 0x86dd:
		return b[20] == 44 && binary.BigEndian.Uint16(b[56:])&0xfff8 != 0
	}
	return false
}

func TestFilterExpressionErrors(t *testing.T) {
	for _, test := range []struct {
		expression string
		link       capture.LinkType
		want       string
	}{
		{"udp prot 5060", capture.LinkEthernet, `filter expression "udp prot 5060": can't parse filter expression: syntax error`},
		{"vlan 5", capture.LinkSLL2, "no VLAN support"},
		{"-w/tmp/x", capture.LinkEthernet, "syntax error"},
		{"link[6] == 1", capture.LinkSLL2, "name one Ethernet interface"},
	} {
		_, err := live.Tcpdump(test.expression)(test.link)
		if err != nil && strings.Contains(err.Error(), "needs tcpdump") {
			t.Skip(err)
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.expression, err, test.want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := live.Tcpdump("udp")(capture.LinkEthernet); err == nil || !strings.Contains(err.Error(), "install the package tcpdump") {
		t.Error(err)
	}
	failing := live.SIPFilter{Expression: func(capture.LinkType) ([]bpf.Instruction, error) { return nil, errors.New("no") }}
	if _, err := failing.Program(capture.LinkEthernet); err == nil {
		t.Error("no error")
	}
	if _, err := failing.Program(capture.LinkPPP); err == nil {
		t.Error("a program for PPP")
	}
}

func addrs(texts ...string) (list []netip.Addr) {
	for _, text := range texts {
		list = append(list, netip.MustParseAddr(text))
	}
	return list
}
