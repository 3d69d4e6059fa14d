package redact

import (
	"bytes"
	"strings"
	"testing"

	"simplecap/decode"
)

// TestHideWritten wants the words of a text gone, and all that receipts are matched by kept.
func TestHideWritten(t *testing.T) {
	const head = "MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n"
	sms := "\x00\x9e\x00\x04\x91\x44\x77\x00\x18\x01\x29\x0b\x91\x44\x77\x00\x09\x21\xf3\x00\x00\xff\x0c\xc8\xf7\x1d\x14\x96\x97\x41\xf9\x77\xfd\x07"
	for name, test := range map[string]struct{ media, body, gone, kept string }{
		"text": {"text/plain", "meet me at noon", "noon", ""},
		"cpim": {"message/cpim", "From: <sip:alice@example.com>\r\nTo: <sip:bob@example.com>\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 34jk324j\r\nimdn.Disposition-Notification: positive-delivery\r\n\r\nContent-Type: text/plain\r\n\r\nmeet me at noon",
			"noon", "34jk324j"},
		"sms":          {"application/vnd.3gpp.sms", sms, "\xc8\xf7\x1d\x14", "\x29\x0b\x91\x44\x77\x00\x09\x21\xf3"},
		"is-composing": {"application/im-iscomposing+xml", "<isComposing><state>active</state><refresh>90</refresh></isComposing>", "xx", "<state>active</state><refresh>90</refresh>"},
		"a state that is none": {"application/im-iscomposing+xml", "<isComposing><state>meet me at noon</state><lastactive>2003-01-27T10:43:00Z</lastactive></isComposing>",
			"noon", "2003-01-27T10:43:00Z"},
		"extensions of cpim": {"message/cpim", "From: <sip:alice@example.com>\r\nNS: mine <mid:1@example.com>\r\nRequire: mine.Noon\r\n\r\nContent-Type: text/plain\r\n\r\nmeet me at noon",
			"noon", "mine <mid:1@example.com>\r\nRequire: mine.Noon"},
	} {
		var m decode.Message
		raw := []byte(head + "Content-Type: " + test.media + "\r\n\r\n" + test.body)
		if !m.Scan(bytes.Clone(raw)) {
			t.Fatal(name)
		}
		HideWritten(&m.Message)
		got := string(m.Raw)
		if len(got) != len(raw) || strings.Contains(got, test.gone) || !strings.Contains(got, test.kept) || got[:len(head)] != head {
			t.Errorf("%s: %q", name, got)
		}
	}
}
