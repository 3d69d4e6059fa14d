package decode

import (
	"encoding/json"
	"os"
	"testing"
)

// sharedCaptures are the captures that show one link type, tunnel or kind of fragment each.
var sharedCaptures = []string{
	"linktype-raw-ip-101", "linktype-ipv4-228", "linktype-null-0", "linktype-null-0-big-endian-host",
	"linktype-loop-108", "linktype-ppp-9", "linktype-null-ipv6-macos", "proxy-both-legs-any-sll1",
	"proxy-both-legs-any-sll2", "vlan-8021q", "vlan-qinq", "vlan-tcp", "mpls", "gre", "gre-key-seq-teb",
	"erspan-type2", "ipip", "ipv6-in-ipv4", "gtp-u", "gtp-u-extension-header", "geneve", "pppoe", "vxlan",
	"ipv6-udp", "ipv6-tcp", "ipv4-fragmented", "ipv4-fragments-reordered", "ipv4-fragment-lost",
	"ipv6-fragmented", "udp-no-response-port-unreachable",
}

func TestSharedCaptures(t *testing.T) {
	var truth struct {
		Files map[string]struct {
			SIPMessages int `json:"sip_messages"`
		} `json:"files"`
	}
	data, err := os.ReadFile(sharedFile(t, "pcaps/truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	for _, name := range sharedCaptures {
		t.Run(name, func(t *testing.T) {
			d, h := listen(Limits{})
			frames := readPCAP(t, sharedFile(t, "pcaps/"+name+".pcap"))
			for i := range frames {
				d.Frame(&frames[i])
			}
			d.Flush()
			if got, want := len(h.messages), truth.Files[name+".pcap"].SIPMessages; got != want {
				t.Errorf("%d SIP messages, want %d", got, want)
			}
			if d.stats.DecodeErrors != 0 {
				t.Errorf("%d decode errors", d.stats.DecodeErrors)
			}
		})
	}
}

// TestSharedCorpus reads captures of other people's networks.
func TestSharedCorpus(t *testing.T) {
	for name, want := range map[string]int{
		"arkime/gtp-iphone-part1.pcap": 11, // UDP and TCP over IPv6 in GTP-U
		"heplify/ipip0.pcap":           8,
		"heplify/sip_ipv6_udp.pcap":    6,
		"nextcaller/sip-frag.pcap":     0, // the last fragment of a datagram alone
	} {
		d, h := listen(Limits{})
		frames := readPCAP(t, sharedFile(t, "corpus/"+name))
		for i := range frames {
			d.Frame(&frames[i])
		}
		d.Flush()
		if len(h.messages) != want || d.stats.DecodeErrors != 0 {
			t.Errorf("%s: %d messages, want %d; %d decode errors", name, len(h.messages), want, d.stats.DecodeErrors)
		}
	}
}

func TestSharedFragmentLost(t *testing.T) {
	d, _ := listen(Limits{})
	frames := readPCAP(t, sharedFile(t, "pcaps/ipv4-fragment-lost.pcap"))
	for i := range frames {
		d.Frame(&frames[i])
	}
	d.Flush()
	want := []FrameRef{MakeFrameRef(1, 3), MakeFrameRef(1, 4), MakeFrameRef(1, 9), MakeFrameRef(1, 10)}
	if got := d.stats.IncompleteFrames; d.stats.FragmentsIncomplete != 2 || len(got) != 4 || got[0] != want[0] || got[3] != want[3] {
		t.Errorf("%d incomplete, frames %v, want 2 and %v", d.stats.FragmentsIncomplete, got, want)
	}
}

func TestSharedPortUnreachable(t *testing.T) {
	d, h := listen(Limits{})
	frames := readPCAP(t, sharedFile(t, "pcaps/udp-no-response-port-unreachable.pcap"))
	for i := range frames {
		d.Frame(&frames[i])
	}
	if len(h.errors) != 3 {
		t.Fatalf("%d ICMP errors, want 3", len(h.errors))
	}
	e := h.errors[0]
	if e.Reason != "port unreachable" || e.From.Host() != "192.0.2.20" || e.Src.String() != "192.0.2.10:5060" ||
		e.Dst.String() != "192.0.2.20:5060" || e.Transport != UDP || matchStartLine(e.Quoted) != startYes {
		t.Errorf("got %+v", e)
	}
}
