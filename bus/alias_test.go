package bus_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze"
	"simplecap/bus"
	"simplecap/capture"
	"simplecap/internal/shared"
	"simplecap/internal/wire"
)

// renamed is what a B2BUA (proxy) makes of calls: another Call-ID that names the old one,
// which the next hop does not pass on.
func renamed(calls int) string {
	var b strings.Builder
	for n := range calls {
		old := fmt.Sprintf("\tCall-ID: old-%d@alice\n\tVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa%d\n", n, n)
		next := fmt.Sprintf("\tCall-ID: new-%d@proxy\n\tVia: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKb%d\n", n, n)
		last := fmt.Sprintf("\tCall-ID: new-%d@proxy\n\tVia: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKb%d\n\t+Via: SIP/2.0/UDP 10.0.0.4;branch=z9hG4bKc%d\n", n, n, n)
		at := float64(n)
		fmt.Fprintf(&b, "%.3f alice > proxy MESSAGE\n%s", at, old)
		fmt.Fprintf(&b, "%.3f proxy > carol MESSAGE\n%s\tX-Call-ID: old-%d@alice\n", at+.01, next, n)
		fmt.Fprintf(&b, "%.3f carol > dave MESSAGE\n%s", at+.02, last)
		fmt.Fprintf(&b, "%.3f dave > carol 200 OK\n%s", at+.03, last)
		fmt.Fprintf(&b, "%.3f carol > proxy 200 OK\n%s", at+.04, next)
		fmt.Fprintf(&b, "%.3f proxy > alice 200 OK\n%s", at+.05, old)
	}
	return b.String() + fmt.Sprintf("%d end\n", calls+50)
}

// otherIdentity is an SMS to a handset by two hops, and its report by another identity and
// the same hops: the proxy sees both, and carol only a report of somebody
// of whom nothing is known.
func otherIdentity(texts int) string {
	var b strings.Builder
	for n := range texts {
		sms := fmt.Sprintf("\tCall-ID: sms-%d@gw\n\tTo: <sip:+1555%04d@example.com>\n\tContent-Type: application/vnd.3gpp.sms\n", n, n)
		body := `	= \x01\x09\x07\x91\x44\x77\x00\x09\x00\x00\x00\x27\x04\x0c\x91\x44\x77\x00\x09\x40\x65\x00\x00\x62\x11\x72\x01\x03\x50\x40\x16\xc8\x32\x9b\xfd\x06\xd1\xd1\x65\x79\x99\x05\x6a\xe7\x41\x66\x79\xba\xec\x26\x03` + "\n"
		ack := fmt.Sprintf("\tCall-ID: ack-%d@ue\n\tFrom: <sip:imsi%d@example.com>;tag=b\n\tTo: <sip:gw@example.com>\n\tIn-Reply-To: sms-%d@gw\n\tContent-Type: application/vnd.3gpp.sms\n", n, n, n)
		via := func(hosts ...int) (text string) {
			for i, host := range hosts {
				text += fmt.Sprintf("\t%sVia: SIP/2.0/UDP 10.0.0.%d;branch=z9hG4bK%d-%d\n", strings.Repeat("+", min(i, 1)), host, host, n)
			}
			return text
		}
		step := func(at int, hop, start, fields, body string) {
			fmt.Fprintf(&b, "%d.%03d %s %s\n%s%s", n, at, hop, start, fields, body)
		}
		step(0, "alice > proxy", "MESSAGE", sms+via(1), body)
		step(10, "proxy > bob", "MESSAGE", sms+via(1, 3), body)
		step(20, "bob > proxy", "200 OK", sms+via(1, 3), "\t-body\n")
		step(30, "proxy > alice", "200 OK", sms+via(1), "\t-body\n")
		step(40, "bob > proxy", "MESSAGE", ack+via(2), `	= \x02\x09\x41\x02\x00\x00`+"\n")
		step(50, "proxy > carol", "MESSAGE", ack+via(2, 3), `	= \x02\x09\x41\x02\x00\x00`+"\n")
		step(60, "carol > proxy", "200 OK", ack+via(2, 3), "\t-body\n")
		step(70, "proxy > bob", "200 OK", ack+via(2), "\t-body\n")
	}
	return b.String() + fmt.Sprintf("%d end\n", texts+50)
}

// TestAliases wants what is behind a B2BUA in the rows of what is before it, where the
// hosts behind it do not say so, and the report of an SMS by another identity with that,
// where a host does not know whose it is; and nothing once more.
func TestAliases(t *testing.T) {
	for name, text := range map[string]string{"B2BUA": renamed(20), "identity": otherIdentity(20)} {
		frames, err := wire.Parse(text)
		if err != nil {
			t.Fatal(name, err)
		}
		if wantInParts(t, name, wire.ByHost(frames[:len(frames)-1])) == 0 {
			t.Errorf("%s: nothing was handed on", name)
		}
	}
}

// TestTextsInParts wants of captures of SMS and IMDN, by host and partition, the rows of
// the merged ones: receipts are where their text is.
func TestTextsInParts(t *testing.T) {
	for _, name := range []string{"sms-end-to-end", "sms-report-matching", "sms-no-report-and-late-report", "sms-memory-full-and-smma", "imdn-group-aggregated"} {
		wantInParts(t, name, wire.ByHost(frames(t, filepath.Join("../testdata/pcaps", name+".pcap"))))
	}
}

// TestHostsAfterOthers wants the rows of the merged captures where the hosts before a B2BUA
// come onto the bus eight seconds after those behind it, which nobody has told of them.
func TestHostsAfterOthers(t *testing.T) {
	shared.OneGoroutine(t)
	for name, text := range map[string]string{"B2BUA": renamed(20), "identity": otherIdentity(20)} {
		frames, err := wire.Parse(text)
		if err != nil {
			t.Fatal(name, err)
		}
		hosts := wire.ByHost(frames[:len(frames)-1])[1:3] // the proxy and who is behind it
		for late := range hosts {
			var agents []*told
			for i, frames := range hosts {
				h := publishedBy(t, fmt.Sprintf("host-%d", i+1), frames)
				if i == late {
					h.late = 8 * time.Second
				}
				agents = append(agents, h)
			}
			var want rows
			if _, err := analyze.Run(context.Background(), &wire.Memory{Frames: wire.Merged(hosts)}, analyze.Options{PlainTexts: true}, &want); err != nil {
				t.Fatal(err)
			}
			got, _ := inParts(t, byClock(t, agents), paces{})
			numbered := func(line string) bool { // frames have the number of the host, which is by who came first
				return strings.HasPrefix(line, "orphan ") || strings.Contains(line, "RequestFrames:")
			}
			if diff := cmp.Diff(slices.DeleteFunc(want.sorted(), numbered), slices.DeleteFunc(got, numbered)); diff != "" {
				t.Error(name, late, diff)
			}
		}
	}
}

// byClock is what hosts publish, in the order of their clocks, some of it late.
func byClock(t *testing.T, agents []*told) (all []message) {
	t.Helper()
	type timed struct {
		at    int64
		batch *bus.Batch
	}
	var order []timed
	for _, h := range agents {
		at := int64(0)
		for i := len(h.all) - 1; i >= 0; i-- { // legs are before the heartbeat that they are of
			if heart := h.all[i].Heart; heart != nil {
				at = heart.Clock + int64(h.late)
			}
			order = append(order, timed{at, &h.all[i]})
		}
	}
	slices.Reverse(order)
	slices.SortStableFunc(order, func(a, b timed) int { return int(a.at - b.at) })
	for _, one := range order {
		all = append(all, encoded(t, one.batch))
	}
	return all
}

// wantInParts wants the rows of hosts, by all partitions, to be those of the merged
// captures, and returns how much was handed on.
func wantInParts(t *testing.T, name string, hosts [][]capture.Frame) (handed int) {
	t.Helper()
	var want rows
	if _, err := analyze.Run(context.Background(), &wire.Memory{Frames: wire.Merged(hosts)}, analyze.Options{PlainTexts: true}, &want); err != nil {
		t.Fatal(err)
	}
	all := stream(t, hosts, rand.New(rand.NewPCG(1, 2)))
	want.lines = slices.DeleteFunc(want.lines, func(line string) bool { return strings.HasPrefix(line, "orphan ") })
	got, handed := inParts(t, all, paces{})
	if diff := cmp.Diff(want.sorted(), got); diff != "" {
		t.Error(name, diff)
	}
	const every = 500
	if moved, _ := inParts(t, all, paces{random: rand.New(rand.NewPCG(3, 4)), every: every}); !slices.Equal(moved, got) {
		t.Errorf("%s: partitions that move after one message of %d: %s", name, every, cmp.Diff(got, moved))
	}
	return handed
}

// TestNamedCallSeenLater wants the leg of a B2BUA behind the one that it names, where the
// clocks of the hosts that saw them have the two the other way round.
func TestNamedCallSeenLater(t *testing.T) {
	all, err := wire.Parse(renamed(20))
	if err != nil {
		t.Fatal(err)
	}
	var alice, carol []capture.Frame
	for _, f := range all[:len(all)-1] {
		switch name := string(f.Data); {
		case strings.Contains(name, "Call-ID: old-") && !strings.Contains(name, "X-Call-ID"):
			alice = append(alice, f)
		default:
			f.Time -= 15e6
			carol = append(carol, f)
		}
	}
	var got rows
	j := analyze.NewJoiner(analyze.Options{PlainTexts: true}, &got)
	defer j.Close()
	c, err := bus.NewCollector(j, bus.CollectorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for m := range inTurn(t, [][]capture.Frame{alice, carol}, analyze.Options{PlainTexts: true}) {
		c.Take(m.Data, bus.Arrival{At: time.Unix(1, 0)})
	}
	c.End()
	if n := len(slices.DeleteFunc(got.lines, func(line string) bool { return !strings.HasPrefix(line, "im ") })); n != 20 {
		t.Errorf("%d texts, not 20", n)
	}
}
