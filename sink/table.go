package sink

import (
	"slices"

	"simplecap/analyze/result"
)

// Type is what the values of a column are.
type Type uint8

// The types, with the Go type of their values in a Row. Every value may be nil, for none,
// unless the column is Required.
const (
	Text    Type = iota + 1 // string, UTF-8 without control characters
	Number                  // int64
	Real                    // float64
	Bool                    // bool
	Time                    // time.Time in UTC; stores keep microseconds
	Texts                   // []string
	Numbers                 // []int64
)

// Column is a column of a Table.
type Column struct {
	Name     string
	Type     Type
	Unit     string // "ms", "bytes", "" for none
	Doc      string // what it holds, in one line
	Key      bool   // the columns that are keys name the row: a later one with the same replaces it
	Required bool   // it always has a value
	Written  bool   // it holds what people wrote: only with Options.Bodies
}

// Table is a kind of rows.
type Table struct {
	Index   int // in Tables and in a Batch
	Name    string
	Doc     string
	Columns []Column
	Time    int // the column with the time that a row is filed under
}

// Row is the values of a row, in the order of the columns of its table.
type Row []any

// Column returns the index of a column, -1 where there is none of that name.
func (t *Table) Column(name string) int {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

// Names are the names of the columns.
func (t *Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i := range t.Columns {
		names[i] = t.Columns[i].Name
	}
	return names
}

// AskedBy are the columns, beside those that name a row and its time, by which people look
// for one: stores have an index on each.
func (t *Table) AskedBy() (names []string) {
	for _, name := range []string{"call_id", "sender", "recipient", "from", "to", "delivery_id"} {
		if i := t.Column(name); i >= 0 && !t.Columns[i].Key {
			names = append(names, name)
		}
	}
	return names
}

// Keys are the columns that name a row.
func (t *Table) Keys() (keys []string) {
	for i := range t.Columns {
		if t.Columns[i].Key {
			keys = append(keys, t.Columns[i].Name)
		}
	}
	return keys
}

// The tables, by their index.
const (
	Deliveries = iota
	Transactions
	TextRows
	Minutes
	Findings
	tables
)

// Schema is all tables that a Sink writes. It is made once and not changed.
type Schema [tables]*Table

// NewSchema makes the tables from the fields of the report.
func NewSchema() *Schema {
	s := &Schema{
		{Name: "deliveries", Doc: "a MESSAGE from its first hop to its last", Columns: columnsOf(deliveryColumns)},
		{Name: "transactions", Doc: "a MESSAGE and its answer on one hop", Columns: columnsOf(transactionColumns())},
		{Name: "texts", Doc: "an instant message, an SMS, a notification, and whether it arrived", Columns: columnsOf(textColumns())},
		{Name: "minutes", Doc: "counts of transactions by minute, peer and round-trip time; sums of all rows count, as each adds to those before it", Columns: columnsOf(minuteColumns)},
		{Name: "findings", Doc: "broken rules by peer", Columns: columnsOf(findingColumns)},
	}
	for i, t := range s {
		t.Index, t.Time = i, t.Column(timeColumns[i])
	}
	return s
}

var timeColumns = [tables]string{"first_request", "first_request", "first", "minute", "first"}

// columnOf is a column of rows that are made of a T.
type columnOf[T any] struct {
	Column
	get func(of *T) any // nil for no value
}

func columnsOf[T any](columns []columnOf[T]) (plain []Column) {
	for i := range columns {
		plain = append(plain, columns[i].Column)
	}
	return plain
}

// fieldColumns makes columns of those fields that the report shows. Those that number
// things in one run have no meaning in a store.
func fieldColumns[T, From any](fields []result.FieldOf[From], of func(*T) *From, skip ...string) (columns []columnOf[T]) {
	skipped := make(map[string]bool, len(skip))
	for _, name := range skip {
		skipped[name] = true
	}
	for i := range fields {
		f := &fields[i]
		if f.Shown && !skipped[f.Name] {
			columns = append(columns, fieldColumn(f, of))
		}
	}
	return columns
}

// namedColumns are columns for the fields of these names, in their order.
func namedColumns[T, From any](fields []result.FieldOf[From], of func(*T) *From, names ...string) (columns []columnOf[T]) {
	for _, name := range names {
		at := slices.IndexFunc(fields, func(f result.FieldOf[From]) bool { return f.Name == name })
		columns = append(columns, fieldColumn(&fields[at], of))
	}
	return columns
}

func fieldColumn[T, From any](f *result.FieldOf[From], of func(*T) *From) columnOf[T] {
	return columnOf[T]{
		Column{Name: f.Name, Type: typeOf(f.Type), Unit: f.Unit, Doc: f.Doc, Written: f.Bodies},
		func(x *T) any {
			from := of(x)
			if f.Has != nil && !f.Has(from) {
				return nil
			}
			return f.Get(from)
		},
	}
}

func typeOf(t result.FieldType) Type {
	switch t {
	case result.NumberField:
		return Number
	case result.MillisField, result.DurationField:
		return Real
	case result.TimeField:
		return Time
	case result.BoolField:
		return Bool
	case result.NumbersField, result.IDsField:
		return Numbers
	case result.TextsField, result.FramesField:
		return Texts
	}
	return Text
}
