package decode

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// pcapFrame is one frame of a classic pcap file.
type pcapFrame struct {
	number uint64
	time   int64
	link   uint32
	cut    bool
	data   []byte
}

// readPcap reads a little-endian pcap file.
func readPcap(t testing.TB, name string) (frames []pcapFrame) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	unit := int64(1000)
	if le.Uint32(b) == 0xa1b23c4d {
		unit = 1
	} else if le.Uint32(b) != 0xa1b2c3d4 {
		t.Fatalf("%s: magic %x", name, b[:4])
	}
	link := le.Uint32(b[20:])
	for b = b[24:]; len(b) >= 16; {
		size, length := le.Uint32(b[8:]), le.Uint32(b[12:])
		f := pcapFrame{number: uint64(len(frames) + 1), link: link, cut: size < length, data: b[16 : 16+size]}
		f.time = int64(le.Uint32(b))*1e9 + int64(le.Uint32(b[4:]))*unit
		frames = append(frames, f)
		b = b[16+size:]
	}
	return frames
}

// ipOf strips the link layer and returns the network packet.
func ipOf(f pcapFrame) (protocol uint16, b []byte) {
	b = f.data
	switch f.link {
	case 1:
		protocol, b = binary.BigEndian.Uint16(b[12:]), b[14:]
	case 113:
		protocol, b = binary.BigEndian.Uint16(b[14:]), b[16:]
	case 276:
		protocol, b = binary.BigEndian.Uint16(b), b[20:]
	}
	for protocol == 0x8100 || protocol == 0x88a8 {
		protocol, b = binary.BigEndian.Uint16(b[2:]), b[4:]
	}
	return protocol, b
}

// feedFrame gives the decoder the TCP segment or UDP datagram of a frame, without fragments.
func feedFrame(d *Decoder, f pcapFrame) {
	p := packet{ref: MakeFrameRef(1, f.number), time: f.time, hasTime: true, cut: f.cut}
	protocol, b := ipOf(f)
	var proto byte
	switch {
	case protocol == 0x0800 && len(b) >= 20:
		copy(p.src.IP[10:], "\xff\xff")
		copy(p.dst.IP[10:], "\xff\xff")
		copy(p.src.IP[12:], b[12:16])
		copy(p.dst.IP[12:], b[16:20])
		proto = b[9]
		b = b[int(b[0]&15)*4 : min(len(b), int(binary.BigEndian.Uint16(b[2:])))]
	case protocol == 0x86dd && len(b) >= 40:
		copy(p.src.IP[:], b[8:24])
		copy(p.dst.IP[:], b[24:40])
		proto = b[6]
		b = b[40:min(len(b), 40+int(binary.BigEndian.Uint16(b[4:])))]
	}
	switch {
	case proto == 6:
		d.tcp(&p, b)
	case proto == 17 && len(b) > 8:
		p.src.Port, p.dst.Port = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		d.datagram(&p, b[8:])
	}
}

// recorder keeps what a decoder finds.
type recorder struct {
	messages []Message
	events   []ConnEvent
}

func (r *recorder) Message(m *Message) {
	c := *m
	c.Raw = append([]byte(nil), m.Raw...)
	c.Headers = append([]Header(nil), m.Headers...)
	r.messages = append(r.messages, c)
}
func (r *recorder) ICMP(*ICMPError)         {}
func (r *recorder) Connection(e *ConnEvent) { r.events = append(r.events, *e) }

func newRecorder(l Limits) (*Decoder, *recorder) {
	r := &recorder{}
	return NewDecoder(r, Options{Limits: l}), r
}

// decodePcap decodes a whole file.
func decodePcap(t testing.TB, name string) (*Decoder, *recorder) {
	d, r := newRecorder(Limits{})
	for _, f := range readPcap(t, name) {
		feedFrame(d, f)
	}
	d.Flush()
	return d, r
}

// field returns the value of a header field of a message, by its long name.
func field(m *Message, name string) string {
	for _, line := range splitLines(m.Raw) {
		if len(line) > len(name) && line[len(name)] == ':' && equalFold(line[:len(name)], name) {
			return string(trimBlankLeft(line[len(name)+1:]))
		}
	}
	return ""
}

func splitLines(b []byte) (lines [][]byte) {
	for len(b) > 0 {
		line, _ := cutLine(b)
		lines = append(lines, line)
		b = b[min(len(b), len(line)+1):]
	}
	return lines
}

func trimBlankLeft(b []byte) []byte {
	for len(b) > 0 && isBlankByte(b[0]) {
		b = b[1:]
	}
	return b
}

// body returns a message's body.
func body(m *Message) string { return string(m.Body.In(m.Raw)) }

// loadJSON reads a file of known answers.
func loadJSON(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A wire makes the segments of one connection and gives them to a decoder.
type wire struct {
	d      *Decoder
	number uint64
	now    int64
}

var (
	clientEnd = Endpoint{IP: [16]byte{10: 0xff, 0xff, 10, 0, 0, 1}, Port: 40000}
	serverEnd = Endpoint{IP: [16]byte{10: 0xff, 0xff, 10, 0, 0, 2}, Port: 5060}
)

// send gives the decoder one segment from one end to the other and returns its frame number.
func (w *wire) send(src, dst Endpoint, seq, ack uint32, flags uint8, payload string) uint64 {
	return w.sendCut(src, dst, seq, ack, flags, payload, false)
}

func (w *wire) sendCut(src, dst Endpoint, seq, ack uint32, flags uint8, payload string, cut bool) uint64 {
	w.number++
	w.now += 1e6
	p := packet{ref: MakeFrameRef(1, w.number), time: w.now, hasTime: true, cut: cut}
	p.src.IP, p.dst.IP = src.IP, dst.IP
	w.d.tcp(&p, rawSegment(src.Port, dst.Port, seq, ack, flags, payload))
	return w.number
}

// client sends data from the client with ACK set.
func (w *wire) client(seq uint32, payload string) uint64 {
	return w.send(clientEnd, serverEnd, seq, 0, flagACK, payload)
}

func rawSegment(src, dst uint16, seq, ack uint32, flags uint8, payload string) []byte {
	b := make([]byte, 20, 20+len(payload))
	binary.BigEndian.PutUint16(b, src)
	binary.BigEndian.PutUint16(b[2:], dst)
	binary.BigEndian.PutUint32(b[4:], seq)
	binary.BigEndian.PutUint32(b[8:], ack)
	b[12], b[13] = 5<<4, flags
	return append(b, payload...)
}

// sipText makes a MESSAGE; length is the value of Content-Length, "" for none.
func sipText(callID, length, body string) string {
	s := fmt.Sprintf("MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK%s\r\nCall-ID: %s\r\nCSeq: 1 MESSAGE\r\n", callID, callID)
	if length != "" {
		s += "Content-Length: " + length + "\r\n"
	}
	return s + "\r\n" + body
}

// good makes a MESSAGE with the right Content-Length.
func good(callID, body string) string { return sipText(callID, fmt.Sprint(len(body)), body) }
