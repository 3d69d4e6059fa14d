package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"simplecap/internal/wire"
)

// namedExchange has users, numbers and texts in every place that they are known
// to stand in, and fails in many ways.
const namedExchange = `
0.0  alice > bob  MESSAGE
    ! MESSAGE sip:+4915112345678@example.com;user=phone SIP/2.0
    From: "Alice Smith" <sip:alicesmith@corp.example.com>;tag=alicesmith7
    To: <tel:+49-151-12345678>
    Call-ID: 4915112345678-x@corp.example.com
    Contact: <sip:alicesmith@10.0.0.1>;+sip.instance="<urn:gsma:imei:35609204-079301-0>"
    P-Asserted-Identity: <sip:alicesmith@corp.example.com>, <sip:+4917698765432@corp.example.com>, <mailto:alicesmith@corp.example.com>
    User-Agent: phone of alicesmith@corp.example.com 4917698765432
    X-Caller: alicesmith 4917698765432
    Subject: the secret plan
    Date: today, alicesmith
    | meet alicesmith at the bridge
0.1  bob > alice  404 No such number +4915112345678
    From: "Alice Smith" <sip:alicesmith@corp.example.com>;tag=alicesmith7
    To: <tel:+49-151-12345678>;tag=bob
    Call-ID: 4915112345678-x@corp.example.com
    Warning: 399 corp.example.com "alicesmith may not call 4915112345678"
    Server: gateway for sip:+4917698765432@corp.example.com
1.0  alice > bob  tcp segments 90 MESSAGE #2
    From: <sip:alicesmith@corp.example.com>;tag=1
    To: <sip:+4915112345678@example.com>
    Contact: <sip:alicesmith@10.0.0.1>
    Content-Type: message/cpim
    | From: Alice Smith <im:alicesmith@corp.example.com>
    | To: <tel:+4915112345678>
    |
    | meet me at the bridge
1.1  bob > alice  tcp 200 OK #2
    | a text of bob in a 200
2.0  alice > bob  fragments 200 MESSAGE #3
    From: <sip:alicesmith@corp.example.com>;tag=1
    To: <sip:+4915112345678@example.com>
    Contact: <sip:alicesmith@10.0.0.1>
    Content-Type: application/vnd.3gpp.sms
    = \x00\x01\x00\x07\x91\x94\x51\x11\x32\x54\x76\xf8\x0cbinary tpdu
2.1  bob > alice  200 OK #3
3.0  alice > bob  MESSAGE #4
    From: <sip:alicesmith@corp.example.com>;tag=1
    To: <sip:+4915112345678@example.com>
    Authorization: Digest username="alicesmith@corp.example.com", realm="corp.example.com", nonce="abc", uri="sip:+4915112345678@example.com", response="6629fae49393a05397450978507c4ef1"
    | meet me at the bridge
3.1  bob > alice  icmp
60   end
`

// secretNumbers must be in no output with --redact all; the first ones not with
// --redact numbers either, and the last ones not in evidence of any kind.
var secretNumbers = []string{"15112345678", "151-12345678", "17698765432", "079301", "\x51\x11\x32\x54\x76"}
var secretNames = []string{"alicesmith", "alice smith", "corp.example"}
var secretTexts = []string{"bridge", "secret plan", "text of bob", "tpdu", "6629fae4"}

// redactedOutputs runs commands over the exchange and returns what they print
// and write, by name.
func redactedOutputs(t *testing.T, mode string) map[string]string {
	t.Helper()
	frames, err := wire.Parse(namedExchange)
	if err != nil {
		t.Fatal(err)
	}
	return outputsOf(t, wire.AppendPcap(nil, frames), mode)
}

// outputsOf does the same with another capture.
func outputsOf(t *testing.T, capture []byte, mode string) map[string]string {
	t.Helper()
	t.Chdir(t.TempDir())
	writeText(t, "x.pcap", string(capture))
	writeText(t, "key", "a key for this test, and no other")
	writeText(t, "p.yaml", "version: 1\nbudgets: {fail-on: note, max-rejected: 0, max-rtt: max=1ns}\n"+
		"expect: [{where: 'from contains \"alicesmith\" && to contains \"4915112345678\"', count: 9}, {where: 'outcome == \"timeout\"', min: 9}]\n"+
		"ignore: [{rule: loop, reason: as told by sip:alicesmith@corp.example.com}]\n")
	outputs := map[string]string{}
	for name, args := range map[string]string{
		"table": "x.pcap", "json": "--format json x.pcap", "ndjson": "--format ndjson x.pcap", "csv": "--format csv x.pcap",
		"markdown": "--format markdown -v x.pcap", "where": "--where from[contains]\"alicesmith\" x.pcap",
		"show 1": "show --delivery 1 x.pcap", "show 2": "show --delivery 2 x.pcap", "show nothing": "show --call-id nothing x.pcap",
		"check": "check --policy p.yaml --github --junit j --sarif s --json v --markdown m --evidence e.pcapng x.pcap",
		"diff":  "diff x.pcap x.pcap", "diff evidence": "diff x.pcap e.pcapng",
	} {
		if args += " --redact " + mode; mode != "none" {
			args += " --redact-key key"
		}
		var out bytes.Buffer
		words := strings.Fields(args)
		for i := range words {
			words[i] = strings.NewReplacer("[", " ", "]", " ").Replace(words[i])
		}
		if code := run(context.Background(), words, nil, &out, &out); code == exitUsage && !strings.Contains(name, "nothing") && name != "diff evidence" {
			t.Errorf("%s: exit code %d: %s", name, code, out.String())
		}
		outputs[name] = out.String()
	}
	for _, name := range []string{"j", "s", "v", "m", "e.pcapng"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		outputs[name] = string(data)
	}
	return outputs
}

func writeText(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Clean(name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRedactedOutputsNameNobody(t *testing.T) {
	for mode, secret := range map[string][]string{
		"none":    secretTexts,
		"numbers": append(append([]string(nil), secretNumbers...), secretTexts...),
		"all":     append(append(append([]string(nil), secretNumbers...), secretNames...), secretTexts...),
	} {
		for name, text := range redactedOutputs(t, mode) {
			if text == "" {
				t.Errorf("%s, %s: nothing is printed", mode, name)
			}
			if mode == "none" && strings.HasPrefix(name, "show") {
				continue // it prints messages as they are
			}
			for _, word := range secret {
				if at := strings.Index(strings.ToLower(text), word); at >= 0 {
					t.Errorf("%s, %s: %q is there: %q", mode, name, word, text[max(at-80, 0):min(at+80, len(text))])
				}
			}
		}
	}
}

// Places that were once taken for harmless are in no output either: comments,
// parameters, escapes, URIs without a scheme, reason phrases.
func TestRedactedPlaces(t *testing.T) {
	capture, err := os.ReadFile("../../testdata/pcaps/redact-leaks.pcap")
	if err != nil {
		t.Fatal(err)
	}
	numbers := regexp.MustCompile(`49[ -]?15[ -]?11[ -]?23|%34%39%31%35`)
	names := regexp.MustCompile(`(?i)meier|hospital|alice|example\.com|\bbob\b`)
	for mode, secret := range map[string][]*regexp.Regexp{"numbers": {numbers}, "all": {numbers, names}} {
		for name, text := range outputsOf(t, capture, mode) {
			for _, words := range secret {
				if at := words.FindStringIndex(text); at != nil {
					t.Errorf("%s, %s: %q", mode, name, text[max(at[0]-80, 0):min(at[1]+80, len(text))])
				}
			}
		}
	}
}

// What a report and its evidence call somebody is the same, and so is what two
// runs with one key do.
func TestRedactedOutputsAgree(t *testing.T) {
	first, second := redactedOutputs(t, "all"), redactedOutputs(t, "all")
	for name := range first {
		if first[name] != second[name] && name != "diff evidence" {
			t.Errorf("%s differs from run to run", name)
		}
	}
	_, from, _ := strings.Cut(first["json"], `"from":"`)
	from, _, _ = strings.Cut(from, `"`)
	if from == "" || !strings.Contains(first["e.pcapng"], "<"+from+">") || !strings.Contains(first["show 1"], from) {
		t.Errorf("%q is in the report and not in the evidence and the ladder", from)
	}
}
