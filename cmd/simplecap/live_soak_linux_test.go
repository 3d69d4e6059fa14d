package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
)

// TestLiveSoak sends what fills memory, for some seconds or SOAK_SECONDS: requests
// that nothing answers, each with names of its own, from many addresses. Once all
// that is bounded is full, the memory of the process does not grow any more.
func TestLiveSoak(t *testing.T) {
	namespace(t)
	dir := t.TempDir()
	b := start(t, simplecapCommand(t), "live", "-i", "lo", "--format", "ndjson", "-o", "/dev/null", "--limit-memory", "8MiB", "-B", "8MiB", "-Z", "root",
		"-w", filepath.Join(dir, "x.pcapng"), "--write-filter", "findings", "--history", "4MiB", "-b", "filesize:1MB", "-b", "files:2", "--t1", "30ms")
	time.Sleep(time.Second)
	seconds := environment("SOAK_SECONDS", 6)
	var series []int
	conn := sink(t, 5060)
	random := rand.New(rand.NewPCG(1, 2))
	const tick, burst = 5 * time.Millisecond, 100
	begin := time.Now()
	for i := range seconds * int(time.Second/tick) {
		var messages []ipv4.Message
		for range burst {
			messages = append(messages, ipv4.Message{Buffers: [][]byte{hostile(random)}})
		}
		sendAll(t, conn, messages)
		if i%int(time.Second/tick/4) == 0 {
			series = append(series, resident(t, b.Process.Pid))
		}
		time.Sleep(time.Until(begin.Add(time.Duration(i+1) * tick)))
	}
	b.end(os.Interrupt)
	t.Logf("MB resident, every 250 ms: %v", series)
	first, last := highest(series[len(series)/3:2*len(series)/3]), highest(series[2*len(series)/3:])
	if last > first+first/8+4 {
		t.Errorf("it grows: %d MB in the second third, %d in the last", first, last)
	}
	// About 170 of its own; the race detector takes its share.
	if bound := 400; last > bound {
		t.Errorf("%d MB, want less than %d", last, bound)
	}
}

func highest(list []int) (most int) {
	for _, n := range list {
		most = max(most, n)
	}
	return most
}

// resident is the memory of a process, in MB.
func resident(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kB, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kB / 1000
}

// hostile is a request that shares nothing with another: mostly a MESSAGE, at times
// with a method that nobody knows, and one of them with a rule broken.
func hostile(r *rand.Rand) []byte {
	word := func() string { return strconv.FormatUint(r.Uint64(), 36) }
	method := "MESSAGE"
	if r.IntN(10) == 0 {
		method = strings.ToUpper(word())
	}
	return fmt.Appendf(nil, "%s sip:%s@%s.example.com SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK%s\r\nFrom: <sip:%s@example.com>;tag=%s\r\n"+
		"To: <sip:%s@example.com>\r\nCall-ID: %s@%s\r\nCSeq: %d %s\r\nContact: <sip:%s@example.com>\r\nUser-Agent: %s\r\nContent-Length: 5\r\n\r\nhello",
		method, word(), word(), net.IPv4(10, byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())), word(), word(), word(), word(), word(), word(),
		r.Uint32()>>1, method, word(), word())
}
