package decode

import (
	"time"

	"simplecap/decode/esp"
	"simplecap/decode/packet"
	"simplecap/decode/sctp"
	"simplecap/decode/sip"
	"simplecap/decode/tcp"
	"simplecap/decode/tls"
	"simplecap/decode/websocket"
	"simplecap/internal/preset"
)

// Limits are the bounds of a Decoder. A zero field means the default. What is
// given up because a bound was reached is counted in Stats.Evicted.
type Limits struct {
	MessageBytes     int           // longest SIP message over a stream, in bytes (default 256 KiB)
	Headers          int           // header fields indexed of one message (default 256)
	Methods          int           // unregistered methods counted one by one (default 100)
	ParserHeader     int           // bytes of start line and header fields given to sipgo (default 16 KiB)
	ParserParams     int           // parameters in one header line or URI given to sipgo (default 64)
	TunnelDepth      int           // tunnels inside each other (default 8)
	Datagrams        int           // datagrams whose fragments are waited for (default 4096)
	DatagramBytes    int           // bytes held for them (default 16 MiB)
	FragmentTime     time.Duration // how long, by the capture's clock (default 30 s, RFC 791 and RFC 8200 allow 15 to 60)
	CopyTime         time.Duration // how long fragments of a complete datagram are taken for copies of it (default 1 s)
	ExtHeaders       int           // IPv6 extension headers in a packet; one with more is a decode error (default 16)
	Flows            int           // TCP connections remembered (default 65,536)
	FlowBytes        int           // bytes held for one direction of a connection (default 1 MiB)
	StreamBytes      int           // bytes held for all connections (default 64 MiB)
	RecallBytes      int           // bytes of one direction with SIP that are kept to be compared with what comes again (default 32 KiB)
	RecallTotal      int           // bytes of memory that all of these take, about (default 8 MiB)
	ProbeBytes       int           // bytes of a stream searched for SIP before it is left alone (default 64 KiB)
	GapTime          time.Duration // how long a missing segment is waited for (default 2 s)
	StallTime        time.Duration // how long an unfinished message is waited for (default 30 s)
	FlowTime         time.Duration // idle time after which a connection is forgotten (default 1 h)
	FrameList        int           // frames named in a list (default 100)
	InflateBytes     int           // what the compressed payload of a HEP packet may grow to (default 256 KiB)
	WebSocketWindows int           // directions of WebSockets whose compression is followed, 32 KiB each (default 1024)
	Hidden           int           // peers, kinds and reasons of traffic that cannot be read, told apart (default 1000)
	TLS              tls.Limits    // bounds of TLS
	ESP              esp.Limits    // bounds of IPsec
	SCTP             sctp.Limits   // bounds of SCTP
	Hosts            int           // hosts whose checksums are told apart (default 4096)
	Agents           int           // HEP agents told apart, at most 254 (default 250)
	NodeBytes        int           // bytes of a HEP agent's name that are kept (default 64)
	Peers            int           // pairs of addresses that exchanged SIP, clients that sent it over TLS, and servers that took it, to tell what is hidden between such (default 65,536)
	Shorts           int           // messages over UDP that lack a part of their body and whose rest may come (default 16)
	RestTime         time.Duration // within which it comes (default 2 s)
}

// DefaultLimits are the bounds used where Options leaves them zero.
var DefaultLimits = Limits{
	MessageBytes: 256 << 10, Headers: 256, Methods: 100, ParserHeader: 16 << 10, ParserParams: 64, TunnelDepth: 8,
	Datagrams: 4096, DatagramBytes: 16 << 20, FragmentTime: 30 * time.Second,
	CopyTime: time.Second, ExtHeaders: 16,
	Flows: 65536, FlowBytes: 1 << 20, StreamBytes: 64 << 20, ProbeBytes: 64 << 10,
	RecallBytes: 32 << 10, RecallTotal: 8 << 20,
	GapTime: 2 * time.Second, StallTime: 30 * time.Second, FlowTime: time.Hour, FrameList: 100,
	InflateBytes: 256 << 10, WebSocketWindows: websocket.DefaultWindows, Hidden: 1000, Hosts: 4096, Agents: 250,
	NodeBytes: 64, Peers: 1 << 16, Shorts: 16, RestTime: 2 * time.Second,
}

// WithDefaults returns the limits with the zero fields filled.
func (l Limits) WithDefaults() Limits {
	preset.Numbers(&l, DefaultLimits)
	l.Agents = min(l.Agents, 254) // Message.Agent has 8 bits
	return l
}

// SIP returns the limits of reading SIP.
func (l *Limits) SIP() sip.Limits {
	return sip.Limits{MessageBytes: l.MessageBytes, Headers: l.Headers}
}

// Packet returns the limits of reading packets.
func (l *Limits) Packet() packet.Limits {
	return packet.Limits{
		TunnelDepth: l.TunnelDepth, ExtHeaders: l.ExtHeaders, Datagrams: l.Datagrams, DatagramBytes: l.DatagramBytes,
		FragmentTime: l.FragmentTime, CopyTime: l.CopyTime, FrameList: l.FrameList,
	}
}

// tcp returns the limits of following connections.
func (l *Limits) tcp() tcp.Limits {
	return tcp.Limits{
		Flows: l.Flows, FlowBytes: l.FlowBytes, StreamBytes: l.StreamBytes,
		RecallBytes: l.RecallBytes, RecallTotal: l.RecallTotal, GapTime: l.GapTime, StallTime: l.StallTime, FlowTime: l.FlowTime,
	}
}
