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

// TestLiveSoak sends what fills memory until so many packets were read, or
// SOAK_PACKETS: requests that nothing answers, each with names of its own, from many
// addresses. Once all that is bounded is full, the memory of the process does not grow
// any more. How fast the machine is changes only how long that takes.
func TestLiveSoak(t *testing.T) {
	namespace(t)
	b := start(t, simplecapCommand(t), "live", "-i", "lo", "--format", "ndjson", "-o", "/dev/null", "--limit-memory", "8MiB", "-B", "8MiB", "-Z", "root",
		"-w", filepath.Join(t.TempDir(), "x.pcapng"), "--write-filter", "findings", "--history", "4MiB", "-b", "filesize:1MB", "-b", "files:2",
		"--t1", "30ms", "--metrics", ":9464", "-q")
	capturing(t, 1)
	packets := float64(environment("SOAK_PACKETS", 120_000))
	conn := sink(t, 5060)
	random := rand.New(rand.NewPCG(1, 2))
	const burst, rounds = 100, 200
	var series []int // MB, each when a third more was read
	read := 0.0
	for third := 1.0; third <= 3; third++ {
		most := 0
		until(t, fmt.Sprintf("%.0f packets to be read", packets), func() bool {
			for range rounds {
				sendAll(t, conn, burstOf(burst, random))
				time.Sleep(time.Millisecond) // what the kernel drops fills nothing
			}
			most = max(most, resident(t, b.Process.Pid))
			seen, _ := scrape(t)
			read = max(read, seen.sum("simplecap_packets_total"))
			return read >= packets*third/3
		})
		series = append(series, most)
	}
	b.end(os.Interrupt)
	t.Logf("MB resident in each third: %v", series)
	bound := 256
	if raceDetector {
		// It has a shadow of every page that was ever used, which comes as pages are.
		bound, series[2] = 2*bound, min(series[2], series[1])
	}
	if series[2] > series[1]+series[1]/8+4 {
		t.Errorf("it grows: %d MB in the second third, %d in the last", series[1], series[2])
	}
	if most := max(series[0], series[1], series[2]); most > bound {
		t.Errorf("%d MB, want less than %d", most, bound)
	}
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
