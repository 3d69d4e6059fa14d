package redact

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"simplecap/decode"
	"simplecap/internal/shared"
)

func redactor(t testing.TB, mode Mode) *Redactor {
	t.Helper()
	r, err := New(mode, []byte("a key for the tests"), []string{"X-Leg"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What of a value stays: the rest is written as _.
func TestWhatStays(t *testing.T) {
	type forms struct{ numbers, all string }
	uri := func(r *Redactor, s string) string { return r.URI(s) }
	for _, test := range []struct {
		name string
		of   func(*Redactor, string) string
		text string
		want forms
	}{
		{"a user", uri, "sip:alice@example.com", forms{"sip:alice@example.com", "sip:_____@_______.___"}},
		{"a number", uri, "sip:+4915112345678@10.0.0.1:5062;user=phone", forms{"sip:+_____________@10.0.0.1:5062;user=phone", "sip:+_____________@10.0.0.1:5062;user=phone"}},
		{"an escaped plus", uri, "sip:%2B4915112@10.0.0.1", forms{"sip:%2B_______@10.0.0.1", "sip:%2B_______@10.0.0.1"}},
		{"tel", uri, "tel:+1-201-555-0123;phone-context=+1", forms{"tel:+_-___-___-____;phone-context=+1", "tel:+_-___-___-____;phone-context=+1"}},
		{"a number alone", uri, "sip:1001", forms{"sip:____", "sip:____"}},
		{"a number in a name", uri, "sip:u4915112345@h.example", forms{"sip:u__________@h.example", "sip:___________@_._______"}},
		{"a password", uri, "sip:alice:secret@[2001:db8::1]:5060", forms{"sip:alice:______@[2001:db8::1]:5060", "sip:_____:______@[2001:db8::1]:5060"}},
		{"no user", uri, "sips:192.0.2.1;lr;transport=tcp", forms{"sips:192.0.2.1;lr;transport=tcp", "sips:192.0.2.1;lr;transport=tcp"}},
		{"nobody", uri, "sip:anonymous@anonymous.invalid", forms{"sip:anonymous@anonymous.invalid", "sip:anonymous@anonymous.invalid"}},
		{"an emergency service", uri, "urn:service:sos", forms{"urn:service:sos", "urn:service:sos"}},
		{"a device", uri, "urn:gsma:imei:35609204-079301-0", forms{"urn:gsma:imei:________-______-_", "urn:____:____:________-______-_"}},
		{"a Call-ID", (*Redactor).CallID, "1-18568@192.0.2.10", forms{"_-_____@192.0.2.10", "_-_____@192.0.2.10"}},
		{"a Call-ID with a user", (*Redactor).CallID, "alice-x9@example.com", forms{"alice-x9@example.com", "_____-__@_______.___"}},
		{"a branch", (*Redactor).Branch, "z9hG4bK-1001-a", forms{"z9hG4bK-____-a", "z9hG4bK-____-_"}},
		{"a host", (*Redactor).Host, "Proxy.example.com:5062", forms{"Proxy.example.com:5062", "_____._______.___:5062"}},
		{"a reason", func(r *Redactor, s string) string { return r.Text(s, "sip:bob@h") }, "User bob at sip:bob@h has 123456 of 3",
			forms{"User bob at sip:bob@h has ______ of 3", "User ___ at sip:___@_ has ______ of _"}},
		{"software", func(r *Redactor, s string) string { return r.Text(s) }, "kamailio (5.6.3 (x86_64/linux))",
			forms{"kamailio (5.6.3 (x86_64/linux))", "kamailio (5.6.3 (x86_64/linux))"}},
	} {
		for mode, want := range map[Mode]string{Numbers: test.want.numbers, All: test.want.all} {
			got := test.of(redactor(t, mode), test.text)
			if len(got) != len(want) {
				t.Errorf("%s, %s: %q has another length than %q", test.name, mode, got, test.text)
				continue
			}
			for i := range want {
				if hidden := want[i] == '_'; !hidden && got[i] != want[i] || hidden && asciiSlot(got[i]).low != asciiSlot(test.text[i]).low {
					t.Errorf("%s, %s: %q becomes %q, want %q", test.name, mode, test.text, got, want)
					break
				}
			}
			if strings.Contains(want, "____") && got == test.text {
				t.Errorf("%s, %s: %q stays", test.name, mode, got)
			}
		}
	}
}

// The same number has the same pseudonym wherever it stands and however it is
// written.
func TestEqualValuesStayEqual(t *testing.T) {
	r := redactor(t, Numbers)
	digitsOf := func(s string) string {
		return strings.Map(func(c rune) rune {
			if c < '0' || c > '9' {
				return -1
			}
			return c
		}, s)
	}
	want := digitsOf(r.URI("tel:+12015550123"))
	for _, s := range []string{"tel:+1-201-555-0123", "sip:+12015550123@example.com", "sips:12015550123;phone-context=x@example.com"} {
		if got := digitsOf(r.URI(s)); got != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
	if got := digitsOf(r.Text("call +12015550123 failed")); got != want {
		t.Errorf("text: %s, want %s", got, want)
	}
	if redactor(t, Numbers).URI("sip:1001@h") != r.URI("sip:1001@h") {
		t.Error("one key makes two pseudonyms of one number")
	}
	other, _ := New(Numbers, nil, nil)
	another, _ := New(Numbers, nil, nil)
	const long = "sip:+4915112345678901@h"
	if other.URI(long) == another.URI(long) {
		t.Error("two runs without a key agree")
	}
}

// No two values become one, however short they are.
func TestNoTwoNumbersBecomeOne(t *testing.T) {
	r := redactor(t, Numbers)
	for _, digits := range []int{1, 2, 3} {
		seen := map[string]bool{}
		for n := range [...]int{0, 10, 100, 1000}[digits] {
			text := strings.Repeat("0", digits)
			b := []byte(text)
			for i, v := digits-1, n; i >= 0; i, v = i-1, v/10 {
				b[i] = byte('0' + v%10)
			}
			seen[r.URI("tel:"+string(b))] = true
		}
		if len(seen) != [...]int{0, 10, 100, 1000}[digits] {
			t.Errorf("%d digits: %d pseudonyms", digits, len(seen))
		}
	}
}

func TestPseudonymsKeepKinds(t *testing.T) {
	r := redactor(t, All)
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.OneOf(rapid.StringN(0, 40, -1), rapid.StringMatching(`([a-zA-Z0-9._-]|%[0-9a-fA-F]{2}){0,30}`)).Draw(t, "text")
		b := []byte(before)
		r.permute(b)
		if len(b) != len(before) || utf8.Valid(b) != utf8.ValidString(before) {
			t.Fatalf("%q becomes %q", before, b)
		}
		for i, c := range b {
			if c < utf8.RuneSelf && before[i] >= utf8.RuneSelf || c < ' ' && before[i] >= ' ' || (c == '%') != (before[i] == '%') {
				t.Fatalf("%q becomes %q", before, b)
			}
		}
	})
}

func TestModesAndKeys(t *testing.T) {
	if _, err := ParseMode("some"); err == nil {
		t.Error("some is a mode")
	}
	if _, err := New(All, []byte("short"), nil); err == nil {
		t.Error("a short key is taken")
	}
	if r, err := New(None, nil, nil); r != nil || err != nil {
		t.Errorf("none: %v, %v", r, err)
	}
	var none *Redactor
	if got := none.URI("sip:alice@h"); got != "sip:alice@h" {
		t.Errorf("none: %q", got)
	}
}

const everything = "MESSAGE sip:bob@example.com;x=bob SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP alice-pc.example.com:5062;branch=z9hG4bKalice1;received=192.0.2.9;rport=5062, SIP/2.0/TCP [2001:db8::1];branch=z9hG4bK2\r\n" +
	"Max-Forwards: 70\r\n" +
	"f: \"Alice, of \\\"Accounts\\\"\" <sip:alice@example.com>;tag=alice77\r\n" +
	"To: Bob <sip:bob@example.com>\r\n" +
	"Call-ID: alice-1@example.com\r\n" +
	"X-Leg: alice-1@example.com\r\n" +
	"CSeq: 1 MESSAGE\r\n" +
	"P-Asserted-Identity: \"Alice\" <tel:+4915112345678>, <sip:alice@example.com>\r\n" +
	"History-Info: <sip:alice@example.com?Reason=alice>;index=1\r\n" +
	"Contact: <sip:alice@192.0.2.9:5062>;expires=60;+sip.instance=\"<urn:uuid:alice>\"\r\n" +
	"Authorization: Digest username=\"alice@example.com\", realm=\"example.com\", nonce=\"n\", uri=\"sip:bob@example.com\", response=\"6629fae49393a05397450978507c4ef1\"\r\n" +
	"Proxy-Authorization: Basic YWxpY2U6c2VjcmV0\r\n" +
	"Subject: alice\r\n" +
	"X-Who: alice and\r\n alice\r\n" +
	"this line is of alice\r\n" +
	"User-Agent: phone 1.2 (alice)\r\n" +
	"Content-Type: text/plain\r\n" +
	"Content-Length: 13\r\n\r\nhello, alice\n"

func scanned(t testing.TB, raw string) *decode.Message {
	t.Helper()
	m := new(decode.Message)
	if !m.Scan([]byte(raw)) {
		t.Fatal("no message")
	}
	return m
}

func TestMessageNamesNobody(t *testing.T) {
	before := scanned(t, everything)
	after := redactor(t, All).Message(before)
	text := strings.ToLower(string(after.Raw))
	for _, word := range []string{"alice", "bob", "example.com", "accounts", "15112345678", "hello", "6629fae4", "ywxpy2u6"} {
		if strings.Contains(text, word) {
			t.Errorf("%q is there:\n%s", word, after.Raw)
		}
	}
	for _, want := range []string{"SIP/2.0/UDP ", "192.0.2.9", "rport=5062", "[2001:db8::1]", "CSeq: 1 MESSAGE", "phone 1.2 (", "Content-Length: 13", ";index=1", "z9hG4bK"} {
		if !strings.Contains(string(after.Raw), want) {
			t.Errorf("%q is gone:\n%s", want, after.Raw)
		}
	}
	if string(before.Raw) != everything {
		t.Error("the message itself changed")
	}
	var legs []string
	for _, h := range after.Headers {
		if name := after.Text(h.Name); name == "Call-ID" || name == "X-Leg" {
			legs = append(legs, after.Text(h.Value))
		}
	}
	if len(legs) != 2 || legs[0] != legs[1] {
		t.Errorf("the Call-ID and the header field that names it: %q", legs)
	}
}

// Without --redact names stay; what proves a password and the words of people go.
func TestSecretsAreHidden(t *testing.T) {
	m := scanned(t, everything)
	var none *Redactor
	none.head(&m.Message)
	for _, gone := range []string{"6629fae4", "YWxpY2U6", "Subject: alice"} {
		if strings.Contains(string(m.Raw), gone) {
			t.Errorf("%q is there:\n%s", gone, m.Raw)
		}
	}
	for _, stays := range []string{"sip:alice@example.com>", "username=\"alice@example.com\"", "nonce=\"n\"", "X-Who: alice"} {
		if !strings.Contains(string(m.Raw), stays) {
			t.Errorf("%q is gone:\n%s", stays, m.Raw)
		}
	}
}

// Whatever white space and quotes credentials are written with, and in whatever
// header field: without --redact they are hidden as well.
func TestCredentialsAreHidden(t *testing.T) {
	for _, line := range []string{
		"Authorization: Digest response=\"5ec4e7\"", "Authorization:\tDigest\tresponse\t=\t\"5ec4e7\"", "Authorization : Digest\r\n response = 5ec4e7",
		"authorization:digest RESPONSE=5ec4e7", "Authorization: Digest username=\"a\" response=\"5ec4e7\"", "Authorization: response=\"5ec4e7\"",
		"Authorization: Digest username=\"a, response=\"5ec4e7\"", "Authorization: Digest username=<a, response=\"5ec4e7\"", "Authorization: 5ec4e7",
		"Authorization: Basic\t5ec4e7", "Authorization: Bearer\r\n\t5ec4e7", "Authorization: Digest realm=\"x\",\r\n\tresponse=\r\n \"5ec4e7\"",
		"Authorization: Digest password=5ec4e7", "Authorization: 5ec4e7==", "Proxy-Authorization: NTLM 5ec4e7", "X-Auth-Token: 5ec4e7", "Cookie: a=5ec4e7",
		"X-A: Digest username=\"a\", response=\"5ec4e7\"", "Authorization Digest response=5ec4e7", "Contact: <sip:alice:5ec4e7@192.0.2.1>",
		"Contact: <sip:a@b?Authorization=Digest%20response%3D5ec4e7>", "Authentication-Info: rspauth=\"5ec4e7\"", "Authorization: Digest nonce=\"x\" 5ec4e7",
		"Authorization: \tDigest response=\"\\5ec4e7\"", "Route: <sip:b>, <sips:alice:5ec4e7@192.0.2.1;lr>",
		"Authorization: Digest username=\"a\", uri=\"sip:alice:5ec4e7@192.0.2.1\"", "Subject: Digest realm=\"5ec4e7\"", "Alert-Info: Digest username=\"a\", response=\"5ec4e7\"", "Supported: Bearer 5ec4e7_5ec4e7", "P-Associated-URI: Basic 5ec4e75ec4e7==;a=b",
	} {
		m := scanned(t, "MESSAGE sip:bob:5ec4e7@192.0.2.1 SIP/2.0\r\nX-Who: alice\r\n"+line+"\r\nCall-ID: 1\r\n\r\n")
		var none *Redactor
		none.head(&m.Message)
		if strings.Contains(string(m.Raw), "5ec4e7") || !strings.Contains(string(m.Raw), "X-Who: alice") {
			t.Errorf("%q", m.Raw)
		}
	}
}

// Words and addresses that begin like credentials are none.
func TestNoCredentials(t *testing.T) {
	for _, line := range []string{"User-Agent: Basic Phone 2", "Contact: Digest <sip:news@192.0.2.1>", "P-Asserted-Identity: Bearer <sip:b@192.0.2.1>"} {
		m := scanned(t, "MESSAGE sip:bob@192.0.2.1 SIP/2.0\r\n"+line+"\r\nCall-ID: 1\r\n\r\n")
		var none *Redactor
		none.head(&m.Message)
		if !strings.Contains(string(m.Raw), line+"\r\n") {
			t.Errorf("%q", m.Raw)
		}
	}
}

// A URI may ask for a subject and a body: what somebody wrote is hidden there as well,
// with pseudonyms for names, for numbers only, or for nothing.
func TestTextsInURIs(t *testing.T) {
	for _, line := range []string{
		"Refer-To: <sip:bob@example.com?Subject=secretive>", "Refer-To: <sip:bob@example.com?X-A=1&body=secretive>", "Refer-To: <sip:bob@example.com?%53ubject=secretive&a=b>",
		"Contact: <mailto:bob@example.com?subject=secretive>", "Alert-Info: <sms:+1555?body=secretive>", "X-Link: sip:bob@example.com;a=b?BODY=secretive",
	} {
		for _, r := range []*Redactor{nil, redactor(t, Numbers), redactor(t, All)} {
			m := scanned(t, "MESSAGE sip:bob@192.0.2.1?s=secretive SIP/2.0\r\nX-Who: alice\r\n"+line+"\r\nCall-ID: 1\r\n\r\n")
			size := len(m.Raw)
			r.head(&m.Message)
			if strings.Contains(string(m.Raw), "secretive") || len(m.Raw) != size {
				t.Errorf("%q", m.Raw)
			}
		}
	}
}

func TestHiddenTexts(t *testing.T) {
	var texts Texts
	hide := func(s string) string {
		b := []byte(s)
		texts.hide(b)
		return string(b)
	}
	for text, want := range map[string]string{"": "", "\r\n\x00": "\r\n\x00"} {
		if got := hide(text); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	first, second := hide("hello\r\nbob"), hide("hallo\r\nbob")
	if first != "xxxxx\r\nxxx" || second != "bxxxx\r\nxxx" || hide("hello\r\nbob") != first {
		t.Errorf("%q and %q", first, second)
	}
	if got := hide("Zoë 你好 👋 \xff"); got != "xx×x✕✕x🗙x\xff" {
		t.Errorf("%q", got)
	}
}

// A message that is made to take long does not: what is quadratic would take minutes.
func TestHostileMessagesTakeNoTime(t *testing.T) {
	shared.OneGoroutine(t)
	for _, line := range []string{
		"X: " + strings.Repeat("sip:a@b ", 8000), "X: " + strings.Repeat("a:", 30000), "Contact: " + strings.Repeat("<sip:a;b=c@d>;e=f,", 3500),
		"X: " + strings.Repeat("1", 60000), "From: <sip:" + strings.Repeat("a", 60000) + "@b>", "Via: " + strings.Repeat(";", 60000),
		"Authorization: Digest " + strings.Repeat("a=\"b\",", 9000), "Subject: " + strings.Repeat("ä", 30000), "X: " + strings.Repeat("bob ", 15000),
	} {
		m := scanned(t, "MESSAGE sip:bob@example.com SIP/2.0\r\nCall-ID: 1\r\n"+line+"\r\n\r\n")
		begin := time.Now()
		redactor(t, All).Message(m)
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("%.20s...: %s", line, took)
		}
	}
}

func BenchmarkMessage(b *testing.B) {
	r, m := redactor(b, All), scanned(b, everything)
	for b.Loop() {
		r.Message(m)
	}
}

// What Hide leaves of a body is known as hidden, and no SMS, CPIM or text is.
func TestIsHidden(t *testing.T) {
	var texts Texts
	for _, text := range []string{"Watson, come here", "From: <im:a@b>\r\nTo: <im:c@d>\r\n\r\nhi", "\x00\x9e\x00\x07\x91\x44\xf0zz", "日本\ttext", "Watson, come thee", "ok", "see you"} {
		body := []byte(text)
		if IsHidden(body) {
			t.Errorf("%q is taken for hidden", text)
		}
		texts.hide(body)
		if !IsHidden(body) {
			t.Errorf("%q, hidden as %q, is not known as that", text, body)
		}
	}
}
