package decode

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sharedTruth is the part of truth.json that this test checks.
type sharedTruth struct {
	Files map[string]struct {
		Requests     map[string]int
		Responses    map[string]int
		Transactions []struct {
			CallID        string   `json:"call_id"`
			Branch        string   `json:"branch"`
			FinalFrame    uint64   `json:"final_frame"`
			RequestFrames []uint64 `json:"request_frames"`
			RTT           float64  `json:"rtt_ms"`
			Transport     string
		}
	}
}

var tcpCaptures = []string{
	"tcp-sipp.pcap", "tcp-to-udp-proxy.pcap", "tcp-pipelined-one-segment.pcap", "tcp-byte-at-a-time.pcap",
	"tcp-split-mid-header-and-body.pcap", "tcp-small-mss.pcap", "tcp-out-of-order-segments.pcap",
	"tcp-retransmitted-segments.pcap", "tcp-duplicated-segments.pcap", "tcp-segment-missing-in-capture.pcap",
	"tcp-midstream-no-syn.pcap", "tcp-midstream-in-a-message.pcap", "tcp-crlf-keepalive.pcap",
	"tcp-interleaved-responses.pcap", "tcp-response-on-new-connection.pcap", "tcp-sequence-wraparound.pcap",
	"tcp-port-reused.pcap", "tcp-missing-content-length.pcap", "ipv6-tcp.pcap", "vlan-tcp.pcap", "port-high-tcp.pcap",
	"message-text-looks-like-sip.pcap",
}

// TestTCPCaptures compares messages, frames and times with the known answers.
func TestTCPCaptures(t *testing.T) {
	dir := filepath.Join(sharedDir(t), "pcaps")
	var truth sharedTruth
	loadJSON(t, filepath.Join(dir, "truth.json"), &truth)
	for _, name := range tcpCaptures {
		t.Run(name, func(t *testing.T) {
			want := truth.Files[name]
			_, r := decodePcap(t, filepath.Join(dir, name))
			requests, responses := count(r.messages, true)
			if diff := cmp.Diff(want.Requests, requests); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.Responses, responses); diff != "" {
				t.Errorf("responses (-want +got):\n%s", diff)
			}
			byFrame := map[uint64][]*Message{}
			for i := range r.messages {
				m := &r.messages[i]
				byFrame[m.Frame.Number()] = append(byFrame[m.Frame.Number()], m)
			}
			pick := func(frame uint64, branch string, kind Kind) *Message {
				for _, m := range byFrame[frame] {
					if m.Kind == kind && strings.Contains(field(m, "Via"), branch) {
						return m
					}
				}
				t.Fatalf("frame %d completes no message of branch %s", frame, branch)
				return nil
			}
			for _, tx := range want.Transactions {
				first := pick(tx.RequestFrames[0], tx.Branch, Request)
				final := pick(tx.FinalFrame, tx.Branch, Response)
				if rtt := float64(final.Time-first.Time) / 1e6; math.Abs(rtt-tx.RTT) > 0.001 {
					t.Errorf("frame %d: RTT %v ms, want %v", tx.RequestFrames[0], rtt, tx.RTT)
				}
			}
		})
	}
}

// count counts requests by method and responses by status, with the CSeq method where asked for.
func count(messages []Message, withMethod bool) (requests, responses map[string]int) {
	requests, responses = map[string]int{}, map[string]int{}
	for i := range messages {
		m := &messages[i]
		if m.Kind == Request {
			requests[string(m.Raw[:tokenLen(m.Raw)])]++
			continue
		}
		status := string(m.Raw[len("SIP/2.0 "):][:3])
		if withMethod {
			cseq := strings.Fields(field(m, "CSeq"))
			status += " " + cseq[len(cseq)-1]
		}
		responses[status]++
	}
	return requests, responses
}

// TestForeignTCPCaptures runs over captures of TLS, WebSocket and HEP, which must give no SIP over TCP.
func TestForeignTCPCaptures(t *testing.T) {
	dir := filepath.Join(sharedDir(t), "pcaps")
	for _, name := range []string{
		"tls12.pcap", "tls13.pcap", "tls12-rsa-cbc.pcap", "tls13-both-legs-any.pcap", "tls13-no-keys.pcap",
		"websocket-to-udp.pcap", "websocket-to-websocket.pcap", "noise.pcap",
	} {
		_, r := decodePcap(t, filepath.Join(dir, name))
		for i := range r.messages {
			if r.messages[i].Transport == TCP {
				t.Errorf("%s: SIP over TCP in frame %d: %.40q", name, r.messages[i].Frame.Number(), r.messages[i].Raw)
			}
		}
	}
}

// TestTCPCorpus compares foreign captures with what is known of them.
func TestTCPCorpus(t *testing.T) {
	dir := filepath.Join(sharedDir(t), "corpus")
	var truth map[string]struct {
		Requests  map[string]int `json:"sip_requests_by_method"`
		Responses map[string]int `json:"sip_responses_by_status"`
	}
	loadJSON(t, filepath.Join(dir, "truth.json"), &truth)
	for _, name := range []string{
		"heplify/sip_ipv4_tcp_fragmented-part1.pcap", "nextcaller/sip-tcp.pcap", "sipnab/sip-over-tcp.pcap",
		"suricata-verify/sip-method-tcp.pcap", "suricata-verify/sip-tcp-method.pcap",
		"suricata-verify/sip-tcp-pattern-matching.pcap", "suricata-verify/http-evader-486.pcap",
	} {
		t.Run(name, func(t *testing.T) {
			d, r := decodePcap(t, filepath.Join(dir, name))
			requests, responses := count(r.messages, false)
			if diff := cmp.Diff(truth[name].Requests, requests); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(truth[name].Responses, responses); diff != "" {
				t.Errorf("responses (-want +got):\n%s", diff)
			}
			t.Log("gaps", strconv.FormatUint(d.stats.TCPGaps, 10), "framing lost", d.stats.FramingLost)
		})
	}
}
