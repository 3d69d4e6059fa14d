package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"simplecap/capture"
)

// slowSource gives a frame a call and stands at 40 of 100 bytes.
type slowSource struct{ capture.Source }

func (slowSource) ReadBatch([]capture.Frame) (int, error) { return 1, nil }
func (slowSource) Progress() (done, total int64)          { return 40, 100 }
func (slowSource) Close() error                           { return nil }

func TestProgress(t *testing.T) {
	var out bytes.Buffer
	src := withProgress(slowSource{}, &out)
	src.ReadBatch(nil)
	if out.Len() > 0 {
		t.Errorf("it shows at once: %q", out.String())
	}
	src.(*progress).next = time.Time{} // a second has passed
	src.ReadBatch(nil)
	if !strings.Contains(out.String(), "40%") {
		t.Errorf("it shows %q", out.String())
	}
	src.Close()
	if !strings.HasSuffix(out.String(), "\r") {
		t.Errorf("it leaves %q on the line", out.String())
	}
}
