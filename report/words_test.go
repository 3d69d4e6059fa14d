package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

func TestNumbersAndPlurals(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{number(0), "0"}, {number(999), "999"}, {number(1000), "1,000"}, {number(12345678), "12,345,678"},
		{count(1, "packet"), "1 packet"}, {count(0, "packet"), "0 packets"}, {count(2, "copy", "copies"), "2 copies"},
		{list(nil), ""}, {list([]string{"a"}), "a"}, {list([]string{"a", "b", "c"}), "a, b and c"},
		{human(357 * time.Microsecond), "0.357 ms"}, {human(20357 * time.Microsecond), "20.36 ms"},
		{human(612178500), "612.2 ms"}, {human(32 * time.Second), "32.000 s"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestTotals(t *testing.T) {
	var tls decode.Census
	tls.Packets[decode.ClassTLS] = 3000
	tls.Ports[decode.ClassTLS][0] = decode.PortCount{Port: 5061, Packets: 3000}
	tls.Packets[decode.ClassRTP] = 9345
	for i := range 5 {
		tls.Ports[decode.ClassRTP][i] = decode.PortCount{Port: uint16(10000 + 2*i), Packets: uint64(10 + i)}
	}
	tls.Packets[decode.ClassNotIP] = 1
	for _, test := range []struct {
		name  string
		r     result.Report
		where string
		want  []string
	}{
		{"nothing", result.Report{Inputs: make([]capture.Input, 1)}, "", []string{"no packets in this capture"}},
		{"nothing on an interface", result.Report{Inputs: []capture.Input{{Format: "live"}}}, "", []string{
			"no packet came that may be SIP", "it may pass another interface: -i any listens on all, and a filter may be too narrow",
		}},
		{"no SIP on an interface", result.Report{Inputs: []capture.Input{{Name: "eth0", Format: "live", Packets: 1}}}, "", []string{
			"no SIP in 1 packet", "it may pass another interface: -i any listens on all",
		}},
		{"no SIP on any", result.Report{Inputs: []capture.Input{{Name: "any", Format: "live", Packets: 1}}}, "", []string{"no SIP in 1 packet", "it may pass another host"}},
		{"no HEP", result.Report{Inputs: []capture.Input{{Format: "hep"}}}, "", []string{"no HEP came: see where the agents send it"}},
		{"no SIP", result.Report{Inputs: []capture.Input{{Packets: 12346}}, Decode: decode.Stats{Census: tls}}, "", []string{
			"no SIP in 12,346 packets: 9,345 are RTP on ports 10008, 10006, 10004 and others, 3,000 are TLS on port 5061, 1 is not IP",
			"SIP inside TLS is read with its secrets: --keylog FILE, see docs/keys.md",
		}},
		{"no MESSAGE", result.Report{SIP: result.SIPCounts{
			Messages: 52, Requests: map[string]uint64{"INVITE": 12, "OPTIONS": 40}, Mentions: 9,
		}}, "", []string{
			"no MESSAGE in 52 SIP messages; 9 messages merely mention the word",
			"requests by method: 40 OPTIONS, 12 INVITE",
			"MESSAGEs may take another way: capture on every interface of the host (tcpdump -i any)",
		}},
		{"filtered", result.Report{SIP: result.SIPCounts{
			Messages: 2, Requests: map[string]uint64{"MESSAGE": 1}, Responses: map[string]uint64{"200": 1},
		}}, "status > 200", []string{
			"2 SIP messages: 1 request, 1 response; 1 MESSAGE request", "no transaction matches --where 'status > 200'",
		}},
		{"so far", result.Report{SIP: result.SIPCounts{
			Messages: 3, Requests: map[string]uint64{"MESSAGE": 2}, Responses: map[string]uint64{"200": 1},
		}, Held: 2, Open: 1}, "", []string{
			"3 SIP messages: 2 requests, 1 response; 2 MESSAGE requests",
			"not counted yet: 2 transactions that have not closed, 1 without an answer",
		}},
		{"cut before SIP", result.Report{Inputs: []capture.Input{{Packets: 3}}, Decode: decode.Stats{Cut: 2}}, "", []string{
			"no SIP in 3 packets", "the snapshot length cut 2 packets, perhaps before SIP: tcpdump -s 0 captures all of them",
		}},
		{"not read", result.Report{Inputs: []capture.Input{{Packets: 3}}, Quality: result.Quality{Unread: 3}, Decode: decode.Stats{
			Unread:       [16]decode.UnreadCount{{What: "MACsec", Packets: 2}},
			UnknownLinks: [8]decode.LinkCount{{Link: 107, Frames: 1}},
		}}, "", []string{
			"no SIP in 3 packets", "to capture SIP: tcpdump -i any -s 0 -w FILE, and a filter such as port 5060 if there is much else",
			"not read, and may hold SIP: 2 packets of MACsec, 1 packet of link type LINKTYPE_107",
		}},
		{"the issue's", result.Report{
			SIP: result.SIPCounts{
				Messages: 14, Requests: map[string]uint64{"MESSAGE": 7}, Responses: map[string]uint64{"200": 7}, Mentions: 9,
			},
			Summary: result.Summary{Transactions: 5, Success: 5, Retransmissions: 2},
		}, "", []string{
			"14 SIP messages: 7 requests, 7 responses; 7 MESSAGE requests in 5 transactions, 2 retransmissions; 9 messages merely mention the word",
			"5 transactions: 5 success",
		}},
	} {
		if diff := cmp.Diff(test.want, totals(&test.r, test.where)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestFilters(t *testing.T) {
	inputs := []capture.Input{{Name: "one.pcap"}, {Name: "two\x1b.pcap"}}
	both := append(frames(9, 3, 3), capture.MakeRef(2, 7))
	for _, test := range []struct {
		frames []capture.Ref
		inputs []capture.Input
		want   []string
	}{
		{nil, inputs, nil},
		{frames(7), inputs[:1], []string{"frame.number == 7"}},
		{frames(9, 3, 3), inputs[:1], []string{"frame.number in {3, 9}"}},
		{both, inputs, []string{"one.pcap: frame.number in {3, 9}", `two\x1b.pcap: frame.number == 7`}},
		{frames(1, 2, 3, 4, 5, 6), inputs[:1], []string{"frame.number in {1, 2, 3, 4}", "and 2 more frames in --format json"}},
	} {
		if diff := cmp.Diff(test.want, filters(test.frames, test.inputs, 4)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestQualityLines(t *testing.T) {
	r := &result.Report{
		Inputs:  []capture.Input{{Name: "a.pcap", Complete: true}, {Name: "b.pcap", Error: "cut in mid-packet at byte 3,400"}},
		Quality: result.Quality{KernelDrops: 1200, UnseenAnswers: 1, BrokenHeaders: 1},
	}
	want := []string{
		"b.pcap was not read to its end: cut in mid-packet at byte 3,400",
		"1,200 packets dropped by the capturing kernel: what looks missing may have been there",
		"1 answer that the capture may lack: it shows nothing of the way back, or not all of it",
		"1 frame with a header that cannot be read",
	}
	if diff := cmp.Diff(want, qualityLines(r)); diff != "" {
		t.Error(diff)
	}
	if got := qualityLines(&result.Report{}); got != nil {
		t.Errorf("nothing was lost, and it says %q", got)
	}
}
