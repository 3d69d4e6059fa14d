package redact

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/shared"
)

// sameStructure fails where a message with pseudonyms is read otherwise than the
// message itself.
func sameStructure(t *testing.T, r *Redactor, m *decode.Message, ignore ...string) {
	t.Helper()
	after := r.Message(m)
	var again decode.Message
	if !again.Scan(after.Raw) {
		t.Fatalf("no message any more:\n%q\n%q", m.Raw, after.Raw)
	}
	var before decode.Message
	before.Scan(m.Raw)
	if const10 := uint64(9_999_999_999); before.CSeqNumber > const10 && again.CSeqNumber > const10 {
		again.CSeqNumber = before.CSeqNumber // no number of the protocol, and so none that stays
	}
	ignored := cmpopts.IgnoreFields(decode.Message{}, append(ignore, "Raw", "Payload")...)
	if diff := cmp.Diff(before, again, ignored); diff != "" {
		t.Fatalf("%q\nbecomes\n%q\n(-before +after):\n%s", m.Raw, after.Raw, diff)
	}
}

// reader checks each message of a capture. It is a decode.Handler.
type reader struct {
	t *testing.T
	n int
}

func (r *reader) Message(m *decode.Message) {
	var again decode.Message
	if !again.Scan(m.Raw) {
		return
	}
	r.n++
	for _, mode := range []Mode{Numbers, All} {
		sameStructure(r.t, redactor(r.t, mode), &again)
	}
}

// Every message of the captures keeps its parts in their places.
func TestMessagesKeepTheirStructure(t *testing.T) {
	shared.OneGoroutine(t)
	files, err := filepath.Glob(filepath.Join(shared.Path(t, "pcaps"), "*.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{t: t}
	for _, name := range files {
		src, err := capture.Open([]string{name}, capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		d := decode.NewDecoder(r, decode.Options{})
		if err := capture.Each(t.Context(), src, func(f *capture.Frame) { d.Frame(f) }); err != nil {
			t.Fatal(err)
		}
		d.Flush()
		src.Close()
	}
	if r.n < 1000 {
		t.Errorf("only %d messages", r.n)
	}
}

// FuzzMessage checks that pseudonyms leave the header fields, the body and what
// messages are paired by in their places. What is in a broken header field may be
// read otherwise afterwards.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte("SIP/2.0 480 Bob (123456) is\taway\r\nVia: SIP / 2.0 / UDP a;x=\"1,\\\"2\";branch = b , SIP/2.0/TCP [::1]:5\r\nCSEQ\t:\n 9\n M\r\n\r\n"))
	f.Add([]byte("SIP/2.0 0 Bob\r\nCSEQ\t:\n 9\xc1"))
	f.Add([]byte("0 0000000000000 SIP/2.01\ni:"))
	f.Add([]byte("SIP/2.0000 202 Accepted\ni:"))
	f.Add([]byte("MESSAGE <sip:b%4@c?a@b> SIP/2.0\nFrom: \"A \\\" <\" <sip:a@b;c>;x;tag=1;tag=2\n ;y\nt:\"<sip:a\ni:@@\n\xff\n\n\x00"))
	f.Add([]byte("MESSAGE sip:b%4@c?@@\n\xff\nSIP/2.0\nFrom: \"A \\\" <\" <sip:"))                                                                  // a start line of three
	f.Add([]byte("MESSAGE sip:bob@example.com;x=\"ASIP/2.0\r\nVia: SIP/2.0/UDP a\r\nMax-Forwards: 70\r\nf: \"Alice\";x SIP/2.0\r\nVia: b\r\n\r\n")) // its first line only looks whole
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m decode.Message
		if !m.Scan(raw) {
			t.Skip()
		}
		for _, mode := range []Mode{Numbers, All} {
			sameStructure(t, redactor(t, mode), &m, "Via", "ViaTransport", "ViaCount", "SentBy", "Branch",
				"FromURI", "FromTag", "ToURI", "ToTag", "URI", "Defects")
		}
	})
}
