package wire

import (
	"net/netip"
	"strconv"
)

// The SMS profile is SMS over IP as TS 24.341 has it. By turns a handset sends an SMS to
// its gateway (RP-DATA with a SUBMIT), and the gateway one to a handset (RP-DATA with a
// DELIVER). The answer to that says that it was taken, and a MESSAGE of its own the
// other way, the RP-ACK, that it arrived: two transactions.

// handsets is how many handsets the profile has.
const handsets = 100_000

// exchange appends the packets of the n-th SMS and its report.
func (g *traffic) exchange(n int) {
	handset := "+1555" + strconv.Itoa(1_000_000+n%handsets)
	gateway := "ipsmgw.ims.example"
	reference := byte(n / handsets * 7)
	data := smsMessage{n: n, report: "", from: handset, to: gateway, status: "202 Accepted", body: submitOf(g.body[:0], reference, n)}
	src, dst := g.a, g.b
	if n%2 == 1 {
		data.from, data.to, data.status, data.body = gateway, handset, "200 OK", deliverOf(g.body[:0], reference, n)
		src, dst = g.b, g.c
	}
	g.sms(src, dst, &data)
	g.body = data.body
	ack := smsMessage{n: n, report: "r", from: data.to, to: data.from, status: "202 Accepted", body: []byte{3, reference}}
	if n%2 == 1 {
		ack.body[0] = 2
	} else {
		ack.status = "200 OK"
	}
	g.sms(dst, src, &ack)
}

// smsMessage is a MESSAGE that carries an SMS or its report.
type smsMessage struct {
	n        int
	report   string // what is behind the Call-ID of a report, "" of an SMS
	from, to string // users, or a host without one
	status   string // of its answer
	body     []byte
}

// sms appends a request and its answer.
func (g *traffic) sms(src, dst netip.AddrPort, m *smsMessage) {
	via := "Via: SIP/2.0/UDP " + src.String() + ";branch=z9hG4bK" + m.report + strconv.Itoa(m.n) + "\r\n"
	b := append(g.sip[:0], "MESSAGE "+smsURI(m.to)+" SIP/2.0\r\n"...)
	b = m.common(b, via, "")
	b = append(b, "Max-Forwards: 70\r\n"...)
	switch {
	case m.report != "":
		b = append(m.call(append(b, "In-Reply-To: "...), ""), "\r\n"...)
	case m.body[0] == 1:
		b = append(b, "P-Asserted-Identity: <"+smsURI(m.from)+">\r\nAccept-Contact: *;+g.3gpp.smsip;require;explicit\r\nRequest-Disposition: no-fork\r\n"...)
	}
	b = append(b, "Content-Type: application/vnd.3gpp.sms\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(m.body)), 10)
	g.sip = append(append(b, "\r\n\r\n"...), m.body...)
	g.send(src, dst, g.sip)
	b = append(g.sip[:0], "SIP/2.0 "+m.status+"\r\n"...)
	b = m.common(b, via, ";tag=b")
	g.sip = append(b, "Content-Length: 0\r\n\r\n"...)
	g.send(dst, src, g.sip)
}

func (m *smsMessage) common(b []byte, via, toTag string) []byte {
	b = append(b, via+"From: <"+smsURI(m.from)+">;tag=a"...)
	b = strconv.AppendInt(b, int64(m.n), 10)
	b = append(b, "\r\nTo: <"+smsURI(m.to)+">"+toTag+"\r\nCall-ID: "...)
	return append(m.call(b, m.report), "\r\nCSeq: 1 MESSAGE\r\n"...)
}

func (m *smsMessage) call(b []byte, report string) []byte {
	return append(strconv.AppendInt(b, int64(m.n), 10), "-4711@ims.example"+report...)
}

func smsURI(user string) string {
	if user[0] == '+' {
		return "sip:" + user + "@ims.example;user=phone"
	}
	return "sip:" + user
}

// centre is +15550000 as RP-Destination and RP-Originator Address.
var centre = []byte{5, 0x91, 0x51, 0x55, 0x00, 0x00}

// submitOf appends an RP-DATA of a handset: an SMS-SUBMIT to +15550199 without TP-VP.
func submitOf(b []byte, reference byte, n int) []byte {
	text := smsText(n)
	b = append(append(b, 0, reference, 0), centre...)
	b = append(b, byte(2+6+2+1+packed(text)), 1, reference, 8, 0x91, 0x51, 0x55, 0x10, 0x99, 0, 0)
	return pack(b, text)
}

// deliverOf appends an RP-DATA to a handset: an SMS-DELIVER of +15550100.
func deliverOf(b []byte, reference byte, n int) []byte {
	text := smsText(n)
	b = append(append(append(b, 1, reference), centre...), 0)
	b = append(b, byte(1+6+2+7+1+packed(text)), 4, 8, 0x91, 0x51, 0x55, 0x10, 0x00, 0, 0)
	b = append(b, 0x62, 0x10, 0x10, 0x90, semi(n/3600), semi(n/60), 0) // TP-SCTS
	return pack(b, text)
}

func semi(n int) byte { return byte(n%10<<4 | n/10%6) }

func smsText(n int) string {
	return strconv.Itoa(1_000_000_000+n) + ": Watson, come here. I want to see you."
}

// packed is how many octets the text takes.
func packed(text string) int { return (7*len(text) + 7) / 8 }

// pack appends the TP-UDL and the text in the default alphabet (TS 23.038 6.1.2.1), in
// which digits, letters, comma, colon and point are what they are in ASCII.
func pack(b []byte, text string) []byte {
	b = append(b, byte(len(text)))
	held, bits := uint(0), 0
	for i := range len(text) {
		held |= uint(text[i]) << bits
		for bits += 7; bits >= 8; bits -= 8 {
			b = append(b, byte(held))
			held >>= 8
		}
	}
	if bits > 0 {
		b = append(b, byte(held))
	}
	return b
}
