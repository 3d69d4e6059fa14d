package stream_test

import (
	"bytes"
	"fmt"

	"simplecap/capture"
	"simplecap/decode/stream"
)

// lines reads units that end with a line feed. Its Buffer keeps what is unfinished.
type lines struct{ stream.Buffer }

// Step implements stream.Steps.
func (l *lines) Step(b []byte) (n int, more bool) {
	n = bytes.IndexByte(b, '\n') + 1
	if n == 0 {
		return 0, false // wait for the rest
	}
	at := l.Mark(n)
	fmt.Printf("%q ends in frame %s, the rest of it is in %v\n", b[:n], at.Frame, at.Also)
	return n, true
}

// Cut a stream into lines, and know which frames each came in.
func Example() {
	var l lines
	for i, segment := range []string{"one\ntw", "o\n", "three\nfour\n"} {
		l.Feed([]byte(segment), &stream.Mark{Frame: capture.MakeRef(1, uint64(i+1))}, &l)
	}
	// Output:
	// "one\n" ends in frame 1#1, the rest of it is in []
	// "two\n" ends in frame 1#2, the rest of it is in [1#1]
	// "three\n" ends in frame 1#3, the rest of it is in []
	// "four\n" ends in frame 1#3, the rest of it is in []
}
