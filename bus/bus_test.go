package bus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/bus"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/internal/wire"
)

// rows are what a run hands on, without numbers.
type rows struct {
	names map[uint64]string
	lines []string
}

func (r *rows) Transaction(t *result.Transaction) {
	if r.names == nil {
		r.names = map[uint64]string{}
	}
	r.names[t.ID] = fmt.Sprint(t.CallID, t.Branch, t.CSeq, t.Src, t.Dst)
	c := t.Clone()
	c.ID, c.Delivery, c.Duplicates = 0, 0, 0
	r.lines = append(r.lines, fmt.Sprintf("%+v", c))
}

func (r *rows) Finding(*result.Finding) {}

func (r *rows) Delivery(d *result.Delivery) {
	var hops []string
	for _, h := range d.Hops {
		hops = append(hops, fmt.Sprint(r.names[h.Transaction], " of ", r.names[h.Parent], h.Outcome, h.Forward, h.Relay))
	}
	sort.Strings(hops)
	r.lines = append(r.lines, fmt.Sprint(d.Verdict, " ", r.names[d.Blame], d.Total, d.Sender, d.Recipient, hops))
}

func (r *rows) Text(t *result.Text) {
	r.lines = append(r.lines, fmt.Sprint(t.Kind, t.End, t.CallID, t.From, t.To, t.Bytes, len(t.Receipts), t.Findings))
}

func (r *rows) OrphanReceipt(one *result.Receipt) { r.lines = append(r.lines, "orphan "+one.Kind) }

func (r *rows) sorted() []string {
	sort.Strings(r.lines)
	return r.lines
}

// frames reads a capture of the test data.
func frames(t testing.TB, name string) (all []capture.Frame) {
	t.Helper()
	all, err := wire.File(name)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// publish runs what a host saw through an agent, and returns what goes over the bus.
func publish(t testing.TB, name string, frames []capture.Frame, options analyze.Options) (all []bus.Message) {
	t.Helper()
	spool, err := bus.OpenSpool("", 0, bus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	agent := bus.NewAgent(bus.AgentOptions{Name: name, Epoch: 1, Related: []string{"X-Call-ID", "X-CID"}, Replay: true}, spool)
	options.Legs = agent
	if _, err := analyze.Run(context.Background(), &wire.Memory{Frames: frames}, options, &rows{}); err != nil {
		t.Fatal(err)
	}
	agent.Close()
	spool.Close()
	reader := spool.NewReader()
	for {
		m, taken, err := reader.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
		taken()
	}
}

// inTurn is what the agents of all hosts publish, one message of each after the other.
func inTurn(t testing.TB, hosts [][]capture.Frame, options analyze.Options) iter.Seq[bus.Message] {
	agents := make([][]bus.Message, len(hosts))
	for i, frames := range hosts {
		agents[i] = publish(t, fmt.Sprintf("host-%d", i+1), frames, options)
	}
	return func(yield func(bus.Message) bool) {
		for n, more := 0, true; more; n++ {
			more = false
			for _, all := range agents {
				if n < len(all) && !yield(all[n]) {
					return
				}
				more = more || n < len(all)
			}
		}
	}
}

// TestBusAsOne wants, of what goes over the bus, the rows that the report of the merged
// captures has, in whatever order the agents are heard.
func TestBusAsOne(t *testing.T) {
	options := analyze.Options{PlainTexts: true}
	for _, name := range []string{"two-proxies-in-series", "proxy-408-then-late-200", "fork-parallel", "sms-end-to-end", "sms-report-matching",
		"nat-rport-both-sides", "proxy-inleg-200-missing", "sms-no-report-and-late-report"} {
		hosts := wire.ByHost(frames(t, filepath.Join("../testdata/pcaps", name+".pcap")))
		if hosts == nil {
			t.Errorf("%s is not of several hosts", name)
			continue
		}
		var want rows
		if _, err := analyze.Run(context.Background(), &wire.Memory{Frames: wire.Merged(hosts)}, options, &want); err != nil {
			t.Fatal(err)
		}
		var got rows
		j := analyze.NewJoiner(options, &got)
		defer j.Close()
		c, err := bus.NewCollector(j, bus.CollectorOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for m := range inTurn(t, hosts, options) {
			c.Take(m.Data, bus.Arrival{At: time.Unix(1, 0)})
			c.Take(m.Data, bus.Arrival{At: time.Unix(1, 0)}) // once more, which must not matter
		}
		if !c.Ended() || c.Counts().Unread != 0 || c.Counts().Repeated != c.Counts().Batches {
			t.Errorf("%s: %+v", name, c.Counts())
		}
		c.End()
		if diff := cmp.Diff(want.sorted(), got.sorted()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestHostsOneAfterTheOther hears each agent to its end before the next one is known: rows
// that are kept wait for it, though all that are known have ended.
func TestHostsOneAfterTheOther(t *testing.T) {
	hosts := wire.ByHost(frames(t, "../testdata/pcaps/two-proxies-in-series.pcap"))
	var want, got rows
	if _, err := analyze.Run(context.Background(), &wire.Memory{Frames: wire.Merged(hosts)}, analyze.Options{}, &want); err != nil {
		t.Fatal(err)
	}
	j := analyze.NewJoiner(analyze.Options{}, &got)
	defer j.Close()
	c, err := bus.NewCollector(j, bus.CollectorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := len(hosts) - 1; i >= 0; i-- {
		for _, m := range publish(t, fmt.Sprintf("host-%d", i+1), hosts[i], analyze.Options{}) {
			c.Take(m.Data, bus.Arrival{At: time.Unix(1, 0)})
		}
	}
	c.End()
	ways := func(r *rows) []string { // frames and findings have the number of the host, which is by who came first
		return slices.DeleteFunc(r.sorted(), func(line string) bool { return !strings.HasPrefix(line, "delivered ") })
	}
	if diff := cmp.Diff(ways(&want), ways(&got)); diff != "" || len(ways(&want)) == 0 {
		t.Error(diff)
	}
}

// leg draws a leg with something in every field.
func leg(t *rapid.T) *analyze.Leg {
	text := rapid.StringMatching(`[a-z@.;= -]{0,12}`)
	number := rapid.IntRange(0, 1<<20)
	at := rapid.Int64Range(1, 1<<62)
	flag := rapid.Bool()
	endpoint := func() (e decode.Endpoint) {
		var ip [16]byte
		if flag.Draw(t, "v4") {
			ip[10], ip[11] = 0xff, 0xff
			copy(ip[12:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "ip"))
		} else {
			copy(ip[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "ip"))
		}
		e.IP = decode.AddrFrom16(ip)
		e.Port = rapid.Uint16().Draw(t, "port")
		return e
	}
	l := &analyze.Leg{Answer: []byte(text.Draw(t, "answer") + "x"), Server: text.Draw(t, "server"), LastSeen: at.Draw(t, "seen"), Until: at.Draw(t, "until"), Seen: at.Draw(t, "seen"),
		Unmatchable: flag.Draw(t, "f"), Looped: flag.Draw(t, "f"), NotTheType: flag.Draw(t, "f"), Blind: flag.Draw(t, "f"), Bounced: flag.Draw(t, "f"), Again: flag.Draw(t, "f"), Forwards: flag.Draw(t, "f"),
		Sealed: text.Draw(t, "sealed"), Refused: text.Draw(t, "refused"), Reporter: text.Draw(t, "reporter"), Detail: text.Draw(t, "detail")}
	l.Found = []analyze.Found{{Rule: "cleartext", Severity: result.Note, Peer: endpoint(), Status: 200, Count: 3, Message: text.Draw(t, "message"), UserAgent: text.Draw(t, "agent")}}
	l.Transaction = result.Transaction{ID: uint64(number.Draw(t, "id") + 1), Method: text.Draw(t, "method"), CallID: text.Draw(t, "call"), CSeq: uint64(number.Draw(t, "cseq")),
		HasCSeq: flag.Draw(t, "f"), Branch: text.Draw(t, "branch"), SentBy: text.Draw(t, "sentby"), From: text.Draw(t, "from"), To: text.Draw(t, "to"), RequestURI: text.Draw(t, "uri"),
		Transport: decode.TCP, IPsec: flag.Draw(t, "f"), Src: endpoint(), Dst: endpoint(), ContentType: text.Draw(t, "type"), BodyBytes: number.Draw(t, "bytes"), BodyCut: flag.Draw(t, "f"),
		Body: []byte("b" + text.Draw(t, "body")), HasTime: flag.Draw(t, "f"), FirstRequest: at.Draw(t, "first"), LastRequest: at.Draw(t, "last"), Retransmissions: number.Draw(t, "n"),
		Duplicates: number.Draw(t, "n"), Provisional: []int{100, 183}, Status: 200, Reason: text.Draw(t, "reason"), Final: at.Draw(t, "final"), RTT: time.Duration(number.Draw(t, "rtt")),
		RTTLast: time.Duration(number.Draw(t, "rtt")), HasRTT: flag.Draw(t, "f"), Outcome: result.Success, Cause: text.Draw(t, "cause"), Findings: []string{"a", "b"}, Closed: flag.Draw(t, "f"),
		LeftBySender: flag.Draw(t, "f"), RequestFrames: []capture.Ref{capture.MakeRef(1, 3)}, ResponseFrames: []capture.Ref{capture.MakeRef(1, 4), capture.MakeRef(1, 9)}}
	if flag.Draw(t, "head") {
		l.Head = []byte("MESSAGE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n\r\n")
		if flag.Draw(t, "same") {
			l.Transaction.CallID, l.Transaction.CSeq, l.Transaction.Branch, l.Transaction.SentBy = "1", 1, "z9hG4bK1", "a"
		}
	}
	return l
}

// TestRoundTrip wants back what was encoded. A string that is empty where the head has
// one is read as the head's: only then.
func TestRoundTrip(t *testing.T) {
	d, err := bus.NewDecoder(bus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		want := &bus.Batch{Agent: "host", Epoch: 7, Partition: 5, Seq: 9, Legs: rapid.SliceOfN(rapid.Custom(leg), 0, 4).Draw(t, "legs")}
		if len(want.Legs) == 0 {
			want.Heart = &bus.Heart{Sent: 5, Clock: -6, Low: 7, Ended: true, Lost: 8, Input: bus.Input{Name: "any", First: 1, Last: 2, Packets: 3, Mentions: 4,
				Requests: map[string]uint64{"MESSAGE": 5}, Responses: map[string]uint64{"200": 6}}}
			want.Legs = nil
		}
		data, err := bus.EncodeBatch(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range want.Legs {
			if (l.Head != nil) != (got.Legs[i].Message != nil) {
				t.Fatal("a head that was not scanned")
			}
			if got.Legs[i].Message = nil; l.Head != nil {
				fill(&l.Transaction, &got.Legs[i].Transaction)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// fill puts what the head has in the place of empty strings.
func fill(want, got *result.Transaction) {
	for _, p := range [][2]*string{{&want.Method, &got.Method}, {&want.CallID, &got.CallID}, {&want.Branch, &got.Branch}, {&want.SentBy, &got.SentBy}, {&want.From, &got.From},
		{&want.To, &got.To}, {&want.RequestURI, &got.RequestURI}} {
		if *p[0] == "" {
			*p[0] = *p[1]
		}
	}
	if want.CSeq == 0 {
		want.CSeq = got.CSeq
	}
}

// FuzzDecode feeds the decoder, the joiner and the report with anything that may come
// over the bus: it must neither panic nor hold more than it may.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"two-proxies-in-series", "sms-end-to-end"} {
		for _, m := range publish(f, "host", frames(f, "../testdata/pcaps/"+name+".pcap"), analyze.Options{}) {
			f.Add(m.Data)
		}
	}
	d, err := bus.NewDecoder(bus.Limits{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := d.Decode(data)
		if err != nil {
			return
		}
		again, err := bus.EncodeBatch(b)
		if err != nil {
			t.Fatal(err)
		}
		j := analyze.NewJoiner(analyze.Options{PlainTexts: true}, &rows{})
		defer j.Close()
		c, err := bus.NewCollector(j, bus.CollectorOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c.Take(again, bus.Arrival{At: time.Unix(1, 0)})
		c.Take(data, bus.Arrival{At: time.Unix(1, 0)})
		c.Tick(time.Unix(100, 0))
		c.End()
		c.Report()
	})
}

// TestSilentAgent wants the others to go on without an agent that is not heard of, and
// the agent named in what its part of is missing.
func TestSilentAgent(t *testing.T) {
	hosts := wire.ByHost(frames(t, "../testdata/pcaps/two-proxies-in-series.pcap"))
	var got rows
	j := analyze.NewJoiner(analyze.Options{}, &got)
	defer j.Close()
	var said []string
	c, err := bus.NewCollector(j, bus.CollectorOptions{Notify: func(line string) { said = append(said, line) }})
	if err != nil {
		t.Fatal(err)
	}
	for i, frames := range hosts[:2] {
		all := publish(t, fmt.Sprintf("host-%d", i+1), frames, analyze.Options{})
		if i == 0 {
			all = all[:len(all)-1] // its last heartbeat never comes
		}
		for _, m := range all {
			c.Take(m.Data, bus.Arrival{At: time.Unix(1, 0)})
		}
	}
	if len(got.lines) > 0 {
		t.Fatal("rows, although host-1 may be about to say more")
	}
	c.Tick(time.Unix(60, 0))
	c.End()
	if len(said) == 0 || !strings.Contains(said[0], "host-1") || !strings.Contains(c.Report().Inputs[0].Error, "heard") {
		t.Error(said, c.Report().Inputs)
	}
}

// TestFileBeats wants the agent of a file to say how far it is within the file: who joins
// its legs would hold all of them otherwise.
func TestFileBeats(t *testing.T) {
	spool, err := bus.OpenSpool("", 0, bus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	agent := bus.NewAgent(bus.AgentOptions{Name: "a", Epoch: 1, Replay: true, Limits: bus.Limits{BeatLegs: 4}}, spool)
	all := frames(t, "../testdata/pcaps/two-proxies-in-series.pcap")
	if _, err := analyze.Run(context.Background(), &wire.Memory{Frames: all, Batch: 1}, analyze.Options{PlainTexts: true, Legs: agent}, &rows{}); err != nil {
		t.Fatal(err)
	}
	agent.Close()
	spool.Close()
	reader, beats := spool.NewReader(), 0
	for {
		m, taken, err := reader.Next(context.Background())
		if errors.Is(err, io.EOF) {
			break
		}
		if taken(); m.Partition == bus.Heartbeats {
			beats++
		}
	}
	if beats < 4 {
		t.Errorf("%d heartbeats for 20 legs", beats)
	}
}
