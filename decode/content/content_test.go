package content

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime/quotedprintable"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// summary is what a body says, on one line.
func summary(c *Content) string {
	var b strings.Builder
	b.WriteString(c.Kind.String())
	add := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, " %s=%s", name, value)
		}
	}
	add("type", c.Type)
	if c.Charset != "utf-8" {
		add("charset", c.Charset)
	}
	if c.HasText {
		fmt.Fprintf(&b, " text=%q", c.Text)
	}
	add("wrapped", c.Wrapped)
	add("parts", strings.Join(c.Parts, ","))
	add("service", c.Service)
	add("undeclared", c.Undeclared)
	for i, p := range []*CPIM{c.CPIM, c.Inner} {
		if p != nil {
			add([]string{"cpim", "inner"}[i], strings.Join([]string{p.From, p.To, p.MessageID, strings.Join(p.Disposition, "+")}, "|"))
		}
	}
	for _, n := range c.IMDNs {
		add("imdn", n.MessageID+"|"+n.Notification+"|"+n.Status+"|"+n.Recipient)
	}
	if c.Composing != (State{}) {
		add("composing", fmt.Sprintf("%s|%s|%d", c.Composing.State, c.Composing.ContentType, c.Composing.Refresh))
	}
	if c.SMS != nil {
		add("sms", fmt.Sprintf("%s %d %s", c.SMS.Type, c.SMS.Reference, c.SMS.TPDU.Kind))
	}
	add("recipients", strings.Join(c.Recipients, ","))
	if c.Exchange != (Reference{}) {
		add("exchange", c.Exchange.Root+"|"+c.Exchange.Command+"|"+c.Exchange.Number)
	}
	if c.Opaque {
		b.WriteString(" opaque")
	}
	for _, d := range c.Defects {
		fmt.Fprintf(&b, "; %s", d.What)
	}
	return b.String()
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

const cpimHead = `From: Maja <sip:maja@a.example>
To: <sip:tomas@a.example>
DateTime: 2026-11-27T10:00:00Z
NS: imdn <urn:ietf:params:imdn>
imdn.Message-ID: m1
imdn.Disposition-Notification: positive-delivery, display

`

const imdnBody = `<?xml version="1.0"?>
<x:imdn xmlns:x="urn:ietf:params:xml:ns:imdn"><x:message-id>m1</x:message-id><x:datetime>2026-11-27T10:00:00Z</x:datetime><x:recipient-uri>sip:tomas@a.example</x:recipient-uri><x:delivery-notification><x:status><x:delivered/></x:status></x:delivery-notification></x:imdn>`

const smsHex = "00bb00079144770009000019311f0c914477000940650000a70cc8329bfd066d509bf22605"

func TestRead(t *testing.T) {
	rp, _ := hex.DecodeString(smsHex)
	var packed, zipped, flat bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write([]byte("sea, sea"))
	z.Close()
	g := gzip.NewWriter(&zipped)
	g.Write([]byte("sea, sea"))
	g.Close()
	fl, _ := flate.NewWriter(&flat, 9)
	fl.Write([]byte("sea, sea"))
	fl.Close()
	for _, test := range []struct {
		name string
		h    Header
		body string
		want string
	}{
		{"text", Header{Type: "text/plain"}, "hello", `im type=text/plain text="hello"`},
		{"no body", Header{}, "", `im text=""`},
		{"charset", Header{Type: "text/plain; charset=ISO-8859-1"}, "Caf\xe9", `im type=text/plain charset=iso-8859-1 text="Café"`},
		{"utf-16 with BOM", Header{Type: `text/plain;charset="utf-16"`}, "\xff\xfeA\x00\xdb\x00", `im type=text/plain charset=utf-16 text="AÛ"`},
		{"utf-16 without BOM", Header{Type: `text/plain;charset=utf-16be`}, "\x00A\x00\xdb", `im type=text/plain charset=utf-16be text="AÛ"`},
		{"gb2312", Header{Type: "text/plain;charset=gb2312"}, "\xb1\xb1", `im type=text/plain charset=gb2312 text="北"`},
		{"unknown charset", Header{Type: "text/plain;charset=klingon"}, "x", `im type=text/plain charset=klingon; unknown charset`},
		{"not UTF-8", Header{Type: "text/plain"}, "Sn\xf8", `im type=text/plain text="Sn` + "\ufffd" + `"; the octets are not UTF-8`},
		{"gzip", Header{Type: "text/plain", Encoding: "gzip"}, zipped.String(), `im type=text/plain text="sea, sea"`},
		{"deflate", Header{Type: "text/plain", Encoding: "deflate"}, packed.String(), `im type=text/plain text="sea, sea"`},
		{"raw deflate", Header{Type: "text/plain", Encoding: "deflate"}, flat.String(), `im type=text/plain text="sea, sea"`},
		{"base64", Header{Type: "text/plain", TransferEncoding: "Base64"}, "aGVs\r\nbG8=", `im type=text/plain text="hello"`},
		{"quoted-printable", Header{Type: "text/plain", TransferEncoding: "quoted-printable"}, "a=3Db", `im type=text/plain text="a=b"`},
		{"looks like an IMDN", Header{Type: "text/plain"}, imdnBody, fmt.Sprintf(`im type=text/plain text=%q`, imdnBody)},

		{"CPIM", Header{Type: "message/cpim"}, crlf(cpimHead + "Content-Type: text/plain;charset=utf-8\n\nhi"), `im type=text/plain text="hi" cpim=sip:maja@a.example|sip:tomas@a.example|m1|positive-delivery+display`},
		{"CPIM, no content type", Header{Type: "message/cpim"}, crlf(cpimHead + "\nhi"), `im type=text/plain text="hi" cpim=sip:maja@a.example|sip:tomas@a.example|m1|positive-delivery+display`},
		{"CPIM without empty line", Header{Type: "message/cpim"}, crlf("From: <sip:a@b>\nContent-Type: text/plain\n\nhi"), `im type=text/plain text="hi" cpim=sip:a@b|||; CPIM: no empty line before the content's header fields`},
		{"CPIM, LF, other prefix after use", Header{Type: "message/cpim"}, "d.Message-ID: 7\nNS: d<urn:ietf:params:imdn>\n\nContent-Type: text/plain\n\nhi",
			`im type=text/plain text="hi" cpim=||7|; CPIM: lines end in LF alone; CPIM: no space in NS`},
		{"CPIM, small letters", Header{Type: "message/cpim"}, crlf("from: <sip:a@b>\nns: imdn <urn:ietf:params:imdn>\nimdn.message-id: 7\n\ncontent-type: text/plain\n\nhi"), `im type=text/plain text="hi" cpim=sip:a@b||7|; CPIM: header names in another case`},
		{"CPIM, prefix not declared", Header{Type: "message/cpim"}, crlf("imdn.Message-ID: 7\n\nContent-Type: text/plain\n\nhi"), `im type=text/plain text="hi" cpim=||7|; CPIM: the namespace prefix imdn is not declared`},
		{"CPIM in CPIM", Header{Type: "message/cpim"}, crlf("NS: imdn <urn:ietf:params:imdn>\nimdn.Message-ID: out\n\nContent-Type: message/cpim\n\n" + cpimHead + "Content-Type: text/plain\n\nhi"),
			`im type=text/plain text="hi" cpim=||out| inner=sip:maja@a.example|sip:tomas@a.example|m1|positive-delivery+display`},
		{"IMDN in CPIM", Header{Type: "message/cpim"}, crlf("From: <sip:a@b>\n\nContent-Type: message/imdn+xml\nContent-Disposition: notification\n\n") + imdnBody,
			`imdn type=message/imdn+xml cpim=sip:a@b||| imdn=m1|delivery|delivered|sip:tomas@a.example`},
		{"IMDN alone", Header{Type: "message/imdn+xml"}, imdnBody, `imdn type=message/imdn+xml imdn=m1|delivery|delivered|sip:tomas@a.example`},
		{"aggregated", Header{Type: "multipart/mixed;boundary=b"}, "--b\r\nContent-Type: message/imdn+xml\r\n\r\n" + imdnBody + "\r\n--b\r\nContent-Type: message/imdn+xml\r\n\r\n" + imdnBody + "\r\n--b--",
			`imdn type=multipart/mixed wrapped=multipart/mixed parts=message/imdn+xml,message/imdn+xml imdn=m1|delivery|delivered|sip:tomas@a.example imdn=m1|delivery|delivered|sip:tomas@a.example`},
		{"half an IMDN", Header{Type: "message/imdn+xml"}, imdnBody[:120], `imdn type=message/imdn+xml imdn=m1|||; the XML is broken; an IMDN without message-id or status`},
		{"typing", Header{Type: "application/im-iscomposing+xml"}, `<isComposing><state>active</state><contenttype>text/plain</contenttype><refresh>60</refresh></isComposing>`,
			`is-composing type=application/im-iscomposing+xml composing=active|text/plain|60`},
		{"list", Header{Type: "multipart/mixed;boundary=b"}, "--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\nContent-Type: application/resource-lists+xml\r\nContent-Disposition: recipient-list\r\n\r\n<resource-lists><list><entry uri=\"sip:a@b\"/><entry uri=\"sip:c@d\"/></list></resource-lists>\r\n--b--\r\n",
			`im type=text/plain text="hi" wrapped=multipart/mixed parts=text/plain,application/resource-lists+xml recipients=sip:a@b,sip:c@d`},
		{"alternatives", Header{Type: "multipart/alternative;boundary=b"}, "--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b--", `im type=text/plain text="hi" wrapped=multipart/alternative parts=text/html,text/plain`},
		{"a picture", Header{Type: "multipart/mixed;boundary=b"}, "--b\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--b--", `other type=multipart/mixed wrapped=multipart/mixed parts=image/png`},
		{"no boundary", Header{Type: "multipart/mixed"}, "--b\r\n\r\nhi\r\n--b--", `other type=multipart/mixed opaque; multipart/mixed without boundary`},
		{"no end", Header{Type: "multipart/mixed;boundary=b"}, "--b\r\n\r\nhi", `im type=text/plain text="hi" wrapped=multipart/mixed parts=text/plain; the multipart/mixed has no end`},

		{"SMS", Header{Type: "Application/VND.3GPP.SMS;version=1"}, string(rp), `sms type=application/vnd.3gpp.sms text="Hello {€}" sms=RP-DATA 187 SMS-SUBMIT`},
		{"SMS in base64, said", Header{Type: "application/vnd.3gpp.sms", TransferEncoding: "base64"}, base64.StdEncoding.EncodeToString(rp), `sms type=application/vnd.3gpp.sms text="Hello {€}" sms=RP-DATA 187 SMS-SUBMIT`},
		{"SMS in base64", Header{Type: "application/vnd.3gpp.sms"}, base64.StdEncoding.EncodeToString(rp), `sms type=application/vnd.3gpp.sms text="Hello {€}" undeclared=base64 sms=RP-DATA 187 SMS-SUBMIT`},
		{"SMS in hex", Header{Type: "application/vnd.3gpp.sms"}, strings.ToUpper(smsHex), `sms type=application/vnd.3gpp.sms text="Hello {€}" undeclared=hex sms=RP-DATA 187 SMS-SUBMIT`},
		{"SMS in a multipart", Header{Type: "multipart/mixed;boundary=b"}, "--b\r\nContent-Type: application/vnd.3gpp.sms\r\n\r\n" + string(rp) + "\r\n--b\r\nContent-Type: application/vnd.3gpp.access-transfer-info+xml\r\n\r\n<x/>\r\n--b--",
			`sms type=application/vnd.3gpp.sms text="Hello {€}" wrapped=multipart/mixed parts=application/vnd.3gpp.sms,application/vnd.3gpp.access-transfer-info+xml sms=RP-DATA 187 SMS-SUBMIT`},
		{"SMS behind a text", Header{Type: "multipart/mixed;boundary=b"}, "--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\nContent-Type: application/vnd.3gpp.sms\r\n\r\n" + string(rp) + "\r\n--b--",
			`sms type=application/vnd.3gpp.sms text="Hello {€}" wrapped=multipart/mixed parts=text/plain,application/vnd.3gpp.sms sms=RP-DATA 187 SMS-SUBMIT`},
		{"SMS without body", Header{Type: "application/vnd.3gpp.sms"}, "", `sms type=application/vnd.3gpp.sms sms= 0 ; no RP message`},
		{"CDMA", Header{Type: "application/vnd.3gpp2.sms"}, "\x00\x00\x02\x10\x02", `other type=application/vnd.3gpp2.sms service=CDMA SMS`},

		{"file transfer", Header{Type: "message/cpim"}, crlf("\nContent-Type: application/vnd.gsma.rcs-ft-http+xml\n\n<file/>"), `im type=application/vnd.gsma.rcs-ft-http+xml service=file transfer cpim=|||`},
		{"reconfigure", Header{Type: "application/vnd.gsma.rcs-reconfigure+xml"}, "<x/>", `other type=application/vnd.gsma.rcs-reconfigure+xml service=RCS reconfiguration`},
		{"enveloped", Header{Type: "application/pkcs7-mime;smime-type=enveloped-data"}, "\x30\x82", `im type=application/pkcs7-mime service=S/MIME opaque`},
		{"sealed", Header{Type: "application/vnd.example.sealed"}, "\x30\x82", `other type=application/vnd.example.sealed service=application/vnd.example.sealed`},
		{"signed", Header{Type: `multipart/signed;protocol="application/x-pkcs7-signature";boundary="----B"`}, "------B\nContent-Type: text/plain\n\nsealed\n------B\nContent-Type: application/x-pkcs7-signature\n\nMII\n------B--\n",
			`im type=text/plain text="sealed" wrapped=multipart/signed parts=text/plain,application/x-pkcs7-signature`},
		{"GB/T 28181", Header{Type: "Application/MANSCDP+xml"}, "<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n<Response><CmdType>Catalog</CmdType><SN>12</SN><Name>\xb1\xb1</Name></Response>",
			`other type=application/manscdp+xml service=GB/T 28181 Catalog exchange=Response|Catalog|12`},
		{"message waiting", Header{Type: "application/simple-message-summary"}, "Messages-Waiting: yes", `other type=application/simple-message-summary service=message waiting`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := summary(Read(test.h, []byte(test.body), Limits{})); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	nested := "hi"
	header := Header{Type: "text/plain"}
	for i := range 40 {
		nested = fmt.Sprintf("--b%d\r\nContent-Type: %s\r\n\r\n%s\r\n--b%d--", i, header.Type, nested, i)
		header.Type = fmt.Sprintf("multipart/mixed;boundary=b%d", i)
	}
	var bomb bytes.Buffer
	z := zlib.NewWriter(&bomb)
	z.Write(make([]byte, 8<<20))
	z.Close()
	for _, test := range []struct {
		name   string
		h      Header
		body   string
		defect string
	}{
		{"depth", header, nested, "wrapped more than 8 times"},
		{"parts", Header{Type: "multipart/mixed;boundary=b"}, strings.Repeat("--b\r\n\r\nx\r\n", 5000) + "--b--", "more than 64 parts"},
		{"bomb", Header{Type: "text/plain", Encoding: "deflate"}, bomb.String(), "the body becomes more than 262144 bytes"},
		{"XML depth", Header{Type: "message/imdn+xml"}, strings.Repeat("<a>", 5000), "XML more than 32 deep"},
		{"entities", Header{Type: "message/imdn+xml"}, `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><imdn><message-id>&a;</message-id></imdn>`, "the XML is broken"},
	} {
		c := Read(test.h, []byte(test.body), Limits{})
		if len(c.Defects) == 0 || c.Defects[0].What != test.defect {
			t.Errorf("%s: defects %v, want %q", test.name, c.Defects, test.defect)
		}
		if len(c.Text) > 64<<10 || len(c.Parts) > 64 {
			t.Errorf("%s: %d bytes of text, %d parts", test.name, len(c.Text), len(c.Parts))
		}
	}
}

// Parts that are packed, in a body that is packed, become together no more than one may.
func TestInflatedTogether(t *testing.T) {
	pack := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, s)
		z.Close()
		return b.String()
	}
	part := "--b\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n\r\n" + pack(strings.Repeat("x", 200<<10)) + "\r\n"
	h, body := Header{Type: "multipart/mixed;boundary=b", Encoding: "gzip"}, []byte(pack(strings.Repeat(part, 50)+"--b--"))
	r := reader{limits: defaults, c: new(Content)}
	r.body(h, body, 0)
	if r.grown > defaults.Inflated || !strings.Contains(fmt.Sprint(r.c.Defects), "more than 262144 bytes") {
		t.Errorf("%d bytes, defects %v", r.grown, r.c.Defects)
	}
	sum := 0
	var add func(fields []Field)
	add = func(fields []Field) {
		for _, f := range fields {
			if f.Encoding == "gzip" {
				sum += len(f.Decoded)
			}
			add(f.Inner)
		}
	}
	if add(Describe(h, body, Limits{})); sum > defaults.Inflated || sum < 200<<10 {
		t.Errorf("%d bytes are described", sum)
	}
}

// A text of XML in thousands of pieces is put together once, not once for each.
func TestPiecesOfXML(t *testing.T) {
	const pieces = 7000
	body := []byte("<isComposing><state>" + strings.Repeat("a<!---->", pieces) + "</state></isComposing>")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := Read(Header{Type: "application/im-iscomposing+xml"}, body, Limits{})
	runtime.ReadMemStats(&after)
	if len(c.Composing.State) != pieces {
		t.Errorf("a state of %d characters", len(c.Composing.State))
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > uint64(100*len(body)) {
		t.Errorf("%d bytes for a body of %d", n, len(body))
	}
}

// FuzzRead wants any body to be read without a panic and with bounded output.
func FuzzRead(f *testing.F) {
	f.Add("message/cpim", "", crlf(cpimHead+"Content-Type: text/plain\n\nhi"))
	f.Add("multipart/mixed;boundary=b", "base64", "--b\r\nContent-Type: message/imdn+xml\r\n\r\n"+imdnBody+"\r\n--b--")
	f.Add("application/vnd.3gpp.sms", "", smsHex)
	f.Add("text/plain;charset=koi8-r", "quoted-printable", "=d3")
	f.Fuzz(func(t *testing.T, contentType, transfer, body string) {
		c := Read(Header{Type: contentType, TransferEncoding: transfer}, []byte(body), Limits{})
		var again Memory
		again.Read(Header{Type: typeSMS}, []byte("\x01\x2a\x00\x00\xff"), Limits{}) // whose defects must not stay
		if diff := cmp.Diff(c, again.Read(Header{Type: contentType, TransferEncoding: transfer}, []byte(body), Limits{}), cmpopts.EquateEmpty(), cmp.AllowUnexported(CPIM{})); diff != "" {
			t.Errorf("memory that is used again: %s", diff)
		}
		if !utf8.ValidString(c.Text) || c.Characters != utf8.RuneCountInString(c.Text) {
			t.Errorf("%q has not %d characters", c.Text, c.Characters)
		}
		if len(c.Text) > 3*len(body)+600 || len(c.Parts) > 64 || len(c.Recipients) > 100 || len(c.Defects) > 600 {
			t.Errorf("%d bytes became %d bytes of text, %d parts, %d defects", len(body), len(c.Text), len(c.Parts), len(c.Defects))
		}
		inOrder(t, Describe(Header{Type: contentType, TransferEncoding: transfer}, []byte(body), Limits{}), len(body))
	})
}

// FuzzWrapped wraps a text in each way and reads it again.
func FuzzWrapped(f *testing.F) {
	f.Add("Hello\r\nworld", byte(7))
	f.Add("--b", byte(3))
	f.Add("ü=", byte(5))
	f.Fuzz(func(t *testing.T, text string, how byte) {
		if !utf8.ValidString(text) || strings.HasPrefix(text, "\ufeff") || len(text) > 4000 {
			t.Skip()
		}
		h, body := Header{Type: "text/plain"}, text
		if how&1 != 0 {
			body = base64.StdEncoding.EncodeToString([]byte(body))
			h.TransferEncoding = "base64"
		} else if how&2 != 0 {
			var b bytes.Buffer
			w := quotedprintable.NewWriter(&b)
			w.Binary = true
			io.WriteString(w, body)
			w.Close()
			h.TransferEncoding, body = "quoted-printable", b.String()
		}
		if how&4 != 0 && !strings.Contains(body, "--8d3e") {
			body = "--8d3e\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: " + h.TransferEncoding + "\r\n\r\n" + body + "\r\n--8d3e--"
			h = Header{Type: "multipart/mixed; boundary=8d3e"}
		}
		if how&8 != 0 {
			body = crlf(cpimHead+"Content-Type: "+h.Type+"\nContent-Transfer-Encoding: "+h.TransferEncoding+"\n\n") + body
			h = Header{Type: "message/cpim"}
		}
		if c := Read(h, []byte(body), Limits{}); c.Text != text || c.Kind != IM {
			t.Errorf("%q became %q, %s", text, c.Text, summary(c))
		}
	})
}

// Reading an SMS makes its strings, and nothing else.
func TestMemoryOfSMS(t *testing.T) {
	var memory Memory
	body := []byte("\x01\x2a\x05\x91\x51\x55\x00\x00\x00\x16\x04\x08\x91\x51\x55\x10\x00\x00\x00\x62\x10\x10\x90\x10\x10\x00\x05\xe8\x32\x9b\xfd\x06")
	h := Header{Type: typeSMS}
	if c := memory.Read(h, body, Limits{}); c.Text != "hello" || c.SMS.TPDU.Address.String() != "+15550100" {
		t.Fatalf("%q of %q", c.Text, c.SMS.TPDU.Address)
	}
	if n := testing.AllocsPerRun(100, func() { memory.Read(h, body, Limits{}) }); n > 3 { // two numbers and a text
		t.Errorf("%v allocations, want 3", n)
	}
	var kept Memory
	c := kept.Keep(memory.Read(h, body, Limits{}))
	memory.Read(h, []byte{3, 1}, Limits{})
	if c.Text != "hello" || c.SMS.Reference != 0x2a {
		t.Errorf("what is kept has changed: %q, RP-MR %d", c.Text, c.SMS.Reference)
	}
}
