package report

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
)

// docsPage documents the fields, between two marks.
const docsPage = "../docs/report.md"

// What docs/report.md says of the fields is what the tables of fields say.
func TestFieldsOfTheDocuments(t *testing.T) {
	holdTable(t, "fields", fieldsTable(result.Fields(), ""))
	holdTable(t, "fields of deliveries", askedTable(result.DeliveryFields(), result.DeliveryFieldPrefix, ""))
	holdTable(t, "fields of hops", askedTable(result.HopFields(), result.HopFieldPrefix, ""))
	holdTable(t, "fields of findings", askedTable(result.FindingFields(), result.FindingFieldPrefix, "list of "))
	holdTable(t, "fields of texts", textsTable())
	holdTable(t, "fields of sessions", fieldsTable(result.SessionFields(), ""))
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

// textsTable is a table of the fields of texts, by their names in JSON and in filters.
func textsTable() string {
	var b strings.Builder
	b.WriteString("| field | type | holds | in filters |\n| --- | --- | --- | --- |\n")
	listed := false
	for _, f := range result.AskedOfTexts() {
		path, kind := "`"+f.Path+"`", f.JSON
		if f.Path == "" {
			path, kind = "*filters only*", ""
		}
		if list, _, ok := strings.Cut(f.Path, "[]."); ok && !listed {
			b.WriteString("| `" + list + "` | list of objects | in order | by the fields of each |\n")
			listed = true
		} else {
			listed = ok
		}
		doc := f.Doc
		if f.Values != nil {
			doc += ": `" + strings.Join(f.Values(), "` `") + "`"
		}
		b.WriteString("| " + path + " | " + kind + " | " + doc + " | `" + f.Name + "`, " + f.Type + " |\n")
	}
	return b.String()
}

// The JSON of texts has the fields of the table, in its order, on every level, and no other.
func TestTextFieldsOfTheJSON(t *testing.T) {
	order := make(map[string]int)
	for i, f := range result.AskedOfTexts() {
		order[f.Path] = cmp.Or(order[f.Path], i+1)
		if list, _, ok := strings.Cut(f.Path, "[]."); ok && order[list] == 0 {
			order[list] = i + 1
		}
	}
	seen := make(map[string]bool)
	for _, name := range []string{"sms-end-to-end", "sms-concatenated", "sms-validity-pid-ports-command", "imdn-group-aggregated", "msrp-cpim-imdn"} {
		for _, text := range textsOfCapture(t, name) {
			holdOrder(t, text, "", order, seen)
		}
	}
	for _, path := range []string{"sms.udh.ports.source", "sms.tp_mn", "sms.data", "cpim.message_id", "imdn.aggregated[].status", "composing.state", "msrp.chunks", "whole.text", "receipts[].frame", "receipts[].status_name"} {
		if !seen[path] {
			t.Errorf("no capture here has %s", path)
		}
	}
}

// holdOrder holds the keys of an object, and of those in it, to the order of the table.
func holdOrder(t *testing.T, text json.RawMessage, under string, order map[string]int, seen map[string]bool) {
	t.Helper()
	last := 0
	for _, key := range keysOf(t, text) {
		path := under + key
		seen[path] = true
		if at := order[path]; at <= last {
			t.Errorf("%s stands where the table does not have it, behind the field %d", path, last)
		} else {
			last = max(last, at)
		}
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	for key, value := range values {
		path := under + key
		if _, list := order[path+"[].kind"]; list || key == "aggregated" {
			var each []json.RawMessage
			json.Unmarshal(value, &each)
			for _, one := range each {
				holdOrder(t, one, path+"[].", order, seen)
			}
		} else if value[0] == '{' && !strings.HasSuffix(key, "frame") {
			holdOrder(t, value, path+".", order, seen)
		}
	}
}

// textsOfCapture are the texts of a capture in JSON.
func textsOfCapture(t *testing.T, name string) []json.RawMessage {
	t.Helper()
	src, err := capture.Open([]string{"../testdata/pcaps/" + name + ".pcap"}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var out strings.Builder
	w, err := New(JSON, &out, Options{Bodies: true})
	if err != nil {
		t.Fatal(err)
	}
	r, err := analyze.Run(context.Background(), src, analyze.Options{Bodies: true}, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(r); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Texts []json.RawMessage `json:"texts"`
	}
	if err := json.Unmarshal([]byte(out.String()), &document); err != nil {
		t.Fatal(err)
	}
	return document.Texts
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
