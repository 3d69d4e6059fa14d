package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"simplecap/analyze/result"
)

// docsPage documents the fields, between two marks.
const docsPage = "../docs/report.md"

// What docs/report.md says of the fields is what the tables of fields say.
func TestFieldsOfTheDocuments(t *testing.T) {
	holdTable(t, "fields", fieldsTable(result.Fields(), ""))
	holdTable(t, "fields of deliveries", askedTable(result.DeliveryFields(), result.DeliveryFieldPrefix, ""))
	holdTable(t, "fields of hops", askedTable(result.HopFields(), result.HopFieldPrefix, ""))
	holdTable(t, "fields of findings", askedTable(result.FindingFields(), result.FindingFieldPrefix, "list of "))
	holdTable(t, "fields of texts", fieldsTable(result.TextFields(), result.TextFieldPrefix))
}

// holdTable holds the table between two marks of the page, or writes it with -update.
func holdTable(t *testing.T, what, table string) {
	t.Helper()
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	mark, end := "<!-- "+what+" -->\n", "<!-- end of "+what+" -->"
	before, rest, ok := strings.Cut(string(page), mark)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the %s", docsPage, what)
	}
	want := before + mark + table + end + after
	if want == string(page) {
		return
	}
	if *update {
		if err := os.WriteFile(docsPage, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s differs from the table of %s (go test ./report -update rewrites it)", docsPage, what)
}

// fieldsTable is a table of fields in Markdown, by their names in filters.
func fieldsTable[T any](fields []result.FieldOf[T], prefix string) string {
	var b strings.Builder
	b.WriteString("| field | type | holds |\n| --- | --- | --- |\n")
	for i := range fields {
		f := &fields[i]
		b.WriteString("| `" + prefix + f.Name + "` | " + f.Type.String() + " | " + holds(f) + " |\n")
	}
	return b.String()
}

// askedTable is a table of fields with another name in filters than in JSON.
func askedTable[T any](fields []result.FieldOf[T], prefix, list string) string {
	var b strings.Builder
	b.WriteString("| field | type | holds | in filters |\n| --- | --- | --- | --- |\n")
	for i := range fields {
		f := &fields[i]
		asked, plain := f.Type.String(), strings.HasPrefix(f.Type.String(), "list of ")
		switch {
		case f.Type == result.ObjectsField:
			asked = "number, how many"
		case f.Type == result.FramesField, f.Type == result.IDsField:
			asked = "list of numbers"
		case list != "" && !plain:
			asked = list + asked + "s"
		}
		b.WriteString("| `" + f.Name + "` | " + f.Type.String() + " | " + holds(f) + " | `" + prefix + f.Name + "`, " + asked + " |\n")
	}
	return b.String()
}

// holds is what a table says of a field.
func holds[T any](f *result.FieldOf[T]) string {
	doc := f.Doc
	if f.Values != nil {
		doc += ": `" + strings.Join(f.Values(), "` `") + "`"
	}
	if !f.Shown {
		doc += " (*filters only*)"
	}
	return doc
}

// The JSON of a transaction has the fields of the table, in its order, and no
// other; and it has one exactly where Field.Written says so.
func TestFieldsOfTheJSON(t *testing.T) {
	transactions, _ := sample()
	for i := range transactions {
		x := &transactions[i]
		var o object
		o.open()
		o.transaction(x, true)
		o.close()
		got := keysOf(t, o.b)
		var want []string
		for _, f := range result.Fields() {
			if f.Shown && f.Written(x) {
				want = append(want, f.Name)
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("transaction %d has\n%s, want\n%s", x.ID, strings.Join(got, " "), strings.Join(want, " "))
		}
	}
}

// keysOf lists the keys of an object, in order.
func keysOf(t *testing.T, text []byte) (keys []string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.Token()
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		keys = append(keys, key.(string))
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
	return keys
}

// No cell is a formula, whatever separates cells for the spreadsheet that reads
// them, and RFC 4180 reads back what was written.
func TestCSVCells(t *testing.T) {
	for cell, want := range map[string]string{
		"=1+1": "'=1+1", "plain;text": "plain;text", "a;=cmd|' /C calc'!A0": "a;'=cmd|' /C calc'!A0", "a; +1": "a;' +1",
		` =1`: `' =1`, "a;\"=1": `a;'"=1`, "a,b": "a,b", "sip:a@b;x=y": "sip:a@b;x=y",
	} {
		c := &csvWriter{}
		c.cell(0, cell)
		read, err := csv.NewReader(bytes.NewReader(c.row)).Read()
		if err != nil || len(read) != 1 || read[0] != want {
			t.Errorf("%q: %q, %v, want %q", cell, read, err, want)
		}
		if quoted := c.row[0] == '"'; strings.Contains(cell, ";") && !quoted {
			t.Errorf("%q is not quoted: %s", cell, c.row)
		}
	}
}
