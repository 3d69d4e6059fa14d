package packet

import (
	"simplecap/capture"
	"simplecap/decode/hdlc"
	"simplecap/decode/stream"
)

// Kind says at what a Walk has stopped.
type Kind uint8

// The kinds of what a frame holds. From NotIP on there is nothing to go on with.
const (
	UDP         Kind = iota + 1 // Data is the datagram, Payload what is in it; Inside may go on
	TCP                         // Data is the segment
	ICMP                        // Data is the message; Protocol tells ICMP from ICMPv6
	SCTP                        // Data is the packet
	ESP                         // Data is the packet; Opened may go on
	Fragment                    // IP is the header of the fragment; Whole may go on
	NotIP                       // ARP, spanning tree and the like
	OtherIP                     // another protocol in IP
	Broken                      // a header that cannot be read
	TooDeep                     // more tunnels than Limits.TunnelDepth
	UnknownLink                 // a link type that is not understood
	Nothing                     // no packet at all
)

// Walk takes frames apart, from the link layer through IP and tunnels down to what a
// transport carries. It stops where its owner has to decide: Kind says at what, and the
// fields what is known of it so far. Its owner reads them, and asks it to go on with
// Inside, Whole, Opened and Next. It allocates nothing but room for octets
// that are stuffed, keeps nothing of one frame for the next one, and never writes to a frame.
type Walk struct {
	Limits Limits // whose fields are not 0

	Kind     Kind
	At       stream.Mark // the frame, as it was given, with the IP identification and what happened on the way
	Src, Dst Endpoint    // of the innermost packet; the ports are those of UDP or TCP, or 0
	Cut      bool        // the snapshot length cut the packet: what is there of it may be short
	Protocol uint8       // of IP, of what is in Data
	Data     []byte      // the datagram, segment, message or packet with its header
	Payload  []byte      // of UDP and TCP
	Segment  Segment     // of TCP
	IP       Header      // the innermost
	Link     capture.LinkType
	Unread   string // of NotIP and OtherIP: what holds packets and is not read, "" for what holds none
	Stuffed  bool   // the octets of the frame are stuffed (RFC 1662): Data and Payload are not in it, but as long as Walk holds them

	depth int // tunnels entered so far
	cut   bool
	rest  []byte // further packets of the frame
	line  []byte // scratch of a frame without octet stuffing: no longer than the longest that had it
}

// Frame begins with a frame: its data behind the header of the capture, and what is known
// of it. cut says that the snapshot length cut it.
func (w *Walk) Frame(link capture.LinkType, data []byte, at *stream.Mark, cut bool) {
	w.At, w.cut, w.rest, w.Stuffed = *at, cut, nil, false
	w.begin()
	w.link(link, data)
}

// Next goes on with the next packet of the frame and reports whether there is one. Frames
// of IEEE 802.11 may hold several, and what was captured of a line.
func (w *Walk) Next() bool {
	if !w.hasMore() {
		return false
	}
	w.At.Carriage, w.At.IPID = 0, 0
	w.begin()
	if w.Stuffed {
		w.stuffed(w.rest)
	} else {
		w.aggregated(w.rest)
	}
	return true
}

func (w *Walk) hasMore() bool {
	if w.Stuffed {
		frame, _ := hdlc.Next(w.rest)
		return len(frame) > 0
	}
	return len(w.rest) > etherBytes
}

// Lacks is by how many bytes the snapshot length cut the packet, as far as its length is known.
func (w *Walk) Lacks() int64 {
	switch h := &w.IP; {
	case !w.Cut:
		return 0
	case h.length > len(h.Payload):
		return int64(h.length - len(h.Payload))
	}
	return maxDatagram
}

// begin forgets what is known of a packet.
func (w *Walk) begin() {
	w.Src, w.Dst, w.Cut, w.depth, w.Unread = Endpoint{}, Endpoint{}, w.cut, 0, ""
}

// end stops at something.
func (w *Walk) end(kind Kind) { w.Kind = kind }
