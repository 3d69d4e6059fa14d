package order

import (
	"strings"
	"testing"
)

type letter struct {
	name  string
	place Place[letter]
}

// told spells a list from its oldest item and back.
func told(l *List[letter]) string {
	var b strings.Builder
	for c := l.Oldest(); c != nil; c = c.place.Newer() {
		b.WriteString(c.name)
	}
	b.WriteByte('|')
	for c := l.Newest(); c != nil; c = c.place.Older() {
		b.WriteString(c.name)
	}
	return b.String()
}

func TestList(t *testing.T) {
	var l, other List[letter]
	a, b, c := &letter{name: "a"}, &letter{name: "b"}, &letter{name: "c"}
	push := func(l *List[letter], items ...*letter) {
		for _, i := range items {
			i.place.Remove()
			l.Push(&i.place, i)
		}
	}
	for _, step := range []struct {
		what        string
		do          func()
		want, there string
	}{
		{"empty", func() {}, "|", "|"},
		{"three", func() { push(&l, a, b, c) }, "abc|cba", "|"},
		{"the middle again", func() { push(&l, b) }, "acb|bca", "|"},
		{"the last again", func() { push(&l, b) }, "acb|bca", "|"},
		{"the first to another list", func() { push(&other, a) }, "cb|bc", "a|a"},
		{"the last out", func() { b.place.Remove() }, "c|c", "a|a"},
		{"out twice", func() { b.place.Remove() }, "c|c", "a|a"},
		{"the only one out", func() { c.place.Remove() }, "|", "a|a"},
		{"back", func() { push(&l, c, a) }, "ca|ac", "|"},
	} {
		step.do()
		if got, there := told(&l), told(&other); got != step.want || there != step.there {
			t.Fatalf("%s: %s and %s, want %s and %s", step.what, got, there, step.want, step.there)
		}
	}
	if !a.place.Listed() || b.place.Listed() {
		t.Error("an item does not know whether it is in a list")
	}
	if n := testing.AllocsPerRun(100, func() { push(&l, b, c); b.place.Remove() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
