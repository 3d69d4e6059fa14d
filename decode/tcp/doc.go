// Package tcp follows TCP connections from outside (RFC 9293): which segments are of one
// connection, in which order their bytes are, how long a hole is waited for, and when a
// connection is over. It gives the bytes to a Reader and knows no protocol above.
//
// flows.go takes a segment, table.go finds its Flow, syn.go tells when the next one on its
// ports begins, follow.go decides which directions are followed, reassemble.go puts them in
// order (hold.go keeps what is behind a hole), recall.go compares what comes again, far.go
// judges what lies far off, early.go takes what is from before the beginning, half.go waits,
// stuck.go sees what is never acknowledged, and refused.go has what does not come about. It
// has no clock but the one it is told. All state has a bound in Limits.
//
// Reassembly is this package's own. gopacket's reassembly package was tried
// first and put aside, for reasons that tests of package decode show:
//
//   - It cannot say which frame and time brought a byte that waited behind a hole:
//     ScatterGather.CaptureInfo panics there. A message has the frame and time of
//     the segment that completes it, so this decides.
//   - KeepFrom, which framing needs for an unfinished message, panics as well.
//   - A connection that uses the ports of an earlier one loses its data, and a stray
//     RST ends a connection that goes on.
//   - A segment of one byte out of order costs 2 to 4 KB, many of them quadratic
//     time, and its count of pages in use is wrong after an RST.
//
// Behind a hole data waits for Limits.GapTime by the capture's clock, so that
// segments that come late find their place. Where several segments bring the same
// bytes, the first copy stays, and one that differs is told (recall.go).
package tcp
