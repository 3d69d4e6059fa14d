package packet

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// The headers of tunnels and rare links are read in place: to import gopacket's
// layers costs each start of the command 4 ms and the collector 5 MB of tables
// that it looks through every time. Here gopacket is the judge.

// libraryReads runs one of gopacket's decoders and reports whether it could read the
// header. Several index what they were given unchecked.
func libraryReads(decode func([]byte, gopacket.DecodeFeedback) error, data []byte) (ok bool) {
	defer func() { ok = recover() == nil && ok }()
	return decode(data, gopacket.NilDecodeFeedback) == nil
}

// checkGRE compares our reading of a GRE header with gopacket's.
func checkGRE(t *testing.T, data []byte) {
	t.Helper()
	var want layers.GRE
	read := libraryReads(want.DecodeFromBytes, data)
	got, ok := parseGRE(data)
	if ok != read {
		t.Fatalf("GRE % x: read %v, by gopacket %v", data, ok, read)
	}
	if !ok {
		return
	}
	if !bytes.Equal(got.payload, want.Payload) || got.protocol != uint16(want.Protocol) || got.key != want.Key ||
		got.flags&greSequence != 0 != want.SeqPresent || got.flags&greVersion != uint16(want.Version) {
		t.Errorf("GRE % x: %+v, gopacket has %+v", data, got, want)
	}
}

// checkLLC compares our reading of an LLC header with gopacket's.
func checkLLC(t *testing.T, data []byte) {
	t.Helper()
	var want layers.LLC
	read := libraryReads(want.DecodeFromBytes, data)
	isSNAP, payload, ok := parseLLC(data)
	if ok != read {
		t.Fatalf("LLC % x: read %v, by gopacket %v", data, ok, read)
	}
	if ok && (isSNAP != (want.DSAP == 0xaa && want.SSAP == 0xaa) || !bytes.Equal(payload, want.Payload)) {
		t.Errorf("LLC % x: SNAP %v and payload % x, gopacket has %+v", data, isSNAP, payload, want)
	}
}

// FuzzRareHeaders holds what reads GRE and LLC headers against gopacket's layers.
func FuzzRareHeaders(f *testing.F) {
	for _, flags := range []uint16{0, greChecksum, greKey, greSequence, greKey | greSequence | greAck | 1, greRouting, 0xf087} {
		header := binary.BigEndian.AppendUint16(nil, flags)
		f.Add(append(header, 0x08, 0x00, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 9, 9, 9, 9))
	}
	f.Add([]byte{0xaa, 0xab, 3, 0, 0, 0, 8, 0, 0x45})
	f.Add([]byte{0xaa, 0xaa, 1, 0, 0, 0, 0, 8, 0})
	f.Add([]byte{0x42, 0x42, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		checkGRE(t, data)
		checkLLC(t, data)
	})
}
