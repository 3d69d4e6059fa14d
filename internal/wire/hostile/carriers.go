package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"github.com/klauspost/compress/flate"

	"simplecap/internal/wire"
)

// record is one of TLS.
func record(kind byte, body []byte) []byte {
	return append(be.AppendUint16([]byte{kind, 3, 3}, uint16(len(body))), body...)
}

// hello is a ClientHello or ServerHello of TLS 1.3 with a random of its own.
func hello(kind byte, n int) []byte {
	random := make([]byte, 32)
	be.PutUint32(random, uint32(n))
	body := append([]byte{3, 3}, random...)
	body = append(body, 0) // session id
	versions := []byte{0, 43, 0, 2, 3, 4}
	if kind == 1 {
		body = append(body, 0, 2, 0x13, 1, 1, 0)
		versions = []byte{0, 43, 0, 3, 2, 3, 4}
	} else {
		body = append(body, 0x13, 1, 0)
	}
	body = append(be.AppendUint16(body, uint16(len(versions))), versions...)
	return record(22, append([]byte{kind, 0, 0, byte(len(body))}, body...))
}

// handshakes begin, and end nowhere.
func handshakes(t *trace, n int) {
	t.head()
	for i := range n {
		c := t.connect(host(i, 40000), netip.AddrPortFrom(bob.Addr(), 5061))
		c.send(0, hello(1, i), wide)
		c.send(1, hello(2, i), wide)
		c.send(0, record(23, make([]byte, 400)), wide)
		c.send(1, record(23, make([]byte, 400)), wide)
	}
}

// keyLog has secrets, which fit no record, of all handshakes.
func keyLog(n int) string {
	var b strings.Builder
	for i := range n {
		for _, label := range []string{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"} {
			fmt.Fprintf(&b, "%s %08x%056x %064x\n", label, i, 0, i)
		}
	}
	return b.String()
}

// records wait for keys that never come.
func records(t *trace, n int) {
	t.head()
	for i := range n {
		c := t.connect(host(i, 40000), netip.AddrPortFrom(bob.Addr(), 5061))
		c.send(0, hello(1, i), wide)
		c.send(1, hello(2, i), wide)
		for range 20 {
			c.send(0, record(23, make([]byte, 16_000)), wide)
		}
	}
}

// greetings are ClientHellos whose end never comes.
func greetings(t *trace, n int) {
	t.head()
	begun := record(22, append([]byte{1, 0, 0xf0, 0, 3, 3}, make([]byte, 16_000)...))
	more := record(22, make([]byte, 16_000))
	for i := range n {
		c := t.connect(host(i, 40000), netip.AddrPortFrom(bob.Addr(), 5061))
		c.send(0, begun, wide)
		c.send(0, more, wide)
		c.send(0, more, wide)
	}
}

// associations of SCTP, each with the first fragment of a message.
func associations(t *trace, n int) {
	t.head()
	for i := range n {
		packet := be.AppendUint16(be.AppendUint16(nil, uint16(1024+i%60_000)), 5060)
		packet = be.AppendUint32(be.AppendUint32(packet, uint32(i+1)), 0)
		user := "MESSAGE sip:b SIP/2.0\r\nVia: SIP/2.0/SCTP h;branch=z9hG4bK" + padded(i, 400) + strings.Repeat("\r\n", 1+i%2)
		user = user[:len(user)/4*4]
		packet = append(packet, 0, 2) // DATA, the first fragment
		packet = be.AppendUint16(packet, uint16(16+len(user)))
		packet = append(packet, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
		const sctp = 132
		t.packet(wire.Packet{Src: host(i, 0), Dst: bob, Protocol: sctp, Payload: append(packet, user...)})
	}
}

// upgrade makes a connection a WebSocket.
func (c *tcp) upgrade(extensions string) {
	c.send(0, []byte("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n"+extensions+"\r\n"), wide)
	c.send(1, []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"+
		"Sec-WebSocket-Protocol: sip\r\n"+extensions+"\r\n"), wide)
}

// webSocketFragments are messages in frames that go on and on.
func webSocketFragments(t *trace, n int) {
	t.head()
	for i := range max(1, n/20) {
		c := t.connect(host(i, 40000), bob)
		c.upgrade("")
		for k := range 20 {
			frame := []byte{0x01, 126} // text, not final
			if k > 0 {
				frame[0] = 0
			}
			c.send(1, append(be.AppendUint16(frame, 1000), padded(i, 1000)...), wide)
		}
	}
}

// bomb is a megabyte in a thousandth of that.
var bomb = func() []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	w.Write(bytes.Repeat([]byte("MESSAGE sip:b SIP/2.0\r\n"), 1<<20/23))
	w.Flush()
	return b.Bytes()
}()

// deflateBombs are compressed messages of a megabyte on many WebSockets.
func deflateBombs(t *trace, n int) {
	t.head()
	message := bytes.TrimSuffix(bomb, []byte{0, 0, 0xff, 0xff})
	for i := range n {
		c := t.connect(host(i, 40000), bob)
		c.upgrade("Sec-WebSocket-Extensions: permessage-deflate\r\n")
		c.send(1, append(be.AppendUint16([]byte{0xc1, 126}, uint16(len(message))), message...), wide)
	}
}

// hepOf is a packet of HEP 3 with these chunks.
func hepOf(chunks []byte) []byte {
	return append(be.AppendUint16([]byte("HEP3"), uint16(6+len(chunks))), chunks...)
}

func chunk(b []byte, vendor, kind uint16, value []byte) []byte {
	b = be.AppendUint16(be.AppendUint16(b, vendor), kind)
	return append(be.AppendUint16(b, uint16(6+len(value))), value...)
}

// hepEnds are the chunks that every packet has.
func hepEnds(n int) []byte {
	b := chunk(nil, 0, 1, []byte{2})
	b = chunk(b, 0, 2, []byte{17})
	b = chunk(b, 0, 3, host(n, 0).Addr().AsSlice())
	b = chunk(b, 0, 4, []byte{10, 0, 0, 2})
	b = chunk(b, 0, 7, []byte{19, 196})
	b = chunk(b, 0, 8, []byte{19, 196})
	b = chunk(b, 0, 11, []byte{1})
	return chunk(b, 0, 12, binary.BigEndian.AppendUint32(nil, uint32(n))) // an agent of its own
}

// hepChunks have ten thousand empty chunks in front of the message.
func hepChunks(t *trace, n int) {
	t.head()
	empty := chunk(nil, 7, 1, nil)
	for i := range n {
		m := number(i).request()
		chunks := append(hepEnds(i), bytes.Repeat(empty, (60_000-len(m))/len(empty))...)
		t.udp(host(i, 9060), netip.AddrPortFrom(bob.Addr(), 9060), hepOf(chunk(chunks, 0, 15, m)))
	}
}

// hepBombs have a compressed message of a megabyte.
func hepBombs(t *trace, n int) {
	t.head()
	for i := range n {
		t.udp(host(i, 9060), netip.AddrPortFrom(bob.Addr(), 9060), hepOf(chunk(hepEnds(i), 0, 16, bomb)))
	}
}

// block writes one of pcapng.
func (t *trace) block(kind uint32, body []byte) {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	b := le.AppendUint32(le.AppendUint32(nil, kind), uint32(12+len(body)))
	t.out.Write(le.AppendUint32(append(b, body...), uint32(12+len(body))))
}

// section begins a pcapng.
func (t *trace) section() {
	t.now, t.step = wire.Epoch.UnixNano(), 1e5
	t.block(0x0a0d0d0a, []byte{0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255})
}

// option is one of a block.
func option(code uint16, value []byte) []byte {
	b := le.AppendUint16(le.AppendUint16(nil, code), uint16(len(value)))
	return append(b, append(value, make([]byte, (4-len(value)%4)%4)...)...)
}

// enhanced writes a packet of an interface.
func (t *trace) enhanced(number uint32, frame []byte) {
	b := le.AppendUint32(nil, number)
	b = le.AppendUint32(le.AppendUint32(b, uint32(t.now/1000>>32)), uint32(t.now/1000))
	b = le.AppendUint32(le.AppendUint32(b, uint32(len(frame))), uint32(len(frame)))
	t.now += t.step
	t.block(6, append(b, frame...))
}

// interfaces has as many of them, with names of their own, each with a packet.
func interfaces(t *trace, n int) {
	t.section()
	n = min(n, 65_000) // more are refused
	for i := range n {
		body := append([]byte{1, 0, 0, 0, 0, 0, 4, 0}, option(2, []byte(padded(i, 200)))...)
		t.block(1, append(body, option(0, nil)...))
	}
	for i := range n {
		p := wire.Packet{Src: alice, Dst: bob, Protocol: wire.UDP, Payload: number(i).request()}
		t.enhanced(uint32(i), p.AppendFrame(nil))
	}
}

// secretsBlocks are key logs inside the capture, and packets between them.
func secretsBlocks(t *trace, n int) {
	t.section()
	t.block(1, []byte{1, 0, 0, 0, 0, 0, 4, 0})
	const tlsKeyLog, lines = 0x544c534b, 100
	for i := range n {
		var log strings.Builder
		for k := range lines {
			fmt.Fprintf(&log, "CLIENT_RANDOM %064x %096x\n", i*lines+k, i)
		}
		body := le.AppendUint32(le.AppendUint32(nil, tlsKeyLog), uint32(log.Len()))
		t.block(10, append(body, log.String()...))
		p := wire.Packet{Src: alice, Dst: bob, Protocol: wire.UDP, Payload: number(i).request()}
		t.enhanced(0, p.AppendFrame(nil))
	}
}
