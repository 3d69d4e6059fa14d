package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// get asks a server on the loopback of the test's own namespace.
func get(t *testing.T, path string) (status, body string) {
	t.Helper()
	var conn net.Conn
	until(t, "metrics", func() (served bool) {
		var err error
		conn, err = net.DialTimeout("tcp", "127.0.0.1:9464", 5*time.Second)
		return err == nil
	})
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s HTTP/1.0\r\n\r\n", path)
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(answer), "\r\n\r\n")
	_, status, _ = strings.Cut(strings.SplitN(head, "\r\n", 2)[0], " ")
	return status, body
}

// exposition is metrics by name and labels.
type exposition map[string]float64

func scrape(t *testing.T) (exposition, string) {
	t.Helper()
	var body string
	until(t, "metrics with a report", func() bool { // which is left out where it does not come in time
		var status string
		if status, body = get(t, "/metrics"); !strings.HasPrefix(status, "200") {
			t.Fatalf("%s: %s", status, body)
		}
		return strings.Contains(body, "\nsimplecap_packets_total")
	})
	e := make(exposition)
	for line := range strings.Lines(body) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		if name += "}"; !ok {
			name, value, _ = strings.Cut(strings.TrimSpace(line), " ")
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil && name[0] != '#' {
			e[name] = v
		}
	}
	return e, body
}

// scraped waits until metrics of a name and labels come to n, and returns all.
func scraped(t *testing.T, name string, n float64, labels ...string) (e exposition, body string) {
	t.Helper()
	until(t, fmt.Sprintf("%v of %s", n, name), func() bool {
		e, body = scrape(t)
		return e.sum(name, labels...) >= n
	})
	return e, body
}

// sum adds up what has a name and, in its labels, all of the texts.
func (e exposition) sum(name string, labels ...string) (sum float64) {
next:
	for key, v := range e {
		if key != name && !strings.HasPrefix(key, name+"{") {
			continue
		}
		for _, l := range labels {
			if !strings.Contains(key, l) {
				continue next
			}
		}
		sum += v
	}
	return sum
}

// answered sends MESSAGEs over the loopback, each answered with the status line;
// with none they get no answer.
func answered(t *testing.T, first, n int, line string) {
	t.Helper()
	var server *net.UDPConn
	vacant(t, func() (err error) {
		server, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5060})
		return err
	})
	defer server.Close()
	client, err := net.DialUDP("udp", nil, server.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	buffer := make([]byte, 2000)
	for i := range n {
		messages := pair(first + i)
		if _, err := client.Write(messages[0]); err != nil {
			t.Fatal(err)
		}
		_, sender, err := server.ReadFromUDP(buffer)
		if err != nil {
			t.Fatal(err)
		}
		if line == "" {
			continue
		}
		response := strings.NewReplacer("SIP/2.0 200 OK", line, "To: <sip:bob@example.com>", "To: <sip:bob@example.com>;tag=2").Replace(string(messages[1]))
		if _, err := server.WriteToUDP([]byte(response), sender); err != nil {
			t.Fatal(err)
		}
	}
}

// Counters only grow, and in the end they are what the report says.
func TestLiveMetricsAreTheReport(t *testing.T) {
	namespace(t)
	out := filepath.Join(t.TempDir(), "out.ndjson")
	b := start(t, simplecapCommand(t), "live", "-i", "lo", "--format", "ndjson", "-o", out, "--t1", "50ms", "--metrics", ":9464",
		"-w", filepath.Join(t.TempDir(), "x.pcapng"))
	capturing(t, 1)
	answered(t, 0, 40, "SIP/2.0 200 OK")
	answered(t, 100, 10, "SIP/2.0 486 Busy Here")
	before, _ := scraped(t, "simplecap_transactions_total", 50)
	answered(t, 200, 5, "")
	answered(t, 300, 5, "SIP/2.0 202 Accepted")
	scraped(t, "simplecap_deliveries_total", 60)
	time.Sleep(defaultMetricsLimits.Fresh) // what comes from the report may be as old as that
	after, body := scrape(t)
	b.end(os.Interrupt)

	for name, v := range before {
		if strings.Contains(name, "_total") && after[name] < v {
			t.Errorf("%s fell from %v to %v", name, v, after[name])
		}
	}
	if n := before.sum("simplecap_transactions_total"); n != 50 {
		t.Errorf("%v transactions before the last ones", n)
	}
	var last struct {
		Quality map[string]float64
		Summary map[string]any
		RTT     map[string]float64 `json:"rtt"`
		SIP     struct{ Requests map[string]float64 }
	}
	findings := make(map[string]float64)
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var f struct {
			Type, Rule, Peer string
			Count            float64
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		switch f.Type {
		case "finding":
			findings[f.Rule+" "+f.Peer] = f.Count // the last line of one counts
		case "report":
			if err := json.Unmarshal([]byte(line), &last); err != nil {
				t.Fatal(err)
			}
		}
	}
	same := func(what string, got, want float64) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, and %v in the report", what, got, want)
		}
	}
	for _, outcome := range []string{"success", "rejected", "timeout", "pending", "orphan"} {
		same(outcome, after.sum("simplecap_transactions_total", `outcome="`+outcome+`"`), last.Summary[outcome].(float64))
	}
	same("202", after.sum("simplecap_transactions_total", `status="202"`, `peer="127.0.0.1:5060"`), 5)
	same("deliveries", after.sum("simplecap_deliveries_total"), last.Summary["deliveries"].(float64))
	same("RTT", after.sum("simplecap_rtt_seconds_count"), last.RTT["count"])
	same("MESSAGE", after.sum("simplecap_sip_requests_total", `method="MESSAGE"`), last.SIP.Requests["MESSAGE"])
	same("kernel drops", after.sum("simplecap_kernel_drops_total"), last.Quality["kernel_drops"])
	same("open", after.sum("simplecap_open_transactions"), 0)
	same("evidence", after.sum("simplecap_evidence_packets_lost_total"), 0)
	rules := make(map[string]float64)
	for key, n := range findings {
		rule, _, _ := strings.Cut(key, " ")
		rules[rule] += n
	}
	for rule, n := range rules {
		same(rule, after.sum("simplecap_findings_total", `rule="`+rule+`"`), n)
	}
	if last.Summary["success"] != 45.0 || last.Summary["timeout"] != 5.0 || len(rules) == 0 {
		t.Errorf("the report: %+v, rules %v", last, rules)
	}
	checkMetrics(t, body)
}

// checkMetrics has promtool look at an exposition.
func checkMetrics(t *testing.T, body string) {
	t.Helper()
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Log("no promtool here: the metrics were not linted")
		return
	}
	lint := exec.Command("promtool", "check", "metrics")
	lint.Stdin = strings.NewReader(body)
	if out, err := lint.CombinedOutput(); err != nil {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// Health is that of the interfaces.
func TestLiveHealth(t *testing.T) {
	namespace(t)
	cable(t)
	b := start(t, simplecapCommand(t), "live", "-i", "w0", "--metrics", ":9464")
	capturing(t, 1)
	for _, step := range []struct{ link, status string }{{"up", "200"}, {"down", "503"}, {"up", "200"}} {
		command(t, "ip", "link", "set", "w0", step.link)
		until(t, "health "+step.status+" where the link is "+step.link, func() bool {
			status, _ := get(t, "/healthz")
			return strings.HasPrefix(status, step.status)
		})
	}
	b.end(os.Interrupt)
}

func TestListenAddress(t *testing.T) {
	for text, want := range map[string]string{
		":9464": "127.0.0.1:9464", "0.0.0.0:9464": "0.0.0.0:9464", "[::1]:0": "[::1]:0", "9464": "", "localhost:": "", ":http": "", ":70000": "",
	} {
		if got, err := listenAddress(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// However many values there are, a label has no more than it may.
func TestLabelsAreBounded(t *testing.T) {
	l := labels{limit: 3}
	var got []string
	for _, v := range []string{"a", "b", "a", "c", "d", "b", "e"} {
		got = append(got, l.of(v))
	}
	if want := "a b a c other b other"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// With --write-filter findings the file holds the exchanges that failed, whole, and
// no others.
func TestLiveWritesFailures(t *testing.T) {
	namespace(t)
	file := filepath.Join(t.TempDir(), "x.pcapng")
	b := start(t, simplecapCommand(t), "live", "-i", "lo", "--format", "ndjson", "-o", "/dev/null", "--t1", "50ms", "-w", file, "--write-filter", "findings",
		"--metrics", ":9464")
	capturing(t, 1)
	answered(t, 0, 30, "SIP/2.0 200 OK")
	answered(t, 100, 3, "SIP/2.0 486 Busy Here")
	answered(t, 200, 2, "")
	scraped(t, "simplecap_transactions_total", 2, `outcome="timeout"`)
	b.end(os.Interrupt)
	outcomes := make(map[string]int)
	for _, r := range rows(t, command(t, simplecapCommand(t), "read", "--t1", "50ms", "--format", "ndjson", file)) {
		outcomes[r.Outcome]++
	}
	if len(outcomes) != 2 || outcomes["rejected"] != 3 || outcomes["timeout"] != 2 {
		t.Errorf("%v in the file, want 3 rejected and 2 timeout", outcomes)
	}
}
