package main

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/content/sms"
)

func sampleTransaction() result.Transaction {
	src := netip.MustParseAddrPort("10.0.0.1:5060")
	return result.Transaction{
		ID: 7, Method: "MESSAGE", CallID: "a@b", CSeq: 2, HasCSeq: true, From: "sip:alice@example.com", To: "tel:+4930",
		Transport: decode.UDP, Src: decode.Endpoint{IP: decode.AddrFrom16(src.Addr().As16()), Port: src.Port()}, BodyBytes: 12,
		HasTime: true, FirstRequest: time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC).UnixNano(),
		Status: 404, Reason: "Not Found", RTT: 20 * time.Millisecond, RTTLast: 20 * time.Millisecond, HasRTT: true,
		LastRequest: time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC).UnixNano(), Final: time.Date(2026, 1, 1, 10, 0, 0, 20e6, time.UTC).UnixNano(),
		Delivery: 3, Verdict: result.Refused, Body: []byte("hello"), Outcome: result.Rejected,
		Retransmissions: 2, Provisional: []int{100}, Findings: []string{"failure-response"},
		RequestFrames: []capture.Ref{capture.MakeRef(1, 3)}, ResponseFrames: []capture.Ref{capture.MakeRef(1, 9)},
	}
}

func TestWhere(t *testing.T) {
	for _, test := range []struct {
		text                 string
		answered, unanswered bool
	}{
		{`status >= 400 || rtt > duration("1s") || from contains "alice"`, true, true},
		{`status in 400..499`, true, false},
		{`rtt > duration("10ms")`, true, false},
		{`rtt > duration("1s")`, false, false},
		{`rtt >= duration("0s") && rtt < duration("1s")`, true, false},
		{`rtt_ms == 20.0`, true, false},
		{`outcome == "timeout"`, false, true},
		{`src_host == "10.0.0.1" && src == "10.0.0.1:5060" && transport == "udp"`, true, true},
		{`"failure-response" in findings`, true, false},
		{`any(frames, # == 9)`, true, false},
		{`100 in provisional && len(provisional) == 1`, true, false},
		{`to matches "^tel:"`, true, true},
		{`first_request > date("2026-01-01T09:00:00Z")`, true, true},
		{`final > first_request && last_request == first_request`, true, false},
		{`rtt_last_ms == 20.0 && rtt_last == duration("20ms") && 9 in response_frames`, true, false},
		{`body contains "hello" && delivery == 3 && !closed`, true, true},
		{`verdict == "refused" || verdict in ["no-answer", "unknown"]`, true, true},
		{`delivery_verdict == "refused" && delivery_id == 3 && delivery_hops == 2 && delivery_total_ms == 40.0`, true, false},
		{`delivery_total_ms < 0`, false, true},
		{`"x@y" in delivery_call_ids && delivery_sender == "" && !delivery_closed`, true, false},
		{`hop_transaction == 7 && hop_parent == 6 && hop_forward_ms == 5.0`, true, false},
		{`"error" in finding_severity && "failure-response" in finding_rule && "note" in finding_severity`, true, false},
		{`any(finding_count, # > 4) && 404 in finding_status && 9 in finding_frames && 7 in finding_transactions`, true, false},
		{`len(finding_peer) == 0`, false, true},
		{`retransmissions + duplicates > 1 && id == 7 && cseq == 2 && body_bytes < 100`, true, true},
	} {
		w, err := compileWhere(test.text, true)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		answered, unanswered := sampleTransaction(), sampleTransaction()
		unanswered.Status, unanswered.HasRTT, unanswered.RTT, unanswered.Outcome = 0, false, 0, result.Timeout
		unanswered.Final = 0
		answered.InDelivery = &result.Delivery{ID: 3, Verdict: result.Refused, HasTotal: true, Total: 40 * time.Millisecond, CallIDs: []string{"a@b", "x@y"},
			Hops: []result.Hop{{Transaction: 6}, {Transaction: 7, Parent: 6, HasForward: true, Forward: 5 * time.Millisecond}}}
		answered.InFindings = []*result.Finding{
			{Rule: "failure-response", Severity: result.Error, Peer: "10.0.0.2:5060", Status: 404, Count: 5, Transactions: []uint64{7, 8}, Frames: []capture.Ref{capture.MakeRef(1, 9)}},
			{Rule: "strict-parser", Severity: result.Note, Peer: "10.0.0.1:5060", Count: 1},
		}
		unanswered.Provisional, unanswered.Findings, unanswered.ResponseFrames = nil, nil, nil
		if got := w.match(&answered); got != test.answered {
			t.Errorf("%s is %t for the answered transaction", test.text, got)
		}
		if got := w.match(&unanswered); got != test.unanswered {
			t.Errorf("%s is %t for the unanswered transaction", test.text, got)
		}
		if err := w.failure(); err != nil {
			t.Errorf("%s: %v", test.text, err)
		}
	}
}

func TestWhereErrors(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`stauts > 400`, "unknown name stauts at column 1"},
		{`stauts > 400`, "did you mean status?"},
		{`text_knd == "im"`, "did you mean text_kind?"},
		{`delivery_verdct == "refused"`, "did you mean delivery_verdict?"},
		{`rule == "cleartext"`, `unknown name rule at column 1: did you mean finding_rule?`},
		{`end == "refused"`, `unknown name end at column 1: did you mean text_end?`},
		{`delivery_verdict == "refusd"`, `delivery_verdict is never "refusd": did you mean refused?`},
		{`"eror" in finding_severity`, `finding_severity is never "eror": did you mean error?`},
		{`any(finding_rule, # == "late-respnse")`, `did you mean late-response?`},
		{`sms_rp_cause == 22`, `unknown name sms_rp_cause at column 1: did you mean text_cause?`},
		{`text_sms_rp_mr == 22`, `did you mean sms_rp_mr?`},
		{`sms_alphabet == "GSM7"`, `sms_alphabet is never "GSM7": did you mean gsm7?`},
		{`any(receipt_kind, # == "rpack")`, `receipt_kind is never "rpack": did you mean rp-ack?`},
		{`sms_rp_mr == 1 && status == 200`, "of texts or of transactions, not for both"},
		{`text_end == "refusd"`, `text_end is never "refusd": did you mean refused?`},
		{`"rp-eror" in text_receipts`, `text_receipts is never "rp-eror": did you mean rp-error?`},
		{`text_end == "refused" && status == 200`, "of texts or of transactions, not for both"},
		{`outcome == "timeot"`, `outcome is never "timeot": did you mean timeout? It is one of success, challenged,`},
		{`"refusd" == verdict`, `verdict is never "refusd": did you mean refused?`},
		{`outcome in ["timeout", "rejectd"]`, `outcome is never "rejectd"`},
		{`outcome != "timeot"`, `outcome is never "timeot"`},
		{`outcome contains "tout"`, `outcome is never "tout"`},
		{`transport == "UDP"`, `transport is never "UDP": did you mean udp?`},
		{`"no-final-respones" in findings`, `findings is never "no-final-respones": did you mean no-final-response?`},
		{`any(findings, # == "cleartxt")`, `findings is never "cleartxt"`},
		{`status`, "expected bool, but got int"},
		{`status >`, "unexpected token EOF at column"},
		{`from > 3`, "at column 6"},
		{`now() > first_request`, "unknown name now at column 1"},
		{`1 in 1..100000000`, "at most 1000 elements"},
		{`any(1..status, # > 3)`, "at most 1000 elements"},
		{`any(frames, any(frames, any(frames, # > 1)))`, "2 times at most"},
		{`repeat("x", 1000000000) == ""`, "unknown name repeat"},
		{strings.Repeat("true || ", 600) + "true", "more than 4096 bytes"},
		{strings.Repeat("!", 2000) + "true", "exceeds"},
	} {
		if _, err := compileWhere(test.text, true); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.60s: %v, want %q", test.text, err, test.want)
		}
	}
}

// An expression that has no value for a transaction does not match it, and says so.
func TestWhereFailsAtRun(t *testing.T) {
	w, err := compileWhere(`frames[5] > 3`, false)
	if err != nil {
		t.Fatal(err)
	}
	x := sampleTransaction()
	if w.match(&x) || w.failure() == nil || !strings.Contains(w.failure().Error(), "left out for it: 1") {
		t.Errorf("failure is %v", w.failure())
	}
}

func FuzzWhere(f *testing.F) {
	for _, s := range []string{`status >= 400`, `any(frames, # in 1..9)`, `from matches to`, `frames[-1]`, `let x = 1; x > 0`, `sort(findings)[0] == ""`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, err := compileWhere(text, true)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %q", err)
			}
			return
		}
		x := sampleTransaction()
		if first, second := w.match(&x), w.match(&x); first != second {
			t.Errorf("%q is %t, then %t", text, first, second)
		}
	})
}

func BenchmarkWhere(b *testing.B) {
	w, err := compileWhere(`status >= 400 || rtt > duration("1s") || from contains "bob"`, false)
	if err != nil {
		b.Fatal(err)
	}
	x := sampleTransaction()
	b.ReportAllocs()
	for b.Loop() {
		w.match(&x)
	}
}

// Expressions see a text's fields as the report has them.
func TestWhereOfTexts(t *testing.T) {
	text := result.Text{ID: 3, Kind: result.SMSSubmit, From: "sip:alice@example.com", End: result.RefusedText, Status: 202,
		Content: &content.Content{SMS: &sms.Message{Type: sms.DataUp, Reference: 9, HasReference: true, TPDU: sms.TPDU{Kind: sms.Submit, First: 0x20, Class: -1, Header: []byte{}, Concat: sms.Concat{Parts: 3, Part: 2}}},
			IMDNs: []content.Notification{{Status: "delivered"}, {Status: "failed"}}},
		Receipts: []result.Receipt{{Kind: "rp-error", Cause: 22, HasAfter: true, After: time.Second, MatchedBy: "rp-mr"}, {Kind: "status-report", TPStatus: 0x46, Late: true}}}
	for expression, want := range map[string]bool{
		`text_kind == "sms-submit" && text_end == "refused"`: true,
		`text_kind == "im"`: false,
		`text_cause == 22 && "rp-error" in text_receipts`:                           true,
		`text_after > duration("2s")`:                                               false,
		`text_after_ms == 1000.0 && text_id == 3`:                                   true,
		`text_from contains "alice" && text_sip_status == 202`:                      true,
		`text_parts == 3 && text_late && !text_malformed`:                           true,
		`sms_rp_mr == 9 && sms_tp_mr == -1 && sms_rp_type == "RP-DATA"`:             true,
		`sms_tp_srr && sms_udh && sms_udh_part == 2 && !sms_udh_ports`:              true,
		`sms_class == -1 && sms_tp_st == -1 && sms_tp_st_name == "" && !sms_tp_srq`: true,
		`text_cpim || cpim_message_id != "" || len(cpim_disposition) > 0`:           false,
		`text_msrp || msrp_bytes > 0 || composing_state != "" || text_whole`:        false,
		`imdn_status == "delivered" && "failed" in imdn_aggregated_status`:          true,
		`receipt_cause == [22, 0] && receipt_status == [-1, 70]`:                    true,
		`any(receipt_after_ms, # > 900) && true in receipt_late`:                    true,
		`receipt_cause_name[1] == "" && receipt_matched_by[0] == "rp-mr"`:           true,
		`text_characters == -1 && text_tp_address == ""`:                            true,
	} {
		w, err := compileWhere(expression, false)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if got := w.matchText(&text); got != want || w.failure() != nil {
			t.Errorf("%s is %t, %v", expression, got, w.failure())
		}
	}
	for _, expression := range []string{`text_text contains "x"`, `sms_data != ""`, `whole_text != ""`} {
		if _, err := compileWhere(expression, false); err == nil || !strings.Contains(err.Error(), "needs --bodies") {
			t.Errorf("%s without --bodies: %v", expression, err)
		}
	}
	if _, err := new(checkCommand).compiler().Transactions(`text_id == 3`); err == nil {
		t.Error("an expression about texts is taken for one about transactions")
	}
}
