// Package packet reads what carries a transport: link layers, IPv4 and IPv6, tunnels,
// IP fragments, and the headers of UDP, TCP and ICMP. It says where things are and knows
// nothing of what is in them.
//
// A Walk takes a frame apart and stops where its owner has to decide (Kind); the owner
// reads its fields and asks it to go on. Two do: decode.Decoder, which follows what it
// finds, and redact.Locator, which wants to know where it stands. It is no visitor with
// methods to call back, because a call through an interface for every layer of every
// frame would cost what a frame that is not SIP costs in all; and so the owner has the
// order in its own hands, as where a datagram may be the rest of a text before it.
//
// link.go and linkrare.go read the link layer, serial.go PPP, HDLC and MPLS, ip.go the
// network layer, tunnel.go what is inside a tunnel, transport.go UDP and TCP, icmp.go what
// an error quotes. Fragments puts fragments together, Checksums says what a receiver would
// drop, and Media is the short way for what most frames on a proxy host are.
//
// Nothing here allocates for a frame, but for fragments.
package packet
