package sip

import (
	"fmt"
	"testing"

	"simplecap/internal/wire"
)

func TestSecureClients(t *testing.T) {
	for via, want := range map[string]string{
		"SIP/2.0/TLS 192.0.2.1:40000;branch=z9hG4bK1":                                      "[192.0.2.1:40000]",
		"SIP/2.0/tls 10.0.0.1:5061;received=192.0.2.1;rport=40000":                         "[192.0.2.1:40000]",
		"SIP / 2.0 / WSS 2fjq.invalid;received=192.0.2.1;rport=40000":                      "[192.0.2.1:40000]",
		"SIP/2.0/TLS [2001:db8::1]:40000":                                                  "[[2001:db8::1]:40000]",
		"SIP/2.0/TLS [2001:db8::2]:40000;received=[2001:db8::1]":                           "[[2001:db8::1]:40000]",
		"SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK2, SIP/2.0/TLS 192.0.2.1:40000;x=\",\";rport": "[192.0.2.1:40000]",
		"SIP/2.0/TCP 192.0.2.1:40000":                                                      "[]",
		"SIP/2.0/TLS client.example.com:40000":                                             "[]",
		"SIP/2.0/TLS 192.0.2.1":                                                            "[]",
		"SIP/2.0/TLS 192.0.2.1;rport=70000":                                                "[]",
		"SIP/2.0/TLS":                                                                      "[]",
		",;=":                                                                              "[]",
	} {
		var m Message
		raw := []byte(wire.PlainMessageWith(t, "Via:", "Via: "+via+"\r\n"))
		if !m.Scan(raw) {
			t.Fatalf("%s: no message", via)
		}
		got := []string{}
		for client := range m.SecureClients() {
			got = append(got, client.String())
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", via, got, want)
		}
	}
}
