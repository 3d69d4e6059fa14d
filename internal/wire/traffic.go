package wire

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"strconv"
)

// Profile says what a generated capture holds.
type Profile struct {
	Name    string
	RTP     int  // RTP packets beside each SIP message
	Streams int  // TCP connections at a time; 0 is UDP
	Renew   int  // transactions of a connection over TLS 1.3, 0 for TCP without TLS
	Lossy   bool // 5% unanswered, 5% retransmitted, 5% refused
	Proxy   bool // two legs of each MESSAGE
	Big     bool // MESSAGEs of 3000 bytes, in IP fragments
	SMS     bool // each an RP-DATA and its RP-ACK, two transactions

	Keys io.Writer // takes the TLS key log, nil for none
}

// Profiles are the captures that speed is measured with.
var Profiles = []Profile{
	{Name: "udp"},
	{Name: "tcp", Streams: 64},
	{Name: "tls", Streams: 64, Renew: 1 << 30},
	{Name: "tls-short", Streams: 64, Renew: 20},
	{Name: "rtp90", RTP: 9},
	{Name: "rtp99", RTP: 99},
	{Name: "lossy", Lossy: true},
	{Name: "proxy", Proxy: true},
	{Name: "fragmented", Big: true},
	{Name: "sms", SMS: true},
}

// ProfileByName returns the profile with a name.
func ProfileByName(name string) (Profile, error) {
	for _, p := range Profiles {
		if p.Name == name {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("unknown profile %q", name)
}

// Rate is how many transactions a second of capture time a generated capture
// holds. With Timer F at 32 s, 400,000 of them are open at once over UDP.
const Rate = 12500

// Generate writes a pcap file of the profile with at least that many
// transactions or bytes, whichever is not 0 and comes first. The same arguments
// give the same bytes. It returns the number of transactions.
func Generate(w io.Writer, p Profile, transactions int, size int64) (int, error) {
	g := traffic{out: bufio.NewWriterSize(w, 1<<20), profile: p, time: Epoch.UnixNano(),
		a: netip.MustParseAddrPort("10.0.0.1:5060"), b: netip.MustParseAddrPort("10.0.0.2:5060"), c: netip.MustParseAddrPort("10.0.0.3:5060")}
	g.raw = AppendPcap(nil, nil)
	g.flush()
	if p.Streams > 0 {
		g.seq, g.secure = make([][2]uint32, p.Streams), make([]secure, p.Streams)
	}
	n := 0
	for ; (transactions == 0 || n < transactions) && (size == 0 || g.written < size) && g.err == nil; n++ {
		g.transaction(n)
		g.flush()
	}
	g.answerAll(0)
	g.segments(true)
	g.flush()
	if err := g.out.Flush(); g.err == nil {
		g.err = err
	}
	return n, g.err
}

type traffic struct {
	out     *bufio.Writer
	profile Profile
	a, b, c netip.AddrPort
	time    int64
	raw     []byte // what is to be written next
	sip     []byte
	body    []byte // of an SMS
	packet  Packet
	written int64
	err     error
	id      uint16
	rtp     uint16
	seq     [][2]uint32 // next sequence numbers of the TCP connections
	queued  [2][][]byte // messages that share the next segments
	late    []answer    // not sent yet, over UDP

	secure      []secure // the TLS connections
	connections int      // begun so far
	turn        int      // of them
}

func (g *traffic) flush() {
	if g.err == nil {
		_, g.err = g.out.Write(g.raw)
	}
	g.written += int64(len(g.raw))
	g.raw = g.raw[:0]
}

// record appends one packet as a pcap record.
func (g *traffic) record(p *Packet) {
	g.id++
	p.ID = g.id
	head := len(g.raw)
	g.raw = append(g.raw, make([]byte, 16)...)
	g.raw = p.AppendFrame(g.raw)
	g.finish(head)
}

// finish fills in the record header at head.
func (g *traffic) finish(head int) {
	le, n := binary.LittleEndian, uint32(len(g.raw)-head-16)
	le.PutUint32(g.raw[head:], uint32(g.time/1e9))
	le.PutUint32(g.raw[head+4:], uint32(g.time%1e9))
	le.PutUint32(g.raw[head+8:], n)
	le.PutUint32(g.raw[head+12:], n)
	g.time += 1e9 / Rate / 4 / int64(1+g.profile.RTP)
}

// transaction appends the packets of the n-th transaction.
func (g *traffic) transaction(n int) {
	slot := int64(n)
	if g.profile.SMS {
		slot *= 4 // two transactions, at half the rate
	}
	g.time = max(g.time, Epoch.UnixNano()+slot*1e9/Rate)
	status, again, silent := "200 OK", false, false
	if g.profile.Lossy {
		switch n % 20 {
		case 3:
			silent = true
		case 9:
			again = true
		case 15:
			status = "480 Temporarily Unavailable"
		}
	}
	switch {
	case g.profile.SMS:
		g.exchange(n)
		return
	case g.profile.Streams > 0:
		g.overTCP(n, status)
		return
	}
	first := g.leg(n, g.a, g.b, "", again)
	first.status = status
	if g.profile.Proxy {
		next := g.leg(n, g.b, g.c, first.vias, false)
		g.answer(&next)
		g.answer(&first)
		return
	}
	if !silent {
		g.late = append(g.late, first)
	}
	g.answerAll(lateAnswers)
}

// lateAnswers is how many transactions begin before the first of them is answered: that a
// request is out of the processor's caches when its answer comes is as it is on a proxy.
const lateAnswers = 40

// answer is a response that is to be sent.
type answer struct {
	n            int
	src, dst     netip.AddrPort // of the request
	vias, status string
}

// answerAll sends the responses that are late, but for some.
func (g *traffic) answerAll(but int) {
	n := max(0, len(g.late)-but)
	for i := range g.late[:n] {
		g.answer(&g.late[i])
	}
	g.late = append(g.late[:0], g.late[n:]...)
}

func (g *traffic) answer(a *answer) { g.send(a.dst, a.src, g.response(a.n, a.vias, a.status)) }

// leg appends a request, with the Via fields of the leg before below its own.
func (g *traffic) leg(n int, src, dst netip.AddrPort, before string, again bool) answer {
	branch := "z9hG4bK"
	if before != "" {
		branch += "b"
	}
	vias := "Via: SIP/2.0/UDP " + src.String() + ";branch=" + branch + hex(n, 1) + strconv.Itoa(n) + ";rport\r\n" + before
	g.send(src, dst, g.request(n, vias))
	if again {
		g.send(src, dst, g.request(n, vias))
	}
	return answer{n, src, dst, vias, "200 OK"}
}

// hex is 32 bits that differ from message to message, as what implementations make up
// does; which tells several of one message apart.
func hex(n, which int) string {
	v := uint32(n+1) * 2654435761 >> which * uint32(2*which+1)
	return fmt.Sprintf("%08x", v)
}

// users are who writes to whom: many, as on a proxy.
func users(n int) (from, to int) { return n % 10007, n * 7 % 10009 }

func (g *traffic) overTCP(n int, status string) {
	transport := "TCP"
	if g.profile.Renew > 0 {
		transport = "TLS"
	}
	via := "Via: SIP/2.0/" + transport + " " + g.a.String() + ";branch=z9hG4bK" + strconv.Itoa(n) + "\r\n"
	g.queued[0] = append(g.queued[0], append([]byte(nil), g.request(n, via)...))
	g.queued[1] = append(g.queued[1], append([]byte(nil), g.response(n, via, status)...))
	g.segments(false)
}

// segments sends what is queued for TCP: three messages in a segment.
func (g *traffic) segments(all bool) {
	if len(g.queued[0]) == 0 || len(g.queued[0]) < 3 && !all {
		return
	}
	if g.profile.Renew > 0 {
		g.turn = (g.turn + 1) % len(g.secure)
		g.secureSegments(g.turn)
		g.queued[0], g.queued[1] = g.queued[0][:0], g.queued[1][:0]
		return
	}
	stream := int(g.id) % g.profile.Streams
	client := netip.AddrPortFrom(g.a.Addr(), uint16(40000+stream))
	for dir, messages := range g.queued {
		p := Packet{Src: client, Dst: g.b, Protocol: TCP, Flags: ACK, Seq: g.seq[stream][dir], Ack: g.seq[stream][1-dir]}
		if dir == 1 {
			p.Src, p.Dst = p.Dst, p.Src
		}
		for _, m := range messages {
			p.Payload = append(p.Payload, m...)
		}
		g.seq[stream][dir] += uint32(len(p.Payload))
		g.record(&p)
		g.queued[dir] = g.queued[dir][:0]
	}
}

// send appends a message over UDP, and the RTP beside it.
func (g *traffic) send(src, dst netip.AddrPort, sip []byte) {
	g.packet = Packet{Src: src, Dst: dst, Protocol: UDP, Payload: sip}
	if g.profile.Big && len(sip) > 1480 {
		g.fragments(&g.packet)
	} else {
		g.record(&g.packet)
	}
	for range g.profile.RTP {
		g.voice()
	}
}

// fragments appends a datagram as IPv4 fragments of 1480 bytes.
func (g *traffic) fragments(p *Packet) {
	const ethernet, ip, most = 14, 20, 1480
	g.id++
	p.ID = g.id
	whole := p.AppendFrame(nil)
	data := whole[ethernet+ip:]
	for at := 0; at < len(data); at += most {
		part := data[at:min(len(data), at+most)]
		head := len(g.raw)
		g.raw = append(g.raw, make([]byte, 16)...)
		g.raw = append(g.raw, whole[:ethernet+ip]...)
		header := g.raw[head+16+ethernet:]
		binary.BigEndian.PutUint16(header[2:], uint16(ip+len(part)))
		offset := uint16(at / 8)
		if at+most < len(data) {
			offset |= 0x2000
		}
		binary.BigEndian.PutUint16(header[6:], offset)
		g.raw = append(g.raw, part...)
		g.finish(head)
	}
}

var voicePayload = make([]byte, 160)

// voice appends one RTP packet of 20 ms of G.711.
func (g *traffic) voice() {
	g.rtp++
	payload := append(g.sip[:0], 0x80, 0, byte(g.rtp>>8), byte(g.rtp), 0, 0, 0, 0, 1, 2, 3, 4)
	payload = append(payload, voicePayload...)
	call := g.rtp % 500
	g.packet = Packet{Src: netip.AddrPortFrom(g.a.Addr(), 16384+2*call), Dst: netip.AddrPortFrom(g.c.Addr(), 20000+2*call), Protocol: UDP, Payload: payload}
	g.record(&g.packet)
}

func (g *traffic) request(n int, vias string) []byte {
	_, to := users(n)
	b := append(g.sip[:0], "MESSAGE sip:u"...)
	b = append(strconv.AppendInt(b, int64(to), 10), "@example.net SIP/2.0\r\n"...)
	b = g.common(b, n, vias, "")
	b = append(b, "Max-Forwards: 70\r\nUser-Agent: generator\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE\r\nContent-Type: text/plain;charset=utf-8\r\n"...)
	body := 64
	if g.profile.Big {
		body = 2600
	}
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(body), 10)
	b = append(b, "\r\n\r\n"...)
	b = strconv.AppendInt(b, int64(1e9+n), 10)
	for i := 10; i < body; i++ {
		b = append(b, ": Watson, come here. "[i%21])
	}
	g.sip = b
	return b
}

func (g *traffic) response(n int, vias, status string) []byte {
	b := append(g.sip[:0], "SIP/2.0 "...)
	b = append(append(b, status...), "\r\n"...)
	b = g.common(b, n, vias, ";tag="+hex(n, 2))
	b = append(b, "Server: generator\r\nContent-Length: 0\r\n\r\n"...)
	g.sip = b
	return b
}

func (g *traffic) common(b []byte, n int, vias, toTag string) []byte {
	b = append(b, vias...)
	from, to := users(n)
	b = append(b, "From: \"User "...)
	b = append(strconv.AppendInt(b, int64(from), 10), "\" <sip:u"...)
	b = append(strconv.AppendInt(b, int64(from), 10), "@example.com>;tag="...)
	b = append(append(b, hex(n, 3)...), "\r\nTo: <sip:u"...)
	b = append(strconv.AppendInt(b, int64(to), 10), "@example.net>"...)
	b = append(append(b, toTag...), "\r\nCall-ID: "...)
	b = append(append(b, hex(n, 4)...), '-')
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, "@10.0.0.1\r\nCSeq: 1 MESSAGE\r\n"...)
}
