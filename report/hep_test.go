package report

import (
	"strings"
	"testing"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
)

// Who reported by HEP, what was broken and what was refused is said, and cleaned.
func TestHEPWords(t *testing.T) {
	r := &result.Report{Inputs: []capture.Input{{Name: "udp://127.0.0.1:9060", Complete: true, Rejected: 3}}}
	r.Decode.HEP = decode.HEPCounts{Packets: 9, Messages: 8, Broken: 1}
	for id := range uint32(6) {
		r.Decode.HEP.Agents = append(r.Decode.HEP.Agents, decode.HEPAgent{IP: decode.AddrFrom16([16]byte{10: 0xff, 0xff, 192, 0, 2, byte(id)}), ID: id})
	}
	r.Decode.HEP.Agents[0].Node = "ed\x1b[31mge"
	line := hepLine(&r.Decode.HEP)
	if !strings.HasPrefix(line, "8 of them reported by HEP from 192.0.2.0 (id 0, ed") || !strings.HasSuffix(line, "192.0.2.4 (id 4) and others") ||
		strings.Contains(line, "\x1b") {
		t.Errorf("%q", line)
	}
	quality := strings.Join(qualityLines(r), "\n")
	for _, want := range []string{"3 HEP packets or connections refused on udp://127.0.0.1:9060", "1 HEP packet broken"} {
		if !strings.Contains(quality, want) {
			t.Errorf("%q lacks %q", quality, want)
		}
	}
	o := object{}
	o.open()
	o.hep(r)
	o.close()
	if text := string(o.b); !strings.Contains(text, `"hep":{"packets":9,"messages":8,"broken":1,"agents":[{"address":"192.0.2.0","id":0,"node":"ed\u001b[31mge","messages":0}`) {
		t.Error(text)
	}
	none := object{}
	none.open()
	none.hep(&result.Report{})
	if string(none.b) != "{" {
		t.Errorf("without HEP: %s", none.b)
	}
}
