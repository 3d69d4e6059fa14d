package main

import (
	"bytes"
	_ "embed"
	"strconv"
)

//go:embed tracer.txt
var tracerSource []byte

// tracer is the source of the package that the functions call.
func tracer() []byte {
	list := func(names []string) []byte {
		var b bytes.Buffer
		for _, n := range names {
			b.WriteString(strconv.Quote(n) + ", ")
		}
		return b.Bytes()
	}
	var roomNames, walkNames []string
	for _, r := range rooms {
		roomNames = append(roomNames, r.name)
	}
	for _, w := range walks {
		walkNames = append(walkNames, w.name)
	}
	source := bytes.ReplaceAll(tracerSource, []byte("ROOMS"), list(roomNames))
	return bytes.ReplaceAll(source, []byte("WALKS"), list(walkNames))
}
