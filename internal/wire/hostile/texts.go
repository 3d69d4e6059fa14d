package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"

	"simplecap/internal/wire"
)

// The profiles in here are about what carries texts, and what is said of them.

// replies are reports of SMS that name thousands of Call-IDs, of which open SMS have one.
func replies(t *trace, n int) {
	t.head()
	for i := range 300 {
		m := number(i)
		m.callID, m.kind, m.body = "a", "application/vnd.3gpp.sms", concatenated(i)
		t.udp(alice, bob, m.request())
	}
	for i := range n {
		m := number(1000 + i)
		m.fields = "In-Reply-To: " + strings.Repeat("a,", 28_000) + "a\r\n"
		m.kind, m.body = "application/vnd.3gpp.sms", "\x03\x09"
		t.udp(bob, alice, m.request())
	}
}

// notification is an IMDN of a message id, by a recipient.
func notification(id, recipient string) string {
	return "<imdn><message-id>" + id + "</message-id><recipient-uri>" + recipient + "</recipient-uri><delivery-notification><status><delivered/></status></delivery-notification></imdn>"
}

// inCPIM wraps a content for bob, or for whom it is from; fields are of the imdn namespace.
func inCPIM(from, to, fields, kind, body string) string {
	return "From: <" + from + ">\r\nTo: <" + to + ">\r\nNS: imdn <urn:ietf:params:imdn>\r\n" + fields + "\r\nContent-Type: " + kind + "\r\n\r\n" + body
}

// ofNothing is a notification of a text that nobody sent, with a long id.
func ofNothing(n int) string {
	return inCPIM("sip:b@h", "sip:a@h", "", "message/imdn+xml", notification(padded(n, 30_000), "sip:"+padded(n, 25_000)))
}

// notifications are 60 in a message each, of an id that 256 texts have with hundreds of routes.
func notifications(t *trace, n int) {
	t.head()
	route := strings.Repeat("imdn.IMDN-Record-Route: <sip:+1-555-12-34@h>\r\n", 180)
	for i := range 256 {
		m := number(i)
		m.kind = "message/cpim"
		m.body = inCPIM("sip:a@h", "sip:b@h", "imdn.Message-ID: same\r\nimdn.Disposition-Notification: positive-delivery\r\n"+route, "text/plain", strconv.Itoa(i))
		t.udp(host(i, 5060), bob, m.request())
	}
	for i := range n {
		var parts strings.Builder
		for k := range 60 {
			parts.WriteString("--b\r\nContent-Type: message/imdn+xml\r\n\r\n" + notification("same", "sip:+1-555-"+strconv.Itoa(i*60+k)+"@h") + "\r\n")
		}
		m := number(1000 + i)
		m.kind, m.body = "message/cpim", inCPIM("sip:b@h", "sip:a@h", "", "multipart/mixed;boundary=b", parts.String()+"--b--\r\n")
		t.udp(bob, alice, m.request())
	}
}

// packed is a body that becomes many parts that each become much.
func packed(t *trace, n int) {
	pack := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, s)
		z.Close()
		return b.String()
	}
	part := "--b\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n\r\n" + pack(strings.Repeat("x", 250<<10)) + "\r\n"
	body := pack(strings.Repeat(part, 60) + "--b--\r\n")
	t.head()
	for i := range n {
		m := number(i)
		m.kind, m.body, m.fields = "multipart/mixed;boundary=b", body, "Content-Encoding: gzip\r\n"
		t.udp(alice, bob, m.request())
	}
}

// pieces is a text of XML in thousands of pieces.
func pieces(n int) string {
	return "<isComposing><state>" + strings.Repeat("a<!---->", 7000) + strconv.Itoa(n) + "</state></isComposing>"
}

// longPaths are texts of MSRP with paths of 200 KB.
func longPaths(t *trace, n int) {
	t.head()
	c := t.connect(host(0, 40000), host(1, 2855))
	for i := range n {
		m := fmt.Sprintf("MSRP t%d SEND\r\nTo-Path: msrp://h:2855/%s;tcp\r\nFrom-Path: msrp://g:2855/y;tcp\r\nMessage-ID: m%d\r\nByte-Range: 1-1/1\r\nContent-Type: text/plain\r\n\r\nx\r\n-------t%d$\r\n", i, padded(i, 200_000), i, i)
		for len(m) > 0 {
			part := m[:min(wide, len(m))]
			c.send(0, []byte(part), wide)
			c.segment(1, wire.ACK, 0, nil)
			m = m[len(part):]
		}
	}
}

// mixedFragments are packets full of fragments of one message, in no order.
func mixedFragments(t *trace, n int) {
	t.head()
	random := rand.New(rand.NewPCG(1, 1))
	const each = 2500
	for i := range n {
		packet := be.AppendUint32(be.AppendUint16(be.AppendUint16(nil, 5060), 5060), 7)
		packet = append(packet, 0, 0, 0, 0)
		for _, k := range random.Perm(each) {
			packet = append(packet, 0, 0, 0, 17)
			packet = be.AppendUint32(packet, uint32(i*each+k))
			packet = append(packet, 0, 1, 0, 1, 0, 0, 0, 0, 'x', 0, 0, 0)
		}
		const sctp = 132
		t.packet(wire.Packet{Src: host(0, 0), Dst: bob, Protocol: sctp, Payload: packet})
	}
}

// latePins are small frames that are late, each behind a large one that is not.
func latePins(t *trace, n int) {
	t.head()
	t.step = 0
	large := make([]byte, 31_000)
	for i := range n {
		t.udp(alice, bob, large)
		t.now += 9e8
		t.udp(alice, bob, []byte("x"))
		t.now -= 9e8
		if i%50 == 0 {
			t.now += 1000
		}
	}
}
