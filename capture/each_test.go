package capture_test

import (
	"context"
	"errors"
	"testing"

	"simplecap/capture"
)

// Each hands on every frame, and stops when it is told to.
func TestEach(t *testing.T) {
	open := func() capture.Source {
		source, err := capture.Open([]string{"../testdata/pcaps/rotated-1.pcap"}, capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	source, n := open(), 0
	defer source.Close()
	if err := capture.Each(t.Context(), source, func(*capture.Frame) { n++ }); err != nil || n != 7 {
		t.Errorf("%d frames, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stopped := open()
	defer stopped.Close()
	if err := capture.Each(ctx, stopped, func(*capture.Frame) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that is to stop ends with %v", err)
	}
}
