package report

import (
	"net/netip"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// start is the time of the first packet of the samples.
var start = time.Date(2026, 1, 1, 9, 59, 58, 0, time.UTC)

func at(d time.Duration) int64 { return start.Add(d).UnixNano() }

func address(s string) decode.Endpoint {
	a := netip.MustParseAddrPort(s)
	return decode.Endpoint{IP: decode.AddrFrom16(a.Addr().As16()), Port: a.Port()}
}

func frames(numbers ...uint64) []capture.Ref {
	var refs []capture.Ref
	for _, n := range numbers {
		refs = append(refs, capture.MakeRef(1, n))
	}
	return refs
}

// answered is a transaction that got a 200 after 20.357 ms.
func answered() result.Transaction {
	return result.Transaction{
		ID: 1, Method: "MESSAGE", CallID: "a@b", CSeq: 1, HasCSeq: true, Branch: "z9hG4bKx", SentBy: "10.0.0.1:5060",
		From: "sip:alice@example.com", To: "sip:bob@example.com", RequestURI: "sip:bob@10.0.0.2",
		Transport: decode.UDP, Src: address("10.0.0.1:5060"), Dst: address("10.0.0.2:5060"),
		ContentType: "text/plain", BodyBytes: 12, Body: []byte("Hello world."),
		HasTime: true, FirstRequest: at(0), LastRequest: at(0), Provisional: []int{100},
		Status: 200, Reason: "OK", Final: at(20357 * time.Microsecond),
		RTT: 20357 * time.Microsecond, RTTLast: 20357 * time.Microsecond, HasRTT: true,
		Outcome: result.Success, Findings: []string{"over-1300-on-udp"}, Closed: true,
		RequestFrames: frames(1), ResponseFrames: frames(2, 3),
	}
}

// unanswered was sent four times and never answered.
func unanswered() result.Transaction {
	t := answered()
	t.ID, t.CallID, t.Branch = 2, "c@d", "z9hG4bKy"
	t.Provisional, t.Status, t.Reason, t.Final, t.RTT, t.RTTLast, t.HasRTT = nil, 0, "", 0, 0, 0, false
	t.FirstRequest, t.LastRequest, t.Retransmissions = at(time.Second), at(4500*time.Millisecond), 3
	t.Outcome, t.Cause = result.Timeout, "no response at all"
	t.Findings, t.RequestFrames, t.ResponseFrames = []string{"no-final-response"}, frames(4, 5, 6, 12), nil
	return t
}

// hostile carries in each field what could drive a terminal, a spreadsheet or a browser.
func hostile() result.Transaction {
	t := answered()
	t.ID, t.Method = 3, "mess\x1b[2Jage"
	t.CallID = "=cmd|' /C calc'!A0\r\n\"x\""
	t.From = "sip:\u202eevil\xff\u200b@example.com\x07</script>"
	t.To = "+49|`@everyone` <img src=x onerror=alert(1)> #1"
	t.Transport, t.Src, t.Dst = decode.TCP, address("[2001:db8::1]:5060"), address("[2001:db8::2]:49152")
	t.Status, t.Reason, t.Outcome = 486, "Busy\u009b31m Here", result.Rejected
	t.Body = []byte("line one\r\nline two\x00")
	t.RTT = 1204 * time.Millisecond
	t.RequestFrames, t.ResponseFrames = frames(7), frames(9)
	return t
}

func pending() result.Transaction {
	t := unanswered()
	t.ID, t.Outcome, t.Retransmissions, t.Cause, t.Findings = 4, result.Pending, 0, "", nil
	t.FirstRequest = at(62 * time.Second)
	t.RequestFrames = frames(13)
	return t
}

func orphan() result.Transaction {
	t := answered()
	t.ID, t.Outcome, t.RequestURI, t.FirstRequest, t.LastRequest = 5, result.Orphan, "", 0, 0
	t.HasRTT, t.RequestFrames, t.ResponseFrames, t.ContentType, t.BodyBytes, t.Body = false, nil, frames(14), "", 0, nil
	return t
}

// sample is the run that the golden files show, its transactions in the order of closing.
func sample() ([]result.Transaction, *result.Report) {
	ms := func(f float64) time.Duration { return time.Duration(f * 1e6) }
	rtt := result.RTT{Count: 2, Min: 20357 * time.Microsecond, Mean: ms(612.1785), P50: ms(20.357), P90: ms(1204), P95: ms(1204), P99: ms(1204), Max: ms(1204)}
	r := &result.Report{
		Inputs: []capture.Input{{
			Name: "a.pcap", Format: "pcap", LinkTypes: []string{"EN10MB"}, Packets: 14, Bytes: 7066,
			First: start, Last: start.Add(63 * time.Second), Complete: true,
		}},
		Quality: result.Quality{TCPGaps: 1, Duplicates: 2},
		SIP: result.SIPCounts{
			Messages: 13, Requests: map[string]uint64{"MESSAGE": 7, "OPTIONS": 1},
			Responses: map[string]uint64{"100": 1, "200": 3, "486": 1}, Mentions: 1,
		},
		Summary: result.Summary{Transactions: 5, Success: 1, Rejected: 1, Timeout: 1, Pending: 1, Orphan: 1, Missing200: 1, Retransmissions: 3},
		RTT:     rtt,
		Peers: []result.Peer{
			{Address: "10.0.0.2:5060", UserAgent: "Kamailio\x1b]0;x\x07 5.6", Transactions: 4, Success: 1, Missing200: 1,
				RTT: result.RTT{Count: 1, Min: rtt.Min, Mean: rtt.Min, P50: rtt.Min, P90: rtt.Min, P95: rtt.Min, P99: rtt.Min, Max: rtt.Min}},
			{Address: "[2001:db8::2]:49152", Transactions: 1, RTT: result.RTT{Count: 1, Min: rtt.Max, Mean: rtt.Max, P50: rtt.Max, P90: rtt.Max, P95: rtt.Max, P99: rtt.Max, Max: rtt.Max}},
		},
		Findings: []result.Finding{
			{Rule: "no-final-response", Severity: result.Error, Reference: "RFC 3261 17.1.2.2", Peer: "10.0.0.2:5060", UserAgent: "Kamailio\x1b]0;x\x07 5.6",
				Count: 1, Message: "10.0.0.2:5060 answered nothing within 32 s although the request was sent 4 times", Transactions: []uint64{2}, Frames: frames(4, 5, 6, 12)},
			{Rule: "failure-response", Severity: result.Warning, Reference: "RFC 3428 7", Peer: "[2001:db8::2]:49152",
				Count: 1, Message: "refused with 486 @team | <b>`Busy`\x1b[31m</b>", Transactions: []uint64{3}, Frames: frames(9)},
		},
	}
	return []result.Transaction{hostile(), answered(), orphan(), unanswered(), pending()}, r
}
