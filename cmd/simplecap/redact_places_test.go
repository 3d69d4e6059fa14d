package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"simplecap/internal/wire"
)

// hidings are ways to write a secret.
var hidings = []func(string) string{
	func(s string) string { return s },
	strings.ToUpper,
	func(s string) string { return eachByte(s, "%%%02x") },
	func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	func(s string) string { return hex.EncodeToString([]byte(s)) },
	func(s string) string { return strings.TrimSpace(eachByte(s, "%c ")) },
	func(s string) string { return eachByte(s, "&#%d;") },
	func(s string) string { return s[:2] + "-" + s[2:4] + "-" + s[4:7] + "-" + s[7:] },
}

func eachByte(s, format string) (all string) {
	for i := range len(s) {
		all += fmt.Sprintf(format, s[i])
	}
	return all
}

// secretFields are header fields with a secret in it, as %s.
var secretFields = []string{
	"From: \"%s\" <sip:x@192.0.2.1>;tag=1", "From: <sip:%s@192.0.2.1>;tag=1", "From: <sip:x@192.0.2.1;p=%s>;tag=1", "From: <sip:x@192.0.2.1>;tag=%s", "From: %s",
	"To: <sip:%s@192.0.2.1>", "To: <tel:%s>", "To: \"%s\" <sip:x@192.0.2.1>", "To: <%s:5060>", "Contact: <sip:%s@192.0.2.1>", "Contact: <sip:x@192.0.2.1>;+sip.instance=\"<urn:gsma:imei:%s>\"",
	"Call-ID: %s", "Call-ID: %s@192.0.2.1", "+Via: SIP/2.0/UDP 192.0.2.1 (%s)", "+Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%s", "+Via: SIP/2.0/UDP %s.example:5060;branch=z9hG4bKx",
	"CSeq: 1 MESSAGE %s", "Max-Forwards: 70 %s", "User-Agent: phone of %s", "User-Agent: %s/1.0", "Server: gw (%s)", "Subject: %s", "Date: today %s", "Organization: %s", "X-Who: %s",
	"P-Asserted-Identity: <sip:%s@192.0.2.1>", "P-Asserted-Identity: %s", "Identity: {\"orig\":{\"tn\":\"%s\"}}", "Authorization: Digest username=\"%s\", nonce=\"x\"",
	"Authorization: Basic %s", "Proxy-Authorization: Digest realm=\"%s\"", "WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\"", "Content-Type: text/plain;name=\"%s\"", "Content-Type: text/%s", "Content-Disposition: attachment; filename=\"%s.vcf\"",
	"Content-Encoding: %s", "Content-Language: %s", "Accept: text/%s", "Accept-Contact: *;x=\"%s\"", "Retry-After: 120 (%s is in hospital)", "Warning: 399 192.0.2.1 \"%s\"", "Reason: SIP;cause=486;text=\"%s\"",
	"Route: <sip:%s@192.0.2.1;lr>", "Record-Route: <sip:192.0.2.1;x=%s>", "In-Reply-To: %s", "Reply-To: <sip:%s@192.0.2.1>", "Event: %s", "Require: %s", "Supported: %s", "Allow: MESSAGE, %s", "Priority: %s", "Expires: 5 %s",
	"Geolocation: <http://h.example/%s>", "History-Info: <sip:%s@192.0.2.1>;index=1", "Diversion: <tel:%s>", "X-Call-ID: %s", "X-%s: 1", "%s: 1", "Privacy: %s", "P-Access-Network-Info: 3GPP;x=\"%s\"",
}

// secretLines are bodies and start lines with one.
var secretLines = []string{
	"| %s", "| call %s now", "Content-Type: message/cpim\n    | From: %s <im:%s@x>\n    | To: <im:x@y>\n    | Subject: %s\n    |\n    | Content-Type: text/plain\n    |\n    | %s",
	"Content-Type: message/imdn+xml\n    | <imdn><message-id>%s</message-id><recipient-uri>sip:%s@x</recipient-uri><status><failed/></status></imdn>",
	"Content-Type: application/json\n    | {\"a\": \"%s\"}", "Content-Type: multipart/mixed;boundary=%s\n    | --%s\n    | Content-Type: text/plain\n    |\n    | %s\n    | --%s--",
	"Content-Type: application/vnd.3gpp.sms\n    | %s", "! MESSAGE sip:%s@192.0.2.1 SIP/2.0", "! MESSAGE %s SIP/2.0", "! MESSAGE tel:%s SIP/2.0", "! MESSAGE sip:x@192.0.2.1;%s SIP/2.0", "! MESSAGE sip:x@192.0.2.1 %s SIP/2.0",
}

// secretReasons are what answers are, beside header fields.
var secretReasons = []string{"480 %s", "486 call %s now", "302 Moved\n    Contact: <sip:%s@192.0.2.1>"}

// exchangeWith writes a transaction for every place and hiding of a secret; the way of
// each is another one: over UDP, TCP, in fragments and in HEP.
func exchangeWith(secret string) (text string, places int) {
	var b strings.Builder
	at, number := 0.0, 0
	add := func(what string, answers bool) {
		number++
		at += 0.001
		way := []string{"", "", "tcp segments 100 ", "fragments 600 ", "hep "}[number%5]
		request, answer := "\n    "+what, []string{"200 OK", "404 Not Found", "icmp", ""}[number%4]
		if answers {
			request, answer = "", what
		}
		fmt.Fprintf(&b, "%.4f alice > bob %sMESSAGE #%d%s\n", at, way, number, request)
		switch {
		case answer == "icmp" && way == "":
			fmt.Fprintf(&b, "%.4f bob > alice icmp\n", at+0.0005)
		case answer != "" && answer != "icmp":
			fmt.Fprintf(&b, "%.4f bob > alice %s%s #%d%s\n", at+0.0005, strings.TrimPrefix(way, "fragments 600 "), firstLine(answer), number, afterLine(answer))
		}
	}
	for _, hide := range hidings {
		hidden := strings.NewReplacer("\\", "", "\n", "").Replace(hide(secret))
		for _, place := range append(append([]string(nil), secretFields...), secretLines...) {
			if strings.HasPrefix(place, "%s: ") && strings.ContainsAny(hidden, " ") {
				continue
			}
			add(strings.ReplaceAll(place, "%s", hidden), false)
		}
		for _, place := range secretReasons {
			add(strings.ReplaceAll(place, "%s", hidden), true)
		}
	}
	fmt.Fprintf(&b, "60 end\n")
	return b.String(), number
}

func firstLine(s string) string { line, _, _ := strings.Cut(s, "\n"); return line }

func afterLine(s string) string {
	if _, rest, more := strings.Cut(s, "\n"); more {
		return "\n" + rest
	}
	return ""
}

// A secret in any place of a capture, however it is written, is in no output of the
// command: not in a table, nor in a ladder, a verdict, a comparison or the evidence.
func TestNoOutputShowsASecret(t *testing.T) {
	if raceDetector {
		t.Skip("what it searches is the same without the race detector, and takes two minutes with it")
	}
	for mode, secret := range map[string]string{"all": "xandrakis", "numbers": "4915112345601"} {
		text, places := exchangeWith(secret)
		if places < 500 {
			t.Fatalf("%d places", places)
		}
		frames, err := wire.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		outputs := outputsOf(t, wire.AppendPcap(nil, frames), mode)
		for name, args := range map[string]string{
			"html": "--format html x.pcap", "texts": "--by text --rows 0 x.pcap", "transactions": "--by transaction --rows 0 -v x.pcap",
			"show call": "show --call-id x.pcap x.pcap", "show frame": "show --frame 40 x.pcap", "rings": "check --fail-on info x.pcap",
		} {
			var out bytes.Buffer
			run(t.Context(), append(strings.Fields(args), "--redact", mode, "--redact-key", "key"), nil, &out, &out)
			outputs[name] = out.String()
		}
		for n := range 6 { // some of the ladders
			var out bytes.Buffer
			run(t.Context(), []string{"show", "--delivery", fmt.Sprint(1 + n*places/6), "x.pcap", "--redact", mode, "--redact-key", "key"}, nil, &out, &out)
			outputs["ladders"] += out.String()
		}
		for name, output := range outputs {
			lower, shown := strings.ToLower(output), 0
			for i, hide := range hidings {
				hidden := strings.ToLower(hide(secret))
				for at := 0; shown < 3; shown++ {
					found := strings.Index(lower[at:], hidden)
					if found < 0 {
						break
					}
					at += found + len(hidden)
					t.Errorf("%s, %s: form %d is there: %q", mode, name, i, output[max(0, at-len(hidden)-90):min(len(output), at+40)])
				}
			}
		}
	}
}
