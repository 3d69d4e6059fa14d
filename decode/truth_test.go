package decode

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/capture"
	"simplecap/decode/sip"
)

// truthFile is what truth.json says of one capture, as far as a decoder can know.
type truthFile struct {
	Messages     int                `json:"sip_messages"`
	Requests     map[string]uint64  `json:"requests"`
	Responses    map[string]uint64  `json:"responses"` // "200 MESSAGE"
	Transactions []truthTransaction `json:"transactions"`
}

type truthTransaction struct {
	CallID        string   `json:"call_id"`
	CSeq          uint64   `json:"cseq"`
	CSeqMethod    string   `json:"cseq_method"`
	Branch        string   `json:"branch"`
	SentBy        string   `json:"sent_by"`
	RequestFrames []uint64 `json:"request_frames"`
	FinalFrame    uint64   `json:"final_frame"` // 0 for none
	RTT           float64  `json:"rtt_ms"`
	Identities    int      `json:"identities"` // different Call-IDs and CSeqs under one branch
}

// TestCapturesWithTruth decodes every capture with ground truth: requests by
// method, responses by status and CSeq method, what each transaction is keyed
// by, and the times of its frames.
func TestCapturesWithTruth(t *testing.T) {
	var truth struct{ Files map[string]truthFile }
	readJSON(t, "pcaps/truth.json", &truth)
	if len(truth.Files) < 150 {
		t.Errorf("only %d captures", len(truth.Files))
	}
	for name, want := range truth.Files {
		if strings.Contains(name, " ") {
			continue // several files together
		}
		t.Run(name, func(t *testing.T) {
			d, r := decodeCapture(t, "pcaps/"+name)
			diff := cmp.Diff(orEmpty(want.Requests), d.stats.RequestCounts()) + cmp.Diff(orEmpty(want.Responses), responsesByCSeq(r.messages))
			if diff != "" {
				t.Errorf("-truth +got:\n%s", diff)
			}
			if d.stats.DecodeErrors != 0 {
				t.Errorf("%d decode errors", d.stats.DecodeErrors)
			}
			if len(r.messages) != want.Messages {
				t.Errorf("%d messages, want %d", len(r.messages), want.Messages)
			}
			compareTransactions(t, want.Transactions, r.messages)
		})
	}
}

func orEmpty(m map[string]uint64) map[string]uint64 {
	if m == nil {
		return map[string]uint64{}
	}
	return m
}

// responsesByCSeq counts responses as truth.json does; "None" is a CSeq that
// the capture does not hold.
func responsesByCSeq(messages []Message) map[string]uint64 {
	counts := map[string]uint64{}
	for i := range messages {
		m := &messages[i]
		if m.Kind == sip.Response {
			method := m.Text(m.CSeqMethod)
			if method == "" {
				method = "None"
			}
			counts[strconv.Itoa(m.Status)+" "+method]++
		}
	}
	return counts
}

// compareTransactions compares Call-ID, CSeq, branch and sent-by of each request
// with the transaction that truth.json puts its frame in, and the time to the
// final response with the RTT.
func compareTransactions(t *testing.T, transactions []truthTransaction, messages []Message) {
	t.Helper()
	for _, tx := range transactions {
		frames := tx.RequestFrames
		if tx.Identities > 1 {
			frames = frames[:1] // the others have other keys
		}
		for _, frame := range frames {
			m := messageOf(messages, frame, tx.Branch, sip.Request)
			if m == nil {
				t.Errorf("frame %d completes no request of branch %s", frame, tx.Branch)
				continue
			}
			compareKeys(t, &tx, m)
		}
		first := messageOf(messages, tx.RequestFrames[0], tx.Branch, sip.Request)
		final := messageOf(messages, tx.FinalFrame, tx.Branch, sip.Response)
		switch {
		case tx.FinalFrame == 0 || first == nil:
		case final == nil:
			t.Errorf("frame %d completes no response of branch %s", tx.FinalFrame, tx.Branch)
		case math.Abs(float64(final.Time-first.Time)/1e6-tx.RTT) > 0.001:
			t.Errorf("frame %d: RTT %v ns, want %v ms", tx.RequestFrames[0], final.Time-first.Time, tx.RTT)
		}
	}
}

// messageOf returns the message of a branch that a frame completes, nil for none.
func messageOf(messages []Message, frame uint64, branch string, kind sip.Kind) *Message {
	for i := range messages {
		m := &messages[i]
		if m.Frame.Number() == frame && m.Kind == kind && m.Text(m.Branch) == branch {
			return m
		}
	}
	return nil
}

func compareKeys(t *testing.T, want *truthTransaction, m *Message) {
	t.Helper()
	got := *want
	got.CallID, got.CSeq, got.CSeqMethod, got.SentBy = m.Text(m.CallID), m.CSeqNumber, m.Text(m.CSeqMethod), m.Text(m.SentBy)
	if diff := cmp.Diff(*want, got); diff != "" {
		t.Errorf("frame %d (-truth +got)\n%s", m.Frame.Number(), diff)
	}
}

// TestNoise checks what is counted of traffic that is not SIP.
func TestNoise(t *testing.T) {
	d, r := decodeCapture(t, "pcaps/noise.pcap")
	if len(r.messages) != 10 || d.stats.Messages != 10 {
		t.Errorf("%d messages, want 10", len(r.messages))
	}
	want := map[Class]uint64{ClassOther: 6, ClassSIPOther: 1, ClassKeepAlive: 5, ClassRTP: 17, ClassRTCP: 5, ClassSTUN: 10, ClassDNS: 5, ClassHTTP: 10}
	for class, packets := range want {
		if got := d.stats.Census.Packets[class]; got != packets {
			t.Errorf("%d packets of class %d, want %d", got, class, packets)
		}
	}
	d, _ = decodeCapture(t, "pcaps/malformed-requests.pcap")
	if got := d.stats.Census.Packets[ClassSIPOther]; got != 1 {
		t.Errorf("%d packets of SIP in another version, want the one of SIP/3.0", got)
	}
}

func TestLostFragments(t *testing.T) {
	d, _ := decodeCapture(t, "pcaps/ipv4-fragment-lost.pcap")
	want := []capture.Ref{capture.MakeRef(1, 3), capture.MakeRef(1, 4), capture.MakeRef(1, 9), capture.MakeRef(1, 10)}
	if got := d.stats.IncompleteFrames; d.Stats().FragmentsIncomplete != 2 || len(got) != 4 || got[0] != want[0] || got[3] != want[3] {
		t.Errorf("%d incomplete, frames %v, want 2 and %v", d.Stats().FragmentsIncomplete, got, want)
	}
}

func TestPortUnreachable(t *testing.T) {
	_, r := decodeCapture(t, "pcaps/udp-no-response-port-unreachable.pcap")
	if len(r.errors) != 3 {
		t.Fatalf("%d ICMP errors, want 3", len(r.errors))
	}
	e := r.errors[0]
	if e.Reason != "port unreachable" || e.From.Host() != "192.0.2.20" || e.Src.String() != "192.0.2.10:5060" ||
		e.Dst.String() != "192.0.2.20:5060" || e.Transport != UDP || !sip.StartsMessage(e.Quoted) {
		t.Errorf("got %+v", e)
	}
}

// TestTransportsWithTruth decodes the captures of TLS, WebSocket, SCTP and IPsec, with
// their keys.
func TestTransportsWithTruth(t *testing.T) {
	var truth struct {
		Files map[string]struct {
			truthFile
			AlsoRight any `json:"also_right"`
		}
	}
	readJSON(t, "transports/truth.json", &truth)
	for name, want := range truth.Files {
		if want.AlsoRight != nil && name != "tls-segment-missing.pcap" {
			continue // several counts are right
		}
		t.Run(name, func(t *testing.T) {
			d, r := decodeCapture(t, "transports/"+name)
			diff := cmp.Diff(orEmpty(want.Requests), d.stats.RequestCounts()) + cmp.Diff(orEmpty(want.Responses), responsesByCSeq(r.messages))
			if diff != "" {
				t.Errorf("-truth +got:\n%s", diff)
			}
			if d.stats.DecodeErrors != 0 {
				t.Errorf("%d decode errors", d.stats.DecodeErrors)
			}
			compareTransactions(t, want.Transactions, r.messages)
		})
	}
}
