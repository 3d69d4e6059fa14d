package main

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/decode"
	"simplecap/hep"
	"simplecap/redact"
)

// flagsBeside names the key files beside a capture.
func flagsBeside(name string) (k keyFlags) {
	base := strings.TrimSuffix(name, filepath.Ext(name))
	for _, f := range []struct {
		ending string
		to     *[]string
	}{{".keys.txt", &k.logs}, {".server.key.pem", &k.tlsKeys}, {".esp_sa.txt", &k.espKeys}} {
		if _, err := os.Stat(base + f.ending); err == nil {
			*f.to = append(*f.to, base+f.ending)
		}
	}
	return k
}

// What is written of encrypted transports with --decrypted has the same transactions,
// without keys.
func TestDecryptedAgainstItsCapture(t *testing.T) {
	for _, pattern := range []string{"tls*.pcap*", "ws*.pcap", "sctp*.pcap", "esp*.pcap"} {
		names, _ := filepath.Glob(filepath.Join("..", "..", "testdata", "pcaps", pattern))
		for _, name := range names {
			k := flagsBeside(name)
			keys, err := k.load()
			if err != nil {
				t.Fatal(err)
			}
			options := analyze.Options{Keys: keys, KeyLogs: k.readOn()}
			whole := runWith(t, []string{name}, options, nil)
			for _, filter := range []string{writeAll, writeMessage} {
				file := filepath.Join(t.TempDir(), filter+".pcapng")
				runWith(t, []string{name}, options, func(files *captureFiles) *evidence {
					e := newEvidence(filter, defaultEvidenceLimits, files, func(int) string { return "" })
					e.made = new(plainFrames)
					return e
				}, file)
				if got := runOver(t, []string{file}, "", ""); cmp.Diff(whole.transactions, got.transactions) != "" || len(whole.transactions) == 0 {
					t.Errorf("%s, %s: %s", filepath.Base(name), filter, cmp.Diff(whole.transactions, got.transactions))
				}
			}
		}
	}
}

// What is written with --redact has the transactions of the capture, under pseudonyms,
// and no name or text of it, whatever carried it.
func TestRedactedAgainstItsCapture(t *testing.T) {
	for _, name := range []string{
		"tls-kamailio-both-legs.pcap", "ws-deflate.pcap", "sctp-multihoming.pcap", "esp-null-gm-udp.pcap", "hep3-siptrace.pcap", "tcp-out-of-order-segments.pcap",
		"auth-407-then-200.pcap", "udp-no-response-port-unreachable.pcap", "proxy-inleg-200-missing.pcap",
	} {
		name = filepath.Join("..", "..", "testdata", "pcaps", name)
		k := flagsBeside(name)
		keys, err := k.load()
		if err != nil {
			t.Fatal(err)
		}
		options := analyze.Options{Keys: keys, KeyLogs: k.readOn()}
		whole := runWith(t, []string{name}, options, nil)
		for _, filter := range writeFilters {
			file := filepath.Join(t.TempDir(), filter+".pcapng")
			runWith(t, []string{name}, options, func(files *captureFiles) *evidence {
				limits := defaultEvidenceLimits
				limits.HistoryTime = 2 * time.Minute
				e := newEvidence(filter, limits, files, func(int) string { return "" })
				r, err := redact.New(redact.All, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				e.made = &plainFrames{names: redact.NewFrames(r, decode.Options{})}
				return e
			}, file)
			got := runOver(t, []string{file}, "", "")
			if filter != writeFindings && (len(got.transactions) != len(whole.transactions) || len(got.deliveries) != len(whole.deliveries)) {
				t.Errorf("%s, %s: %d transactions, %d failures, want %d and %d", filepath.Base(name), filter,
					len(got.transactions), len(got.deliveries), len(whole.transactions), len(whole.deliveries))
			}
			if filter == writeFindings && len(got.deliveries) != len(whole.deliveries) {
				t.Errorf("%s: %d failures, want %d", filepath.Base(name), len(got.deliveries), len(whole.deliveries))
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, shown := range append(whole.transactions, "sip:alice@", "sip:bob@") {
				if word, _, _ := strings.Cut(shown, " "); bytes.Contains(data, []byte(word)) {
					t.Errorf("%s, %s: %q is in the file", filepath.Base(name), filter, word)
				}
			}
		}
	}
}

// Live, what comes over TLS is written in the clear, with secrets that come later; with
// --redact it is so unasked, under pseudonyms.
func TestLiveDecrypted(t *testing.T) {
	namespace(t)
	dir := t.TempDir()
	for i, flags := range [][]string{{"--decrypted"}, {"--redact", "all"}} {
		log, err := os.Create(filepath.Join(dir, fmt.Sprint("keys", i)))
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		file := filepath.Join(dir, fmt.Sprint(i, ".pcapng"))
		b, out := startLive(t, append(flags, "--format", "ndjson", "--early", "--keylog", log.Name(), "-w", file)...)
		log.Write(overTLS(t, serverCertificate(t), 7+i))
		nextOf(t, out, "transaction")
		b.end(syscall.SIGTERM)
		got := runOver(t, []string{file}, "", "")
		if named := strings.Contains(fmt.Sprint(got.transactions), "tls7@example.com"); len(got.transactions) != 1 || named != (i == 0) {
			t.Errorf("%q: %q", flags, got.transactions)
		}
		data, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(data), "made of a message over TLS in frame") || strings.Contains(string(data), "_SECRET") {
			t.Errorf("%q: %v: what is written is not marked, or has keys", flags, err)
		}
		if i > 0 && strings.Contains(string(data), "example.com") {
			t.Errorf("%q: the file has names", flags)
		}
	}
}

// What comes over TLS goes to a HEP collector in the clear, with its addresses.
func TestLiveHEPOutOfTLS(t *testing.T) {
	namespace(t)
	log, err := os.Create(filepath.Join(t.TempDir(), "keys.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	collector, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer collector.Close()
	b, out := startLive(t, "--format", "ndjson", "--early", "--keylog", log.Name(), "--hep-send", "udp://"+collector.LocalAddr().String())
	log.Write(overTLS(t, serverCertificate(t), 8))
	nextOf(t, out, "transaction")
	server := netip.MustParseAddrPort("127.0.0.1:5061")
	buf := make([]byte, 1<<16)
	for _, want := range []string{"MESSAGE sip:", "SIP/2.0 200"} {
		collector.SetReadDeadline(time.Now().Add(patience))
		n, err := collector.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		var p hep.Packet
		if err := hep.Parse(buf[:n], &p); err != nil || !strings.HasPrefix(string(p.Payload), want) || p.Protocol != hep.ProtocolTCP || p.Dst != server && p.Src != server {
			t.Errorf("%v: %v to %v: %q", err, p.Src, p.Dst, p.Payload)
		}
	}
	b.end(syscall.SIGTERM)
}
