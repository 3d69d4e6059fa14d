package decode

import (
	"simplecap/capture"
	"simplecap/decode/esp"
	"simplecap/decode/sctp"
	"simplecap/decode/sip"
	"simplecap/decode/tls"
)

// Stats counts what the decoder met. Everything that was lost, cut or evicted
// is here, so that a report can say how far it may be trusted.
type Stats struct {
	Frames uint64 // frames given to Decoder.Frame
	Cut    uint64 // those of them that the snapshot length cut

	// SIP.
	Messages  uint64           // SIP messages handed on
	Requests  sip.MethodCounts // the requests among them
	Responses sip.StatusCounts // the responses among them
	Mentions  uint64           // SIP messages that contain the word MESSAGE and belong to another method
	Malformed uint64           // messages with one of DefectsMalformed, not cut by the snapshot length, and Unreadable

	Unreadable       uint64        // datagrams that begin like SIP and are no message, not even a broken one
	UnreadableFrames []capture.Ref // their frames, the first Limits.FrameList of them

	// Quality.
	TCPGaps             uint64        // holes in TCP streams that carry SIP
	TCPGapBytes         uint64        // bytes missing in them
	FramingLost         uint64        // bytes of SIP streams that belong to no message, as behind a Content-Length that is too small
	FragmentsIncomplete uint64        // datagrams of which a fragment is missing
	IncompleteFrames    []capture.Ref // their frames, the first Limits.FrameList of them
	IncompleteSIP       uint64        // those of them that begin a SIP message
	IncompleteSIPFrames []capture.Ref // their frames, the first Limits.FrameList of them
	WebSocketLost       uint64        // WebSocket messages that could not be read
	Contradictions      uint64        // bytes that came twice and differ: segments, and messages with Contradicted
	SnaplenCut          uint64        // frames with SIP that the snapshot length cut
	Evicted             uint64        // flows, datagrams and bytes given up because a limit was reached
	ChecksumErrors      uint64        // packets with SIP and a wrong checksum, which are no evidence
	ChecksumsWrong      uint64        // those from hosts that hardly send a right one, which are read
	DecodeErrors        uint64        // frames whose headers could not be read

	MSRP uint64 // MSRP messages, chunk by chunk, and their responses

	// HEP packets, whose messages are among those above.
	HEP HEPCounts

	// Link types that are not understood, each once, in order of appearance.
	// Frames of further ones are in DecodeErrors.
	UnknownLinks [unknownLinks]LinkCount

	// What holds packets and is not read, such as MACsec, each once, in order of appearance.
	Unread [unreadKinds]UnreadCount

	// What could not be read, by kind, peer and reason, in order of appearance.
	Hidden     []Hidden
	HiddenMore uint64 // connections beyond Limits.Hidden

	// What hidden transports were.
	TLS  TLSCounts
	SCTP sctp.Stats
	ESP  esp.Stats

	// What was there instead of SIP, in packets.
	Census Census
}

// TLSCounts counts what became of TLS.
type TLSCounts struct {
	tls.Stats
	Secrets        int          // secrets in memory, of key logs and captures
	SecretsEvicted uint64       // those that made room for others
	KeyLog         tls.LogStats // lines of key logs
	Inside         tls.LogStats // lines of the secrets in captures
}

// unknownLinks is how many link types are remembered that are not understood.
const unknownLinks = 8

// LinkCount is a link type and how many frames had it; with 0 frames it is unset.
type LinkCount struct {
	Link   capture.LinkType
	Frames uint64
}

// unknownLink counts a frame of a link type that is not understood.
func (s *Stats) unknownLink(link capture.LinkType) {
	for i := range s.UnknownLinks {
		slot := &s.UnknownLinks[i]
		if slot.Link == link || slot.Frames == 0 {
			slot.Link = link
			slot.Frames++
			return
		}
	}
	s.DecodeErrors++
}

// unreadKinds is how many kinds are remembered of what is not read. There are fewer.
const unreadKinds = 16

// UnreadCount is a kind of packet that holds packets and is not read, and how many there
// were; with 0 packets it is unset.
type UnreadCount struct {
	What    string
	Packets uint64
}

// unread counts a packet of a kind that is not read, "" for one that hides nothing.
func (s *Stats) unread(what string) {
	for i := 0; what != "" && i < len(s.Unread); i++ {
		slot := &s.Unread[i]
		if slot.What == what || slot.Packets == 0 {
			slot.What = what
			slot.Packets++
			return
		}
	}
}

// UnreadPackets is how many packets may hold SIP and are of a link type, a tunnel or an
// encryption that is not read.
func (s *Stats) UnreadPackets() (n uint64) {
	for i := range s.UnknownLinks {
		n += s.UnknownLinks[i].Frames
	}
	for i := range s.Unread {
		n += s.Unread[i].Packets
	}
	return n
}

// Class is a kind of traffic that is not SIP, recognised by content.
type Class uint8

// The classes of traffic that are told apart.
const (
	ClassOther Class = iota
	ClassRTP
	ClassRTCP
	ClassSTUN
	ClassDNS
	ClassTLS
	ClassDTLS
	ClassHTTP
	ClassWebSocket
	ClassHEP // without a SIP message in it
	ClassMSRP
	ClassSigComp
	ClassKeepAlive // CRLF or NUL bytes
	ClassSIPOther  // begins like SIP and cannot be read
	ClassEmpty     // no payload
	ClassNotIP     // ARP, spanning tree and the like
	ClassOtherIP   // neither UDP, TCP nor ICMP
	ClassICMP
	ClassFragment // fragments of datagrams that were never complete
	ClassSCTP
	ClassESP
	ClassIKE
	classes
)

// censusPorts is how many ports are remembered for each class.
const censusPorts = 8

// Census counts packets that were not SIP by class, with the ports where they
// were seen first.
type Census struct {
	Packets [classes]uint64
	Ports   [classes][censusPorts]PortCount
}

// PortCount is a server port and the packets seen on it.
type PortCount struct {
	Port    uint16
	Packets uint64
}

// add counts one packet of a class; port is the lower one of its two ports, 0 for none.
func (c *Census) add(class Class, port uint16) {
	c.Packets[class]++
	for i := range c.Ports[class] {
		slot := &c.Ports[class][i]
		if slot.Port == port || slot.Packets == 0 {
			slot.Port = port
			slot.Packets++
			return
		}
	}
}
