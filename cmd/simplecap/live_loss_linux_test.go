package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
)

// BenchmarkLiveLoss sends SIP beside twice as much RTP over the loopback for some
// seconds, while simplecap or tcpdump captures it, and reports what the kernel
// dropped and what the capture cost. sngrep does not tell its drops. Run it with -benchtime 1x, alone on the
// machine; LOSS_SECONDS and LOSS_RATE (SIP datagrams a second) change it.
func BenchmarkLiveLoss(b *testing.B) {
	seconds, rate := environment("LOSS_SECONDS", 5), environment("LOSS_RATE", 50000)
	for _, test := range []struct {
		name    string
		capture func(b *testing.B, dir string) (end func() (received, dropped float64))
	}{
		{"simplecap", func(b *testing.B, dir string) func() (float64, float64) { return lossOfSimplecap(b, dir) }},
		{"simplecap-w", func(b *testing.B, dir string) func() (float64, float64) {
			return lossOfSimplecap(b, dir, "-w", filepath.Join(dir, "x.pcapng"))
		}},
		{"tcpdump", lossOfTcpdump},
		{"sngrep", lossOfSngrep},
	} {
		b.Run(test.name, func(b *testing.B) {
			namespace(b, "tcpdump")
			for b.Loop() {
				end := test.capture(b, b.TempDir())
				time.Sleep(time.Second)
				sent, late := sendLoad(b, rate, seconds)
				time.Sleep(2 * time.Second)
				received, dropped := end()
				b.ReportMetric(sent, "sent")
				b.ReportMetric(received, "captured")
				b.ReportMetric(dropped, "drops")
				b.ReportMetric(late.Seconds(), "late-s") // how much longer than planned the sending took
			}
		})
	}
}

func environment(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func lossOfSimplecap(b *testing.B, dir string, args ...string) func() (received, dropped float64) {
	name := filepath.Join(dir, "out.ndjson")
	c := start(b, simplecapCommand(b), append([]string{"live", "-i", "lo", "--format", "ndjson", "-o", name}, args...)...)
	return func() (received, dropped float64) {
		c.end(os.Interrupt)
		reportCPU(b, c)
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		last := string(text[bytes.LastIndexByte(text[:len(text)-1], '\n')+1:])
		return number(b, last, `"sip":{"messages":(\d+)`), number(b, last, `"kernel_drops":(\d+)`)
	}
}

func lossOfTcpdump(b *testing.B, dir string) func() (received, dropped float64) {
	c := start(b, "tcpdump", "-i", "lo", "-n", "-B", "32768", "-w", filepath.Join(dir, "x.pcap"), "udp port 5060")
	return func() (received, dropped float64) {
		c.end(os.Interrupt)
		reportCPU(b, c)
		return number(b, c.talk.String(), `(\d+) packets? captured`), number(b, c.talk.String(), `(\d+) packets? dropped by kernel`)
	}
}

// lossOfSngrep counts what sngrep has written: it does not say what was dropped.
func lossOfSngrep(b *testing.B, dir string) func() (received, dropped float64) {
	if _, err := exec.LookPath("sngrep"); err != nil {
		b.Skip("no sngrep here")
	}
	file := filepath.Join(dir, "x.pcap")
	c := start(b, "sngrep", "-N", "-q", "-R", "-d", "lo", "-O", file, "udp", "port", "5060")
	return func() (received, dropped float64) {
		c.end(os.Interrupt)
		reportCPU(b, c)
		return number(b, command(b, simplecapCommand(b), "read", "--format", "json", "--rows", "1", file), `"packets": ?(\d+)`), 0
	}
}

func reportCPU(b *testing.B, c *background) {
	b.ReportMetric((c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds(), "cpu-s")
}

func number(b *testing.B, text, pattern string) float64 {
	b.Helper()
	match := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if match == nil {
		b.Fatalf("no %s in %s", pattern, text)
	}
	n, _ := strconv.ParseFloat(match[1], 64)
	return n
}

// sendLoad sends rate SIP datagrams and twice as many of RTP a second: MESSAGEs,
// each followed by its 200. It returns the number of SIP datagrams.
func sendLoad(b *testing.B, rate, seconds int) (sent float64, late time.Duration) {
	sip, rtp := unread(b, 5060), unread(b, 4000)
	media := append([]byte{0x80, 0}, make([]byte, 170)...)
	begin := time.Now()
	const tick = 2 * time.Millisecond
	ticks := seconds * int(time.Second/tick)
	for i := range ticks {
		var messages, packets []ipv4.Message
		for range rate * int(tick) / int(2*time.Second) {
			for _, message := range pair(int(sent)) {
				messages = append(messages, ipv4.Message{Buffers: [][]byte{message}})
				packets = append(packets, ipv4.Message{Buffers: [][]byte{media}}, ipv4.Message{Buffers: [][]byte{media}})
				sent++
			}
		}
		sendAll(b, sip, messages)
		sendAll(b, rtp, packets)
		time.Sleep(time.Until(begin.Add(time.Duration(i+1) * tick)))
	}
	return sent, time.Since(begin) - time.Duration(seconds)*time.Second
}

func sendAll(b testing.TB, conn *ipv4.PacketConn, messages []ipv4.Message) {
	for len(messages) > 0 {
		n, err := conn.WriteBatch(messages, 0)
		if err != nil {
			b.Fatal(err)
		}
		messages = messages[n:]
	}
}

// unread is a connection to a socket that nobody reads.
func unread(b testing.TB, port int) *ipv4.PacketConn {
	b.Helper()
	address := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
	server, err := net.ListenUDP("udp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { server.Close() })
	client, err := net.DialUDP("udp", nil, address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { client.Close() })
	return ipv4.NewPacketConn(client)
}

var requestHead = "MESSAGE sip:bob@127.0.0.1 SIP/2.0\r\nMax-Forwards: 70\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n"

// pair is a MESSAGE and its 200.
func pair(n int) [2][]byte {
	common := fmt.Sprintf("Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK%d\r\nFrom: <sip:alice@example.com>;tag=1\r\n"+
		"To: <sip:bob@example.com>\r\nCall-ID: call%d@example.com\r\nCSeq: 1 MESSAGE\r\n", n, n)
	return [2][]byte{
		[]byte(requestHead + common + "\r\n" + strings.Repeat("x", 100)),
		[]byte("SIP/2.0 200 OK\r\n" + common + "Content-Length: 0\r\n\r\n"),
	}
}
