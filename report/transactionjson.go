package report

import (
	"strconv"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode"
)

// transaction appends the fields of one transaction. What the capture does not
// show is left out.
func (o *object) transaction(t *result.Transaction, live bool) {
	o.uint("id", t.ID)
	if t.Delivery != 0 {
		o.uint("delivery", t.Delivery)
	}
	o.identity(t)
	o.endpoints(t)
	o.text("content_type", t.ContentType)
	if !t.BodyCut {
		o.uint("body_bytes", uint64(t.BodyBytes))
	}
	if t.Body != nil {
		o.string("body", string(t.Body))
	}
	o.request(t)
	o.response(t)
	o.string("outcome", t.Outcome.String())
	o.string("cause", t.Cause)
	o.strings("findings", t.Findings)
	o.frames("request_frames", t.RequestFrames)
	o.frames("response_frames", t.ResponseFrames)
	if live {
		o.bool("closed", t.Closed)
	}
}

func (o *object) identity(t *result.Transaction) {
	o.string("method", t.Method)
	o.text("call_id", t.CallID)
	if t.HasCSeq {
		o.uint("cseq", t.CSeq)
	}
	o.text("branch", t.Branch)
	o.text("sent_by", t.SentBy)
	o.text("from", t.From)
	o.text("to", t.To)
	o.text("request_uri", t.RequestURI)
}

func (o *object) endpoints(t *result.Transaction) {
	o.string("transport", t.Transport.String())
	if t.IPsec {
		o.bool("ipsec", true)
	}
	o.endpoint("src", t.Src)
	o.endpoint("dst", t.Dst)
}

// endpoint appends an address and port as plain writes them, without making a
// string, unless they are unset.
func (o *object) endpoint(name string, e decode.Endpoint) {
	if e.IsZero() {
		return
	}
	o.key(name)
	o.b = append(o.b, '"')
	o.b = e.AddrPort().Addr().AppendTo(o.b)
	o.b = append(o.b, ':')
	o.b = strconv.AppendUint(o.b, uint64(e.Port), 10)
	o.b = append(o.b, '"')
}

func (o *object) request(t *result.Transaction) {
	if t.HasTime && len(t.RequestFrames) > 0 {
		o.nanos("first_request", t.FirstRequest)
		o.nanos("last_request", t.LastRequest)
	}
	o.uint("retransmissions", uint64(t.Retransmissions))
}

func (o *object) response(t *result.Transaction) {
	o.ints("provisional", t.Provisional)
	if t.Status != 0 {
		o.uint("status", uint64(t.Status))
		o.string("reason", t.Reason)
		if t.HasTime {
			o.nanos("final", t.Final)
		}
	}
	if t.HasRTT || !t.HasTime && t.Status != 0 && len(t.RequestFrames) > 0 {
		o.millis("rtt_ms", t.RTT)
		o.millis("rtt_last_ms", t.RTTLast)
	}
}

// plain writes an IPv6 address and port as scripts that compare reports expect
// them: without brackets, the port behind the last colon.
func plain(address string) string {
	if !strings.HasPrefix(address, "[") {
		return address
	}
	return strings.Replace(address[1:], "]", "", 1)
}
