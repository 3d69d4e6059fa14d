package live

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"simplecap/capture"
)

// Two packets of 5 and 6 bytes as bpf(4) lays them out, at 1700000000.000250 and a second
// later; the second was 1400 bytes long on the wire. Behind the header of 18 or 26 bytes
// comes what makes the network header aligned.
const (
	readDarwin = "00f15365 fa000000 05000000 05000000 1200 0102030405 00" +
		"01f15365 fa000000 06000000 78050000 1400 0000 0a0b0c0d0e0f"
	readFreeBSD = "00f1536500000000 fa00000000000000 05000000 05000000 1a00 0102030405 00" +
		"01f1536500000000 fa00000000000000 06000000 78050000 1e00 00000000 0a0b0c0d0e0f"
)

func bpfBytes(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBPFBuffer(t *testing.T) {
	for name, test := range map[string]struct {
		layout bpfLayout
		read   string
	}{"darwin": {bpfDarwin, readDarwin}, "freebsd": {bpfFreeBSD, readFreeBSD}} {
		b := bpfBuffer{test.layout, bpfBytes(t, test.read)}
		var frames []capture.Frame
		for f := (capture.Frame{}); b.next(&f); {
			frames = append(frames, f)
		}
		if len(frames) != 2 {
			t.Errorf("%s: %d packets, want 2", name, len(frames))
			continue
		}
		first, second := frames[0], frames[1]
		if !bytes.Equal(first.Data, []byte{1, 2, 3, 4, 5}) || first.Length != 5 || first.Time != 1700000000000250000 || !first.HasTime {
			t.Errorf("%s: first packet %+v", name, first)
		}
		if !bytes.Equal(second.Data, []byte{10, 11, 12, 13, 14, 15}) || second.Length != 1400 || second.Time != 1700000001000250000 {
			t.Errorf("%s: second packet %+v", name, second)
		}
	}
}

// However a buffer is cut or wrong, what is handed on lies in it and reading ends.
func TestBPFBufferBroken(t *testing.T) {
	for _, layout := range []bpfLayout{bpfDarwin, bpfFreeBSD} {
		read := bpfBytes(t, readDarwin)
		if layout == bpfFreeBSD {
			read = bpfBytes(t, readFreeBSD)
		}
		for n := range read {
			if got := bpfCount(t, bpfBuffer{layout, read[:n]}); got > 1 {
				t.Errorf("%d packets in the first %d bytes", got, n)
			}
			for _, wrong := range []byte{0, 0x7f, 0xff} {
				data := bytes.Clone(read)
				data[n] = wrong
				bpfCount(t, bpfBuffer{layout, data})
			}
		}
	}
}

// bpfCount is how many packets a buffer holds. It fails if they do not end.
func bpfCount(t *testing.T, b bpfBuffer) (n int) {
	t.Helper()
	most := len(b.rest)
	for f := (capture.Frame{}); b.next(&f); n++ {
		if n > most {
			t.Fatal("reading does not end")
		}
	}
	return n
}

func TestBPFSieve(t *testing.T) {
	const ( // IPv4 from 127.0.0.1 to itself, and IPv6 likewise, UDP from 5060 to 5060
		v4 = "4500002400000000401100007f0000017f000001 13c413c400100000"
		v6 = "6000000000101140 00000000000000000000000000000001 00000000000000000000000000000001 13c413c400100000"
	)
	sip, rtp := hex.EncodeToString([]byte("MESSAGE ")), "8000000100000001"
	filter := &SIPFilter{}
	null, err := newBPFSieve(filter.Program, capture.LinkNull)
	if err != nil {
		t.Fatal(err)
	}
	ethernet, err := newBPFSieve(filter.Program, capture.LinkEthernet)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		sieve  *bpfSieve
		frame  string
		passes bool
	}{
		"SIP on a loopback":          {null, "02000000" + v4 + sip, true},
		"RTP on a loopback":          {null, "02000000" + v4 + rtp, false},
		"SIP over IPv6 (macOS)":      {null, "1e000000" + v6 + sip, true},
		"RTP over IPv6 (FreeBSD)":    {null, "1c000000" + v6 + rtp, false},
		"SIP over Ethernet":          {ethernet, "0000000000000000000000000800" + v4 + sip, true},
		"RTP over Ethernet":          {ethernet, "0000000000000000000000000800" + v4 + rtp, false},
		"nothing behind the family":  {null, "02000000", false},
		"no filter lets all through": {nil, "02000000", true},
	} {
		if test.sieve.passes(bpfBytes(t, test.frame)) != test.passes {
			t.Errorf("%s: want passed %t", name, test.passes)
		}
	}
}
