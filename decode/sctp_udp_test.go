package decode

import (
	"encoding/binary"
	"slices"
	"testing"

	"simplecap/capture"
)

// SCTP in UDP (RFC 6951) is read as SCTP in IP is, whichever end has the port.
func TestSCTPInUDP(t *testing.T) {
	src, err := capture.Open([]string{"../testdata/pcaps/sctp-out-of-order.pcap"}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	plain, want := newRecorder(Limits{})
	inside, got := newRecorder(Limits{})
	err = capture.Each(t.Context(), src, func(f *capture.Frame) {
		plain.Frame(f)
		wrapped := *f
		wrapped.Data = sctpInUDP(f.Data, len(want.messages)%2 == 0)
		wrapped.Length = len(wrapped.Data)
		inside.Frame(&wrapped)
	})
	if err != nil {
		t.Fatal(err)
	}
	plain.Flush()
	inside.Flush()
	if len(want.messages) == 0 || len(got.messages) != len(want.messages) {
		t.Fatalf("%d messages in UDP, want %d", len(got.messages), len(want.messages))
	}
	for i := range want.messages {
		w, g := &want.messages[i], &got.messages[i]
		if string(g.Raw) != string(w.Raw) || g.Transport != SCTP || g.Src != w.Src || g.Dst != w.Dst || g.Frame != w.Frame {
			t.Errorf("message %d: %v to %v over %v in frame %v, want %v to %v over SCTP in %v", i, g.Src, g.Dst, g.Transport, g.Frame, w.Src, w.Dst, w.Frame)
		}
	}
}

// sctpInUDP puts UDP below the SCTP of an Ethernet frame; to says that the port of RFC 6951
// is that of the destination.
func sctpInUDP(frame []byte, to bool) []byte {
	const ethernet, ip, udp, protoSCTP = 14, 20, 8, 132
	if len(frame) < ethernet+ip || frame[ethernet] != 0x45 || frame[ethernet+9] != protoSCTP {
		return frame
	}
	total := int(binary.BigEndian.Uint16(frame[ethernet+2:]))
	ports := [2]uint16{40000, 9899}
	if !to {
		ports[0], ports[1] = ports[1], ports[0]
	}
	header := slices.Clone(frame[:ethernet+ip])
	binary.BigEndian.PutUint16(header[ethernet+2:], uint16(total+udp))
	header[ethernet+9] = 17
	binary.BigEndian.PutUint16(header[ethernet+10:], 0)
	return join(header, be(ports[0]), be(ports[1]), be(uint16(total-ip+udp)), be(0), frame[ethernet+ip:ethernet+total])
}
