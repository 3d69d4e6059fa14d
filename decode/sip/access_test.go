package sip

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simplecap/internal/wire"
)

func TestHeaderID(t *testing.T) {
	compact := map[byte]HeaderID{}
	for id := HeaderOther + 1; id < headerIDs; id++ {
		name := headerNames[id]
		for _, spelling := range []string{name.long, strings.ToUpper(name.long), strings.ToLower(name.long)} {
			if got := headerID([]byte(spelling)); got != id {
				t.Errorf("%q is %v, want %v", spelling, got, id)
			}
		}
		if id.String() != name.long || name.long == "" {
			t.Errorf("header %d is called %q", id, id)
		}
		if headersByName.next[id] != HeaderOther {
			t.Errorf("%v shares a slot with %v: other factors in headerSlot make it faster", id, headersByName.next[id])
		}
		if c := name.compact; c != 0 {
			if compact[c] != 0 {
				t.Errorf("%q stands for %v and %v", c, compact[c], id)
			}
			compact[c] = id
			if headerID([]byte{c}) != id || headerID([]byte{c - 'a' + 'A'}) != id {
				t.Errorf("%q does not stand for %v", c, id)
			}
		}
	}
	// IANA's list of compact forms.
	if len(compact) != 20 {
		t.Errorf("%d compact forms", len(compact))
	}
	for _, other := range []string{"X", "Z", "g", "Vias", "Fro", "Call_ID", "\x16ia", "P-Charging-Vector"} {
		if other == "X" { // Session-Expires
			continue
		}
		if got := headerID([]byte(other)); got != HeaderOther {
			t.Errorf("%q is %v", other, got)
		}
	}
	if HeaderOther.String() != "other" || HeaderID(200).String() != "header 200" {
		t.Errorf("%v, %v", HeaderOther, HeaderID(200))
	}
	if headerIDs > 64 {
		t.Errorf("%d header fields do not fit scanner.seen", headerIDs)
	}
}

func TestHeaderAccess(t *testing.T) {
	m := mustScanHead(t, "MESSAGE sip:b@c SIP/2.0\r\nRoute: <sip:1;lr>\r\nX: 1\r\nroute: <sip:2;lr>\r\nRoute:\r\n\r\n")
	if v, ok := m.Header(HeaderRoute); !ok || string(v) != "<sip:1;lr>" {
		t.Errorf("first Route: %q, %v", v, ok)
	}
	if v, ok := m.Header(HeaderVia); ok || v != nil {
		t.Errorf("Via: %q, %v", v, ok)
	}
	var routes []string
	for v := range m.All(HeaderRoute) {
		routes = append(routes, string(v))
	}
	if diff := cmp.Diff([]string{"<sip:1;lr>", "<sip:2;lr>", ""}, routes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for range m.All(HeaderRoute) {
		break
	}
	if !m.MethodIs("MESSAGE") || m.MethodIs("message") {
		t.Error("MethodIs is not exact")
	}
	n := 0
	if allocs := testing.AllocsPerRun(100, func() {
		for v := range m.All(HeaderRoute) {
			n += len(v)
		}
	}); allocs != 0 {
		t.Errorf("All: %v allocations", allocs)
	}
}

func TestUnfold(t *testing.T) {
	for folded, want := range map[string]string{
		"":                             "",
		"plain":                        "plain",
		"a  b":                         "a  b",
		"a\r\n b":                      "a b",
		"a \t\r\n \t b\r\n\tc":         "a b c",
		"a\n b":                        "a b",
		"a\r b":                        "a b",
		"a\r\n \r\n b":                 "a b",
		"a\r\n ":                       "a",
		"sip:a@b\r\n ;\r\n tag=\r\n x": "sip:a@b ; tag= x",
	} {
		m := &Message{Raw: []byte(folded)}
		if got := string(m.Unfold([]byte("> "), Span{0, uint32(len(folded))})); got != "> "+want {
			t.Errorf("%q unfolds to %q, want %q", folded, got, "> "+want)
		}
	}
}

func TestMediaType(t *testing.T) {
	for value, want := range map[string]string{"text/plain": "text/plain", "text/plain ; charset=UTF-8": "text/plain", "": "", ";x": ""} {
		m := mustScanHead(t, wire.PlainMessageWith(t, "Content-Type:", "c: "+value+"\r\n"))
		if got := string(m.MediaType()); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

func TestCopy(t *testing.T) {
	raw := []byte(wire.PlainMessage)
	var m Message
	if !m.Scan(raw) {
		t.Fatal("no message")
	}
	want := partsOf(&m)
	var clone Message
	m.CopyTo(&clone, nil)
	var copies [3]Message
	buf := []byte("before")
	for i := range copies {
		buf = m.CopyTo(&copies[i], buf)
	}
	clear(raw)
	for i, c := range []*Message{&clone, &copies[0], &copies[1], &copies[2]} {
		if diff := cmp.Diff(want, partsOf(c)); diff != "" {
			t.Errorf("copy %d (-want +got)\n%s", i, diff)
		}
		if v, _ := c.Header(HeaderCallID); string(v) != "a@b" {
			t.Errorf("copy %d: Call-ID %q", i, v)
		}
	}
	if !bytes.HasPrefix(buf, []byte("before")) || len(buf) != len("before")+3*len(wire.PlainMessage) {
		t.Errorf("the buffer has %d bytes", len(buf))
	}
	if n := testing.AllocsPerRun(100, func() { buf = m.CopyTo(&copies[0], buf[:0]) }); n != 0 {
		t.Errorf("CopyTo: %v allocations", n)
	}
}

func TestParam(t *testing.T) {
	tests := []struct {
		value, name, want string
		ok                bool
	}{
		{"<sip:a@b;tag=no>;tag=yes", "tag", "yes", true},
		{"<sip:a@b>;x;Tag=yes", "TAG", "yes", true},
		{"sip:a@b;tag=yes", "tag", "yes", true},
		{"\"A;tag=no <x>;tag=no\" <sip:a@b> ; tag = yes ; tag=no", "tag", "yes", true},
		{"<sip:a@b>;+sip.instance=\"<urn:uuid:1;x>\";q=0.5", "q", "0.5", true},
		{"<sip:a@b>;+sip.instance=\"<urn:uuid:1;x>\"", "+sip.instance", "\"<urn:uuid:1;x>\"", true},
		{"<sip:a@b>;lr", "lr", "", true},
		{"<sip:a@b>", "tag", "", false},
		{"", "tag", "", false},
		{"text/plain;charset=\"a;b\\\";charset=no\"", "charset", "\"a;b\\\";charset=no\"", true},
	}
	for _, tt := range tests {
		if got, ok := Param([]byte(tt.value), tt.name); string(got) != tt.want || ok != tt.ok {
			t.Errorf("Param(%q, %q) = %q, %v, want %q, %v", tt.value, tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestSplitURI(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:alice@example.com":                    "sip alice example.com  ",
		"SIPS:alice:pw@example.com:5061;lr?a=b":    "SIPS alice example.com 5061 lr?a=b",
		"sip:example.com":                          "sip  example.com  ",
		"sip:[2001:db8::1]":                        "sip  [2001:db8::1]  ",
		"sip:a@[2001:db8::1]:5060;x":               "sip a [2001:db8::1] 5060 x",
		"sip:user;par=u%40example.net@example.com": "sip user;par=u%40example.net example.com  ",
		"sip:+1;phone-context=a@b;user=phone":      "sip +1;phone-context=a b  user=phone",
		"tel:+1-212-555-0100;phone-context=x":      "tel +1-212-555-0100   phone-context=x",
		"im:fred@example.com":                      "im fred example.com  ",
		"sip:a@b?subject=x":                        "sip a b  subject=x",
		"foo@bar":                                  "    ",
		"":                                         "    ",
		":x":                                       "    ",
		"sip:":                                     "sip    ",
		"sip:@":                                    "sip    ",
		"sip:[::1":                                 "sip  [ :1 ",
	} {
		u := SplitURI([]byte(uri))
		if got := fmt.Sprintf("%s %s %s %s %s", u.Scheme, u.User, u.Host, u.Port, u.Params); got != want {
			t.Errorf("SplitURI(%q) = %q, want %q", uri, got, want)
		}
	}
}

// TestLinear scans values made to be slow: a scan that goes back for every
// character of them would take minutes.
func TestLinear(t *testing.T) {
	limits := DefaultLimits
	for _, part := range []string{`"\";`, `"`, `\"`, `;"`, `,"`, `<`, `;branch=`, "\r\n ", "\r\n \"", "\r", ",", `\`} {
		for _, name := range []string{"Via: SIP/2.0/UDP h;", "From: ", "Call-ID: ", "X: "} {
			raw := []byte("MESSAGE sip:b@c SIP/2.0\r\n" + name + strings.Repeat(part, 1<<20/len(part)) + "\r\n\r\n")
			var m Message
			scanHead(raw, &m, &limits)
		}
	}
}
