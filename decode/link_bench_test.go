package decode

import (
	"testing"

	"simplecap/capture"
)

// hotFrames are frames that are not SIP on the links where speed matters.
func hotFrames() map[string]*capture.Frame {
	v4, v6 := ipv4Packet(protoUDP, rtpDatagram()), ipv6Packet(protoUDP, rtpDatagram())
	cooked2 := join(be(etherIPv4), make([]byte, 18), v4)
	vxlan := ipv4Packet(protoUDP, udpDatagram(40000, portVXLAN, join([]byte{8, 0, 0, 0, 0, 0, 1, 0}, ethernet(etherIPv4, v4))))
	return map[string]*capture.Frame{
		"RTP":   frameOf(capture.LinkEthernet, 1, 1, ethernet(etherIPv4, v4)),
		"IPv6":  frameOf(capture.LinkEthernet, 1, 1, ethernet(etherIPv6, v6)),
		"VLAN":  frameOf(capture.LinkEthernet, 1, 1, ethernet(etherQinQ, vlanTag(etherVLAN, vlanTag(etherIPv4, v4)))),
		"SLL2":  frameOf(capture.LinkSLL2, 1, 1, cooked2),
		"VXLAN": frameOf(capture.LinkEthernet, 1, 1, ethernet(etherIPv4, vxlan)),
		"PPP":   frameOf(capture.LinkPPP, 1, 1, join([]byte{0xff, 3}, be(pppIPv4), v4)),
		"line":  frameOf(capture.LinkPPP, 1, 1, stuffed(0x20, join([]byte{0xff, 3}, be(pppIPv4), v4))),
		"GRE":   frameOf(capture.LinkRaw, 1, 1, ipv4Packet(protoGRE, join(be(0x2000), be(etherIPv4), make([]byte, 4), v4))),
	}
}

func TestFrameAllocatesNothing(t *testing.T) {
	for name, frame := range hotFrames() {
		d := NewDecoder(discard{}, Options{})
		if n := testing.AllocsPerRun(100, func() { d.Frame(frame) }); n != 0 {
			t.Errorf("%s: %v allocations a frame", name, n)
		}
		if d.stats.Census.Packets[ClassRTP] == 0 || d.stats.DecodeErrors != 0 {
			t.Errorf("%s: RTP was not reached", name)
		}
	}
}

// TestFragmentsAllocateNothing shows that buffers and entries are used again.
func TestFragmentsAllocateNothing(t *testing.T) {
	d := NewDecoder(discard{}, Options{Limits: Limits{Datagrams: 16}})
	send := fragmentedRTP(d)
	for range 100 {
		send()
	}
	if n := testing.AllocsPerRun(100, func() { send() }); n != 0 {
		t.Errorf("%v allocations a datagram", n)
	}
}

// fragmentedRTP returns a function that sends a datagram in three fragments, each
// time with another identification, and says how many bytes that were.
func fragmentedRTP(d *Decoder) (send func() (bytes int)) {
	datagram := udpDatagram(40000, 10000, join([]byte{0x80, 0}, make([]byte, 4000)))
	var frames []*capture.Frame
	for _, f := range cutAt(len(datagram), 1480) {
		frames = append(frames, frameOf(capture.LinkEthernet, 1, 1, ethernet(etherIPv4, f.frame(false, 1, datagram))))
	}
	id := uint16(0)
	return func() (bytes int) {
		id++
		for _, f := range frames {
			f.Data[18], f.Data[19] = byte(id>>8), byte(id)
			d.Frame(f)
			bytes += len(f.Data)
		}
		return bytes
	}
}

func benchmarkFrame(b *testing.B, name string) {
	frame := hotFrames()[name]
	d := NewDecoder(discard{}, Options{})
	b.SetBytes(int64(len(frame.Data)))
	b.ReportAllocs()
	for b.Loop() {
		d.Frame(frame)
	}
}

func BenchmarkFrameRTP(b *testing.B)   { benchmarkFrame(b, "RTP") }
func BenchmarkFrameIPv6(b *testing.B)  { benchmarkFrame(b, "IPv6") }
func BenchmarkFrameVLAN(b *testing.B)  { benchmarkFrame(b, "VLAN") }
func BenchmarkFrameVXLAN(b *testing.B) { benchmarkFrame(b, "VXLAN") }
func BenchmarkFrameGRE(b *testing.B)   { benchmarkFrame(b, "GRE") }

func BenchmarkFragments(b *testing.B) {
	d := NewDecoder(discard{}, Options{})
	send := fragmentedRTP(d)
	b.SetBytes(int64(send()))
	b.ReportAllocs()
	for b.Loop() {
		send()
	}
}
