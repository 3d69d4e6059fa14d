package report

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/capture"
)

// both tells two Writers, and writes over what it gave the one beside, as whoever hands on
// what it will use again does.
type both struct{ direct, beside Writer }

func (b both) Finding(f *result.Finding) {
	b.direct.Finding(f)
	b.beside.Finding(f)
}

func (b both) Transaction(t *result.Transaction) {
	b.direct.Transaction(t)
	c := t.Clone()
	b.beside.Transaction(&c)
	clear(c.Body)
	clear(c.Provisional)
	clear(c.Findings)
	clear(c.RequestFrames)
	clear(c.ResponseFrames)
	c = result.Transaction{}
}

func (b both) Delivery(d *result.Delivery) {
	b.direct.Delivery(d)
	c := d.Clone()
	b.beside.Delivery(&c)
	clear(c.CallIDs)
	clear(c.Hops)
	c = result.Delivery{}
}

func (b both) Text(t *result.Text) {
	if w, ok := b.direct.(analyze.TextHandler); ok {
		w.Text(t)
		c := t.Clone()
		b.beside.(analyze.TextHandler).Text(&c)
		clear(c.Receipts)
		clear(c.Findings)
		clear(c.Deliveries)
		c = result.Text{}
	}
}

func (b both) OrphanReceipt(r *result.Receipt) {
	if w, ok := b.direct.(analyze.TextHandler); ok {
		w.OrphanReceipt(r)
		c := *r
		b.beside.(analyze.TextHandler).OrphanReceipt(&c)
		c = result.Receipt{}
	}
}

// What a Writer on a goroutine of its own prints is what it prints without one.
func TestBeside(t *testing.T) {
	names, _ := filepath.Glob("../testdata/pcaps/*.pcap")
	if len(names) == 0 {
		t.Fatal("no captures")
	}
	for _, format := range []Format{JSON, NDJSON, CSV} {
		var rows int
		for _, name := range names {
			rows += besideOf(t, format, name)
		}
		if rows < 2*bundleRows {
			t.Errorf("%s: %d rows fill no bundles", format, rows)
		}
	}
}

// besideOf compares the two for one capture, and returns how many rows came.
func besideOf(t *testing.T, format Format, name string) int {
	src, err := capture.Open([]string{name}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	o := Options{Bodies: true}
	var direct, beside bytes.Buffer
	one, err := newWriter(format, &direct, o.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	other, err := New(format, &beside, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := analyze.Run(context.Background(), src, analyze.Options{Bodies: true, PlainTexts: true}, both{one, other})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []Writer{one, other} {
		if err := w.Close(r); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(direct.Bytes(), beside.Bytes()) {
		t.Errorf("%s of %s differs:\n%s\nbeside:\n%s", format, filepath.Base(name), direct.Bytes(), beside.Bytes())
	}
	return bytes.Count(direct.Bytes(), []byte("\n"))
}

// A bundle that is used again keeps no large bodies.
func TestBundleLetsGo(t *testing.T) {
	u := &bundle{transactions: []result.Transaction{{Body: make([]byte, 1<<16)}, {Body: make([]byte, 8)}}}
	u.reset()
	if kept := u.transactions[:2]; kept[0].Size() != 0 || kept[1].Size() != 8 {
		t.Errorf("%d and %d bytes are kept", kept[0].Size(), kept[1].Size())
	}
}

// last keeps nothing.
type last struct{ Writer }

func (last) Transaction(*result.Transaction)     {}
func (last) Delivery(*result.Delivery)           {}
func (last) Text(*result.Text)                   {}
func (last) OrphanReceipt(*result.Receipt)       {}
func (last) Close(*result.Report) (failed error) { return nil }

// A bundle is handed on when what is in it takes much, whatever that is: rows may be as long
// as whoever writes the messages likes.
func TestBundlesOfLongRows(t *testing.T) {
	w := newBeside(last{}).(besideTexts)
	long := strings.Repeat("x", bundleBytes/8+1)
	for name, add := range map[string]func(){
		"transaction": func() { w.Transaction(&result.Transaction{CallID: long}) },
		"delivery":    func() { w.Delivery(&result.Delivery{CallIDs: []string{long}}) },
		"text":        func() { w.Text(&result.Text{MSRP: &result.SessionText{ToPath: long}}) },
		"receipt":     func() { w.OrphanReceipt(&result.Receipt{MessageID: long}) },
	} {
		rows := 0
		for most := 0; rows < 20; rows++ {
			if add(); len(w.now.order) <= most {
				break
			}
			most = len(w.now.order)
		}
		if rows != 7 {
			t.Errorf("a bundle was handed on behind %d rows with a long %s, want 7", rows, name)
		}
	}
	if err := w.Close(nil); err != nil {
		t.Error(err)
	}
}
