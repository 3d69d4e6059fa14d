package report

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/wire"
)

// TestHint holds what is advised against what is there.
func TestHint(t *testing.T) {
	tls := func(port uint16) (c decode.Census) {
		c.Packets[decode.ClassTLS] = 3
		c.Ports[decode.ClassTLS][0] = decode.PortCount{Port: port, Packets: 3}
		return c
	}
	media := decode.Census{}
	media.Packets[decode.ClassRTP] = 9
	hep := decode.Census{}
	hep.Packets[decode.ClassHEP] = 2
	for name, test := range map[string]struct {
		stats decode.Stats
		says  string // "" for nothing
	}{
		"a web server":                  {decode.Stats{Census: tls(443)}, ""},
		"SIP in TLS":                    {decode.Stats{Census: tls(5061)}, "SIP inside TLS"},
		"TLS of a peer that speaks SIP": {decode.Stats{Census: tls(8443), Hidden: []decode.Hidden{{Kind: "tls", Likely: true, Hint: "--keylog"}}}, "SIP inside TLS"},
		"TLS of anybody":                {decode.Stats{Census: tls(8443), Hidden: []decode.Hidden{{Kind: "tls", Hint: "--keylog"}}}, ""},
		"a handshake that failed":       {decode.Stats{Census: tls(8443), Hidden: []decode.Hidden{{Kind: "tls", Likely: true}}}, ""},
		"media alone":                   {decode.Stats{Census: media}, "without its signalling"},
		"media beside SIP":              {decode.Stats{Census: media, Messages: 5}, ""},
		"HEP without SIP":               {decode.Stats{Census: hep}, "HEP packets carry no SIP"},
		"HEP, some of it is SIP":        {decode.Stats{Census: hep, Messages: 1, HEP: decode.HEPCounts{Messages: 1}}, ""},
	} {
		got := hint(&test.stats)
		if (got == "") != (test.says == "") || !strings.Contains(got, test.says) {
			t.Errorf("%s: %q, want %q", name, got, test.says)
		}
	}
}

// SIP in TLS is offered where --port or SIP of the same server, also later, says so; and
// never for a web server's port.
func TestHintForTLS(t *testing.T) {
	sip, err := wire.Parse("0.000 alice > bob OPTIONS")
	if err != nil {
		t.Fatal(err)
	}
	hello := append([]byte{22, 3, 1, 0, 47, 1, 0, 0, 43, 3, 3}, make([]byte, 32)...)
	hello = append(hello, 0, 0, 2, 0x13, 1, 1, 0, 0, 0)
	for name, test := range map[string]struct {
		server string
		ports  []uint16
		beside []capture.Frame
		says   bool
	}{
		"alone":               {server: "10.0.0.2:8443"},
		"of --port":           {server: "10.0.0.2:8443", ports: []uint16{8443}, says: true},
		"of a SIP server":     {server: "10.0.0.2:8443", beside: sip, says: true},
		"beside other SIP":    {server: "10.9.0.2:8443", beside: sip},
		"a SIP server's site": {server: "10.0.0.2:443", beside: sip},
	} {
		var frames []capture.Frame
		client, server, seq := netip.MustParseAddrPort("10.0.0.77:40000"), netip.MustParseAddrPort(test.server), uint32(1)
		for _, record := range [][]byte{hello, append([]byte{23, 3, 3, 0, 64}, make([]byte, 64)...)} {
			p := wire.Packet{Src: client, Dst: server, Protocol: wire.TCP, Flags: wire.ACK, Seq: seq, Payload: record}
			data := p.AppendFrame(nil)
			seq += uint32(len(record))
			frames = append(frames, capture.Frame{Number: uint64(len(frames) + 1), File: 1, Data: data, Length: len(data), Link: capture.LinkEthernet, HasTime: true, Time: wire.Epoch.UnixNano()})
		}
		src := &wire.Memory{Frames: append(frames, test.beside...)}
		r, err := analyze.Run(context.Background(), src, analyze.Options{Ports: test.ports}, nobody{})
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(totals(r, ""), "\n"); strings.Contains(text, "SIP inside TLS") != test.says {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// What a web server has in TLS is said to be hidden only where it is all there is.
func TestHiddenOfWebServers(t *testing.T) {
	web := decode.Hidden{Kind: "tls", Web: true, Reason: "web"}
	sips := decode.Hidden{Kind: "tls", Likely: true, Reason: "sips"}
	other := decode.Hidden{Kind: "tls", Reason: "other"}
	likely := decode.Hidden{Kind: "tls", Web: true, Likely: true, Reason: "likely"}
	for name, test := range map[string]struct {
		messages uint64
		hidden   []decode.Hidden
		want     string
	}{
		"alone":          {0, []decode.Hidden{web}, "web"},
		"beside SIPS":    {0, []decode.Hidden{web, sips, other}, "sips other"},
		"of --port":      {0, []decode.Hidden{web, likely, other}, "likely other"},
		"beside SIP":     {5, []decode.Hidden{web}, ""},
		"all beside SIP": {5, []decode.Hidden{web, sips, other, likely}, "sips likely"},
	} {
		r := &result.Report{Decode: decode.Stats{Hidden: test.hidden}}
		r.SIP.Messages = test.messages
		var got []string
		for _, h := range likelyHidden(r) {
			got = append(got, h.Reason)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// SCTP packets with a wrong checksum are read, and counted for whoever looks.
func TestSCTPChecksums(t *testing.T) {
	r := &result.Report{}
	r.Decode.SCTP.BadChecksum = 3
	if text := strings.Join(QualityLines(r), "\n"); !strings.Contains(text, "3 SCTP packets with a wrong CRC32c") {
		t.Errorf("%q", text)
	}
}

// An IPv6 address with a port has brackets where people read it, and none in JSON.
func TestHiddenPeerOfIPv6(t *testing.T) {
	r := &result.Report{Decode: decode.Stats{Hidden: []decode.Hidden{{
		Kind: "tls", Likely: true, Connections: 1, Peer: address("[2001:db8::1]:5061"), Reason: "no keys",
	}}}}
	if got, want := hiddenLine(r), "could not be read: 1 TLS connection to [2001:db8::1]:5061, no keys"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var o object
	o.inner(func() { o.hidden(r) })
	if text := string(o.b); !strings.Contains(text, `"2001:db8::1:5061"`) {
		t.Errorf("JSON has %s", text)
	}
}
