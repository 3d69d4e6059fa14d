package capture

import (
	"errors"
	"io"
	"testing"
	"time"
)

// TestTraces: files with a gap between them are traces of their own; --each makes
// all of them so, and does not merge them.
func TestTraces(t *testing.T) {
	dir := "../testdata/pcaps/"
	apart := []string{dir + "traces-apart-1.pcap", dir + "traces-apart-2.pcap"}
	ring := []string{dir + "rotated-1.pcap", dir + "rotated-2.pcap", dir + "rotated-3.pcap"}
	for name, c := range map[string]struct {
		names   []string
		options Options
		want    int
	}{
		"nobody asks":  {apart, Options{}, 1},
		"apart":        {apart, Options{Apart: 32 * time.Second}, 2},
		"a longer gap": {apart, Options{Apart: time.Hour}, 1},
		"a ring":       {ring, Options{Apart: 10 * time.Second}, 1},
		"each":         {ring, Options{Each: true}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(c.names, c.options)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			frames, file := make([]Frame, 64), 0
			for {
				n, err := s.ReadBatch(frames)
				for _, f := range frames[:n] {
					if f.File < file && c.options.Each {
						t.Fatal("files are merged")
					}
					if file = f.File; s.Trace(file) == 0 {
						t.Fatal("a frame of no trace")
					}
				}
				if errors.Is(err, io.EOF) {
					break
				}
			}
			if s.Traces() != c.want {
				t.Errorf("%d traces, want %d", s.Traces(), c.want)
			}
		})
	}
}
