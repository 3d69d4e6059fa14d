package wire

import (
	"bufio"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"simplecap/capture"
)

// Epoch is the time that the times of an exchange count from.
var Epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Parse reads an exchange written as text and returns its frames. A line that
// begins with a time is a packet:
//
//	0.000  alice > bob  MESSAGE
//	0.500  alice > bob  MESSAGE
//	0.520  bob > alice  200 OK
//	40     end
//
// Hosts are alice (10.0.0.1), bob (10.0.0.2), proxy, carol and dave (10.0.0.3
// and on), or addresses; a port may follow (alice:6000), 5060 is the default.
// "#2" after the method or status says that the packet belongs to another
// request: the number is in its Call-ID and branch. "tcp" before the method
// sends it over TCP; "icmp" quotes the latest packet between the two, the other
// way; "reset" and "fin" end their TCP connection; "copy" alone is the packet
// before it captured again, and "end" only lets time pass.
//
// Indented lines change the message that is otherwise complete:
//
//	Contact: <sip:alice@10.0.0.1>   replaces that header field, or adds it
//	+Via: SIP/2.0/UDP 10.0.0.9      adds a header field in front
//	-Max-Forwards                   removes it
//	| text                          is a line of the body
//	! MESSAGE sip:x SIP/2.0         replaces the start line
//	~ text                          replaces the whole message; \r, \n and \x00 are understood
func Parse(text string) ([]capture.Frame, error) {
	x := exchange{streams: map[[2]netip.AddrPort]*uint32{}, latest: map[[2]netip.AddrPort][]byte{}}
	scanner := bufio.NewScanner(strings.NewReader(text))
	var block []string
	for n := 1; scanner.Scan(); n++ {
		line := scanner.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			if err := x.packet(block); err != nil {
				return nil, fmt.Errorf("before line %d: %w", n, err)
			}
			block = block[:0]
		}
		block = append(block, line)
	}
	if err := x.packet(block); err != nil {
		return nil, err
	}
	return x.frames, scanner.Err()
}

// exchange is the state of the parser.
type exchange struct {
	frames  []capture.Frame
	streams map[[2]netip.AddrPort]*uint32 // next TCP sequence number of each direction
	latest  map[[2]netip.AddrPort][]byte  // latest IP packet of each direction
	id      uint16
}

var hosts = map[string]string{"alice": "10.0.0.1", "bob": "10.0.0.2", "proxy": "10.0.0.3", "carol": "10.0.0.4", "dave": "10.0.0.5"}

// endpoint reads a host and an optional port.
func endpoint(word string) (netip.AddrPort, error) {
	for _, name := range slices.Sorted(maps.Keys(hosts)) {
		if rest, ok := strings.CutPrefix(word, name); ok && (rest == "" || rest[0] == ':') {
			word = hosts[name] + rest
		}
	}
	if addr, err := netip.ParseAddr(word); err == nil {
		return netip.AddrPortFrom(addr, 5060), nil
	}
	return netip.ParseAddrPort(word)
}

// packet adds the packet that the lines describe.
func (x *exchange) packet(lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	words := strings.Fields(lines[0])
	seconds, err := strconv.ParseFloat(words[0], 64)
	if err != nil || len(words) < 2 {
		return fmt.Errorf("%q is no packet: want a time and what happens", lines[0])
	}
	at := Epoch.Add(time.Duration(seconds * 1e9)).UnixNano()
	switch words[1] {
	case "end":
		a, _ := endpoint("10.9.9.9:4000")
		x.add(at, &Packet{Src: a, Dst: a, Protocol: UDP, Payload: []byte{0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}})
		return nil
	case "copy":
		if len(x.frames) == 0 {
			return fmt.Errorf("%q: there is no packet to copy", lines[0])
		}
		x.frame(at, x.frames[len(x.frames)-1].Data)
		return nil
	}
	if len(words) < 5 || words[2] != ">" {
		return fmt.Errorf("%q: want TIME SRC > DST WHAT", lines[0])
	}
	p := &Packet{Protocol: UDP}
	if p.Src, err = endpoint(words[1]); err != nil {
		return err
	}
	if p.Dst, err = endpoint(words[3]); err != nil {
		return err
	}
	return x.send(at, p, words[4:], lines[1:])
}

func (x *exchange) send(at int64, p *Packet, what, changes []string) error {
	switch what[0] {
	case "icmp":
		p.Protocol = ICMP
		p.Payload = append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, x.latest[[2]netip.AddrPort{p.Dst, p.Src}]...)
	case "reset", "fin":
		p.Protocol, p.Flags = TCP, map[string]byte{"reset": RST, "fin": FIN}[what[0]]|ACK
		p.Seq = *x.stream(p.Src, p.Dst)
	case "tcp":
		p.Protocol, p.Flags, what = TCP, ACK, what[1:]
		fallthrough
	default:
		m := newMessage(p, what)
		if err := m.change(changes); err != nil {
			return err
		}
		p.Payload = m.bytes()
		if p.Protocol == TCP {
			seq := x.stream(p.Src, p.Dst)
			p.Seq = *seq
			*seq += uint32(len(p.Payload))
		}
	}
	x.add(at, p)
	return nil
}

func (x *exchange) stream(src, dst netip.AddrPort) *uint32 {
	k := [2]netip.AddrPort{src, dst}
	if x.streams[k] == nil {
		x.streams[k] = new(uint32)
		*x.streams[k] = 1000
	}
	return x.streams[k]
}

// add appends the packet's frame.
func (x *exchange) add(at int64, p *Packet) {
	x.id++
	p.ID = x.id
	data := p.AppendFrame(nil)
	x.latest[[2]netip.AddrPort{p.Src, p.Dst}] = data[14:]
	x.frame(at, data)
}

func (x *exchange) frame(at int64, data []byte) {
	x.frames = append(x.frames, capture.Frame{Data: data, Length: len(data), Time: at, HasTime: true,
		File: 1, Number: uint64(len(x.frames) + 1), Link: capture.LinkEthernet})
}

// message is a SIP message in the making.
type message struct {
	start   string
	headers []string
	body    []string
	hasBody bool
	raw     string
}

// newMessage makes the message that the words of a packet's line ask for, with
// all header fields that RFC 3261 8.1.1 wants.
func newMessage(p *Packet, what []string) *message {
	number, branch := "1", ""
	words := what[:0:0]
	for _, w := range what {
		switch {
		case w[0] == '#':
			number = w[1:]
		case w[0] == '@':
			branch = "." + w[1:]
		default:
			words = append(words, w)
		}
	}
	via := "SIP/2.0/" + map[byte]string{UDP: "UDP ", TCP: "TCP "}[p.Protocol]
	m := &message{}
	method, sentBy, toTag := words[0], p.Src, ""
	if status, err := strconv.Atoi(words[0]); err == nil {
		m.start = "SIP/2.0 " + strings.Join(words, " ")
		method, sentBy = "MESSAGE", p.Dst
		if status > 100 {
			toTag = ";tag=b" + number
		}
	} else {
		m.start = words[0] + " sip:bob@example.com SIP/2.0"
	}
	m.headers = []string{
		"Via: " + via + sentBy.String() + ";branch=z9hG4bK-" + number + branch,
		"From: <sip:alice@example.com>;tag=a" + number,
		"To: <sip:bob@example.com>" + toTag,
		"Call-ID: call-" + number + "@example.com",
		"CSeq: 1 " + method,
	}
	if sentBy == p.Src {
		m.headers = append(m.headers, "Max-Forwards: 70")
		if method == "MESSAGE" {
			m.headers = append(m.headers, "Content-Type: text/plain")
			m.body, m.hasBody = []string{"Hello " + number}, true
		}
	}
	return m
}

// change applies the indented lines.
func (m *message) change(lines []string) error {
	ownBody := false
	for _, line := range lines {
		line = strings.TrimSpace(line)
		switch line[0] {
		case '|':
			if !ownBody {
				m.body, m.hasBody, ownBody = nil, true, true
			}
			m.body = append(m.body, strings.TrimPrefix(line[1:], " "))
		case '!':
			m.start = strings.TrimPrefix(line[1:], " ")
		case '~':
			raw, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.TrimPrefix(line[1:], " "), `"`, `\"`) + `"`)
			if err != nil {
				return fmt.Errorf("%q: %w", line, err)
			}
			m.raw += raw
		case '-':
			m.remove(line[1:])
		case '+':
			m.headers = slices.Insert(m.headers, 0, strings.TrimSpace(line[1:]))
		default:
			m.set(line)
		}
	}
	return nil
}

func name(header string) string {
	n, _, _ := strings.Cut(header, ":")
	return strings.ToLower(strings.TrimSpace(n))
}

func (m *message) remove(header string) {
	if name(header) == "body" {
		m.body, m.hasBody = nil, false
		return
	}
	m.headers = slices.DeleteFunc(m.headers, func(h string) bool { return name(h) == name(header) })
}

func (m *message) set(header string) {
	for i, h := range m.headers {
		if name(h) == name(header) {
			m.headers[i] = header
			return
		}
	}
	m.headers = append(m.headers, header)
}

func (m *message) bytes() []byte {
	if m.raw != "" {
		return []byte(m.raw)
	}
	body := strings.Join(m.body, "\r\n")
	length := "Content-Length: " + strconv.Itoa(len(body))
	if !slices.ContainsFunc(m.headers, func(h string) bool { return name(h) == "content-length" || name(h) == "l" }) {
		m.headers = append(m.headers, length)
	}
	m.headers = slices.DeleteFunc(m.headers, func(h string) bool { return h == "Content-Length: none" })
	return []byte(m.start + "\r\n" + strings.Join(m.headers, "\r\n") + "\r\n\r\n" + body)
}
