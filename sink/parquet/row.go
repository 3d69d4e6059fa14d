package parquet

import (
	"time"

	"github.com/parquet-go/parquet-go"

	"simplecap/sink"
)

// row appends the values of a row in the order of the file's columns.
func (t *table) row(to parquet.Row, from sink.Row) parquet.Row {
	for at := range t.columns {
		to = t.columns[at].append(to, from[t.columns[at].from], at)
	}
	return to
}

// append appends a value, or the values of a list, with their levels: a definition level
// counts what is there, of an optional list first the list, then its element.
func (c *column) append(to parquet.Row, v any, at int) parquet.Row {
	there := 1
	if c.Required {
		there = 0
	}
	switch v := v.(type) {
	case nil:
		return append(to, parquet.NullValue().Level(0, 0, at))
	case []string:
		return appendList(to, v, text, there, at)
	case []int64:
		return appendList(to, v, parquet.Int64Value, there, at)
	}
	return append(to, plain(v).Level(0, there, at))
}

func appendList[T any](to parquet.Row, values []T, of func(T) parquet.Value, there, at int) parquet.Row {
	if len(values) == 0 {
		return append(to, parquet.NullValue().Level(0, there, at))
	}
	for i, v := range values {
		to = append(to, of(v).Level(min(i, 1), there+1, at))
	}
	return to
}

func text(s string) parquet.Value { return parquet.ByteArrayValue([]byte(s)) }

func plain(v any) parquet.Value {
	switch v := v.(type) {
	case string:
		return text(v)
	case int64:
		return parquet.Int64Value(v)
	case float64:
		return parquet.DoubleValue(v)
	case bool:
		return parquet.BooleanValue(v)
	case time.Time:
		return parquet.Int64Value(v.UnixMicro())
	}
	return parquet.NullValue()
}
