package wire

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// heard keeps what a decoder makes of frames.
type heard struct {
	messages []*decode.Message
	errors   []decode.ICMPError
	events   []decode.ConnEvent
	stats    decode.Stats
}

func (h *heard) Message(m *decode.Message)      { h.messages = append(h.messages, m.Clone()) }
func (h *heard) ICMP(e *decode.ICMPError)       { h.errors = append(h.errors, *e) }
func (h *heard) Connection(e *decode.ConnEvent) { h.events = append(h.events, *e) }

// decodeSource gives all frames of a source to a decoder.
func decodeSource(t *testing.T, src capture.Source, keys []byte) *heard {
	t.Helper()
	h := new(heard)
	d := decode.NewDecoder(h, decode.Options{})
	d.KeyLog(keys)
	frames := make([]capture.Frame, 64)
	for {
		n, err := src.ReadBatch(frames)
		for i := range frames[:n] {
			d.Frame(&frames[i])
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	d.Flush()
	h.stats = d.Stats()
	return h
}

// decodeText decodes an exchange that is written as text.
func decodeText(t *testing.T, text string) *heard {
	t.Helper()
	frames, err := Parse(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return decodeSource(t, &Memory{Frames: frames}, nil)
}

// lines says in words which messages were found: when, between whom, over what,
// which, with which branch, and what the capture did to it.
func (h *heard) lines() (lines []string) {
	for _, m := range h.messages {
		what := m.Text(m.Method)
		if m.Kind == sip.Response {
			what = fmt.Sprint(m.Status, " ", m.Text(m.Reason))
		}
		transport := map[decode.Transport]string{decode.UDP: "udp", decode.TCP: "tcp"}[m.Transport]
		line := fmt.Sprintf("%.3f %v > %v %s %s %s", time.Duration(m.Time-Epoch.UnixNano()).Seconds(), m.Src, m.Dst, transport, what, m.Text(m.Branch))
		for _, c := range carriages {
			if m.Carriage&c.flag != 0 {
				line += " " + c.name
			}
		}
		lines = append(lines, line)
	}
	return lines
}

var carriages = []struct {
	flag decode.Carriage
	name string
}{{decode.Fragmented, "fragmented"}, {decode.Tunneled, "tunneled"}, {decode.Cut, "cut"}}
