package main

import (
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
	"simplecap/hep"
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

// Live, what comes over TLS is written in the clear, with secrets that come later.
func TestLiveDecrypted(t *testing.T) {
	namespace(t)
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "keys.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	file := filepath.Join(dir, "plain.pcapng")
	b, out := startLive(t, "--format", "ndjson", "--keylog", log.Name(), "-w", file, "--decrypted")
	log.Write(overTLS(t, serverCertificate(t), 7))
	nextOf(t, out, "transaction")
	b.end(syscall.SIGTERM)
	got := runOver(t, []string{file}, "", "")
	if len(got.transactions) != 1 || !strings.Contains(got.transactions[0], "tls7@example.com") {
		t.Errorf("%q", got.transactions)
	}
	data, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(data), "made of a message over TLS in frame") || strings.Contains(string(data), "_SECRET") {
		t.Errorf("%v: what is written is not marked, or has keys", err)
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
	b, out := startLive(t, "--format", "ndjson", "--keylog", log.Name(), "--hep-send", "udp://"+collector.LocalAddr().String())
	log.Write(overTLS(t, serverCertificate(t), 8))
	nextOf(t, out, "transaction")
	server := netip.MustParseAddrPort("127.0.0.1:5061")
	buf := make([]byte, 1<<16)
	for _, want := range []string{"MESSAGE sip:", "SIP/2.0 200"} {
		collector.SetReadDeadline(time.Now().Add(20 * time.Second))
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
