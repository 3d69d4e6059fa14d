package live

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"simplecap/capture"
	"strconv"

	"golang.org/x/net/bpf"
)

// SIPFilter makes the program by which the kernel drops what cannot be SIP. The
// zero value lets through what package decode could find a SIP message or an
// ICMP error in, and little else:
//
//   - UDP whose payload begins as a SIP message may: with CR or LF, or with
//     characters of a method or of "SIP/" (RFC 3261 25.1), which HEP does too; or as
//     HEP of version 1 or 2; and what may be SigComp, on port 5060;
//   - TCP, all of it;
//   - every fragment of an IP packet;
//   - ICMP and ICMPv6 errors;
//   - tunnels: GRE, IP in IP, VXLAN, Geneve, GTP-U, TZSP, L2TP, MPLS, PPPoE, and SCTP and IPsec, in
//     IP or in UDP; their content is not looked at;
//   - IPv6 packets with extension headers.
//
// Of other UDP none of RTP, RTCP, STUN and DTLS gets through, since they begin
// with other bytes, and of DNS only about one packet in 100, since its first two
// bytes are random. Up to two VLAN tags are looked through.
type SIPFilter struct {
	// Hosts are the addresses of whom packets are wanted, as source or as
	// destination in the outermost IP header; none means all. ICMP errors pass
	// whoever sends them.
	Hosts []netip.Addr

	// UDPPorts and TCPPorts are the ports of which packets are wanted, as source
	// or as destination; none of either means all. With ports of one protocol
	// only, the other one is dropped. Fragments, which show no ports, and tunnels
	// pass.
	UDPPorts, TCPPorts []uint16

	// OwnTCPPorts are the ports of connections that carry what this program publishes about
	// SIP, with SIP in it: packets from or to them are dropped.
	OwnTCPPorts []uint16

	// Expression, unless nil, is a program that has to let a packet through as
	// well, for the link type. Later fragments pass by it. Tcpdump compiles one.
	Expression func(link capture.LinkType) ([]bpf.Instruction, error)
}

// acceptBytes is how much of a packet the program lets through: all of it.
const acceptBytes = 262144

// Labels of the program's ends and of its parts that several others lead to.
const (
	accept     = "accept"
	drop       = "drop"
	network    = "network"   // A is the ethertype, X the offset of the network header
	transport  = "transport" // A is the IP protocol, X the offset of its header
	inUDP      = "in UDP"
	inTCP      = "in TCP"
	ourProgram = "our program"
)

// Program returns the program for LinkEthernet, or for LinkSLL2, where packets
// begin with their network header. It suits Options.Filter.
func (f *SIPFilter) Program(link capture.LinkType) ([]bpf.Instruction, error) {
	if link != capture.LinkEthernet && link != capture.LinkSLL2 {
		return nil, fmt.Errorf("no kernel filter for link type %s", link)
	}
	a := &assembler{}
	if f.Expression != nil {
		if err := f.expression(a, link); err != nil {
			return nil, err
		}
	}
	linkHeader(a, link)
	networkHeader(a)
	f.ipv4(a)
	f.ipv6(a)
	f.transport(a)
	payload(a)
	a.label(drop)
	a.do(bpf.RetConstant{Val: 0})
	a.label(accept)
	a.do(bpf.RetConstant{Val: acceptBytes})
	return a.assemble(), nil
}

// loadX loads from an offset relative to X.
func loadX(offset, size int) bpf.Instruction {
	return bpf.LoadIndirect{Off: uint32(offset), Size: size}
}

var vlanTypes = []uint32{0x8100, 0x88a8, 0x9100, 0x9200}

// linkHeader finds the ethertype, behind at most two VLAN tags; packets with
// more are let through.
func linkHeader(a *assembler, link capture.LinkType) {
	offset := uint32(0)
	if link == capture.LinkEthernet {
		offset = 14
		a.do(bpf.LoadAbsolute{Off: offset - 2, Size: 2})
	} else {
		a.do(bpf.LoadExtension{Num: bpf.ExtProto})
	}
	a.do(bpf.LoadConstant{Dst: bpf.RegX, Val: offset})
	for tags := range 2 {
		inside := fmt.Sprint("tag ", tags+1)
		a.is(inside, vlanTypes...)
		a.jump(network)
		a.label(inside)
		offset += vlanTag
		a.do(bpf.LoadAbsolute{Off: offset - 2, Size: 2}, bpf.LoadConstant{Dst: bpf.RegX, Val: offset})
	}
	a.is(accept, vlanTypes...)
}

const vlanTag = 4 // bytes of an IEEE 802.1Q tag

// networkHeader goes on by the ethertype. Below 0x600 it is a length, and an LLC
// header follows, of which only SNAP leads to IP (RFC 1042).
func networkHeader(a *assembler) {
	a.label(network)
	a.is("ipv4", 0x0800)
	a.is("ipv6", 0x86dd)
	a.is(accept, 0x8847, 0x8848, 0x8864) // MPLS, PPPoE
	a.when(bpf.JumpGreaterOrEqual, 0x600, drop)
	a.do(loadX(0, 2), bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xfefe})
	a.is(accept, 0xaaaa)
	a.jump(drop)
}

// IP protocol numbers.
const (
	ipICMP   = 1
	ipTCP    = 6
	ipUDP    = 17
	ipICMPv6 = 58
)

// carriers are protocols that may carry SIP further in: IPv4, IPv6, GRE, ESP, AH,
// SCTP, MPLS, and the extension headers of IPv6 with that of fragments.
var carriers = []uint32{4, 41, 47, 50, 51, 132, 137, 0, 43, 44, 60}

const fragmentBits = 0x3fff // more fragments, and the offset (RFC 791 3.1)

func (f *SIPFilter) ipv4(a *assembler) {
	a.label("ipv4")
	a.do(loadX(9, 1))
	a.is("icmp", ipICMP)
	f.hosts(a, "ipv4", 12, 16, 4)
	a.do(loadX(6, 2))
	a.when(bpf.JumpBitsSet, fragmentBits, accept)
	a.do(loadX(9, 1), bpf.StoreScratch{Src: bpf.RegA, N: 0})
	skipIPv4(a)
	a.do(bpf.LoadScratch{Dst: bpf.RegA, N: 0})
	a.jump(transport)

	a.label("icmp")
	a.do(loadX(6, 2))
	a.when(bpf.JumpBitsSet, fragmentBits, accept)
	skipIPv4(a)
	a.do(loadX(0, 1))
	a.is(accept, 3, 11, 12) // RFC 792
	a.jump(drop)
}

// skipIPv4 moves X from the IPv4 header to what follows it.
func skipIPv4(a *assembler) {
	a.do(loadX(0, 1),
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0x0f},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 2},
		bpf.ALUOpX{Op: bpf.ALUOpAdd}, bpf.TAX{})
}

func (f *SIPFilter) ipv6(a *assembler) {
	const header = 40
	a.label("ipv6")
	a.do(loadX(6, 1))
	a.is("icmpv6", ipICMPv6)
	f.hosts(a, "ipv6", 8, 24, 16)
	a.do(loadX(6, 1), bpf.StoreScratch{Src: bpf.RegA, N: 0},
		bpf.TXA{}, bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: header}, bpf.TAX{},
		bpf.LoadScratch{Dst: bpf.RegA, N: 0})
	a.jump(transport)

	a.label("icmpv6")
	a.do(loadX(header, 1))
	a.is(accept, 1, 2, 3, 4) // RFC 4443 3
	a.jump(drop)
}

// hosts drops packets of other hosts. The addresses lie at src and dst and have
// size bytes.
func (f *SIPFilter) hosts(a *assembler, version string, src, dst, size int) {
	if len(f.Hosts) == 0 {
		return
	}
	known := version + " of a host"
	for i, host := range f.Hosts {
		b := host.Unmap().AsSlice()
		if len(b) != size {
			continue
		}
		for _, at := range []int{src, dst} {
			differs := fmt.Sprint(version, i, at)
			for word := 0; word < size; word += 4 {
				a.do(loadX(at+word, 4))
				a.when(bpf.JumpNotEqual, binary.BigEndian.Uint32(b[word:]), differs)
			}
			a.jump(known)
			a.label(differs)
		}
	}
	a.jump(drop)
	a.label(known)
}

// tunnelPorts are those of VXLAN, its older number, Geneve, GTP-U and TZSP.
var tunnelPorts = []uint32{4789, 8472, 6081, 2152, 37008}

// eitherPorts are those of ESP (RFC 3948), SCTP (RFC 6951) and L2TP (RFC 2661) in UDP, which
// either end may have.
var eitherPorts = []uint32{4500, 9899, 1701}

func (f *SIPFilter) transport(a *assembler) {
	a.label(transport)
	a.is(inUDP, ipUDP)
	a.is(inTCP, ipTCP)
	a.is(accept, carriers...)
	a.jump(drop)

	a.label(inTCP)
	f.own(a)
	if f.anyPort() {
		a.jump(accept)
	} else {
		f.ports(a, f.TCPPorts, accept)
	}

	a.label(inUDP)
	a.do(loadX(2, 2))
	a.is(accept, tunnelPorts...)
	a.is(accept, eitherPorts...)
	a.do(loadX(0, 2))
	a.is(accept, eitherPorts...)
	if f.anyPort() {
		return
	}
	f.ports(a, f.UDPPorts, "payload")
	a.label("payload")
}

// own drops packets of this program's own connections.
func (f *SIPFilter) own(a *assembler) {
	if len(f.OwnTCPPorts) == 0 {
		return
	}
	for _, at := range []int{0, 2} {
		a.do(loadX(at, 2))
		for _, p := range f.OwnTCPPorts {
			a.is(drop, uint32(p))
		}
	}
}

func (f *SIPFilter) anyPort() bool { return len(f.UDPPorts) == 0 && len(f.TCPPorts) == 0 }

// ports goes on to wanted if one of the packet's ports is among the ports, and
// drops it otherwise.
func (f *SIPFilter) ports(a *assembler, ports []uint16, wanted string) {
	for _, at := range []int{0, 2} {
		a.do(loadX(at, 2))
		for _, p := range ports {
			a.is(wanted, uint32(p))
		}
	}
	a.jump(drop)
}

// payload lets a UDP payload through by its first three bytes. A SIP message
// begins with empty lines, or with a token that is followed by a blank or, in a
// response, is "SIP" (RFC 3261 7.1 and 7.2). One that NULs, blanks or a byte-order
// mark precede is broken, and is let through to be named. So is what may be SigComp
// (RFC 3320 7), of which decode says that it is not read. X is the offset of the UDP header.
func payload(a *assembler) {
	const udpHeader = 8
	a.do(loadX(udpHeader, 1))
	a.class(func(c byte) string {
		switch {
		case c == '\r' || c == '\n':
			return accept
		case isTokenChar(c):
			return "second byte"
		case c == 1 || c == 2:
			return "old HEP"
		case isJunk(c):
			return "junk 1"
		case c>>3 == 0x1f:
			return "SigComp"
		}
		return drop
	})
	behindJunk(a, udpHeader)
	a.label("SigComp")
	for _, port := range []int{0, 2} {
		a.do(loadX(port, 2))
		a.is(accept, portSIP)
	}
	a.jump(drop)
	const oldHEP4, oldHEP6 = 16, 40 // length of its header
	a.label("old HEP")
	a.do(loadX(udpHeader+1, 1))
	a.is(accept, oldHEP4, oldHEP6)
	a.jump(drop)
	a.label("second byte")
	a.do(loadX(udpHeader+1, 1))
	a.class(tokenGoesOn("third byte"))
	a.label("third byte")
	a.do(loadX(udpHeader+2, 1))
	a.class(tokenGoesOn(accept))
}

const portSIP = 5060

// maxJunk is how many bytes before a broken message are looked at, enough to tell it
// from mDNS, whose header begins with NULs as well.
const maxJunk = 8

// behindJunk goes over the bytes that precede a broken message, of which the first is at
// offset from.
func behindJunk(a *assembler, from int) {
	for i := 1; i <= maxJunk; i++ {
		next := accept
		if i < maxJunk {
			next = "junk " + strconv.Itoa(i+1)
		}
		a.label("junk " + strconv.Itoa(i))
		a.do(loadX(from+i, 1))
		a.class(func(c byte) string {
			switch {
			case isTokenChar(c) || c == '\r' || c == '\n':
				return accept
			case isJunk(c) || c == markSecond || c == markThird:
				return next
			}
			return drop
		})
	}
}

// The byte-order mark of UTF-8.
const markFirst, markSecond, markThird = 0xef, 0xbb, 0xbf

// isJunk reports whether a broken message may begin with c.
func isJunk(c byte) bool { return c == 0 || c == ' ' || c == '\t' || c == markFirst }

// tokenGoesOn is a class of bytes after the first: another character of the
// token leads to next, a blank ends the token.
func tokenGoesOn(next string) func(c byte) string {
	return func(c byte) string {
		switch {
		case isTokenChar(c):
			return next
		case c == ' ' || c == '\t':
			return accept
		}
		return drop
	}
}

// isTokenChar reports whether c is a character of a token (RFC 3261 25.1).
func isTokenChar(c byte) bool {
	switch {
	case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		return true
	}
	switch c {
	case '-', '.', '!', '%', '*', '_', '+', '`', '\'', '~':
		return true
	}
	return false
}
