package capture

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var little = binary.LittleEndian

func TestPcapngByteOrders(t *testing.T) {
	packets := somePackets(4)
	packets[1].Iface, packets[3].Iface, packets[3].Length = 1, 2, 9000
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		frames, in := readBytes(t, ng(order).write(packets...))
		wantError(t, in, "")
		if diff := cmp.Diff(packets, packetsOf(frames)); diff != "" {
			t.Errorf("%v: %s", order, diff)
		}
	}
}

func TestPcapngSections(t *testing.T) {
	w := ng(binary.LittleEndian).section(0).iface(1, 0).iface(113, 0).packet(1, 1, []byte("abc"), 3)
	w.order = binary.BigEndian
	w.section(2).iface(276, 0).packet(0, 2, []byte("def"), 3)
	frames, in := readBytes(t, w.bytes)
	wantError(t, in, "")
	if len(frames) != 2 {
		t.Fatalf("%d frames, want 2", len(frames))
	}
	if f := frames[0]; f.Interface != 1 || f.Link != LinkLinuxSLL || f.Time != 1000 {
		t.Errorf("first: %+v", f)
	}
	if f := frames[1]; f.Interface != 2 || f.Link != LinkSLL2 || f.Time != 2000 {
		t.Errorf("second: %+v", f)
	}
	if diff := cmp.Diff([]string{"EN10MB", "LINUX_SLL", "LINUX_SLL2"}, in.LinkTypes); diff != "" {
		t.Error(diff)
	}
}

func TestPcapngClocks(t *testing.T) {
	tests := []struct {
		name       string
		resolution byte
		offset     int64
		ticks      uint64
		want       int64
		hasTime    bool
	}{
		{"microseconds", 6, 0, 1_700_000_000_123_456, 1_700_000_000_123_456_000, true},
		{"nanoseconds", 9, 0, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789, true},
		{"seconds", 0, 0, 1_700_000_000, 1_700_000_000_000_000_000, true},
		{"picoseconds", 12, 0, 1_700_000_123_456_789, 1_700_000_123_456, true},
		{"10^-19", 19, 0, 15_000_000_000_000_000_000, 1_500_000_000, true},
		{"2^-10", 0x8a, 0, 1_700_000_000<<10 | 768, 1_700_000_000_750_000_000, true},
		{"2^-30", 0x9e, 0, 3<<30 | 3<<28, 3_750_000_000, true},
		{"2^-63", 0xbf, 0, 3 << 62, 1_500_000_000, true},
		{"2^0", 0x80, 0, 5, 5_000_000_000, true},
		{"offset", 6, 1_000_000, 5, 1_000_000_000_005_000, true},
		{"negative offset", 9, -10, 1_000_000_000, -9_000_000_000, true},
		{"time after 2262", 0, 0, 1 << 40, 0, false},
		{"offset beyond reason", 6, math.MaxInt64, 5, 0, false},
		{"offset below reason", 6, math.MinInt64, 5, 0, false},
		{"largest time stamp", 6, 0, math.MaxUint64, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := ng(little).section(0)
			offset := little.AppendUint64(nil, uint64(test.offset))
			w.iface(1, 0, w.option(optionResolution, test.resolution), w.option(optionTimeOffset, offset...))
			frames, in := readBytes(t, w.packet(0, test.ticks, []byte("x"), 1).bytes)
			wantError(t, in, "")
			if len(frames) != 1 || frames[0].Time != test.want || frames[0].HasTime != test.hasTime {
				t.Errorf("got %+v, want time %d (%v)", frames, test.want, test.hasTime)
			}
		})
	}
}

func TestPcapngBadResolution(t *testing.T) {
	for resolution, reason := range map[byte]string{
		20:   "time resolution 10^-20 is finer than 10^-19",
		0xc0: "time resolution 2^-64 is finer than 2^-63",
		0xff: "time resolution 2^-127 is finer than 2^-63",
	} {
		w := ng(little).section(0)
		w.iface(1, 0).iface(1, 0, w.option(optionResolution, resolution))
		frames, in := readBytes(t, w.packet(1, 1, []byte("x"), 1).packet(0, 1, []byte("x"), 1).bytes)
		wantError(t, in, "interface 1 has no usable clock: "+reason)
		if len(frames) != 2 || frames[0].HasTime || !frames[1].HasTime {
			t.Errorf("%#x: %+v", resolution, frames)
		}
	}
}

func TestPcapngSimplePackets(t *testing.T) {
	for _, test := range []struct {
		snaplen          uint32
		data             string
		length, captured int
	}{
		{0, "abcdefgh", 8, 8},
		{0, "abcdefgh", 5, 5}, // the rest is padding
		{4, "abcd", 100, 4},
		{0, "abcd", 100, 4}, // cut, though no snapshot length says so
	} {
		w := ng(little).section(0).iface(1, test.snaplen).simple([]byte(test.data), test.length)
		frames, in := readBytes(t, w.bytes)
		wantError(t, in, "")
		if len(frames) != 1 || frames[0].HasTime || string(frames[0].Data) != test.data[:test.captured] || frames[0].Length != test.length {
			t.Errorf("%+v: %+v", test, frames)
		}
	}
}

func TestPcapngObsoletePacketBlock(t *testing.T) {
	body := little.AppendUint16(nil, 1) // interface
	body = little.AppendUint16(body, 7) // drops
	for _, v := range []uint32{0, 5, 3, 3} {
		body = little.AppendUint32(body, v)
	}
	w := ng(little).section(0).iface(1, 0).iface(101, 0).block(blockPacket, append(body, "abc"...))
	frames, in := readBytes(t, w.bytes)
	wantError(t, in, "")
	if len(frames) != 1 || string(frames[0].Data) != "abc" || frames[0].Link != LinkRaw || frames[0].Time != 5000 || in.KernelDrops != 7 {
		t.Errorf("%d drops, %+v", in.KernelDrops, frames)
	}
}

// TestPcapngDropCount has packets that say what was lost before them, and statistics of the
// same interface that tell of it again.
func TestPcapngDropCount(t *testing.T) {
	w := ng(little).section(0).iface(1, 0).iface(1, 0)
	packet := func(iface uint32, options ...byte) {
		b := little.AppendUint32(nil, iface)
		for _, v := range []uint32{0, 5, 3, 3} {
			b = little.AppendUint32(b, v)
		}
		w.block(blockEnhancedPacket, append(append(b, "abc\x00"...), options...))
	}
	drops := func(n uint64) []byte { return w.option(optionDropCount, little.AppendUint64(nil, n)...) }
	packet(0, append(w.option(1, []byte("a comment")...), drops(2)...)...)
	packet(0)
	packet(0, drops(3)...)
	packet(1, drops(10)...)
	packet(1, w.option(optionDropCount, 1, 2)...) // too short
	b := append(make([]byte, 12), w.option(optionDropsByIface, little.AppendUint64(nil, 6)...)...)
	w.block(blockStatistics, b)
	body := little.AppendUint16(nil, 1)
	body = little.AppendUint16(body, 0xffff) // not known
	w.block(blockPacket, append(body, make([]byte, 16)...))
	frames, in := readBytes(t, w.bytes)
	wantError(t, in, "")
	if len(frames) != 6 || in.KernelDrops != 16 {
		t.Errorf("%d frames, %d drops, want 6 and 16", len(frames), in.KernelDrops)
	}
}

func TestPcapngStatistics(t *testing.T) {
	w := ng(little).section(0).iface(1, 0).iface(1, 0)
	stats := func(iface uint32, drops uint64, os uint64) {
		b := append(little.AppendUint32(nil, iface), make([]byte, 8)...)
		b = append(b, w.option(optionDropsByIface, little.AppendUint64(nil, drops)...)...)
		w.block(blockStatistics, append(b, w.option(optionDropsByOS, little.AppendUint64(nil, os)...)...))
	}
	stats(0, 3, 0)
	stats(0, 5, 1) // counts from the start, so it replaces the last
	stats(1, 10, 0)
	stats(9, 1000, 0) // no such interface
	if _, in := readBytes(t, w.bytes); in.KernelDrops != 16 {
		t.Errorf("%d drops, want 16", in.KernelDrops)
	}
}

// TestPcapngTolerance has blocks that must cost no packet, and blocks that cost
// themselves alone.
func TestPcapngTolerance(t *testing.T) {
	start := func() *ngWriter { return ng(little).section(0).iface(1, 0) }
	data := []byte("abcd")
	huge := make([]byte, 60000)
	comments := [][]byte{start().option(1, huge...), start().option(1, huge...), start().option(1, huge...),
		start().option(1, huge...), start().option(1, huge...), start().option(1, huge...)}
	tests := []struct {
		name string
		w    *ngWriter
		err  string
	}{
		{"unknown block", start().block(0x0bad, make([]byte, 1000)), ""},
		{"block of a megabyte", start().block(0x0bad, make([]byte, 1<<20)), ""},
		{"decryption secrets", start().block(0x0a, make([]byte, 400)), ""},
		{"comment", start().packet(0, 1, data, 4, start().option(1, []byte("a comment")...)), ""},
		{"comments of more than the limits", start().packet(0, 1, data, 4, comments...), ""},
		{"option longer than its block", start().iface(1, 0, []byte{9, 0, 255, 255}).packet(0, 1, data, 4, []byte{1, 0, 255, 255}), ""},
		{"option without a value", start().iface(1, 0, start().option(optionResolution), start().option(optionTimeOffset, 1)), ""},
		{"undescribed interface", start().packet(7, 1, data, 4), "a packet of interface 7, which is not described, in the block at byte 48"},
		{"packet longer than its block", start().claim(0, 1, 5, data, 5), "a packet that claims 5 bytes of 4 in the block at byte 48"},
		{"packet beyond the limits", start().claim(0, 1, 4_000_000_000, data, 4), "a packet that claims 4000000000 bytes, more than 262144, in"},
		{"packet without a header", start().block(blockEnhancedPacket, make([]byte, 16)), "a packet without a whole header in"},
		{"simple packet without a header", start().block(blockSimplePacket, nil), "a packet without a whole header in"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before, _ := readBytes(t, test.w.bytes)
			last := test.w.packet(0, 77, data, 4).bytes
			frames, in := readBytes(t, last)
			wantError(t, in, test.err)
			if len(frames) != len(before)+1 || frames[len(frames)-1].Time != 77000 {
				t.Errorf("%d frames before and %d with another packet", len(before), len(frames))
			}
		})
	}
}

// TestPcapngBroken has damage after which nothing can be trusted.
func TestPcapngBroken(t *testing.T) {
	start := func() *ngWriter { return ng(little).section(0).iface(1, 0).packet(0, 1, []byte("abcd"), 4) }
	at := len(start().bytes)
	trailer := start().packet(0, 2, []byte("abcd"), 4).bytes
	trailer[len(trailer)-4]++
	skipped := start().block(0x0bad, make([]byte, 5000)).bytes
	skipped[len(skipped)-1]++
	major := start().section(0).bytes
	major[at+12] = 2
	magic := start().section(0).bytes
	magic[at+8]++
	tests := []struct {
		name string
		data []byte
		err  string
	}{
		{"length below 12", append(start().bytes, make([]byte, 40)...), "corrupt block header at byte 84: claims 0 bytes, fewer than 12"},
		{"trailing length", trailer, "corrupt block at byte 84: its length is 36 at the beginning and 37 at the end"},
		{"trailing length of a block passed over", skipped, "corrupt block at byte 84: its length is 5012 at the beginning and 16782228 at the end"},
		{"major version", major, "pcapng version 2.0 at byte 84 is not known"},
		{"byte-order magic", magic, "corrupt section header at byte 84: no byte-order magic"},
		{"short section", start().block(blockSection, little.AppendUint32(nil, byteOrderMagic)).bytes, "corrupt section header at byte 84: too short"},
		{"short interface", start().block(blockInterface, []byte{1, 0}).bytes, "corrupt interface description at byte 84: too short"},
		{"block of 4 GiB", append(start().bytes, 0xad, 0x0b, 0, 0, 0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0), "cut short in the middle of a block at byte 96"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			frames, in := readBytes(t, test.data)
			wantError(t, in, test.err)
			if len(frames) != 1 {
				t.Errorf("%d frames before the damage, want 1", len(frames))
			}
		})
	}
}

func TestPcapngInterfaceLimit(t *testing.T) {
	w := ng(little).section(0)
	for range 70_000 {
		w.iface(1, 0)
	}
	_, in := readBytes(t, w.bytes)
	wantError(t, in, "more than 65536 interfaces at byte")
}
