// Package parquet keeps rows in Parquet files, which DuckDB, ClickHouse, Spark, pandas and
// many others read as they are.
//
// A directory has a folder for each table, and in it files for each hour:
//
//	deliveries/2026-01-01T10-WRITER-00001.parquet
//
// A file has its name when it is complete; before, its name begins with a point. Its
// metadata say what each column holds and in which unit.
package parquet

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding"

	"simplecap/sink"
)

// rowGroup is how many rows a row group has at most.
const rowGroup = 20000

// pageBytes is how many bytes of a column are compressed together: there is one such page
// for each column of each open file.
const pageBytes = 64 << 10

// table is what is made once of a sink.Table.
type table struct {
	*sink.Table
	schema  *parquet.Schema
	columns []column // by column of the file, whose order is that of names
	options []parquet.WriterOption
}

// column says where the values of a column of a file come from.
type column struct {
	from int // column of the row
	*sink.Column
}

func newTable(t *sink.Table) *table {
	p := &table{Table: t}
	group := parquet.Group{}
	for i := range t.Columns {
		group[t.Columns[i].Name] = nodeOf(&t.Columns[i])
	}
	p.schema = parquet.NewSchema(t.Name, group)
	for _, path := range p.schema.Columns() {
		from := t.Column(path[0])
		p.columns = append(p.columns, column{from, &t.Columns[from]})
	}
	p.options = []parquet.WriterOption{
		p.schema, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), parquet.MaxRowsPerRowGroup(rowGroup), parquet.PageBufferSize(pageBytes), parquet.CreatedBy("simplecap", "", ""),
		parquet.KeyValueMetadata("simplecap.table", t.Doc), parquet.KeyValueMetadata("simplecap.schema", "simplecap.rows/1"),
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		p.options = append(p.options, parquet.KeyValueMetadata("simplecap.column."+c.Name, describe(c)))
	}
	return p
}

// describe is what the metadata say of a column.
func describe(c *sink.Column) string {
	text, _ := json.Marshal(struct {
		Unit string `json:"unit,omitempty"`
		Doc  string `json:"doc"`
	}{c.Unit, c.Doc}) // of these it has no error
	return string(text)
}

func nodeOf(c *sink.Column) parquet.Node {
	var n parquet.Node
	switch c.Type {
	case sink.Number:
		n = parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked)
	case sink.Real:
		n = parquet.Leaf(parquet.DoubleType)
	case sink.Bool:
		n = parquet.Leaf(parquet.BooleanType)
	case sink.Time:
		n = parquet.Encoded(parquet.Timestamp(parquet.Microsecond), &parquet.DeltaBinaryPacked)
	case sink.Texts:
		n = parquet.List(parquet.Encoded(parquet.String(), dictionary))
	case sink.Numbers:
		n = parquet.List(parquet.Int(64))
	default:
		n = parquet.Encoded(parquet.String(), encodingOf(c))
	}
	if !c.Required {
		n = parquet.Optional(n)
	}
	return n
}

var dictionary encoding.Encoding = &parquet.RLEDictionary

// encodingOf is a dictionary for what comes again and again, but not for what names one thing.
func encodingOf(c *sink.Column) encoding.Encoding {
	switch c.Name {
	case "delivery_id", "transaction_id", "text_id", "parent_id", "call_id", "branch", "body", "text":
		return &parquet.Plain
	}
	return dictionary
}

// Encoder returns a function that makes a Parquet file of rows of a table of the schema.
func Encoder(schema *sink.Schema) func(t *sink.Table, rows []sink.Row) ([]byte, error) {
	tables := make([]*table, len(schema))
	for i, t := range schema {
		tables[i] = newTable(t)
	}
	return func(t *sink.Table, rows []sink.Row) ([]byte, error) { return encode(tables[t.Index], rows) }
}

func encode(t *table, rows []sink.Row) ([]byte, error) {
	var b bytes.Buffer
	w := newWriter(t, &b)
	if err := w.write(rows); err != nil {
		return nil, err
	}
	err := w.close()
	return b.Bytes(), err
}

// writer writes one file.
type writer struct {
	table *table
	w     *parquet.GenericWriter[any] // of the schema in the options
	rows  []parquet.Row               // reused
	texts texts                       // likewise
}

func newWriter(t *table, to io.Writer) *writer {
	return &writer{table: t, w: parquet.NewGenericWriter[any](to, t.options...)}
}

// atOnce is how many rows are given to the library at once.
const atOnce = 256

func (w *writer) write(rows []sink.Row) error {
	for len(rows) > 0 {
		n := min(len(rows), atOnce)
		if err := w.some(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (w *writer) some(rows []sink.Row) error {
	for len(w.rows) < len(rows) {
		w.rows = append(w.rows, nil)
	}
	w.texts.room(rows)
	for i, r := range rows {
		w.rows[i] = w.table.row(w.rows[i][:0], r, &w.texts)
	}
	_, err := w.w.WriteRows(w.rows[:len(rows)])
	return err
}

func (w *writer) close() error { return w.w.Close() }
