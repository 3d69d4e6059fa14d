package main

import (
	"bytes"
	"strings"

	"simplecap/internal/wire"
)

// begin is the first request on a connection, which makes it one of SIP.
func (c *tcp) begin(n int) {
	m := number(n)
	m.transport = "TCP"
	c.send(0, m.request(), wide)
}

// held are connections on which a megabyte waits behind a hole.
func held(t *trace, n int) {
	t.head()
	segment := bytes.Repeat([]byte("x"), 1400)
	for i := range n {
		c := t.connect(host(i, 40000), bob)
		c.begin(i)
		for k := range 740 {
			c.segment(0, wire.ACK, uint32(10+k*len(segment)), segment)
		}
	}
}

// begun are connections with an unfinished message in both directions.
func begun(t *trace, n int) {
	t.head()
	for i := range n {
		c := t.connect(host(i, 40000), bob)
		c.send(0, []byte("MESSAGE sip:b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK"+padded(i, 500)), wide)
		c.send(1, []byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK"+padded(i, 500)), wide)
	}
}

// singleBytes are messages in segments of one byte.
func singleBytes(t *trace, n int) {
	t.head()
	c := t.connect(host(0, 40000), bob)
	for sent, i := 0, 0; sent < n; i++ {
		m := number(i)
		m.transport, m.body = "TCP", strings.Repeat("y", 20_000)
		request := m.request()
		c.send(0, request, 1)
		sent += len(request)
	}
}

// holes are connections with thousands of bytes that wait, each behind a hole.
func holes(t *trace, n int) {
	t.head()
	for i := range n {
		c := t.connect(host(i, 40000), bob)
		c.begin(i)
		for k := range 4000 {
			c.segment(0, wire.ACK, uint32(20_000-2*k), []byte("x"))
		}
	}
}

// startLines is a stream of what messages begin with.
func startLines(t *trace, n int) {
	t.head()
	c := t.connect(host(0, 40000), bob)
	c.begin(0)
	text := []byte(strings.Repeat("MESSAGE sip:a SIP/2.0\r\n", wide/23))
	for range n {
		c.send(0, text, wide)
	}
}

// fragments are datagrams of which the rest never comes.
func fragments(t *trace, n int) {
	t.head()
	part := make([]byte, 1400)
	for i := range n {
		t.fragment(uint16(i), 0, true, part)
	}
}

// tinyFragments are of eight bytes, every second one missing.
func tinyFragments(t *trace, n int) {
	t.head()
	const each = 4000
	for i := range n {
		t.fragment(uint16(i/each), uint16(2*(each-i%each)), true, []byte("12345678"))
	}
}

// msrpSessions are INVITEs with SDP, and a MSRP connection each on which a message is
// never finished.
func msrpSessions(t *trace, n int) {
	t.head()
	for i := range n {
		path := "msrp://" + host(i, 2855).String() + "/s" + padded(i, 200) + ";tcp"
		m := number(i)
		m.method, m.kind = "INVITE", "application/sdp"
		m.body = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\na=accept-types:*\r\na=path:" + path + "\r\n"
		t.udp(alice, bob, m.request())
		c := t.connect(host(i, 2855), bob)
		c.send(0, []byte("MSRP t"+padded(i, 20)+" SEND\r\nTo-Path: msrp://b.example:2855/x;tcp\r\nFrom-Path: "+path+"\r\nMessage-ID: "+padded(i, 30)+
			"\r\nSuccess-Report: yes\r\nByte-Range: 1-*/100000\r\nContent-Type: text/plain\r\n\r\n"+padded(i, 900)), wide)
	}
}
