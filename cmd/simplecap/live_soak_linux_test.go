package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
)

// TestLiveSoak sends what fills memory until so many packets were read, or
// SOAK_PACKETS: requests that nothing answers, each with names of its own, from many
// addresses. Once all that is bounded is full, the memory of the process does not grow
// any more. A machine that is too slow for that, and the race detector, which keeps a
// shadow of every page that was ever used, leave the bound alone to hold.
func TestLiveSoak(t *testing.T) {
	namespace(t)
	b := start(t, simplecapCommand(t), "live", "-i", "lo", "--format", "ndjson", "-o", "/dev/null", "--limit-memory", "8MiB", "-B", "8MiB", "-Z", "root",
		"-w", filepath.Join(t.TempDir(), "x.pcapng"), "--write-filter", "findings", "--history", "4MiB", "-b", "filesize:1MB", "-b", "files:2",
		"--t1", "30ms", "--metrics", ":9464", "-q")
	capturing(t, 1)
	packets, bound := environment("SOAK_PACKETS", 120_000), 256
	if raceDetector {
		packets, bound = packets/4, 2*bound
	}
	series := soak(t, b.Process.Pid, float64(packets)/3, time.Now().Add(time.Minute+time.Duration(packets)*time.Millisecond/4))
	b.end(os.Interrupt)
	t.Logf("MB resident in each third of %d packets: %v", packets, series)
	if len(series) < 3 {
		t.Log("the machine is too slow to fill what is bounded")
	} else if !raceDetector && series[2] > series[1]+series[1]/8+4 {
		t.Errorf("it grows: %d MB in the second third, %d in the last", series[1], series[2])
	}
	if most := slices.Max(series); most > bound {
		t.Errorf("%d MB, want less than %d", most, bound)
	}
}

// soak sends until three times as many packets as third were read, or it is too late,
// and returns the most memory of the process, in MB, in each third.
func soak(t *testing.T, pid int, third float64, late time.Time) (series []int) {
	const burst, rounds = 100, 200
	conn := unread(t, 5060)
	random := rand.New(rand.NewPCG(1, 2))
	most := 0
	for read := 0.0; len(series) < 3 && time.Now().Before(late); {
		for range rounds {
			sendAll(t, conn, burstOf(burst, random))
			time.Sleep(time.Millisecond) // what the kernel drops fills nothing
		}
		most = max(most, resident(t, pid))
		seen, _ := scrape(t)
		if read = max(read, seen.sum("simplecap_packets_total")); read >= third*float64(len(series)+1) {
			series, most = append(series, most), 0
		}
	}
	if most > 0 {
		series = append(series, most)
	}
	return series
}

func burstOf(n int, r *rand.Rand) (list []ipv4.Message) {
	for range n {
		list = append(list, ipv4.Message{Buffers: [][]byte{hostile(r)}})
	}
	return list
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
