package parquet

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"simplecap/sink"
)

// rowsOf are rows of transactions that differ as those of real traffic do.
func rowsOf(n int) (rows []sink.Row) {
	t := schema[sink.Transactions]
	for i := range n {
		row := make(sink.Row, len(t.Columns))
		for c := range row {
			switch column := &t.Columns[c]; column.Type {
			case sink.Text:
				row[c] = fmt.Sprint("sip:user", i%5000, "@example.com")
				if column.Key || column.Name == "call_id" || column.Name == "branch" || column.Name == "delivery_id" {
					row[c] = fmt.Sprintf("%032x", uint64(i)*0x9e3779b97f4a7c15+uint64(c))
				}
			case sink.Number:
				row[c] = int64(i % 300)
			case sink.Real:
				row[c] = float64(i%1000) / 8
			case sink.Bool:
				row[c] = i%7 == 0
			case sink.Time:
				row[c] = time.Unix(1767225600, int64(i)*1e6).UTC()
			case sink.Texts:
				row[c] = []string{"1#5", "1#6"}[:i%3]
			case sink.Numbers:
				row[c] = []int64{100}[:i%2]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// BenchmarkEncode makes files of rows of transactions.
func BenchmarkEncode(b *testing.B) {
	const n = 20000
	rows, table := rowsOf(n), newTable(schema[sink.Transactions])
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		w := newWriter(table, &out)
		if err := w.write(rows); err != nil {
			b.Fatal(err)
		}
		if err := w.close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
}
