package content

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// told lists the fields for people: their offsets, layer, name and value.
func told(fields []Field) (lines []string) {
	for _, f := range fields {
		switch {
		case f.Name == "" || f.Holds == Boundary:
		case f.Holds == Encoded:
			lines = append(lines, fmt.Sprintf("%d-%d %s %s", f.From, f.To, f.Name, f.Value))
			lines = append(lines, told(f.Inner)...)
		default:
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d-%d %s %s=%s", f.From, f.To, f.Layer, f.Name, f.Value)))
		}
	}
	return lines
}

var describeTests = []struct {
	name   string
	header Header
	body   string
	want   []string
}{
	{"text", Header{Type: "text/plain"}, "hello", []string{"0-5 text/plain text="}},
	{"RP-ACK", Header{Type: "application/vnd.3gpp.sms"}, "\x03\x07", []string{"0-1 RP RP-MTI=RP-ACK n-to-ms", "1-2 RP RP-Message-Reference=7"}},
	{"RP-ACK in base64", Header{Type: "application/vnd.3gpp.sms", TransferEncoding: "base64"}, base64.StdEncoding.EncodeToString([]byte("\x03\x07")),
		[]string{"0-4 encoded base64", "0-1 RP RP-MTI=RP-ACK n-to-ms", "1-2 RP RP-Message-Reference=7"}},
	{"SUBMIT", Header{Type: "application/vnd.3gpp.sms"}, "\x00\x07\x00\x02\x91\x44\x0c\x41\x09\x04\x91\x21\x43\x00\x00\x03\x31\xd9\x8c", []string{
		"0-1 RP RP-MTI=RP-DATA ms-to-n", "1-2 RP RP-Message-Reference=7", "2-3 RP RP-Originator-Address=empty", "3-6 RP RP-Destination-Address=+44 (international)",
		"6-7 RP RP-User-Data=12 octets", "7-8 TP TP-MTI=SMS-SUBMIT", "7-8 TP TP-UDHI=1", "8-9 TP TP-MR=9", "9-13 TP TP-DA=+1234 (international)", "13-14 TP TP-PID=0",
		"14-15 TP TP-DCS=0x00 gsm7", "15-16 TP TP-UDL=3", "16-17 TP TP-UDHL=2"}},
	{"CPIM", Header{Type: "message/cpim"}, crlf("From: A <sip:a@x>\nNS: imdn <urn:ietf:params:imdn>\nimdn.Message-ID: q1\nX-Y: z\n\nContent-Type: text/plain\n\nhello"), []string{
		"6-17 CPIM From=A <sip:a@x>", "23-50 CPIM NS=imdn <urn:ietf:params:imdn>", "69-71 CPIM imdn.Message-ID=q1", "78-79 CPIM X-Y=", "97-107 CPIM Content-Type=text/plain",
		"111-116 text/plain text="}},
	{"IMDN", Header{Type: "message/imdn+xml"}, `<?xml version="1.0"?><imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>q1</message-id> <status><displayed/></status><note>hi</note></imdn>`, []string{
		"75-77 imdn+xml message-id=q1", "99-111 imdn+xml status=displayed", "126-128 imdn+xml note="}},
	{"multipart", Header{Type: `multipart/mixed;boundary="b"`}, crlf("preamble\n--b\nContent-Type: text/plain\nX: y\n\nhello\n--b\n\nworld\n--b--\n"), []string{
		"29-39 multipart/mixed Content-Type=text/plain", "44-45 multipart/mixed X=", "49-54 text/plain text=", "63-68 text/plain text="}},
	{"list", Header{Type: "application/resource-lists+xml"}, `<list><entry uri="sip:a@x" copyControl="to"/></list>`, []string{"18-25 resource-lists+xml entry uri=sip:a@x"}},
}

func TestDescribe(t *testing.T) {
	for _, test := range describeTests {
		fields := Describe(test.header, []byte(test.body), Limits{})
		if diff := cmp.Diff(test.want, told(fields)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		inOrder(t, fields, len(test.body))
	}
}

// inOrder holds that fields stand one after the other within a body; those of the bits
// of one octet, and the head of what holds others, stand in the same place.
func inOrder(t *testing.T, fields []Field, size int) {
	t.Helper()
	end := 0
	for _, f := range fields {
		if f.From < 0 || f.From >= f.To || f.To > size || f.Holds != Short && f.From < end {
			t.Fatalf("%q at %d to %d of %d octets, after %d", f.Name, f.From, f.To, size, end)
		}
		end = f.To
		inOrder(t, f.Inner, len(f.Decoded))
	}
}
