package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
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
// request: the number is in its Call-ID and branch; "@2" gives it another
// branch only. "icmp" quotes the latest packet between the two, the other way;
// "icmp from carol" is the same by another host, "icmp 28" quotes that many bytes
// only, "icmp id 9" with another IPv4 identification, "icmp reassembly" says that not all
// fragments came. "syn" and "syn-ack" begin their TCP connection; "reset" and "fin" end it;
// "copy" alone is the packet before it captured again, and "end" only lets time pass.
// "upgrade sip" asks for a WebSocket with that subprotocol and "switch sip" grants it;
// without "sip" they name none.
//
// Words before the method or status say how the message travels:
//
//	tcp                    over TCP; "tcp segments 100" in segments of 100 bytes
//	again                  over TCP, in the place of the message before it
//	fragments 600          in IPv4 fragments of 600 bytes; "without 2" loses the second one
//	cut 200                the snapshot length leaves 200 bytes of the frame
//	tunnel                 inside another IPv4 packet
//	ws                     as a WebSocket message in a text frame over TCP; "binary" in a binary one, "unmasked" without a
//	                       mask, "announce 9" in one that says that it has 9 bytes more
//	hep                    only as an agent, 10.98.0.1, reports it by HEP
//	lf                     lines end in LF alone
//
// Indented lines change the message that is otherwise complete:
//
//	Contact: <sip:alice@10.0.0.1>   replaces that header field, or adds it
//	+Via: SIP/2.0/UDP 10.0.0.9      adds a header field in front
//	-Max-Forwards                   removes it; -body removes the body
//	| text                          is a line of the body
//	* 100 text                      is a line of the body, the text 100 times
//	= caf\xe9\r\n                   is a line of the body; \r, \n and \x00 are understood
//	! MESSAGE sip:x SIP/2.0         replaces the start line
//	~ text                          replaces the whole message; \r, \n and \x00 are understood
//
// "Content-Length: none" leaves it out. The names of header fields are matched
// in full: a compact form is added, and the long one removed with "-".
func Parse(text string) ([]capture.Frame, error) {
	x := exchange{streams: map[[2]netip.AddrPort]*uint32{}, latest: map[[2]netip.AddrPort][]byte{}, begun: map[[2]netip.AddrPort]uint32{}}
	scanner := bufio.NewScanner(strings.NewReader(text))
	var block []string
	begin := 0 // the number of the block's first line
	for n := 1; scanner.Scan(); n++ {
		line := scanner.Text()
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			if err := x.block(begin, block); err != nil {
				return nil, err
			}
			block, begin = block[:0], n
		}
		block = append(block, line)
	}
	if err := x.block(begin, block); err != nil {
		return nil, err
	}
	return x.frames, scanner.Err()
}

// exchange is the state of the parser.
type exchange struct {
	frames  []capture.Frame
	streams map[[2]netip.AddrPort]*uint32 // next TCP sequence number of each direction
	latest  map[[2]netip.AddrPort][]byte  // latest IP packet of each direction
	begun   map[[2]netip.AddrPort]uint32  // where the latest message of each direction begins
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

// block adds the packet of a block of lines; begin is the number of the first.
func (x *exchange) block(begin int, lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	if err := x.packet(lines); err != nil {
		return fmt.Errorf("line %d: %w", max(begin, 1), err)
	}
	return nil
}

// packet adds the packet that the lines describe.
func (x *exchange) packet(lines []string) error {
	words := strings.Fields(lines[0])
	seconds, err := strconv.ParseFloat(words[0], 64)
	if err != nil || len(words) < 2 {
		return fmt.Errorf("%q is no packet: want a time and what happens", lines[0])
	}
	at := Epoch.Add(time.Duration(math.Round(seconds * 1e9))).UnixNano()
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
	if p.Src.Addr().Is4() != p.Dst.Addr().Is4() {
		return fmt.Errorf("%q: want two addresses of one family", lines[0])
	}
	return x.send(at, p, words[4:], lines[1:])
}

func (x *exchange) send(at int64, p *Packet, what, changes []string) error {
	switch what[0] {
	case "icmp":
		return x.unreachable(at, p, what[1:])
	case "syn", "syn-ack":
		p.Protocol, p.Flags, p.Seq = TCP, map[string]byte{"syn": SYN, "syn-ack": SYN | ACK}[what[0]], *x.stream(p.Src, p.Dst)-1
		p.Ack = *x.stream(p.Dst, p.Src)
		x.add(at, p)
		return nil
	case "reset", "fin":
		p.Protocol, p.Flags = TCP, map[string]byte{"reset": RST, "fin": FIN}[what[0]]|ACK
		p.Seq, p.Ack = *x.stream(p.Src, p.Dst), *x.stream(p.Dst, p.Src) // as the receiver demands of an RST (RFC 5961 3.2)
		x.add(at, p)
		return nil
	}
	if block := handshake(what); block != nil {
		p.Protocol, p.Flags, p.Payload = TCP, ACK, block
		x.segments(at, p, &carriage{})
		return nil
	}
	var c carriage
	what, err := c.parse(what)
	if err != nil {
		return err
	}
	if c.tcp {
		p.Protocol, p.Flags = TCP, ACK
	}
	m, err := newMessage(p, what)
	if err != nil {
		return err
	}
	if err := m.change(changes); err != nil {
		return err
	}
	p.Payload = m.bytes()
	if c.lf {
		p.Payload = bytes.ReplaceAll(p.Payload, []byte("\r\n"), []byte("\n"))
	}
	if c.webSocket != 0 {
		p.Payload = frame(&c, p)
	}
	return x.carry(at, p, &c)
}

// unreachable adds an ICMP error that says port unreachable (RFC 792, RFC 4443 3.1).
func (x *exchange) unreachable(at int64, p *Packet, words []string) (err error) {
	quote := bytes.Clone(x.latest[[2]netip.AddrPort{p.Dst, p.Src}])
	for i, word := range words {
		n, notNumber := strconv.Atoi(word)
		switch {
		case i > 0 && words[i-1] == "from":
			if p.Src, err = endpoint(word); err != nil {
				return err
			}
		case notNumber != nil:
		case i > 0 && words[i-1] == "id" && len(quote) >= ipv4Header:
			binary.BigEndian.PutUint16(quote[4:], uint16(n))
		default:
			quote = quote[:min(n, len(quote))]
		}
	}
	p.Protocol = ICMP
	kind := []byte{3, 3} // port unreachable
	lost := slices.Contains(words, "reassembly")
	switch v6 := !p.Src.Addr().Is4(); {
	case v6 && lost:
		p.Protocol, kind = ICMPv6, []byte{3, 1}
	case v6:
		p.Protocol, kind = ICMPv6, []byte{1, 4}
	case lost:
		kind = []byte{11, 1}
	}
	p.Payload = slices.Concat(kind, make([]byte, 6), quote)
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
