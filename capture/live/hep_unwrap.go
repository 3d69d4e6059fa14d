package live

import (
	"net/netip"

	"simplecap/capture"
	"simplecap/capture/made"
	"simplecap/hep"
)

// HEPUnwrapper makes of frames with HEP packets, as [HEP] hands them out, frames with
// the messages inside, as if these had been captured where the agent saw them: with
// its addresses, its time and its transport. Every other program then reads them as
// SIP. The zero value is ready; it is used by one goroutine.
type HEPUnwrapper struct {
	packet   hep.Packet
	inflater hep.Inflater
	frames   []capture.Frame
	data     []byte            // of the frames of one call
	streams  map[stream]uint32 // the next sequence number
}

// stream is one direction of a connection.
type stream struct{ src, dst netip.AddrPort }

const maxStreams = 65536

// Frames replaces frames that carry HEP. What it returns is valid until the next call,
// and as long as the frames are.
func (u *HEPUnwrapper) Frames(frames []capture.Frame) []capture.Frame {
	u.frames, u.data = append(u.frames[:0], frames...), u.data[:0]
	for i := range u.frames {
		u.unwrap(&u.frames[i])
	}
	return u.frames
}

func (u *HEPUnwrapper) unwrap(f *capture.Frame) {
	if f.Interface < capture.FirstHEPAgent || f.Link != capture.LinkRaw || len(f.Data) == 0 {
		return
	}
	headers := made.IPv4Header + made.UDPHeader
	if f.Data[0]>>4 == 6 {
		headers = made.IPv6Header + made.UDPHeader
	}
	p := &u.packet
	_ = hep.Parse(f.Data[headers:], p) // with an error, what could be read
	payload := p.Payload
	if p.Compressed {
		payload, _ = u.inflater.Inflate(payload, made.Longest)
	}
	begin := len(u.data)
	u.append(payload[:min(len(payload), made.Longest)])
	f.Data = u.data[begin:len(u.data):len(u.data)]
	f.Length = len(f.Data)
	if p.HasTime && p.Time > 0 {
		f.Time = p.Time
	}
}

// append appends a packet with the payload. As for decode, what is not UDP is a stream.
func (u *HEPUnwrapper) append(payload []byte) {
	p := &u.packet
	if p.Protocol == hep.ProtocolUDP || p.Protocol == 0 {
		u.data = made.AppendUDP(u.data, p.Src, p.Dst, payload)
		return
	}
	if u.streams == nil || len(u.streams) >= maxStreams {
		u.streams = make(map[stream]uint32)
	}
	there, back := stream{p.Src, p.Dst}, stream{p.Dst, p.Src}
	seq := u.streams[there]
	u.data = made.AppendTCP(u.data, p.Src, p.Dst, seq+1, u.streams[back]+1, made.PSH|made.ACK, payload)
	u.streams[there] = seq + uint32(len(payload))
}
