package redact

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"simplecap/decode/content"
	"simplecap/decode/content/sms"
)

// submit is an RP-DATA with an SMS-SUBMIT of "hello" to +447700900456.
const submit = "\x00\x07\x00\x07\x91\x44\x77\x00\x09\x00\x00\x12\x01\x09\x0c\x91\x44\x77\x00\x09\x40\x65\x00\x00\x05\xe8\x32\x9b\xfd\x06"

// TestBodiesOfSMS holds that numbers have the pseudonyms that they have in URIs, and
// that all but numbers and text stays, right lengths included.
func TestBodiesOfSMS(t *testing.T) {
	r, body := redactor(t, All), []byte(submit)
	h := content.Header{Type: "application/vnd.3gpp.sms"}
	bodies{r: r, texts: &Texts{}, heads: true}.rewrite(content.Describe(h, body, content.Limits{}), body)
	before, after := sms.Decode([]byte(submit)), sms.Decode(body)
	if len(after.Defects) > 0 || len(body) != len(submit) {
		t.Fatalf("%d octets became %d: %v", len(submit), len(body), after.Defects)
	}
	if want := r.URI("tel:" + before.TPDU.Address.String()); "tel:"+after.TPDU.Address.String() != want {
		t.Errorf("TP-DA is %s, and %s in a URI", after.TPDU.Address, want)
	}
	if after.TPDU.Text != "xxxxx" || after.Reference != 7 || after.TPDU.Reference != 9 || after.Destination.Digits == before.Destination.Digits {
		t.Errorf("%q, RP-MR %d, TP-MR %d, to %s", after.TPDU.Text, after.Reference, after.TPDU.Reference, after.Destination)
	}
}

// TestSeptetsAreChangedInPlace holds that packing writes septets and no other bit.
func TestSeptetsAreChangedInPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "octets")
		fill := rapid.IntRange(0, 6).Draw(t, "fill")
		n := rapid.IntRange(0, (8*len(b)-fill)/7).Draw(t, "septets")
		units := unpack(b, fill, n)
		if len(units) != n {
			t.Fatalf("%d septets of %d", len(units), n)
		}
		changed := bytes.Clone(b)
		for i := range units {
			units[i] ^= 0x55
		}
		pack(changed, fill, units)
		if !bytes.Equal(unpack(changed, fill, n), units) {
			t.Fatal("not what was packed")
		}
		for i := range units {
			units[i] ^= 0x55
		}
		if pack(changed, fill, units); !bytes.Equal(changed, b) {
			t.Fatal("other bits have changed")
		}
	})
}

// Parameters may stand before the value of a CPIM header field, and the space behind them
// (RFC 3862 2): what is hidden is as right as what was there.
func TestParametersOfCPIM(t *testing.T) {
	const text = "From: <sip:a@x>\r\nSubject:;lang=fr Bonjour\r\n\r\nContent-Type: text/plain\r\n\r\nSalut"
	body, header := []byte(text), content.Header{Type: "message/cpim"}
	bodies{r: redactor(t, All), texts: &Texts{}, heads: true}.rewrite(content.Describe(header, body, content.Limits{}), body)
	if c := content.Read(header, body, content.Limits{}); len(c.Defects) > 0 || bytes.Contains(body, []byte("Bonjour")) || bytes.Contains(body, []byte("fr")) {
		t.Errorf("%q has %v", body, c.Defects)
	}
}

// A body in quoted-printable is hidden whole, and is not a broken one for who reads it again.
func TestQuotedPrintable(t *testing.T) {
	header := content.Header{Type: "message/cpim", TransferEncoding: "quoted-printable"}
	body := []byte("From: <sip:a=40x>\r\nTo: <sip:b=40x>\r\n\r\nContent-Type: text/plain\r\n\r\nlong =\r\nsecret=3D")
	bodies{r: redactor(t, All), texts: &Texts{}, heads: true}.rewrite(content.Describe(header, body, content.Limits{}), body)
	if !IsHidden(body) {
		t.Errorf("%q", body)
	}
}

// Without pseudonyms addresses in CPIM stay, and the passwords in them do not.
func TestPasswordsInCPIM(t *testing.T) {
	body := []byte("From: <sip:alice:secret@x>\r\n\r\nContent-Type: text/plain\r\n\r\n")
	bodies{texts: &Texts{}}.rewrite(content.Describe(content.Header{Type: "message/cpim"}, body, content.Limits{}), body)
	if bytes.Contains(body, []byte("secret")) || !bytes.Contains(body, []byte("<sip:alice:")) {
		t.Errorf("%q", body)
	}
}

// TestBodiesLeaveNothing holds that no word of a body stays that nobody knows, whatever
// it is in, and that every body keeps its length.
func TestBodiesLeaveNothing(t *testing.T) {
	for _, test := range []struct{ media, body string }{
		{"message/cpim", "From: Mallory <sip:mallory@x>\r\nNS: imdn <urn:ietf:params:imdn>\r\nmallory: mallory\r\nSubject: mallory\r\n\r\nContent-Type: text/plain\r\n\r\nmallory"},
		{"message/imdn+xml", `<imdn mallory="mallory"><mallory>mallory</mallory><message-id>mallory1</message-id><!-- mallory --><status><mallory/></status></imdn>`},
		{"application/resource-lists+xml", `<list><entry uri="sip:mallory@x"/></list>`},
		{"multipart/mixed;boundary=mallory", "mallory\r\n--mallory\r\nX-Mallory: mallory\r\n\r\nmallory\r\n--mallory--\r\nmallory"},
		{"application/vnd.3gpp.sms", "\x00\x07\x00\x07\x91\x44mallory"},
		{"application/vnd.3gpp.sms", "\x07mallory"},
		{"application/json", `{"mallory":"mallory"}`},
		{"text/plain", "mallory"},
	} {
		body := []byte(test.body)
		bodies{r: redactor(t, All), texts: &Texts{}, heads: true}.rewrite(content.Describe(content.Header{Type: test.media}, body, content.Limits{}), body)
		if bytes.Contains(bytes.ToLower(body), []byte("mallory")) || len(body) != len(test.body) {
			t.Errorf("%s: %q", test.media, body)
		}
	}
}
