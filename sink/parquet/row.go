package parquet

import (
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"

	"simplecap/sink"
)

// texts hold the strings of the rows that the library is given at once: it copies them,
// so that the next ones take the same room.
type texts []byte

// room makes room for the strings of rows: what was put there must not move.
func (b *texts) room(rows []sink.Row) {
	n := 0
	for _, r := range rows {
		for _, v := range r {
			switch v := v.(type) {
			case string:
				n += len(v)
			case []string:
				for _, s := range v {
					n += len(s)
				}
			}
		}
	}
	*b = slices.Grow((*b)[:0], n)
}

func (b *texts) value(s string) parquet.Value {
	from := len(*b)
	*b = append(*b, s...)
	return parquet.ByteArrayValue((*b)[from:len(*b):len(*b)])
}

// row appends the values of a row in the order of the file's columns.
func (t *table) row(to parquet.Row, from sink.Row, b *texts) parquet.Row {
	for at := range t.columns {
		to = t.columns[at].append(to, from[t.columns[at].from], at, b)
	}
	return to
}

// append appends a value, or the values of a list, with their levels: a definition level
// counts what is there, of an optional list first the list, then its element.
func (c *column) append(to parquet.Row, v any, at int, b *texts) parquet.Row {
	there := 1
	if c.Required {
		there = 0
	}
	switch v := v.(type) {
	case nil:
		return append(to, parquet.NullValue().Level(0, 0, at))
	case []string:
		return appendList(to, v, b.value, there, at)
	case []int64:
		return appendList(to, v, parquet.Int64Value, there, at)
	}
	return append(to, plain(v, b).Level(0, there, at))
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

func plain(v any, b *texts) parquet.Value {
	switch v := v.(type) {
	case string:
		return b.value(v)
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
