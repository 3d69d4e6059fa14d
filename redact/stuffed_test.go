package redact

import (
	"bytes"
	"net/netip"
	"testing"

	"simplecap/capture"
	"simplecap/capture/made"
	"simplecap/decode"
	"simplecap/decode/hdlc"
	"simplecap/internal/inetsum"
)

// onLine is a packet in a stuffed frame of PPP, with all control characters escaped and a
// FCS of RFC 1662 that is right.
func onLine(t *testing.T, link capture.LinkType, packet []byte) *capture.Frame {
	t.Helper()
	octets := append([]byte{0xff, 0x03, 0x00, 0x21}, packet...)
	line := []byte{0x7e}
	for _, c := range append(octets, fcs(octets)...) {
		if c < 0x20 || c == 0x7e || c == 0x7d {
			line = append(line, 0x7d)
			c ^= 0x20
		}
		line = append(line, c)
	}
	line = append(line, 0x7e)
	if link == capture.LinkPPPDirection {
		line = append([]byte{1}, line...)
	}
	return &capture.Frame{Data: line, Length: len(line), Link: link, Number: 1}
}

// fcs is RFC 1662 C.2 by its polynomial, x^16 + x^12 + x^5 + 1.
func fcs(b []byte) []byte {
	sum := uint16(0xffff)
	for _, c := range b {
		for i := range 8 {
			out := (sum ^ uint16(c)>>i) & 1
			if sum >>= 1; out == 1 {
				sum ^= 0x8408
			}
		}
	}
	return []byte{byte(^sum), byte(^sum >> 8)}
}

// What was stuffed on a line is found in it, and stays as long and as right as it was.
func TestStuffedFrames(t *testing.T) {
	const text = "MESSAGE sip:alice@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nCall-ID: alice\r\nCSeq: 1 MESSAGE\r\n" +
		"From: <sip:alice@example.com>;tag=1~}\r\nTo: <sip:bob@example.com>\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nalice}~"
	packet := made.AppendUDP(nil, netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("192.0.2.2:5060"), []byte(text))
	for _, link := range []capture.LinkType{capture.LinkPPP, capture.LinkPPPHDLC, capture.LinkPPPDirection} {
		frame := onLine(t, link, packet)
		was := bytes.Clone(frame.Data)
		data := NewFrames(redactor(t, All), decode.Options{}).Rewrite(frame)
		if len(data) != len(was) || !bytes.Equal(frame.Data, was) {
			t.Fatalf("%v: %d octets of %d", link, len(data), len(was))
		}
		between, _ := hdlc.Next(data[bytes.IndexByte(data, 0x7e):])
		octets, ok := hdlc.Open(nil, between)
		ip := octets[4 : len(octets)-2]
		if !ok || bytes.Contains(octets, []byte("alice")) || !bytes.Contains(octets, []byte("MESSAGE sip:")) {
			t.Errorf("%v: %q", link, octets)
		}
		if want := fcs(octets[:len(octets)-2]); !bytes.Equal(octets[len(octets)-2:], want) {
			t.Errorf("%v: FCS %x, want %x", link, octets[len(octets)-2:], want)
		}
		pseudo := inetsum.Add(uint64(17+len(ip)-20), ip[12:])
		if sum := inetsum.Fold(pseudo); sum != 0xffff {
			t.Errorf("%v: the sum of UDP is %04x", link, sum)
		}
		got := new(keeper)
		decode.NewDecoder(got, decode.Options{}).Frame(&capture.Frame{Data: data, Length: len(data), Link: link})
		if len(got.raw) != 1 || len(got.raw[0]) != len(text) {
			t.Errorf("%v: %q", link, got.raw)
		}
	}
}

// A stuffed frame that cannot be placed is left out: several on one record, one that the
// snapshot length cut inside of an escape.
func TestStuffedFramesLeftOut(t *testing.T) {
	packet := made.AppendUDP(nil, netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("192.0.2.2:5060"), []byte("MESSAGE sip:alice@example.com SIP/2.0\r\n\r\n"))
	frame := onLine(t, capture.LinkPPP, packet)
	cut := bytes.LastIndexByte(frame.Data[:len(frame.Data)-6], 0x7d) + 1
	for name, data := range map[string][]byte{"two": append(bytes.Clone(frame.Data), frame.Data...), "cut in an escape": frame.Data[:cut]} {
		if got := NewFrames(nil, decode.Options{}).Rewrite(&capture.Frame{Data: data, Length: len(frame.Data) * 2, Link: capture.LinkPPP}); len(got) > 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// keeper is a decode.Handler that keeps messages.
type keeper struct{ raw [][]byte }

func (k *keeper) Message(m *decode.Message) { k.raw = append(k.raw, bytes.Clone(m.Raw)) }
