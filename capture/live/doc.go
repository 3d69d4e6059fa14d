// Package live captures while it goes on, on network interfaces and from HEP agents.
//
// [Open] captures on network interfaces. A [SIPFilter] makes the program by which the
// kernel drops what cannot be SIP before it is copied, and [Tcpdump] the one of an
// expression. [ListenHEP] takes the copies of SIP messages that capture agents send by
// HEP (hep/ has the format); [Beside] reads both. Each is a [Source], which is a
// [capture.Source] that has no end of its own and tells the time.
package live
