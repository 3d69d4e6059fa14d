package redact

import (
	"bytes"
	"compress/zlib"
	"net/netip"
	"testing"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/hep"
)

// hepFrame is a frame with a HEP packet over UDP.
func hepFrame(t *testing.T, p hep.Packet) *capture.Frame {
	t.Helper()
	b, err := p.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, "alice behind it"...)
	udp := append([]byte{0x23, 0x64, 0x23, 0x64, byte((8 + len(b)) >> 8), byte(8 + len(b)), 0, 0}, b...)
	ip := append([]byte{0x45, 0, byte((20 + len(udp)) >> 8), byte(20 + len(udp)), 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2}, udp...)
	return &capture.Frame{Data: ip, Length: len(ip), Link: capture.LinkRaw, File: 1, Number: 1}
}

// What an agent reports keeps its structure, and nothing in it names anybody; what is
// compressed or no SIP is hidden.
func TestHEP(t *testing.T) {
	const text = "MESSAGE sip:alice@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nCall-ID: alice\r\nCSeq: 1 MESSAGE\r\n" +
		"From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nContent-Length: 5\r\n\r\nalice"
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write([]byte(text))
	w.Close()
	r, err := New(All, []byte("a key for the tests"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name       string
		payload    string
		compressed bool
		sip        bool
	}{
		{"SIP", text, false, true},
		{"compressed SIP", z.String(), true, false},
		{"a log", "alice called", false, false},
	} {
		p := hep.Packet{
			Src: netip.MustParseAddrPort("192.0.2.7:5060"), Dst: netip.MustParseAddrPort("192.0.2.8:5060"), Protocol: hep.ProtocolUDP,
			HasTime: true, Time: 7e9, Type: hep.TypeSIP, AgentID: 9, Key: []byte("alice's key"), Node: []byte("alice's"),
			Correlation: []byte("alice"), Payload: []byte(test.payload), Compressed: test.compressed,
		}
		frame := hepFrame(t, p)
		data := NewFrames(r, decode.Options{}).Rewrite(frame)
		if bytes.Contains(data, []byte("alice")) || test.compressed && bytes.Contains(data, z.Bytes()[:20]) || len(data) != len(frame.Data) {
			t.Errorf("%s: %q", test.name, data)
		}
		var got hep.Packet
		if err := hep.Parse(data[28:], &got); err != nil || got.Src != p.Src || got.Dst != p.Dst || got.Time != p.Time || got.AgentID != 9 {
			t.Errorf("%s: %v, %+v", test.name, err, got)
		}
		var m decode.Message
		if m.Scan(got.Payload) != test.sip || test.sip && len(got.Payload) != len(text) {
			t.Errorf("%s: payload %q", test.name, got.Payload)
		}
	}
}
