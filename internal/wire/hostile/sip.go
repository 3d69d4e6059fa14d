package main

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"simplecap/internal/wire"
)

// within spreads n packets over so many seconds.
func (t *trace) within(seconds, n int) { t.step = max(1, int64(seconds)*1e9/int64(n)) }

// unanswered are n requests that are open at once.
func unanswered(of func(n int) message) func(*trace, int) {
	return func(t *trace, n int) {
		t.head()
		t.within(20, n)
		for i := range n {
			t.udp(alice, bob, of(i).request())
		}
	}
}

// answered are n requests with their answers, from host to host.
func answered(hosts func(n int) (client, server netip.AddrPort), of func(n int) message) func(*trace, int) {
	return func(t *trace, n int) {
		t.head()
		for i := range n {
			client, server := hosts(i)
			t.udp(client, server, of(i).request())
			t.udp(server, client, of(i).answer())
		}
	}
}

func one(int) (client, server netip.AddrPort)           { return alice, bob }
func manyServers(n int) (client, server netip.AddrPort) { return alice, host(n, uint16(1024+n%60000)) }
func manyClients(n int) (client, server netip.AddrPort) { return host(n, 5060), bob }

// long has 3,900 bytes in every string that is kept.
func long(n int) message {
	s := padded(n, 3900)
	return message{id: s, from: "sip:a" + s + "@h", to: "sip:b" + s + "@h", via: "h" + s}
}

// clumsy breaks several rules.
func clumsy(n int) message {
	return message{id: strconv.Itoa(n), branch: "old" + strconv.Itoa(n), body: "x",
		fields: "Contact: <sip:x@y>\r\nDate: x\r\nExpires: 5\r\nRecord-Route: <sip:x>\r\nUser-Agent: " + padded(n, 4000) + "\r\n"}
}

// closedHops are deliveries that one hop keeps open, each with 127 that have closed.
func closedHops(size int) func(*trace, int) {
	return func(t *trace, n int) {
		t.head()
		t.within(24, 2*n)
		c := t.connect(host(0, 40000), bob)
		for i := range n {
			group := "g" + strconv.Itoa(i/127)
			if i%127 == 0 {
				t.udp(alice, bob, message{id: group}.request())
			}
			m := message{id: padded(i, size), transport: "TCP", fields: "X-Call-ID: " + group + "\r\n"}
			if size > 0 {
				m.from, m.to = "sip:a"+m.id+"@h", "sip:b"+m.id+"@h"
			}
			c.send(0, m.request(), wide)
			c.send(1, m.answer(), wide)
		}
	}
}

// standing are transactions on one connection; step is how far apart they are.
func standing(step int64) func(*trace, int) {
	return func(t *trace, n int) {
		t.head()
		t.step = step
		c := t.connect(host(0, 40000), bob)
		for i := range n {
			m := number(i)
			m.transport = "TCP"
			c.send(0, m.request(), wide)
			c.send(1, m.answer(), wide)
		}
	}
}

// future has a packet from 2106 in front.
func future(t *trace, n int) {
	t.head()
	now := t.now
	t.now = math.MaxUint32 * 1e9
	t.udp(alice, bob, []byte("x"))
	t.now = now
	for i := range n {
		t.udp(alice, bob, number(i).request())
		t.udp(bob, alice, number(i).answer())
	}
}

// repeated is one request again and again, and its answers with a tag each.
func repeated(t *trace, n int) {
	t.head()
	t.within(20, 2*n)
	for range n {
		t.udp(alice, bob, number(0).request())
	}
	for i := range n {
		t.udp(bob, alice, bytes.Replace(number(0).answer(), []byte(";tag=b"), []byte(";tag="+strconv.Itoa(i)), 1))
	}
}

// icmpErrors quote requests that nobody knows, beside some that are open.
func icmpErrors(t *trace, n int) {
	t.head()
	t.within(20, n)
	for i := range 2000 {
		t.udp(alice, bob, number(i).request())
	}
	quoted := wire.Packet{Src: host(1, 5060), Dst: host(2, 5060), Protocol: wire.UDP, Payload: []byte("MESSAGE ")}
	const ethernet = 14
	payload := append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, quoted.AppendFrame(nil)[ethernet:]...)
	for range n {
		t.packet(wire.Packet{Src: bob, Dst: alice, Protocol: wire.ICMP, Payload: payload})
	}
}

// texts are MESSAGEs with a body; those that ask for a receipt stay open.
func texts(kind string, body func(n int) string) func(*trace, int) {
	return func(t *trace, n int) {
		t.head()
		for i := range n {
			m := number(i)
			m.kind, m.body = kind, body(i)
			t.udp(alice, bob, m.request())
			t.udp(bob, alice, m.answer())
		}
	}
}

// nested is CPIM in CPIM in CPIM, each of which asks for receipts.
func nested(n int) string {
	const depth = 40
	head := "From: <sip:a@h>\r\nTo: <sip:b@h>\r\nDateTime: 2026-01-01T00:00:00Z\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: " + padded(n, 20) +
		"\r\nimdn.Disposition-Notification: positive-delivery, display\r\n\r\nContent-Type: message/cpim\r\n\r\n"
	return strings.Repeat(head, depth) + "x"
}

// asking is CPIM that asks for receipts, with 1,500 bytes of other header fields.
func asking(n int) string {
	return "From: <sip:a@h>\r\nTo: <sip:b@h>\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: " + padded(n, 900) +
		"\r\nimdn.Disposition-Notification: positive-delivery, display\r\nX-Other: " + padded(n, 600) + "\r\n\r\nContent-Type: text/plain\r\n\r\nx"
}

// concatenated is the first part of an SMS in 255 that is never sent whole.
func concatenated(n int) string {
	header := []byte{6, 8, 4, byte(n >> 8), byte(n), 255, byte(1 + n%200)} // 16-bit reference
	text := strings.Repeat("x", 100)
	tpdu := append([]byte{0x41, byte(n), 10, 0x91, 0x51, 0x55, byte(n >> 16), byte(n >> 8), byte(n), 0, 4, byte(len(header) + len(text))}, header...)
	tpdu = append(tpdu, text...)
	rp := []byte{0, byte(n), 0, 6, 0x91, 0x51, 0x55, 0x55, 0x55, 0x55, byte(len(tpdu))}
	return string(append(rp, tpdu...))
}

// names are requests with a method, an agent and a type of their own.
func names(n int) message {
	return message{id: strconv.Itoa(n), method: "M" + strconv.Itoa(n), kind: "text/x" + strconv.Itoa(n), fields: fmt.Sprintf("User-Agent: %d\r\nEvent: e%d\r\n", n, n)}
}

// fields has thousands of header fields.
func fields(n int) message {
	return message{id: strconv.Itoa(n), fields: strings.Repeat("a:b\r\n", 12000)}
}

// vias has a Via with thousands of values that all name one branch.
func vias(n int) message {
	return message{id: strconv.Itoa(n), fields: "Via: " + strings.Repeat("SIP/2.0/UDP h;branch=z9hG4bKs,", 2000) + "SIP/2.0/UDP h;branch=z9hG4bKs\r\n"}
}
