//go:build full

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"simplecap/capture"
	"simplecap/internal/wire"
)

// cluster writes MESSAGEs that alice sends to bob through two proxies, or a proxy and a
// B2BUA: one each 50 ms. Some are refused, some are not answered, some repeated.
type cluster struct {
	frames []capture.Frame
	begin  int64
	every  time.Duration // between messages; 0 is 50 ms
}

var (
	hostAlice = netip.MustParseAddrPort("10.9.0.1:5060")
	hostFirst = netip.MustParseAddrPort("10.9.0.10:5060")
	hostLast  = netip.MustParseAddrPort("10.9.0.11:5060")
	hostBob   = netip.MustParseAddrPort("10.9.0.20:5060")
)

func (c *cluster) send(after time.Duration, src, dst netip.AddrPort, text string) {
	p := wire.Packet{Src: src, Dst: dst, Protocol: wire.UDP, Payload: []byte(text)}
	data := p.AppendFrame(nil)
	c.frames = append(c.frames, capture.Frame{Data: data, Length: len(data), HasTime: true, Time: c.begin + int64(after), Link: capture.LinkEthernet, File: 1})
}

// clusterHop is a MESSAGE or its answer on one hop.
type clusterHop struct {
	src, dst netip.AddrPort
	vias     []string // branches, the own first, each with its host
	call     string
	fields   string
}

func (h *clusterHop) text(start string) string {
	var b strings.Builder
	b.WriteString(start + "\r\n")
	for _, via := range h.vias {
		host, branch, _ := strings.Cut(via, " ")
		fmt.Fprintf(&b, "Via: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\n", host, branch)
	}
	fmt.Fprintf(&b, "Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=%s\r\nTo: <sip:bob@example.com>\r\nCall-ID: %s\r\nCSeq: 1 MESSAGE\r\n%s", h.call, h.call, h.fields)
	if strings.HasPrefix(start, "SIP") {
		return b.String() + "Content-Length: 0\r\n\r\n"
	}
	return b.String() + "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
}

// message adds the n-th one.
func (c *cluster) message(n int) {
	at := time.Duration(n) * cmp.Or(c.every, 50*time.Millisecond)
	call := fmt.Sprintf("call-%d@10.9.0.1", n)
	a := "10.9.0.1 a" + fmt.Sprint(n)
	b, d := "10.9.0.10 b"+fmt.Sprint(n), "10.9.0.11 c"+fmt.Sprint(n)
	hops := []clusterHop{{hostAlice, hostFirst, []string{a}, call, ""}, {hostFirst, hostLast, []string{b, a}, call, ""}, {hostLast, hostBob, []string{d, b, a}, call, ""}}
	if n%7 == 3 {
		hops[2] = clusterHop{hostLast, hostBob, []string{d}, fmt.Sprintf("renamed-%d@10.9.0.11", n), "X-Call-ID: " + call + "\r\n"}
	}
	for i := range hops {
		c.send(at+time.Duration(i)*3*time.Millisecond, hops[i].src, hops[i].dst, hops[i].text("MESSAGE sip:bob@example.com SIP/2.0"))
	}
	if n%17 == 5 { // bob repeats himself to nobody: the last hop is sent again, and not answered
		c.send(at+510*time.Millisecond, hostLast, hostBob, hops[2].text("MESSAGE sip:bob@example.com SIP/2.0"))
		return
	}
	answer := "SIP/2.0 200 OK"
	if n%11 == 6 {
		answer = "SIP/2.0 480 Temporarily Unavailable"
	}
	for i := range slices.Backward(hops) {
		c.send(at+time.Duration(20-i)*3*time.Millisecond, hops[i].dst, hops[i].src, hops[i].text(answer))
	}
}

// capturesByHost writes what each host of a cluster captures, and what all did.
func capturesByHost(t *testing.T, dir string, messages int) (hosts []string, merged string) {
	t.Helper()
	begin := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC).UnixNano()
	c := &cluster{begin: begin}
	for n := range messages {
		c.message(n)
	}
	c.send(time.Duration(messages)*50*time.Millisecond+45*time.Second, hostAlice, hostFirst, "\r\n\r\n")
	all := append(c.frames, later(t, "sms-report-matching", begin)...)
	slices.SortStableFunc(all, func(a, b capture.Frame) int { return int(a.Time - b.Time) })
	byHost := wire.ByHost(all)
	for i, frames := range byHost {
		hosts = append(hosts, writeFrames(t, filepath.Join(dir, fmt.Sprintf("host%d.pcapng", i+1)), frames))
	}
	return hosts, writeFrames(t, filepath.Join(dir, "merged.pcapng"), wire.Merged(byHost))
}

// later are the frames of a capture of the test data, as from another time.
func later(t *testing.T, name string, begin int64) []capture.Frame {
	t.Helper()
	frames, err := wire.File(filepath.Join("..", "..", "testdata", "pcaps", name+".pcap"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range frames {
		frames[i].Link = capture.LinkEthernet
	}
	shift := begin - frames[0].Time
	for i := range frames {
		frames[i].Time += shift
	}
	return frames
}

func writeFrames(t *testing.T, name string, frames []capture.Frame) string {
	t.Helper()
	var b bytes.Buffer
	w := capture.NewPcapngWriter(&b, "test")
	for i := range frames {
		if err := w.Frame(&frames[i], ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// slowly publishes a capture as a host does that sees it now: so many bytes in so long.
func slowly(ctx context.Context, t *testing.T, command, url, agent, name string, over time.Duration, more ...string) *exec.Cmd {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	host := exec.CommandContext(ctx, command, append([]string{"read", "-q", "--publish", url, "--agent", agent, "-"}, more...)...)
	to, err := host.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	host.Stderr = &said
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s: %s", agent, said.String())
		}
	})
	go func() {
		defer to.Close()
		const steps = 200
		for i := range steps {
			if _, err := to.Write(data[i*len(data)/steps : (i+1)*len(data)/steps]); err != nil {
				return
			}
			time.Sleep(over / steps)
		}
	}()
	return host
}

// tellApart are columns that say who wrote a row and from which frames, which is not the
// same where hosts were joined.
var tellApart = []string{"writer", "version", "request_frames", "response_frames", "frame", "duplicates"}

// loosely has rows without what is made of times, which the clocks of hosts that were put
// right have to some microseconds: rows name their delivery by its Call-ID instead.
func loosely(rows []string) (loose []string) {
	calls := map[string]any{}
	var all []map[string]any
	for _, text := range rows {
		var row map[string]any
		json.Unmarshal([]byte(text), &row)
		if row["table"] == "deliveries" {
			calls[row["delivery_id"].(string)] = row["call_id"]
		}
		all = append(all, row)
	}
	for _, row := range all {
		if id, ok := row["delivery_id"].(string); ok {
			row["delivery_id"] = calls[id]
		}
		row["forwards"] = row["parent_id"] != nil
		for name, value := range row {
			switch number, _ := value.(float64); {
			case strings.HasSuffix(name, "_ms"):
				row[name] = math.Round(number)
			case slices.Contains([]string{"transaction_id", "parent_id", "text_id", "first_request", "last_request", "final", "first", "bound_ms"}, name):
				delete(row, name)
			}
		}
		delete(row, "bound_ms")
		text, _ := json.Marshal(row)
		loose = append(loose, string(text))
	}
	slices.Sort(loose)
	return loose
}

// rowsIn are the deliveries, transactions and texts of NDJSON files.
func rowsIn(t *testing.T, pattern string) (rows []string) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			var row map[string]any
			if err := json.Unmarshal(line, &row); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			switch row["table"] {
			case "deliveries", "transactions", "texts":
				for _, column := range tellApart {
					delete(row, column)
				}
				text, _ := json.Marshal(row)
				rows = append(rows, string(text))
			}
		}
	}
	slices.Sort(rows)
	return rows
}

// openly has, of rows that say that a host was not heard of, and of those that they stand
// for, what they are about alone: of those it may be that nobody knows how they ended.
func openly(want, got []string) ([]string, []string) {
	about := func(text string) string {
		var row struct {
			Table  string
			Call   string `json:"call_id"`
			Branch string
		}
		json.Unmarshal([]byte(text), &row)
		return fmt.Sprint(row)
	}
	unknown := map[string]bool{}
	for _, text := range got {
		if strings.Contains(text, "nothing is heard of") {
			unknown[about(text)] = true
		}
	}
	for _, rows := range [][]string{want, got} {
		for i, text := range rows {
			if key := about(text); unknown[key] {
				rows[i] = key
			}
		}
		slices.Sort(rows)
	}
	return want, got
}
