package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"
)

// secure is a TLS 1.3 connection of a generated capture, under AES-128-GCM: its hellos
// say no more than what a reader of them wants, and its secrets follow from its number.
type secure struct {
	client netip.AddrPort
	random [32]byte
	sides  [2]sealed
	left   int // transactions until it ends
}

// sealed is what one side seals records with.
type sealed struct {
	aead cipher.AEAD
	iv   []byte
	seq  uint64
	next uint32 // TCP sequence number
}

// secretLabels are the secrets of both sides, of the handshake and of what follows it, as
// key logs name them.
var secretLabels = [2][2]string{
	{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"},
	{"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"},
}

// secret is a traffic secret of a connection.
func (s *secure) secret(label string) []byte {
	sum := sha256.Sum256(append(s.random[:], label...))
	return sum[:]
}

// use makes the keys of a secret (RFC 8446 7.3).
func (s *sealed) use(secret []byte) {
	expand := func(label string, n int) []byte {
		label = "tls13 " + label
		info := append([]byte{0, byte(n), byte(len(label))}, label...)
		out, err := hkdf.Expand(sha256.New, secret, string(append(info, 0)), n)
		if err != nil {
			panic(err)
		}
		return out
	}
	block, err := aes.NewCipher(expand("key", 16))
	if err != nil {
		panic(err)
	}
	if s.aead, err = cipher.NewGCM(block); err != nil {
		panic(err)
	}
	s.iv, s.seq = expand("iv", 12), 0
}

// append appends a record with data and its content type (RFC 8446 5.2).
func (s *sealed) append(b, data []byte, kind byte) []byte {
	size := len(data) + 1 + s.aead.Overhead()
	at := len(b)
	b = append(b, 23, 3, 3, byte(size>>8), byte(size))
	var nonce [12]byte
	copy(nonce[:], s.iv)
	binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^s.seq)
	s.seq++
	b = append(append(b, data...), kind)
	return s.aead.Seal(b[:at+5], nonce[:], b[at+5:], b[at:at+5])
}

// Parts of hellos that are the same in all: supported_versions alone is needed to tell
// TLS 1.3 (RFC 8446 4.2.1).
var (
	clientHelloRest = []byte{0, 0, 2, 0x13, 0x01, 1, 0, 0, 7, 0, 43, 0, 3, 2, 3, 4}
	serverHelloRest = []byte{0, 0x13, 0x01, 0, 0, 6, 0, 43, 0, 2, 3, 4}
)

// helloRecord is a ClientHello (kind 1) or ServerHello (kind 2) in a record of its own.
func helloRecord(kind byte, random, rest []byte) []byte {
	n := 2 + len(random) + len(rest)
	b := []byte{22, 3, 3, 0, byte(n + 4), kind, 0, 0, byte(n), 3, 3}
	return append(append(b, random...), rest...)
}

// begin opens the connection of a number: SYN, hellos, and a Finished of each side that
// nobody checks. It writes the secrets to the profile's key log.
func (g *traffic) begin(s *secure, number int) {
	*s = secure{left: g.profile.Renew, random: sha256.Sum256(fmt.Append(nil, "connection ", number))}
	s.client = netip.AddrPortFrom(g.a.Addr(), uint16(10000+number%50000))
	for i := range s.sides {
		s.sides[i].next = uint32(number)
	}
	g.secureSegment(s, 0, SYN, nil)
	g.secureSegment(s, 1, SYN|ACK, nil)
	serverRandom := sha256.Sum256(s.random[:])
	g.secureSegment(s, 0, ACK, helloRecord(1, s.random[:], clientHelloRest))
	server := helloRecord(2, serverRandom[:], serverHelloRest)
	for epoch, labels := range secretLabels {
		for i, label := range labels {
			secret := s.secret(label)
			if g.profile.Keys != nil && g.err == nil {
				_, g.err = fmt.Fprintf(g.profile.Keys, "%s %x %x\n", label, s.random, secret)
			}
			s.sides[i].use(secret)
		}
		if epoch == 0 {
			finished := append([]byte{20, 0, 0, 32}, serverRandom[:]...)
			server = s.sides[1].append(server, append([]byte{8, 0, 0, 2, 0, 0}, finished...), 22)
			g.secureSegment(s, 1, ACK, server)
			g.secureSegment(s, 0, ACK, s.sides[0].append(nil, finished, 22))
		}
	}
}

// secureSegment sends bytes of a side over TCP.
func (g *traffic) secureSegment(s *secure, side int, flags byte, b []byte) {
	p := Packet{Src: s.client, Dst: g.secureServer(), Protocol: TCP, Flags: flags, Seq: s.sides[side].next, Ack: s.sides[1-side].next, Payload: b}
	if side == 1 {
		p.Src, p.Dst = p.Dst, p.Src
	}
	s.sides[side].next += uint32(len(b))
	if flags&(SYN|FIN) != 0 {
		s.sides[side].next++
	}
	g.record(&p)
}

func (g *traffic) secureServer() netip.AddrPort { return netip.AddrPortFrom(g.b.Addr(), 5061) }

// secureSegments sends what is queued, each message in a record of its own, on the
// connection of a stream.
func (g *traffic) secureSegments(stream int) {
	s := &g.secure[stream]
	if s.left <= 0 {
		g.begin(s, g.connections)
		g.connections++
	}
	for side, messages := range g.queued {
		var b []byte
		for _, m := range messages {
			b = s.sides[side].append(b, m, 23)
		}
		g.secureSegment(s, side, ACK, b)
	}
	if s.left -= len(g.queued[0]); s.left <= 0 {
		g.secureSegment(s, 0, FIN|ACK, s.sides[0].append(nil, []byte{1, 0}, 21))
		g.secureSegment(s, 1, FIN|ACK, s.sides[1].append(nil, []byte{1, 0}, 21))
	}
}
