package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"simplecap/internal/wire"
)

// trace writes a pcap file with nanoseconds.
type trace struct {
	out   *bufio.Writer
	now   int64 // of the next packet, ns since 1970
	step  int64 // from one packet to the next, ns
	id    uint16
	frame []byte
}

var le, be = binary.LittleEndian, binary.BigEndian

// head begins the file; a profile that writes pcapng itself does without.
func (t *trace) head() {
	t.out.Write(wire.AppendPcap(nil, nil))
	t.now, t.step = wire.Epoch.UnixNano(), 1e5
}

// raw writes a frame.
func (t *trace) raw(frame []byte) {
	var head [16]byte
	le.PutUint32(head[0:], uint32(t.now/1e9))
	le.PutUint32(head[4:], uint32(t.now%1e9))
	le.PutUint32(head[8:], uint32(len(frame)))
	le.PutUint32(head[12:], uint32(len(frame)))
	t.out.Write(head[:])
	t.out.Write(frame)
	t.now += t.step
}

// packet writes one.
func (t *trace) packet(p wire.Packet) {
	t.id++
	if p.ID == 0 {
		p.ID = t.id | 1
	}
	t.frame = p.AppendFrame(t.frame[:0])
	t.raw(t.frame)
}

func (t *trace) udp(src, dst netip.AddrPort, payload []byte) {
	t.packet(wire.Packet{Src: src, Dst: dst, Protocol: wire.UDP, Payload: payload})
}

// fragment writes a part of a datagram; offset is in units of eight bytes.
func (t *trace) fragment(id, offset uint16, more bool, part []byte) {
	const ethernet, flags = 14, 6
	p := wire.Packet{Src: alice, Dst: bob, Protocol: 0, ID: id, Payload: part}
	t.frame = p.AppendFrame(t.frame[:0])
	t.frame[ethernet+9] = wire.UDP
	if more {
		offset |= 0x2000
	}
	be.PutUint16(t.frame[ethernet+flags:], offset)
	t.raw(t.frame)
}

// tcp is a connection; what each side has sent counts from its SYN.
type tcp struct {
	*trace
	ends [2]netip.AddrPort
	seq  [2]uint32
}

// connect writes a handshake.
func (t *trace) connect(client, server netip.AddrPort) *tcp {
	c := &tcp{trace: t, ends: [2]netip.AddrPort{client, server}, seq: [2]uint32{1000, 2000}}
	c.segment(0, wire.SYN, 0, nil)
	c.seq[0]++
	c.segment(1, wire.SYN|wire.ACK, 0, nil)
	c.seq[1]++
	return c
}

// segment writes one of a side, ahead bytes beyond what comes next.
func (c *tcp) segment(side int, flags byte, ahead uint32, payload []byte) {
	c.packet(wire.Packet{Src: c.ends[side], Dst: c.ends[1-side], Protocol: wire.TCP, Flags: flags,
		Seq: c.seq[side] + ahead, Ack: c.seq[1-side], Payload: payload})
}

// send writes what a side sends, in segments of so many bytes.
func (c *tcp) send(side int, payload []byte, size int) {
	for len(payload) > 0 {
		n := min(size, len(payload))
		c.segment(side, wire.ACK, 0, payload[:n])
		c.seq[side] += uint32(n)
		payload = payload[n:]
	}
}

// wide is a segment as offloading network cards show them.
const wide = 60_000

var alice, bob = netip.MustParseAddrPort("10.0.0.1:5060"), netip.MustParseAddrPort("10.0.0.2:5060")

// host is one of many.
func host(n int, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(1 + n>>16), byte(n >> 8), byte(n)}), port)
}

// message is a SIP request, or what answers it.
type message struct {
	id                string // Call-ID and branch, unless these are given
	callID, branch    string
	from, to, via     string
	transport, method string
	fields            string // further header fields, each with its line end
	kind, body        string
}

func (m message) filled() message {
	for _, f := range []struct {
		p *string
		v string
	}{
		{&m.callID, m.id}, {&m.branch, "z9hG4bK" + m.id}, {&m.from, "sip:alice@example.com"}, {&m.to, "sip:bob@example.com"},
		{&m.via, "10.0.0.1:5060"}, {&m.transport, "UDP"}, {&m.method, "MESSAGE"}, {&m.kind, "text/plain"},
	} {
		if *f.p == "" {
			*f.p = f.v
		}
	}
	return m
}

// request is the message.
func (m message) request() []byte {
	m = m.filled()
	return fmt.Appendf(nil, "%s %s SIP/2.0\r\nMax-Forwards: 70\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		m.method, m.to, m.common("")+m.fields, m.kind, len(m.body), m.body)
}

// answer is a 200 to it.
func (m message) answer() []byte {
	m = m.filled()
	return fmt.Appendf(nil, "SIP/2.0 200 OK\r\n%sContent-Length: 0\r\n\r\n", m.common(";tag=b"))
}

func (m *message) common(toTag string) string {
	return "Via: SIP/2.0/" + m.transport + " " + m.via + ";branch=" + m.branch + "\r\nFrom: <" + m.from + ">;tag=a\r\nTo: <" + m.to + ">" + toTag +
		"\r\nCall-ID: " + m.callID + "\r\nCSeq: 1 " + m.method + "\r\n"
}

// number is a message that shares nothing with others.
func number(n int) message { return message{id: strconv.Itoa(n)} }

// padded is a number in a string of so many bytes.
func padded(n, size int) string {
	text := strconv.Itoa(n)
	return text + strings.Repeat("x", max(0, size-len(text)))
}
