package decode

import (
	"encoding/binary"
	"testing"

	"simplecap/capture"
	"simplecap/internal/inetsum"
	"simplecap/internal/wire"
)

// checksummed is a packet with SIP whose checksum is right, but for what alters it.
func checksummed(source byte, callID string, alter func(field, pseudo uint16) uint16) []byte {
	payload := []byte("MESSAGE sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nCall-ID: " + callID + "\r\nCSeq: 1 MESSAGE\r\n\r\n")
	datagram := udpDatagram(5060, 5060, payload)
	b := ipv4Packet(protoUDP, datagram)
	b[15] = source
	udp := b[20:]
	udp[6], udp[7] = 0, 0
	pseudo := inetsum.Add(0, b[12:20]) + protoUDP + uint64(len(udp))
	right := ^inetsum.Fold(inetsum.Add(pseudo, udp))
	binary.BigEndian.PutUint16(udp[6:], alter(right, inetsum.Fold(pseudo)))
	return b
}

// TestChecksums checks which packets with a wrong checksum are evidence.
func TestChecksums(t *testing.T) {
	right := func(field, _ uint16) uint16 { return field }
	wrong := func(field, _ uint16) uint16 { return field ^ 0x0101 }
	partial := func(_, pseudo uint16) uint16 { return pseudo }
	none := func(uint16, uint16) uint16 { return 0 }
	for name, test := range map[string]struct {
		packets        []func(field, pseudo uint16) uint16
		read           int
		errors, others uint64
	}{
		"all right":                        {[]func(_, _ uint16) uint16{right, right}, 2, 0, 0},
		"one wrong":                        {[]func(_, _ uint16) uint16{right, wrong, right}, 2, 1, 0},
		"all wrong":                        {[]func(_, _ uint16) uint16{wrong, wrong, wrong}, 3, 0, 3},
		"left to the card, others are not": {[]func(_, _ uint16) uint16{right, partial, right}, 3, 0, 0},
		"without":                          {[]func(_, _ uint16) uint16{right, none}, 2, 0, 0},
	} {
		d, r := newRecorder(Limits{})
		for i, alter := range test.packets {
			d.Frame(frameOf(capture.LinkRaw, uint64(i), 1, checksummed(1, "a@b", alter)))
		}
		if len(r.messages) != test.read || d.Stats().ChecksumErrors != test.errors || d.Stats().ChecksumsWrong != test.others {
			t.Errorf("%s: %d read, %d errors, %d from hosts that send no other, want %+v", name, len(r.messages), d.Stats().ChecksumErrors, d.Stats().ChecksumsWrong, test)
		}
	}
}

// TestChecksumByChance checks that one checksum that happens to be right does not
// condemn a host whose checksums are all filled in later.
func TestChecksumByChance(t *testing.T) {
	d, r := newRecorder(Limits{})
	for i := range 200 {
		alter := func(field, _ uint16) uint16 { return field ^ 0x0101 }
		if i == 100 {
			alter = func(field, _ uint16) uint16 { return field }
		}
		d.Frame(frameOf(capture.LinkRaw, uint64(i), 1, checksummed(1, "a@b", alter)))
	}
	if len(r.messages) != 200 || d.Stats().ChecksumErrors != 0 {
		t.Errorf("%d read, %d errors", len(r.messages), d.Stats().ChecksumErrors)
	}
}

// TestResetIsExact checks which RSTs end a connection (RFC 5961 3.2).
func TestResetIsExact(t *testing.T) {
	a, b := wire.StreamMessage("a", ""), wire.StreamMessage("b", "")
	next := 100 + uint32(len(a))
	for _, test := range []struct {
		name     string
		seq, ack uint32
		flags    uint8
		ends     bool
	}{
		{"the next sequence number", next, 0, flagRST, true},
		{"somewhere in the window", next + 1000, 0, flagRST, false},
		{"in the window, acknowledges nothing", next + 1000, 12345, flagRST | flagACK, false},
		{"in the window, acknowledges all", next + 1000, 501, flagRST | flagACK, true},
		{"behind the window, acknowledges all", next + 1<<30, 501, flagRST | flagACK, false},
		{"what is acknowledged", 100, 0, flagRST, true},
		{"before it", 99, 0, flagRST, false},
	} {
		w, r := newSegmentSender(Limits{})
		w.send(clientEnd, serverEnd, 99, 0, flagSYN, "")
		w.send(serverEnd, clientEnd, 500, 100, flagSYN|flagACK, "")
		w.send(clientEnd, serverEnd, 100, 501, flagACK, a)
		w.send(clientEnd, serverEnd, test.seq, test.ack, test.flags, "")
		w.send(clientEnd, serverEnd, next, 501, flagACK, b)
		w.Flush()
		if ended := len(r.messages) == 1 || r.messages[1].Conn != r.messages[0].Conn; ended != test.ends {
			t.Errorf("%s: ended %v, want %v", test.name, ended, test.ends)
		}
	}
}
