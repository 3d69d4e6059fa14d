package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"simplecap/decode"
	"simplecap/decode/sip"
	"simplecap/internal/shared"
)

// The secrets: a user, and a telephone number.
const (
	somebody   = "xandrakis"
	someNumber = "4915112345601"
)

// encodings are ways to write a secret.
var encodings = map[string]func(string) string{
	"plain":   func(s string) string { return s },
	"upper":   strings.ToUpper,
	"percent": func(s string) string { return each(s, func(c byte) string { return fmt.Sprintf("%%%02x", c) }) },
	"base64":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 of more": func(s string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(`{"a":"` + s + `"}`))
	},
	"hex":       func(s string) string { return hex.EncodeToString([]byte(s)) },
	"separated": func(s string) string { return strings.Join([]string{s[:2], s[2:4], s[4:7], s[7:]}, "-") },
	"blanks": func(s string) string {
		return strings.TrimSpace(each(s, func(c byte) string { return string(c) + " " }))
	},
	"reversed": func(s string) string { return reversed(s) },
	"entities": func(s string) string { return each(s, func(c byte) string { return fmt.Sprintf("&#%d", c) }) },
	"quoted":   func(s string) string { return each(s, func(c byte) string { return fmt.Sprintf("=%02X", c) }) },
	"UTF-16": func(s string) string {
		return each(s, func(c byte) string { return string([]byte{0, byte(utf16.Encode([]rune{rune(c)})[0])}) })
	},
}

func each(s string, f func(byte) string) (all string) {
	for i := range len(s) {
		all += f(s[i])
	}
	return all
}

func reversed(s string) string {
	b := []byte(s)
	for i := range len(b) / 2 {
		b[i], b[len(b)-1-i] = b[len(b)-1-i], b[i]
	}
	return string(b)
}

// forms are values in which a secret may stand, as %s.
var forms = []string{
	"%s", "70 %s", "1 (%s)", "x;p=%s", "x;%s", "x;%s=1", "x;text=\"%s\"", "x;expires=%s", "x;lr=%s", "x;tag=%s", "x;branch=%s", "x;rport=%s",
	"text/plain;name=\"%s\"", "text/%s", "attachment; filename=\"%s.vcf\"", "120 (%s is in hospital)", "*;+sip.instance=\"<urn:gsma:imei:%s>\"",
	"\"%s\" <sip:x@192.0.2.1>", "<sip:%s@192.0.2.1>", "<sip:x:%s@192.0.2.1>", "<sip:x@192.0.2.1;p=%s>", "<sip:x@192.0.2.1?Subject=%s>", "<%s:pw@192.0.2.1>",
	"<%s:5060>", "<sip:x@%s.example>", "<tel:%s;phone-context=x>", "sip:x;phone-context=+1@%s:5060", "<sip:x;phone-context=+1@%s>", "tel:1;phone-context=+%s", "<urn:service:sos.%s>", "<http://h.example/%s>", "<sip:[%s]:5060>", "sip:x@192.0.2.1:%s",
	"SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%s", "SIP/2.0/UDP 192.0.2.1 (%s)", "SIP/2.0/%s 192.0.2.1", "SIP/%s/UDP 192.0.2.1", "SIP/2.0/UDP %s:5060", "SIP/2.0/UDP 192.0.2.1:%s",
	"Digest username=\"%s\", nonce=\"x\"", "Digest x=\"%s\"", "Digest nonce=\"%s\", opaque=\"%s\"", "Digest realm=\"%s\"", "Digest response=\"%s\"", "%s x", "Basic %s",
	"{\"orig\":{\"tn\":\"%s\"}}", "399 192.0.2.1 \"%s\"", "399 %s \"x\"", "SIP;cause=%s", "SIP;cause=486;text=\"Busy %s\"", "Kamailio (5.6.3 %s)", "kamailio-%s",
	"1 %s", "Mon, 02 Jan 2006 15:04:05 %s", "x@%s", "%s@192.0.2.1", "a\tb\t%s", "a, %s", "\"a\", \"%s", "<sip:%s", "msg%sx@192.0.2.1", "kamailio=%s",
}

// fieldNames are the names of header fields of the protocol, and others.
func fieldNames() []string {
	names := []string{"X-Who", "Organization"}
	for id := sip.HeaderOther + 1; !strings.HasPrefix(id.String(), "header "); id++ {
		names = append(names, id.String())
	}
	for name := range otherGrammars() {
		names = append(names, name)
	}
	return names
}

// traces are what shows a secret, in lower case.
func traces(secret string) (all [][]byte) {
	for _, encode := range encodings {
		all = append(all, bytes.ToLower([]byte(encode(secret))))
	}
	return all
}

// leak returns what there is of a secret in b. A number is seen through all that
// separates its digits.
func leak(b []byte, secret string, traces [][]byte) []byte {
	lower := bytes.ToLower(b)
	for _, trace := range traces {
		if bytes.Contains(lower, trace) {
			return trace
		}
	}
	digits := bytes.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, b)
	if bytes.Contains(digits, []byte(secret)) {
		return []byte("digits")
	}
	return nil
}

// A secret in any place of a message, in any encoding, is seen in none.
func TestNoPlaceForASecret(t *testing.T) {
	shared.OneGoroutine(t)
	names, places := fieldNames(), 0
	for mode, secret := range map[Mode]string{All: somebody, Numbers: someNumber} {
		r, traces := redactor(t, mode), traces(secret)
		for how, encode := range encodings {
			encoded := encode(secret)
			for _, place := range messagesWith(names, encoded) {
				places++
				var m decode.Message
				if !m.Scan([]byte(place)) {
					continue
				}
				if after := r.Message(&m).Raw; leak(after, secret, traces) != nil {
					t.Errorf("%s, %s:\n%q\nbecomes\n%q", mode, how, cutMessage(place), cutMessage(string(after)))
				}
			}
		}
	}
	if places < 300*2*8 {
		t.Errorf("only %d places", places)
	}
}

// cutMessage is the part of a test's message that differs.
func cutMessage(s string) string {
	s, _, _ = strings.Cut(s, "\r\nCall-ID: plain")
	return s
}

// messagesWith are messages with a secret in one place each.
func messagesWith(names []string, secret string) (all []string) {
	const rest = "\r\nCall-ID: plain\r\nCSeq: 1 MESSAGE\r\n\r\n"
	for _, name := range names {
		for _, form := range forms {
			all = append(all, "MESSAGE sip:x@192.0.2.1 SIP/2.0\r\n"+name+": "+strings.ReplaceAll(form, "%s", secret)+rest)
		}
	}
	for _, line := range []string{
		"X-%s: 1", "%s: 1", "%s", "  %s", "From %s", "X-Who: a\r\n %s",
	} {
		all = append(all, "MESSAGE sip:x@192.0.2.1 SIP/2.0\r\n"+strings.ReplaceAll(line, "%s", secret)+rest)
	}
	for _, line := range []string{
		"MESSAGE %s SIP/2.0", "MESSAGE sip:%s@192.0.2.1 SIP/2.0", "MESSAGE %s:5060 SIP/2.0", "MESSAGE sip:x@192.0.2.1 %s SIP/2.0", "MESSAGE sip:x@192.0.2.1;%s SIP/2.0",
		"MESSAGE tel:%s SIP/2.0", "%s sip:x@192.0.2.1 SIP/2.0", "SIP/2.0 480 %s", "SIP/2.0 480 Busy %s-%s", "SIP/2.0 480 call %s now", "MESSAGE <sip:%s@x> SIP/2.0",
	} {
		all = append(all, strings.ReplaceAll(line, "%s", secret)+"\r\nX: 1"+rest)
	}
	return all
}
