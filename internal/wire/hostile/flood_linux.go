package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"simplecap/internal/wire"
)

// flood sends frames with made-up sources out of an interface, rate a second, and HEP
// packets to an address, for so long: requests with any method and any names, half-open
// and half-finished TCP connections, fragments, TLS handshakes, SCTP.
func flood(device, hep string, rate int, length time.Duration) error {
	port, err := packetSocket(device)
	if err != nil {
		return err
	}
	defer unix.Close(port)
	reports, err := net.Dial("udp", hep)
	if err != nil {
		return err
	}
	defer reports.Close()
	r := rand.New(rand.NewPCG(1, 2))
	const tick = 5 * time.Millisecond
	begin, sent := time.Now(), 0
	for time.Since(begin) < length {
		for range max(1, rate*int(tick)/int(time.Second)) {
			p := anything(r)
			if unix.Send(port, p.AppendFrame(nil), 0) == nil {
				sent++
			}
		}
		n := r.Int()
		reports.Write(hepOf(chunk(hepEnds(n), 0, 15, stranger(r)))) // nobody minds one that is lost
		time.Sleep(time.Until(begin.Add(time.Since(begin).Truncate(tick) + tick)))
	}
	fmt.Println(sent, "frames sent in", time.Since(begin).Round(time.Second))
	return nil
}

func packetSocket(device string) (int, error) {
	i, err := net.InterfaceByName(device)
	if err != nil {
		return 0, err
	}
	port, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.Bind(port, &unix.SockaddrLinklayer{Ifindex: i.Index}); err != nil {
		unix.Close(port)
		return 0, err
	}
	return port, nil
}

// stranger is a request that shares nothing with another.
func stranger(r *rand.Rand) []byte {
	word := func() string { return strconv.FormatUint(r.Uint64(), 36) }
	m := message{id: word(), from: "sip:" + word() + "@" + word(), to: "sip:" + word() + "@" + word(), via: word() + ":5060",
		fields: "User-Agent: " + word() + "\r\n", body: strings.Repeat("x", r.IntN(300))}
	if r.IntN(3) == 0 {
		m.method = strings.ToUpper(word())
	}
	return m.request()
}

// anything is a packet from anywhere.
func anything(r *rand.Rand) wire.Packet {
	p := wire.Packet{Src: somewhere(r), Dst: bob, Protocol: wire.UDP, ID: uint16(r.Uint32())}
	switch kind := r.IntN(10); kind {
	case 0, 1, 2, 3:
		p.Payload = stranger(r)
	case 4: // half-open
		p.Protocol, p.Flags, p.Seq = wire.TCP, wire.SYN, r.Uint32()
	case 5, 6: // half-finished
		p.Protocol, p.Flags, p.Seq = wire.TCP, wire.ACK, r.Uint32()
		p.Payload = stranger(r)
		p.Payload = p.Payload[:r.IntN(len(p.Payload))]
	case 7:
		p.Protocol, p.Flags, p.Seq, p.Payload = wire.TCP, wire.ACK, r.Uint32(), hello(1, r.Int())
	case 8:
		p.Payload = number(0).answer()
	default:
		p.Payload = message{id: strconv.FormatUint(r.Uint64(), 36), kind: "message/cpim", body: asking(r.Int())}.request()
	}
	return p
}

func somewhere(r *rand.Rand) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}), uint16(1024+r.IntN(60_000)))
}
