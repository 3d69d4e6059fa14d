package decode

import (
	"simplecap/capture"
	"simplecap/decode/packet"
	"simplecap/decode/sctp"
	"simplecap/decode/sip"
)

// This file is the Decoder's side of packet.Walk: what becomes of that at which it stops.

// read reads a packet from where the Walk has stopped to its end.
func (d *Decoder) read() {
	for d.layer(&d.walk) {
	}
}

// layer reads what the Walk has stopped at, and reports whether that has gone on from there.
func (d *Decoder) layer(w *packet.Walk) (more bool) {
	switch w.Kind {
	case packet.UDP:
		return d.udp(w)
	case packet.TCP:
		d.tcp(w)
	case packet.ICMP:
		d.icmp(w)
	case packet.SCTP:
		d.sctp(w, w.Data)
	case packet.ESP:
		return d.esp(w, w.Data)
	case packet.Fragment:
		return d.fragment(w)
	case packet.NotIP:
		d.census(w, ClassNotIP)
		d.stats.unread(w.Unread)
	case packet.OtherIP:
		d.census(w, ClassOtherIP)
		d.stats.unread(w.Unread)
	case packet.Broken:
		d.broken()
	case packet.TooDeep:
		d.stats.Evicted++
	case packet.UnknownLink:
		d.stats.unknownLink(w.Link)
	}
	return false
}

// broken counts a frame with a header that cannot be read.
func (d *Decoder) broken() { d.stats.DecodeErrors++ }

// census counts a packet that is not SIP.
func (d *Decoder) census(w *packet.Walk, class Class) {
	d.stats.Census.add(class, min(w.Src.Port, w.Dst.Port))
}

// udp goes on by content; a port alone never decides. Tunnels come first.
func (d *Decoder) udp(w *packet.Walk) (more bool) {
	b := w.Payload
	switch {
	case len(d.shorts) > 0 && d.isRest(w, b):
	case w.Inside():
		return true
	case w.Dst.Port == packet.PortNATT || w.Src.Port == packet.PortNATT:
		if what := natTraversal(b); what == ClassESP {
			return d.esp(w, b)
		} else if what != ClassOther {
			d.census(w, what)
			return false
		}
		d.datagram(w, b)
	case (w.Dst.Port == packet.PortSCTP || w.Src.Port == packet.PortSCTP) && sctp.Plausible(b):
		d.sctp(w, b)
	default:
		d.datagram(w, b)
	}
	return false
}

// datagram reads the payload of a datagram that is none of a tunnel.
func (d *Decoder) datagram(w *packet.Walk, b []byte) {
	if len(b) >= 12 && rtpFirst(b[0]) && !packet.IsDNSPort(w.Src.Port) && !packet.IsDNSPort(w.Dst.Port) {
		d.census(w, classifyRTP(b)) // as the probe table would say, but this is what most packets in tunnels are
		return
	}
	d.probes.datagram(d, w, b)
}

// fragment keeps one fragment. Where it completes its datagram, that goes on.
func (d *Decoder) fragment(w *packet.Walk) (more bool) {
	d.carries = true
	parts, whole := d.fragments.Add(w, d.flows.Clock(), d.parts[:0]) // one clock for all that waits
	if d.parts = parts; whole {
		d.fragmented = parts
	}
	return whole || w.Kind == packet.Broken
}

// incomplete counts a datagram that misses a fragment.
func (d *Decoder) incomplete(first []byte, count int, frames []capture.Ref) {
	const udpHeader = 8
	s := &d.stats
	s.Census.Packets[ClassFragment] += uint64(count)
	s.IncompleteFrames = appendUpTo(d.limits.FrameList, s.IncompleteFrames, frames)
	if len(first) > udpHeader && sip.StartsMessage(first[udpHeader:]) {
		s.IncompleteSIP++
		s.IncompleteSIPFrames = appendUpTo(d.limits.FrameList, s.IncompleteSIPFrames, frames)
	}
}

// appendUpTo appends as many frames as a list of at most limit has room for.
func appendUpTo(limit int, list, frames []capture.Ref) []capture.Ref {
	return append(list, frames[:min(limit-len(list), len(frames))]...)
}

// icmp reads an ICMP or ICMPv6 message. SIP that an error quotes is evidence
// about a packet, never a message of its own.
func (d *Decoder) icmp(w *packet.Walk) {
	d.census(w, ClassICMP)
	var q packet.Quote
	if !w.Quoted(&q) {
		return
	}
	e := ICMPError{
		From: w.Src, Reason: q.Reason, Src: q.Src, Dst: q.Dst, Transport: UDP, Quoted: q.Payload, IPID: q.ID, Length: q.Length,
		Checksum: q.Checksum, seq: q.Seq, Time: w.At.Time, HasTime: w.At.HasTime, Frame: w.At.Frame,
	}
	d.carries = true
	if q.Protocol == packet.ProtoTCP {
		e.Transport = TCP
		d.quotedSegment(&e)
	}
	if d.errors != nil {
		d.errors.ICMP(&e)
	}
}
