package result

import (
	"sync"
	"time"

	"simplecap/capture"
	"simplecap/decode"
)

// Fields returns the fields of a transaction, in the order of the report.
func Fields() []Field { return transactionFields() }

// transactionFields is the table. It is not changed.
var transactionFields = sync.OnceValue(func() []Field {
	return []Field{
		number("id", "number of the transaction, from 1 in order of first appearance", func(t *Transaction) int64 { return int64(t.ID) }),
		number("delivery", "number of the delivery it belongs to", func(t *Transaction) int64 { return int64(t.Delivery) }).where(func(t *Transaction) bool { return t.Delivery != 0 }),
		text("method", "method token, exactly as on the wire", func(t *Transaction) string { return t.Method }).always(),
		text("call_id", "Call-ID", func(t *Transaction) string { return t.CallID }),
		number("cseq", "number of the CSeq", func(t *Transaction) int64 { return int64(t.CSeq) }).where(func(t *Transaction) bool { return t.HasCSeq }),
		text("branch", "branch of the topmost Via", func(t *Transaction) string { return t.Branch }),
		text("sent_by", "sent-by of the topmost Via", func(t *Transaction) string { return t.SentBy }),
		text("from", "address in From", func(t *Transaction) string { return t.From }),
		text("to", "address in To", func(t *Transaction) string { return t.To }),
		text("request_uri", "Request-URI", func(t *Transaction) string { return t.RequestURI }),
		text("transport", "transport", func(t *Transaction) string { return t.Transport.String() }).oneOf(decode.TransportNames).always(),
		truth("ipsec", "it came in ESP or AH", func(t *Transaction) bool { return t.IPsec }).where(func(t *Transaction) bool { return t.IPsec }),
		address("src", "address and port the request came from", func(t *Transaction) decode.Endpoint { return t.Src }),
		address("dst", "address and port it went to", func(t *Transaction) decode.Endpoint { return t.Dst }),
		text("content_type", "Content-Type of the request", func(t *Transaction) string { return t.ContentType }),
		number("body_bytes", "size of its body; -1 in filters where the capture holds a part of it", func(t *Transaction) int64 { return int64(t.BodyBytes) }).
			where(func(t *Transaction) bool { return !t.BodyCut }).without(-1).inBytes(),
		bytes("body", "its body; only with --bodies", func(t *Transaction) []byte { return t.Body }).ofBodies(),
		moment("first_request", "time of the first transmission", func(t *Transaction) int64 { return t.FirstRequest }, hasRequestTime),
		moment("last_request", "time of the last transmission before the final response", func(t *Transaction) int64 { return t.LastRequest }, hasRequestTime),
		number("retransmissions", "copies that the sender sent again", func(t *Transaction) int64 { return int64(t.Retransmissions) }),
		numbers("provisional", "statuses of 1xx responses, in order of arrival", func(t *Transaction) []int { return t.Provisional }),
		number("status", "status of the first final response; 0 in filters without one", func(t *Transaction) int64 { return int64(t.Status) }).where(hasFinal),
		text("reason", "its reason phrase", func(t *Transaction) string { return t.Reason }).where(hasFinal),
		moment("final", "its time", func(t *Transaction) int64 { return t.Final }, func(t *Transaction) bool { return hasFinal(t) && t.HasTime }),
		untimed(millis("rtt_ms", "first transmission to first final response; -1 in filters without one", rtt, hasRTT)),
		untimed(millis("rtt_last_ms", "last transmission before the final response to it; -1 in filters without one", rttLast, hasRTT)),
		text("outcome", "how it ended", func(t *Transaction) string { return t.Outcome.String() }).oneOf(OutcomeNames).always(),
		text("cause", "why there is no final response, as far as the capture shows", func(t *Transaction) string { return t.Cause }).always(),
		texts("findings", "ids of the rules that it breaks", func(t *Transaction) []string { return t.Findings }).rules(),
		frames("request_frames", "a frame for each transmission; in filters numbers of the first 100", func(t *Transaction) []capture.Ref { return t.RequestFrames }),
		frames("response_frames", "a frame for each response; in filters numbers of the first 100", func(t *Transaction) []capture.Ref { return t.ResponseFrames }),
		truth("closed", "nothing can join it any more; in the report of live only", func(t *Transaction) bool { return t.Closed }),
		text("verdict", "verdict of its delivery, empty before that has closed", func(t *Transaction) string { return t.Verdict.String() }).oneOf(VerdictNames).derived(),
		text("src_host", "src without the port", func(t *Transaction) string { return t.Src.Host() }).derived(),
		text("dst_host", "dst without the port", func(t *Transaction) string { return t.Dst.Host() }).derived(),
		duration("rtt", "rtt_ms as a duration, to compare with duration(\"1s\")", rtt, hasRTT).derived(),
		duration("rtt_last", "rtt_last_ms as a duration", rttLast, hasRTT).derived(),
		number("duplicates", "copies that the capture itself made", func(t *Transaction) int64 { return int64(t.Duplicates) }).derived(),
		frames("frames", "request_frames and response_frames", func(t *Transaction) []capture.Ref {
			return append(append(make([]capture.Ref, 0, len(t.RequestFrames)+len(t.ResponseFrames)), t.RequestFrames...), t.ResponseFrames...)
		}).derived(),
	}
})

// untimed has a round trip in JSON, as 0, where the capture has no times: who compares
// reports counts them.
func untimed(f Field) Field {
	f.inJSON = func(t *Transaction) bool { return t.HasRTT || !t.HasTime && hasFinal(t) && len(t.RequestFrames) > 0 }
	return f
}

func rtt(t *Transaction) time.Duration     { return t.RTT }
func rttLast(t *Transaction) time.Duration { return t.RTTLast }

func hasRTT(t *Transaction) bool { return t.HasRTT }

func hasRequestTime(t *Transaction) bool { return t.HasTime && len(t.RequestFrames) > 0 }

func hasFinal(t *Transaction) bool { return t.Status != 0 }
