package sink

import (
	"strconv"
	"time"

	"simplecap/internal/jsontext"
)

// timeLayout is RFC 3339 in UTC with microseconds.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// appendRow appends a row as a JSON object. Columns without a value are left out. named
// says that the name of the table comes first, as "table".
func appendRow(b []byte, t *Table, r Row, named bool) []byte {
	b = append(b, '{')
	if named {
		b = append(append(append(b, `"table":"`...), t.Name...), '"')
	}
	for i, v := range r {
		if v == nil {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, t.Columns[i].Name...) // needs no escape
		b = append(b, '"', ':')
		b = appendValue(b, v)
	}
	return append(b, '}')
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return jsontext.AppendString(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case bool:
		return strconv.AppendBool(b, v)
	case time.Time:
		b = append(b, '"')
		b = v.UTC().AppendFormat(b, timeLayout)
		return append(b, '"')
	case []string:
		return jsontext.AppendList(b, v, jsontext.AppendString)
	case []int64:
		return jsontext.AppendList(b, v, jsontext.AppendInt[int64])
	}
	return append(b, "null"...)
}
