package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// A delivery that is named by its Call-ID is told as one that is named by its number, be
// its captures read once or twice: here are answers with another Call-ID, calls that are
// used again, and segments of TCP.
func TestShowByCallID(t *testing.T) {
	for _, name := range []string{"response-cseq-number-differs", "callid-and-cseq-reused", "fork-parallel", "auth-407-then-200", "tcp-out-of-order-segments", "proxy-inleg-200-missing"} {
		file := "../../testdata/pcaps/" + name + ".pcap"
		out, talk, code := runWords(t, []string{"read", "--format", "json", file})
		var report struct {
			Transactions []struct {
				Delivery uint64 `json:"delivery"`
				CallID   string `json:"call_id"`
			} `json:"transactions"`
		}
		if err := json.Unmarshal([]byte(out), &report); code != 0 || err != nil || len(report.Transactions) == 0 {
			t.Fatalf("%s: %v, exit code %d, %s", name, err, code, talk)
		}
		told := map[string]bool{}
		for _, one := range report.Transactions {
			if told[one.CallID] || one.Delivery == 0 {
				continue
			}
			told[one.CallID] = true
			byNumber, _, _ := runWords(t, []string{"show", file, "--delivery", fmt.Sprint(one.Delivery)})
			byCall, _, _ := runWords(t, []string{"show", file, "--call-id", one.CallID})
			if byNumber != byCall || !strings.Contains(byCall, one.CallID) {
				t.Errorf("%s: delivery %d by its Call-ID %s is\n%s\nand by its number\n%s", name, one.Delivery, one.CallID, byCall, byNumber)
			}
		}
	}
}
