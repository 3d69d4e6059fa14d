package decode

import (
	"bytes"
	"testing"

	"simplecap/capture"
	"simplecap/decode/hdlc"
)

// FuzzLink gives any bytes to any link type. What is handed on of a frame that
// holds no complete set of fragments is part of that frame, and nothing is read
// from a frame of a link type that is not known.
func FuzzLink(f *testing.F) {
	for _, c := range append(linkCarriers(), tunnelCarriers()...) {
		f.Add(uint16(c.link), c.data)
	}
	f.Add(uint16(capture.LinkRaw), icmpError(3, 3, sipIPv4()))
	f.Add(uint16(capture.LinkIPv6), icmpv6Error(1, 4, sipIPv6()))
	f.Fuzz(func(t *testing.T, link uint16, data []byte) {
		given := bytes.Clone(data)
		d, r := decodeOne(capture.LinkType(link), data)
		if !bytes.Equal(given, data) {
			t.Fatal("the frame was written to")
		}
		plain, _ := hdlc.Open(nil, data) // where its octets are stuffed
		within := join(data, plain)
		for _, m := range r.messages {
			if m.Transport == UDP && !bytes.Contains(within, m.Raw) {
				t.Fatalf("%q is not in the frame", m.Raw)
			}
		}
		for _, e := range r.errors {
			if !bytes.Contains(within, e.Quoted) || e.Reason == "" || e.Transport == 0 {
				t.Fatalf("bad error %+v", e)
			}
		}
		s := d.Stats()
		if s.UnknownLinks[0].Frames > 0 && s.Census != (Census{}) {
			t.Fatal("an unknown link type was read")
		}
		if s.DecodeErrors > 1 {
			t.Fatal("one frame, several decode errors")
		}
	})
}

// FuzzICMP quotes any bytes in an error: what is quoted is never a message.
func FuzzICMP(f *testing.F) {
	f.Add(byte(3), byte(3), false, sipIPv4())
	f.Add(byte(1), byte(4), true, sipIPv6())
	f.Add(byte(11), byte(0), false, ipv4Packet(protoIPv4, sipIPv4()))
	f.Add(byte(3), byte(1), true, ipv6Packet(protoHopByHop, join(ipv6Extension(protoUDP, 8), sipDatagram())))
	f.Fuzz(func(t *testing.T, kind, code byte, v6 bool, quote []byte) {
		data := icmpError(kind, code, quote)
		if v6 {
			data = icmpv6Error(kind, code, quote)
		}
		d, r := newRecorder(Limits{})
		d.Frame(frameOf(capture.LinkRaw, 1, 1, data))
		if len(r.messages) != 0 || len(r.errors) > 1 {
			t.Fatalf("%d messages, %d errors", len(r.messages), len(r.errors))
		}
		for _, e := range r.errors {
			if !bytes.Contains(quote, e.Quoted) {
				t.Fatal("more was quoted than there is")
			}
		}
	})
}
