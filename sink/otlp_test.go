package sink

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"simplecap/analyze"
	"simplecap/analyze/result"
)

// spansOf decodes what came, with the messages that OpenTelemetry publishes.
func spansOf(t *testing.T, r *receiver) (spans []*trace.Span) {
	t.Helper()
	for _, request := range r.requests {
		if request.path != "/v1/traces" || request.headers.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%s %v", request.path, request.headers)
		}
		var traces collector.ExportTraceServiceRequest
		if err := (proto.UnmarshalOptions{}).Unmarshal(request.body, &traces); err != nil {
			t.Fatal(err)
		}
		for _, resource := range traces.ResourceSpans {
			if got := resource.Resource.Attributes[0]; got.Key != "service.name" || got.Value.GetStringValue() != "simplecap" {
				t.Errorf("%v", resource.Resource)
			}
			for _, scope := range resource.ScopeSpans {
				if scope.Scope.Name != "simplecap" || scope.Scope.Version != "1.2.3" {
					t.Errorf("%v", scope.Scope)
				}
				spans = append(spans, scope.Spans...)
			}
		}
	}
	return spans
}

func openOTLP(t *testing.T, server *receiver) Output {
	t.Helper()
	store, err := OpenOTLP(server.address(t, "otlp+http", ""), schema, "host", "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	return Output{Name: "it", Store: store, Skip: [tables]bool{TextRows: true, Minutes: true, Findings: true}}
}

// TestOTLP wants a trace for each delivery: its span, one below it for each transaction,
// that of a hop below the one that it forwards, and retransmissions as events.
func TestOTLP(t *testing.T) {
	server := newReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b, x-other=c")
	r := analysed(t, New(Options{Wait: true}, openOTLP(t, server)), analyze.Options{}, "proxy-inleg-200-missing.pcap")
	spans := spansOf(t, server)
	byID := map[string]*trace.Span{}
	roots, events, failed := 0, 0, 0
	for _, s := range spans {
		if len(s.TraceId) != 16 || len(s.SpanId) != 8 || s.StartTimeUnixNano == 0 || s.EndTimeUnixNano < s.StartTimeUnixNano || byID[string(s.SpanId)] != nil || len(s.ProtoReflect().GetUnknown()) > 0 {
			t.Errorf("%v", s)
		}
		byID[string(s.SpanId)] = s
		events += len(s.Events)
		if s.Status.GetCode() == trace.Status_STATUS_CODE_ERROR {
			failed++
		}
	}
	for _, s := range spans {
		switch parent := byID[string(s.ParentSpanId)]; {
		case len(s.ParentSpanId) == 0:
			roots++
			if s.Kind != trace.Span_SPAN_KIND_INTERNAL || s.Status.GetMessage() != "answer-not-relayed" {
				t.Errorf("%v", s)
			}
		case parent == nil || !bytes.Equal(parent.TraceId, s.TraceId) || s.Kind != trace.Span_SPAN_KIND_CLIENT:
			t.Errorf("%v is below %v", s, parent)
		}
	}
	if roots != int(r.Summary.Deliveries) || len(spans)-roots != int(r.Summary.Transactions) || events != 2 || failed != 2 {
		t.Errorf("%d traces, %d spans, %d events, %d failed", roots, len(spans), events, failed)
	}
	if h := server.requests[0].headers; h.Get("X-Key") != "a b" || h.Get("X-Other") != "c" {
		t.Errorf("%v", h)
	}
	attributes := map[string]bool{}
	for _, s := range spans {
		for _, a := range s.Attributes {
			if a.Value.GetValue() == nil {
				t.Errorf("%s has no value", a.Key)
			}
			attributes[a.Key] = true
		}
	}
	if !attributes["sip.call_id"] || !attributes["sip.verdict"] || !attributes["sip.findings"] || !attributes["sip.status"] || attributes["sip.body"] || attributes["sip.delivery_id"] {
		t.Errorf("%v", attributes)
	}
}

// TestOTLPPartial wants spans that the collector refuses to be counted as lost.
func TestOTLPPartial(t *testing.T) {
	server := newReceiver(t)
	refused := false
	server.answer = func(_ int, w http.ResponseWriter) {
		if refused { // what is queued later comes by itself, or not
			return
		}
		refused = true
		b, err := proto.Marshal(&collector.ExportTraceServiceResponse{PartialSuccess: &collector.ExportTracePartialSuccess{RejectedSpans: 1, ErrorMessage: "too old"}})
		if err != nil {
			t.Error(err)
		}
		w.Write(b)
	}
	s := New(Options{Wait: true}, openOTLP(t, server))
	for i := range 5 {
		deliver(s, i+1, result.Delivered)
	}
	s.flush()
	err := s.Close(nil)
	if counts, _ := s.Counts(); err == nil || !strings.Contains(err.Error(), "too old") || counts[0].Refused != 1 || counts[0].Stored != 9 {
		t.Errorf("%v, %+v", err, counts)
	}
}
