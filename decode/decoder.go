package decode

import (
	"simplecap/capture"
	"simplecap/decode/packet"
	"simplecap/decode/sip"
	"simplecap/decode/stream"
	"simplecap/decode/tcp"
	"simplecap/decode/websocket"
	"simplecap/hep"
)

// portSIP is where SIP is without TLS unless it is elsewhere (RFC 3261 19.1.2). A hint,
// never a filter.
const portSIP = 5060

// Handler receives what the decoder finds, in the order of the capture. What it
// is given belongs to the decoder and is valid until the method returns.
//
// One that is an ICMPHandler, a ConnHandler, a MSRPHandler, a RestHandler or a
// ContradictionHandler as well receives more.
type Handler interface {
	Message(m *Message) // a SIP message
}

// ICMPHandler is implemented by a Handler that wants ICMP errors that quote a UDP or
// TCP packet.
type ICMPHandler interface {
	ICMP(e *ICMPError) // valid until it returns
}

// ConnHandler is implemented by a Handler that wants what happens to TCP
// connections that carry SIP, and which do not come about.
type ConnHandler interface {
	Connection(e *ConnEvent) // valid until it returns
}

// Options configure a Decoder. The zero value means the defaults.
type Options struct {
	Ports  []uint16 // further ports to treat as SIP, beside 5060; a hint, never a filter
	HEP    HEPTrust // which reports of SIP messages are read; the zero value reads all
	Keys   Keys     // what hidden transports are read with
	Limits Limits   // bounds; zero fields mean the defaults
}

// Decoder turns frames into SIP messages: link layer, tunnels, IP fragments,
// UDP, TCP streams, framing, and the scanner. It is used by one goroutine.
type Decoder struct {
	handler Handler
	errors  ICMPHandler          // handler, nil where it is none
	conns   ConnHandler          // handler, nil where it is none
	msrp    MSRPHandler          // handler, nil where it is none
	rests   RestHandler          // handler, nil where it is none
	doubts  ContradictionHandler // handler, nil where it is none
	limits  Limits
	ports   []uint16
	stats   Stats

	walk         packet.Walk
	checksums    packet.Checksums
	fragments    packet.Fragments
	shorts       shorts // messages over UDP whose rest may come
	flows        tcp.Flows
	probes       probes
	origin       origin        // scratch of where the message at hand comes from
	framing      sip.Framing   // what reads SIP on streams
	message      Message       // scratch of the message at hand
	parts        []capture.Ref // scratch of the frames that hold it
	fragmented   []capture.Ref // those of the datagram at hand, if it came in fragments
	sessions     *session      // that are not in use
	spare        int           // how many
	carries      bool          // the frame at hand carries SIP, or may
	driven       bool          // Advance moves the clock, not the times of frames
	hiding       hiding        // what TLS and IPsec are read with
	associations associations

	sockets  websocket.Shared // what WebSockets share
	report   hep.Packet       // scratch of the HEP packet that is being read
	inflater hep.Inflater
	trust    HEPTrust
	listened bool // the frame at hand was sent to a listener of this process
}

// NewDecoder returns a Decoder that hands what it finds to handler.
func NewDecoder(handler Handler, options Options) *Decoder {
	d := &Decoder{handler: handler, limits: options.Limits.WithDefaults(), trust: options.HEP}
	d.errors, _ = handler.(ICMPHandler)
	d.conns, _ = handler.(ConnHandler)
	d.msrp, _ = handler.(MSRPHandler)
	d.rests, _ = handler.(RestHandler)
	d.doubts, _ = handler.(ContradictionHandler)
	d.ports = append(append(d.ports, portSIP), options.Ports...)
	d.framing = sip.Framing{Limits: d.limits.SIP(), Message: &d.message.Message}
	d.probes.init()
	d.sockets.Windows = d.limits.WebSocketWindows
	d.hiding.init(options.Keys, &d.limits)
	d.associations.init(d)
	d.walk.Limits = d.limits.Packet()
	d.checksums.Hosts = d.limits.Hosts
	d.fragments.Init(&d.walk.Limits)
	d.fragments.Incomplete = d.incomplete
	d.initTCP()
	return d
}

// Frame decodes one frame. Broken frames are counted in Stats, never returned
// as an error: nothing on the wire stops the run.
//
// It reports whether the frame carries SIP or may: a message or a part of one, any
// fragment, an ICMP error that quotes a packet, a segment of a TCP connection that
// carries SIP or has not shown yet what it carries.
func (d *Decoder) Frame(f *capture.Frame) (carries bool) {
	if f.HasTime && !d.driven {
		d.advance(f.Time)
	}
	d.stats.Frames++
	d.carries, d.listened = false, f.Interface >= capture.FirstHEPAgent
	if len(d.shorts) == 0 { // the rest of a text may look like anything
		if b, src, dst, ok := packet.Media(f.Link, f.Data); ok {
			d.stats.Census.add(classifyRTP(b), min(src, dst))
			return false
		}
	}
	if f.Cut() {
		d.stats.Cut++
	}
	errors := d.stats.DecodeErrors
	at := stream.Mark{Frame: capture.MakeRef(f.File, f.Number), Time: f.Time, HasTime: f.HasTime}
	d.walk.Frame(f.Link, f.Data, &at, f.Cut())
	for d.read(); d.walk.Next(); {
		d.read()
	}
	d.stats.DecodeErrors = min(d.stats.DecodeErrors, errors+1) // frames are counted, and one of 802.11 may hold several packets
	return d.carries
}

// Advance tells the decoder that time has passed: it hands on what has waited for too
// long, and only that. Without it the times of the frames move the decoder's clock. A
// caller that keeps a better clock calls it before it moves that, because what comes of
// it is older.
func (d *Decoder) Advance(now int64) {
	d.driven = true
	d.advance(now)
}

func (d *Decoder) advance(now int64) {
	d.flows.Advance(now)
	if reader := d.associations.reader; now > reader.Due {
		reader.Advance(now)
	}
}

// Flush hands on what is still held back: streams with holes, bodies that never
// came to their end. It counts the datagrams that miss a fragment. Call it once,
// at the end of the capture.
func (d *Decoder) Flush() {
	d.fragments.Flush()
	d.flows.Flush()
	d.UseSecrets()
	d.hiding.tls.Flush()
	d.associations.reader.Flush()
}

// Forget is Flush where another capture follows that has nothing to do with this one:
// no connection and no fragment goes on in it.
func (d *Decoder) Forget() {
	d.Flush()
	d.flows.Forget()
}

// Stats returns what has been counted so far.
func (d *Decoder) Stats() Stats {
	stats := d.stats
	flows := d.flows.Stats()
	stats.TCPGaps, stats.TCPGapBytes = flows.Gaps, flows.GapBytes
	stats.SnaplenCut += flows.Cut
	stats.Evicted += flows.Evicted + d.sockets.Evicted + d.framing.Stats.TooLarge
	stats.FramingLost = d.framing.Stats.Lost
	stats.ChecksumErrors, stats.ChecksumsWrong = d.checksums.Errors, d.checksums.Wrong
	stats.Evicted += d.fragments.Stats.Evicted
	stats.FragmentsIncomplete = d.fragments.Stats.Incomplete
	h := &d.hiding
	stats.Hidden, stats.HiddenMore = d.hiddenNow(), h.hidden.evicted
	stats.TLS = TLSCounts{h.tls.Stats, h.tls.Secrets.Len(), h.tls.Secrets.Evicted(), h.log.Stats, h.inside}
	for _, l := range h.logs {
		stats.TLS.KeyLog.Add(l.Stats())
		stats.TLS.SecretsEvicted += l.Evicted()
	}
	stats.ESP, stats.SCTP = h.esp.Stats, d.associations.reader.Stats
	stats.Evicted += stats.TLS.Evicted + stats.ESP.Evicted + stats.SCTP.Evicted
	if len(stats.Hidden) > 0 { // otherwise nobody asks for peers
		stats.Evicted += h.peers.evicted + h.clients.evicted + h.servers.evicted
	}
	return stats
}

// origin is where a message comes from: the packet that carries it, or the stream.
type origin struct {
	stream.Mark
	Src, Dst Endpoint
	Cut      bool          // the snapshot length cut the packet: the payload may be short
	parts    []capture.Ref // the frames of a datagram that came in fragments
}

// ICMPError is an ICMP or ICMPv6 error message and the packet it quotes
// (RFC 792, RFC 4443).
type ICMPError struct {
	From      Endpoint // who reports it; the port is 0
	Reason    string   // "port unreachable", "host unreachable", "time exceeded", ...
	Src, Dst  Endpoint // of the quoted packet
	Transport Transport
	Quoted    []byte // what is quoted of the packet's payload, often cut; may be empty

	// What tells the quoted packet from any other between the two ends, which somebody
	// who does not see their packets can only guess.
	IPID     uint32 // IP identification, 0 where there is none
	Length   uint16 // of UDP: the length in its header
	Checksum uint16 // of UDP, as quoted
	Conn     uint64 // of TCP: the connection, as in Message.Conn, that it quotes bytes of which are under way (RFC 5927 4.1); 0 for none
	seq      uint32 // of TCP: the sequence number

	Time    int64 // of Frame, in nanoseconds since 1970 UTC
	HasTime bool
	Frame   capture.Ref
}

// Incomplete reports whether the error is about one packet of which fragments were lost, so
// that the capture need not have it either.
func (e *ICMPError) Incomplete() bool { return e.Reason == packet.FragmentsLost }

// ConnKind says what happened to a TCP connection.
type ConnKind uint8

// What can happen to a TCP connection.
const (
	ConnReset    ConnKind = iota + 1 // RST
	ConnClose                        // FIN
	ConnGap                          // bytes are missing in the capture
	ConnRefused                      // a SYN was answered by an RST or an ICMP error
	ConnSilent                       // a SYN was sent again: nobody has answered it
	ConnOpened                       // a SYN that was sent again has its answer
	ConnSealed                       // what one end sends cannot be read, and may be SIP; in IPsec Conn and ports are 0
	ConnUnsealed                     // it can be read now
	ConnLacking                      // the other end has acknowledged bytes that have not come
	ConnCaught                       // they have come, or have been told as a gap
	ConnStuck                        // bytes were sent again that the other end has not acknowledged
	ConnMoved                        // it has acknowledged more
)

// Explains reports whether it may be why an answer did not come.
func (k ConnKind) Explains() bool { return k != ConnGap && k < ConnSealed }

// ConnEvent tells of a TCP connection that has carried SIP, or may, or of one that did
// not come about.
type ConnEvent struct {
	Kind     ConnKind
	Conn     uint64   // as in Message.Conn
	Src, Dst Endpoint // who sent the RST or FIN, the direction of the gap or of what is sealed, or who was to answer the SYN and who sent it
	Reason   string   // of ConnRefused by an ICMP error: as in ICMPError
	Bytes    uint64   // size of the gap in bytes
	Acked    bool     // of a RST or FIN: all bytes that Src sent before it were acknowledged
	Since    int64    // of ConnStuck: what Src has sent from then on is not acknowledged
	SIP      bool     // of what is sealed in IPsec: Src and Dst have exchanged SIP that was read
	Time     int64    // of Frame, in nanoseconds since 1970 UTC
	HasTime  bool
	Frame    capture.Ref
}
