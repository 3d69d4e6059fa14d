// Package decode turns captured frames into SIP messages.
//
// A Decoder takes frames one by one and hands what it finds to a Handler, in the
// order of the capture: SIP messages, ICMP errors that quote a packet, and what
// happened to TCP connections that carry SIP. Nothing on the wire stops it; what
// cannot be read is counted in Stats.
//
// # A frame's way
//
// link.go and serial.go read the link layer, ip.go the network layer, tunnel.go
// what is inside a tunnel, fragment.go puts IP fragments together. udp.go asks the
// probe table (probe.go) what a datagram is; package sip reads SIP, and hep.go the
// copies of SIP messages that agents send to a collector. tcp.go finds the connection
// (flow.go), reassemble.go puts segments in order (hold.go keeps those behind a hole)
// and gives them to a session (session.go), which asks the probe table as well.
// Of SIP a sip.Stream is the reader.
//
// A transport is a row of the probe table and a file with its stream.Conn. What that
// finds inside it gives to session.inside (bytes, which are probed again) or to
// session.units (whole messages).
//
// A packet that is not SIP costs no allocation, no map and no interface call.
package decode
