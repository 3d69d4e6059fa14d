package sink

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// otlp sends traces to a collector of OpenTelemetry (OTLP over HTTP, protobuf). A
// delivery is a trace: its span, under it one for each transaction, a child of the one that
// it forwards, and retransmissions as events.
type otlp struct {
	*poster
	schema   *Schema
	resource []byte // as it stands in each request
	scope    []byte
	buffer   []byte
}

// The fields of the messages of OTLP that are written here
// (opentelemetry/proto/trace/v1/trace.proto, common/v1, resource/v1).
const (
	requestResourceSpans                                                                                          = 1
	resourceSpansResource, resourceSpansScope                                                                     = 1, 2
	resourceAttributes                                                                                            = 1
	scopeSpansScope, scopeSpansSpan                                                                               = 1, 2
	scopeName, scopeVersion                                                                                       = 1, 2
	spanTrace, spanID, spanParent, spanName, spanKind, spanStart, spanEnd, spanAttributes, spanEvents, spanStatus = 1, 2, 4, 5, 6, 7, 8, 9, 11, 15
	eventTime, eventName, eventAttributes                                                                         = 1, 2, 3
	statusMessage, statusCode                                                                                     = 2, 3
	keyValueKey, keyValueValue                                                                                    = 1, 2
	anyString, anyBool, anyInt, anyDouble, anyArray                                                               = 1, 2, 3, 4, 5
	arrayValues                                                                                                   = 1
	answerPartial, partialRejected, partialMessage                                                                = 1, 1, 2

	kindInternal, kindClient, codeError = 1, 3, 2
)

// OpenOTLP opens otlp+http://HOST:PORT. Header fields for a server that asks who calls are
// in the environment, as OTEL_EXPORTER_OTLP_HEADERS has them.
func OpenOTLP(a *Address, schema *Schema, writer, version string) (Store, error) {
	if err := a.NoMore(); err != nil {
		return nil, err
	}
	path := "/v1/traces"
	if strings.Trim(a.URL.Path, "/") != "" {
		path = ""
	}
	o := &otlp{poster: newPoster(a, path), schema: schema}
	for _, field := range strings.Split(os.Getenv("OTEL_EXPORTER_OTLP_HEADERS"), ",") {
		name, value, ok := strings.Cut(field, "=")
		if plain, err := url.PathUnescape(value); ok && err == nil {
			o.headers.Set(strings.TrimSpace(name), strings.TrimSpace(plain))
		}
	}
	o.resource = attribute(nil, resourceAttributes, "service.name", "simplecap")
	o.resource = attribute(o.resource, resourceAttributes, "host.name", writer)
	o.scope = text(text(nil, scopeName, "simplecap"), scopeVersion, version)
	return o, nil
}

// Write implements Store.
func (o *otlp) Write(ctx context.Context, b Batch) error {
	spans := message(nil, scopeSpansScope, o.scope)
	n := 0
	for i := range b {
		if span := o.span(b[i]); span != nil {
			spans = message(spans, scopeSpansSpan, span)
			n++
		}
	}
	if n == 0 {
		return nil
	}
	o.buffer = message(o.buffer[:0], resourceSpansResource, o.resource)
	o.buffer = message(o.buffer, resourceSpansScope, spans)
	body, err := o.compress(message(nil, requestResourceSpans, o.buffer))
	if err != nil {
		return Permanent(err)
	}
	said, err := o.post(ctx, o.url, body, map[string]string{"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"})
	if err != nil {
		return err
	}
	return rejected(said)
}

// Flush implements Store.
func (o *otlp) Flush(context.Context) error { return nil }

// Close implements Store.
func (o *otlp) Close() error {
	o.client.CloseIdleConnections()
	return nil
}

// span makes the span of a row, nil where it has no time.
func (o *otlp) span(r Record) []byte {
	row := rowReader{o.schema[r.Table], r.Row}
	first, ok := row.get("first_request").(time.Time)
	if !ok {
		return nil
	}
	if r.Table == Deliveries {
		return row.delivery(first)
	}
	return row.transaction(first)
}

// rowReader reads a row by the names of its columns.
type rowReader struct {
	*Table
	row Row
}

func (r rowReader) get(name string) any { return r.row[r.Column(name)] }

func (r rowReader) text(name string) string {
	s, _ := r.get(name).(string)
	return s
}

// id is the bytes of an id.
func (r rowReader) id(name string) []byte {
	b, _ := hex.DecodeString(r.text(name))
	return b
}

// spanOf is the id of the span of the thing with an id.
func spanOf(id []byte) []byte { return id[max(0, len(id)-8):] }

func (r rowReader) delivery(first time.Time) []byte {
	id := r.id("delivery_id")
	end := first
	if total, ok := r.get("total_ms").(float64); ok {
		end = first.Add(time.Duration(total * 1e6))
	}
	b := bytesField(bytesField(nil, spanTrace, id), spanID, spanOf(id))
	b = text(b, spanName, "MESSAGE delivery")
	b = times(number(b, spanKind, kindInternal), first, end)
	if failed, _ := r.get("failed").(bool); failed {
		b = failure(b, r.text("verdict"))
	}
	return r.attributes(b)
}

func (r rowReader) transaction(first time.Time) []byte {
	id := r.id("transaction_id")
	trace, parent := r.id("delivery_id"), r.id("parent_id")
	if len(trace) == 0 {
		trace = id
	} else if len(parent) == 0 {
		parent = trace
	}
	last, _ := r.get("last_request").(time.Time)
	end, ok := r.get("final").(time.Time)
	if !ok {
		end = last
	}
	b := bytesField(bytesField(nil, spanTrace, trace), spanID, spanOf(id))
	if len(parent) > 0 {
		b = bytesField(b, spanParent, spanOf(parent))
	}
	b = text(b, spanName, "MESSAGE transaction")
	b = times(number(b, spanKind, kindClient), first, end)
	if n, _ := r.get("retransmissions").(int64); n > 0 {
		event := text(fixed(nil, eventTime, uint64(last.UnixNano())), eventName, "retransmission")
		b = message(b, spanEvents, attribute(event, eventAttributes, "sip.retransmissions", n))
	}
	if outcome := r.text("outcome"); outcome != "success" && outcome != "challenged" && outcome != "pending" {
		b = failure(b, outcome)
	}
	return r.attributes(b)
}

// attributes are all columns but those that the span has already.
func (r rowReader) attributes(b []byte) []byte {
	for i := range r.Columns {
		switch name := r.Columns[i].Name; name {
		case "delivery_id", "transaction_id", "parent_id", "version", "first_request":
		default:
			if r.row[i] != nil {
				b = attribute(b, spanAttributes, "sip."+name, r.row[i])
			}
		}
	}
	return b
}

func failure(b []byte, why string) []byte {
	return message(b, spanStatus, number(text(nil, statusMessage, why), statusCode, codeError))
}

func times(b []byte, first, end time.Time) []byte {
	if end.Before(first) {
		end = first
	}
	return fixed(fixed(b, spanStart, uint64(first.UnixNano())), spanEnd, uint64(end.UnixNano()))
}

// attribute appends a KeyValue.
func attribute(b []byte, field protowire.Number, name string, v any) []byte {
	return message(b, field, message(text(nil, keyValueKey, name), keyValueValue, anyValue(v)))
}

// anyValue is an AnyValue.
func anyValue(v any) (b []byte) {
	switch v := v.(type) {
	case string:
		return text(b, anyString, v)
	case bool:
		return number(b, anyBool, protowire.EncodeBool(v))
	case int64:
		return number(b, anyInt, uint64(v))
	case float64:
		return fixed(b, anyDouble, math.Float64bits(v))
	case time.Time:
		return text(b, anyString, v.UTC().Format(timeLayout))
	case []string:
		return array(v)
	case []int64:
		return array(v)
	}
	return b
}

func array[T any](values []T) []byte {
	var list []byte
	for _, v := range values {
		list = message(list, arrayValues, anyValue(v))
	}
	return message(nil, anyArray, list)
}

func text(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func bytesField(b []byte, field protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), value)
}

// message appends a message that is encoded.
func message(b []byte, field protowire.Number, encoded []byte) []byte {
	return bytesField(b, field, encoded)
}

func number(b []byte, field protowire.Number, n uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), n)
}

func fixed(b []byte, field protowire.Number, n uint64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), n)
}

// rejected is an error where the collector says that it did not take all spans.
func rejected(said []byte) error {
	partial := fieldOf(said, answerPartial)
	n, _ := protowire.ConsumeVarint(fieldOf(partial, partialRejected))
	if n == 0 {
		return nil
	}
	why := Clean(string(fieldOf(partial, partialMessage)), 300)
	return Permanent(&Lost{Rows: n, Err: errors.New("the collector took some spans only: " + fmt.Sprintf("%d refused: %s", n, why))})
}

// fieldOf is the value of a field of a message: the bytes of one with a length, the
// encoded number of others; nil where it is not there.
func fieldOf(b []byte, field protowire.Number) []byte {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil
		}
		b = b[n:]
		if n = protowire.ConsumeFieldValue(number, kind, b); n < 0 {
			return nil
		}
		if number == field && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(b)
			return value
		}
		if number == field {
			return b[:n]
		}
		b = b[n:]
	}
	return nil
}
