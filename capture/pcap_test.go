package capture

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPcapVariants(t *testing.T) {
	packets := somePackets(5)
	packets[2].Length = 1500 // cut by the snapshot length
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, magic := range []uint32{magicMicroseconds, magicNanoseconds, magicModified} {
			f := pcapFormat{order, magic, 1}
			frames, in := readBytes(t, f.write(packets...))
			wantError(t, in, "")
			if diff := cmp.Diff(packets, packetsOf(frames)); diff != "" {
				t.Errorf("%v %#x: %s", order, magic, diff)
			}
		}
	}
}

func TestPcapNanoseconds(t *testing.T) {
	want := packet{Time: 1_700_000_000_123_456_789, Data: []byte("x"), Length: 1}
	frames, _ := readBytes(t, pcapNano.write(want))
	if diff := cmp.Diff([]packet{want}, packetsOf(frames)); diff != "" {
		t.Error(diff)
	}
}

// lengths are those of one packet as the file gives them and as we understand them.
type lengths struct{ first, second, captured, length int }

func TestPcapHeaderQuirks(t *testing.T) {
	tests := []struct {
		name         string
		major, minor uint16
		snaplen      uint32
		lengths      lengths
		err          string
	}{
		{"ordinary", 2, 4, 65535, lengths{60, 100, 60, 100}, ""},
		{"snapshot length 0", 2, 4, 0, lengths{60, 100, 60, 100}, ""},
		{"more captured than the snapshot length", 2, 4, 16, lengths{60, 100, 60, 100}, ""},
		{"more captured than there was", 2, 4, 65535, lengths{60, 20, 60, 60}, ""},
		{"version 2.3 the right way round", 2, 3, 65535, lengths{60, 100, 60, 100}, ""},
		{"version 2.3 the wrong way round", 2, 3, 65535, lengths{100, 60, 60, 100}, ""},
		{"version 2.2", 2, 2, 65535, lengths{100, 60, 60, 100}, ""},
		{"DG/UX", 543, 0, 65535, lengths{100, 60, 60, 100}, ""},
		{"unknown minor version", 2, 9, 65535, lengths{60, 100, 60, 100}, ""},
		{"unknown major version", 3, 0, 65535, lengths{}, "pcap version 3.0 is not known"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := pcapMicro.header(test.major, test.minor, test.snaplen)
			l := test.lengths
			for range 2 {
				b = pcapMicro.record(b, 1, 0, uint32(l.first), uint32(l.second), make([]byte, l.captured))
			}
			frames, in := readBytes(t, b)
			wantError(t, in, test.err)
			if test.err != "" {
				return
			}
			if len(frames) != 2 || len(frames[1].Data) != l.captured || frames[1].Length != l.length {
				t.Errorf("%d frames, want 2 with %+v: %+v", len(frames), l, frames)
			}
		})
	}
}

func TestPcapLinkField(t *testing.T) {
	for field, want := range map[uint32]LinkType{
		1:                  LinkEthernet,
		276:                LinkSLL2,
		0x2400_0001:        LinkEthernet, // with the length of a checksum
		0xfc00_0000 | 276:  LinkSLL2,
		0x0000_ffff:        0xffff,
		uint32(LinkPPPoE):  LinkPPPoE,
		uint32(LinkIPv6):   LinkIPv6,
		uint32(LinkRawBSD): LinkRawBSD,
	} {
		f := pcapFormat{binary.BigEndian, magicMicroseconds, field}
		frames, in := readBytes(t, f.write(somePackets(1)...))
		if len(frames) != 1 || frames[0].Link != want || in.LinkTypes[0] != want.String() {
			t.Errorf("%#x: link type %v, want %v", field, in.LinkTypes, want)
		}
	}
}

func TestPcapPacketLimit(t *testing.T) {
	b := pcapMicro.write(packet{Data: make([]byte, 100), Length: 100})
	for limit, want := range map[int]string{100: "", 99: "corrupt packet header at byte 24: claims 100 bytes, more than 99"} {
		_, inputs := readNames(t, Options{Stdin: bytes.NewReader(b), Limits: Limits{PacketBytes: limit}}, "-")
		wantError(t, inputs[0], want)
	}
}

func TestOutOfOrderAndTimes(t *testing.T) {
	p := somePackets(4)
	p[0], p[1], p[2] = p[2], p[0], p[1]
	_, in := readBytes(t, pcapMicro.write(p...))
	if in.OutOfOrder != 2 {
		t.Errorf("%d out of order, want 2", in.OutOfOrder)
	}
	if in.First.UnixNano() != p[1].Time || in.Last.UnixNano() != p[3].Time {
		t.Errorf("from %v to %v", in.First, in.Last)
	}
}
