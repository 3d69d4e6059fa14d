package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"

	"simplecap/hep"
)

// carriage is how a message travels.
type carriage struct {
	tcp, lf   bool
	again     bool // in the place of the TCP data before it
	webSocket byte // opcode of its WebSocket frame, 0 for no WebSocket
	unmasked  bool // its WebSocket frame has no mask
	announce  int  // bytes that its WebSocket frame says beyond those that it has
	hep       bool // as a HEP agent reports it
	tunnel    bool // in an IPv4 packet of two routers (RFC 2003)
	segments  int  // bytes in a TCP segment, 0 for all in one
	fragments int  // bytes in an IPv4 fragment, 0 for no fragments
	without   int  // the fragment that is lost, from 1
	cut       int  // bytes that the snapshot length leaves of a frame, 0 for all
}

// parse reads the words before the method or status and returns the rest.
func (c *carriage) parse(words []string) (rest []string, err error) {
	numbers := map[string]*int{"segments": &c.segments, "fragments": &c.fragments, "without": &c.without, "cut": &c.cut, "announce": &c.announce}
	for len(words) > 1 {
		number := numbers[words[0]]
		switch {
		case words[0] == "tcp":
			c.tcp = true
		case words[0] == "ws":
			c.tcp, c.webSocket = true, 1
		case words[0] == "again":
			c.again = true
		case words[0] == "binary":
			c.webSocket = 2
		case words[0] == "unmasked":
			c.unmasked = true
		case words[0] == "lf":
			c.lf = true
		case words[0] == "hep":
			c.hep = true
		case words[0] == "tunnel":
			c.tunnel = true
		case number == nil:
			return words, nil
		default:
			if *number, err = strconv.Atoi(words[1]); err != nil {
				return nil, fmt.Errorf("%s %s: %w", words[0], words[1], err)
			}
			words = words[1:]
		}
		words = words[1:]
	}
	return words, nil
}

// carry adds the frames of a packet that holds a whole message.
func (x *exchange) carry(at int64, p *Packet, c *carriage) error {
	first := len(x.frames)
	switch {
	case c.hep:
		return x.report(at, p)
	case c.tcp:
		x.segments(at, p, c)
	case (c.fragments > 0 || c.tunnel) && !p.Src.Addr().Is4():
		return fmt.Errorf("only IPv4 packets are cut into fragments or sent through a tunnel")
	default:
		x.datagram(at, p, c)
	}
	for i := first; i < len(x.frames) && c.cut > 0; i++ {
		f := &x.frames[i]
		f.Data = f.Data[:min(c.cut, len(f.Data))]
	}
	return nil
}

// report adds a message as a HEP agent sends it to its collector.
func (x *exchange) report(at int64, p *Packet) error {
	h := hep.Packet{Src: p.Src, Dst: p.Dst, Protocol: hep.ProtocolUDP, Type: hep.TypeSIP, AgentID: 1, Time: at, HasTime: true, Payload: p.Payload}
	payload, err := h.Append(nil)
	if err == nil {
		x.add(at, &Packet{Src: reporters[0], Dst: reporters[1], Protocol: UDP, Payload: payload})
	}
	return err
}

// reporters are a HEP agent and its collector.
var reporters = [2]netip.AddrPort{netip.MustParseAddrPort("10.98.0.1:40000"), netip.MustParseAddrPort("10.98.0.2:9060")}

// segments adds a message over TCP, perhaps in several segments.
func (x *exchange) segments(at int64, p *Packet, c *carriage) {
	seq, rest, way := x.stream(p.Src, p.Dst), p.Payload, [2]netip.AddrPort{p.Src, p.Dst}
	if c.again {
		*seq = x.begun[way]
	}
	x.begun[way], p.Ack = *seq, *x.stream(p.Dst, p.Src)
	for len(rest) > 0 {
		n := len(rest)
		if c.segments > 0 {
			n = min(n, c.segments)
		}
		p.Payload, rest = rest[:n], rest[n:]
		p.Seq = *seq
		*seq += uint32(n)
		x.add(at, p)
	}
}

// datagram adds a datagram, perhaps in a tunnel, perhaps in fragments.
func (x *exchange) datagram(at int64, p *Packet, c *carriage) {
	x.add(at, p)
	whole := x.frames[len(x.frames)-1].Data
	if c.tunnel {
		outer := &Packet{Src: tunnelEnds[0], Dst: tunnelEnds[1], Protocol: 4, ID: p.ID, Payload: whole[ethernetHeader:]}
		whole = outer.AppendFrame(nil)
	}
	x.frames = x.frames[:len(x.frames)-1]
	if c.fragments == 0 {
		x.frame(at, whole)
		return
	}
	x.fragments(at, whole, c)
}

// tunnelEnds are the routers of a tunnel.
var tunnelEnds = [2]netip.AddrPort{netip.MustParseAddrPort("10.99.0.1:0"), netip.MustParseAddrPort("10.99.0.2:0")}

const (
	ethernetHeader = 14
	ipv4Header     = 20
)

// fragments adds an IPv4 packet in fragments (RFC 791 3.2).
func (x *exchange) fragments(at int64, whole []byte, c *carriage) {
	const header = ethernetHeader + ipv4Header
	size := max(8, c.fragments&^7)
	for offset, n := 0, 1; offset < len(whole)-header; offset, n = offset+size, n+1 {
		part := whole[header+offset : min(len(whole), header+offset+size)]
		data := append(append([]byte{}, whole[:header]...), part...)
		place := uint16(offset / 8)
		if header+offset+size < len(whole) {
			place |= 0x2000 // more fragments
		}
		binary.BigEndian.PutUint16(data[ethernetHeader+2:], uint16(ipv4Header+len(part)))
		binary.BigEndian.PutUint16(data[ethernetHeader+6:], place)
		if n != c.without {
			x.frame(at, data)
		}
	}
}
