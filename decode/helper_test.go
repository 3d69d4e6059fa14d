package decode

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"simplecap/capture"
	"simplecap/decode/sip"
	"simplecap/decode/stream"
	"simplecap/decode/tcp"
	"simplecap/internal/shared"
)

// discard is a handler that does nothing.
type discard struct{}

func (discard) Message(*Message) {}

// recorder is a handler that keeps copies of all it is given.
type recorder struct {
	messages []Message
	errors   []ICMPError
	events   []ConnEvent
	doubts   []Contradiction
}

func (r *recorder) Message(m *Message) { r.messages = append(r.messages, *m.Clone()) }

func (r *recorder) ICMP(e *ICMPError) {
	kept := *e
	kept.Quoted = slices.Clone(e.Quoted)
	r.errors = append(r.errors, kept)
}

func (r *recorder) Connection(e *ConnEvent) { r.events = append(r.events, *e) }

func (r *recorder) Contradiction(c *Contradiction) { r.doubts = append(r.doubts, *c) }

// newRecorder returns a decoder and what records its finds.
func newRecorder(limits Limits) (*Decoder, *recorder) {
	r := new(recorder)
	return NewDecoder(r, Options{Limits: limits}), r
}

// decodeOne gives one frame to a new decoder.
func decodeOne(link capture.LinkType, data []byte) (*Decoder, *recorder) {
	d, r := newRecorder(Limits{})
	d.Frame(frameOf(link, 1, 1, data))
	d.Flush()
	return d, r
}

// decodeCapture gives a new decoder all that can be read of a capture in the
// folder shared; the test is skipped where that is missing.
func decodeCapture(t testing.TB, name string) (*Decoder, *recorder) {
	t.Helper()
	src, err := capture.Open([]string{shared.Path(t, name)}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	d, r := newRecorder(Limits{})
	base := strings.TrimSuffix(shared.Path(t, name), ".pcap")
	var keys Keys
	if pem, err := os.ReadFile(base + ".server.key.pem"); err == nil {
		keys.TLS = append(keys.TLS, pem)
	}
	if table, err := os.ReadFile(base + ".esp_sa.txt"); err == nil {
		keys.ESP = append(keys.ESP, table)
	}
	d.hiding.init(keys, &d.limits)
	src.OnSecrets(d.Secrets)
	if log, err := os.ReadFile(base + ".keys.txt"); err == nil {
		d.KeyLog(append(log, '\n'))
	}
	if err := capture.Each(t.Context(), src, func(f *capture.Frame) { d.Frame(f) }); err != nil {
		t.Fatal(err)
	}
	d.Flush()
	return d, r
}

// readJSON reads a file of known answers in the folder shared; the test is
// skipped where that is missing.
func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(shared.Path(t, name))
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// body returns a message's body.
func body(m *Message) string { return m.Text(m.Body) }

// segmentSender gives a decoder the segments of connections, one frame and one
// millisecond after the other.
type segmentSender struct {
	*Decoder
	frames uint64
	now    int64 // ns
}

var (
	clientEnd = Endpoint{IP: AddrFrom16([16]byte{10: 0xff, 0xff, 10, 0, 0, 1}), Port: 40000}
	serverEnd = Endpoint{IP: AddrFrom16([16]byte{10: 0xff, 0xff, 10, 0, 0, 2}), Port: 5060}
)

func newSegmentSender(limits Limits) (*segmentSender, *recorder) {
	d, r := newRecorder(limits)
	return &segmentSender{Decoder: d}, r
}

// send sends one segment from one end to the other and returns its frame number.
func (s *segmentSender) send(src, dst Endpoint, seq, ack uint32, flags uint8, payload string) uint64 {
	return s.sendCut(src, dst, seq, ack, flags, payload, 0)
}

// sendCut is send of a segment of which the snapshot length cut off n bytes.
func (s *segmentSender) sendCut(src, dst Endpoint, seq, ack uint32, flags uint8, payload string, n int) uint64 {
	s.frames++
	s.now += 1e6
	b := packetBetween(src, dst, protoTCP, tcpSegment(src.Port, dst.Port, seq, ack, flags, payload))
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)+n))
	s.Frame(&capture.Frame{Data: b, Length: len(b), Link: capture.LinkRaw, File: 1, Number: s.frames, Time: s.now, HasTime: true})
	return s.frames
}

// client sends data from the client with ACK set.
func (s *segmentSender) client(seq uint32, payload string) uint64 {
	return s.send(clientEnd, serverEnd, seq, 0, flagACK, payload)
}

// framed is what a test compares of a message on a stream.
type framed struct {
	Raw, Body string
	Skipped   uint32
	Lies      sip.Defects
}

// lengthLies are the defects that framing sets.
const lengthLies = sip.DefectContentLengthMissing | sip.DefectContentLengthTooLong | sip.DefectFramingLost | sip.DefectNotTerminated

func framedOf(messages []Message) (out []framed) {
	for i := range messages {
		m := &messages[i]
		out = append(out, framed{string(m.Raw), body(m), m.Skipped, m.Defects & lengthLies})
	}
	return out
}

// frameWhole gives one direction of a connection that carries SIP, in one segment, to
// its session.
func frameWhole(sent string) []Message {
	d, r := newRecorder(Limits{})
	s := d.openSession(&tcp.Flow{Ends: [2]Endpoint{clientEnd, serverEnd}, SIP: true}, TCP, false)
	s.Begin(stream.First, false)
	s.Feed(stream.First, []byte(sent), &stream.Mark{Frame: 1})
	s.End(stream.First, stream.Over)
	return r.messages
}
