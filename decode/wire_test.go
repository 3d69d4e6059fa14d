package decode

import (
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"simplecap/capture"
)

// sipText is a MESSAGE request that the stages below the scanner can carry.
const sipText = "MESSAGE sip:bob@example.com SIP/2.0\r\nCall-ID: wire@example.com\r\nContent-Length: 2\r\n\r\nhi"

// heard is a handler that keeps what it is given.
type heard struct {
	messages []Message
	errors   []ICMPError
}

func (h *heard) Message(m *Message) {
	kept := *m
	kept.Raw = slices.Clone(m.Raw)
	kept.Headers = nil
	h.messages = append(h.messages, kept)
}

func (h *heard) ICMP(e *ICMPError) {
	kept := *e
	kept.Quoted = slices.Clone(e.Quoted)
	h.errors = append(h.errors, kept)
}

func (h *heard) Connection(*ConnEvent) {}

// listen returns a decoder and what it hands on.
func listen(limits Limits) (*Decoder, *heard) {
	h := new(heard)
	return NewDecoder(h, Options{Limits: limits}), h
}

// wireFrame is a whole frame with a number and a time in seconds.
func wireFrame(link capture.LinkType, number uint64, seconds float64, data []byte) *capture.Frame {
	return &capture.Frame{Data: data, Length: len(data), Link: link, File: 1, Number: number,
		Time: int64(seconds * 1e9), HasTime: true}
}

// decodeOne gives one frame to a new decoder.
func decodeOne(link capture.LinkType, data []byte) (*Decoder, *heard) {
	d, h := listen(Limits{})
	d.Frame(wireFrame(link, 1, 1, data))
	d.Flush()
	return d, h
}

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

func be(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }

// wireEthernet puts an Ethernet header before payload.
func wireEthernet(ether uint16, payload []byte) []byte {
	return join([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}, be(ether), payload)
}

// wireVLAN is a VLAN tag and what follows it.
func wireVLAN(ether uint16, payload []byte) []byte { return join(be(0x2005), be(ether), payload) }

// wireUDP puts a UDP header before payload.
func wireUDP(src, dst uint16, payload []byte) []byte {
	return join(be(src), be(dst), be(uint16(8+len(payload))), be(0), payload)
}

// wireIPv4 puts an IPv4 header before payload.
func wireIPv4(protocol uint8, payload []byte) []byte {
	return wireIPv4Fragment(protocol, 0x1234, 0, payload)
}

// wireIPv4Fragment is wireIPv4 with identification, flags and fragment offset.
func wireIPv4Fragment(protocol uint8, id, fragment uint16, payload []byte) []byte {
	return join([]byte{0x45, 0}, be(uint16(20+len(payload))), be(id), be(fragment), []byte{64, protocol, 0, 0},
		[]byte{192, 0, 2, 1}, []byte{192, 0, 2, 2}, payload)
}

// wireIPv6 puts an IPv6 header before payload.
func wireIPv6(next uint8, payload []byte) []byte {
	src, dst := netip.MustParseAddr("2001:db8::1").As16(), netip.MustParseAddr("2001:db8::2").As16()
	return join([]byte{0x60, 0, 0, 0}, be(uint16(len(payload))), []byte{next, 64}, src[:], dst[:], payload)
}

// wireIPv6Fragment puts an IPv6 and a Fragment header before payload.
func wireIPv6Fragment(next uint8, id uint32, offset int, more bool, payload []byte) []byte {
	field := uint16(offset)
	if more {
		field |= 1
	}
	return wireIPv6(protoFragment, join([]byte{next, 0}, be(field), binary.BigEndian.AppendUint32(nil, id), payload))
}

// sipUDP is a UDP datagram with sipText.
func sipUDP() []byte { return wireUDP(5060, 5062, []byte(sipText)) }

// sipIPv4 and sipIPv6 are IP packets with sipText.
func sipIPv4() []byte { return wireIPv4(protoUDP, sipUDP()) }
func sipIPv6() []byte { return wireIPv6(protoUDP, sipUDP()) }

// sharedFile finds a file of the shared captures from wherever the test runs, and
// skips the test where there are none.
func sharedFile(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "shared/pcaps/truth.json")); err == nil {
			return filepath.Join(dir, "shared", name)
		}
	}
	t.Skip("the shared captures are not here")
	return ""
}

// readPCAP reads a classic little-endian capture file.
func readPCAP(t testing.TB, name string) (frames []capture.Frame) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	link, unit := capture.LinkType(le.Uint32(data[20:])), int64(1000)
	if le.Uint32(data) == 0xa1b23c4d {
		unit = 1
	}
	for number, data := uint64(1), data[24:]; len(data) >= 16; number++ {
		captured := int(le.Uint32(data[8:]))
		frames = append(frames, capture.Frame{
			Data: data[16 : 16+captured], Length: int(le.Uint32(data[12:])), Link: link, File: 1, Number: number,
			Time: int64(le.Uint32(data))*1e9 + int64(le.Uint32(data[4:]))*unit, HasTime: true,
		})
		data = data[16+captured:]
	}
	return frames
}
