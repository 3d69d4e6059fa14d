// Package decode turns captured frames into SIP messages.
//
// A Decoder takes frames one by one and hands what it finds to a Handler, in the
// order of the capture: SIP messages, ICMP errors that quote a packet, and what
// happened to TCP connections that carry SIP. Nothing on the wire stops it; what
// cannot be read is counted in Stats.
//
// # A frame's way
//
// packet.Walk takes a frame apart, from the link layer through IP and tunnels, and
// read.go says what becomes of that at which it stops: fragments are put together, ESP is
// opened, and the probe table (probe.go) says what a datagram is. Package sip reads SIP
// (datagram.go), and hep.go the copies of SIP messages that agents send to a collector.
// Package tcp finds the connection of a segment, puts its bytes in order (tcp.go) and gives
// them to a session (session.go), which asks the probe table as well. Of SIP a sip.Stream
// is the reader.
//
// A transport is a row of the probe table and a file with its stream.Conn. What that
// finds inside it gives to a session of its own (bytes, which are probed again, see
// tlsConn.reader) or to session.units (whole messages).
//
// A packet that is not SIP costs no allocation, no map and no interface call.
package decode
