package analyze

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"simplecap/decode"
	"simplecap/decode/msrp"
)

// chatLines are messages of MSRP as text: a line is "TIME FROM > TO KIND ID ARGUMENTS".
// A SEND has "Message-ID RANGE FLAG TEXT" and header fields behind a bar; a REPORT has
// "Message-ID RANGE STATUS"; anything else is the status of a response.
func chatLines(text string) string {
	const a, b = "msrp://10.0.0.1:7001/a;tcp", "msrp://10.0.0.2:7002/b;tcp"
	var out strings.Builder
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		line, fields, _ := strings.Cut(line, " | ")
		w := strings.Fields(line)
		if len(w) < 6 {
			fmt.Fprintln(&out, line)
			continue
		}
		at, from, to, kind, id := w[0], w[1], w[3], w[4], w[5]
		paths := "To-Path: " + b + `\r\nFrom-Path: ` + a + `\r\n`
		if from == "bob" || kind == "echo" {
			paths = "To-Path: " + a + `\r\nFrom-Path: ` + b + `\r\n`
		}
		if fields != "" {
			paths += strings.ReplaceAll(fields, " | ", `\r\n`) + `\r\n`
		}
		var m string
		switch kind {
		case "SEND":
			body := strings.Join(w[9:], " ")
			m = "MSRP " + id + ` SEND\r\n` + paths + "Message-ID: " + w[6] + `\r\nByte-Range: ` + w[7] + `\r\nContent-Type: text/plain\r\n\r\n` + body + `\r\n-------` + id + w[8] + `\r\n`
		case "bare": // a SEND without a body
			m = "MSRP " + id + ` SEND\r\n` + paths + "Message-ID: " + w[6] + `\r\nByte-Range: ` + w[7] + `\r\n-------` + id + w[8] + `\r\n`
		case "REPORT":
			m = "MSRP " + id + ` REPORT\r\n` + paths + "Message-ID: " + w[6] + `\r\nByte-Range: ` + w[7] + `\r\nStatus: 000 ` + w[8] + `\r\n-------` + id + `$\r\n`
		case "echo":
			m = "MSRP " + id + " " + w[6] + ` OK\r\n` + paths + "-------" + id + `$\r\n`
		default:
			m = "MSRP " + id + " " + kind + ` OK\r\n` + paths + "-------" + id + `$\r\n`
		}
		ports := map[string]string{"alice": "alice:7001", "bob": "bob:7002", "carol": "carol:7003"}
		fmt.Fprintf(&out, "%s %s > %s tcp MESSAGE\n  ~ %s\n", at, ports[from], ports[to], m)
	}
	return out.String()
}

// manyChunks are chunks of one message, of which all are taken but the last.
func manyChunks(n int) string {
	var story strings.Builder
	for i := range n {
		flag, status := "+", "200"
		if i == n-1 {
			flag, status = "$", "413"
		}
		fmt.Fprintf(&story, "0.%03d alice > bob SEND t%d m1 %d-%d/%d %s ab\n", i, i, 1+2*i, 2+2*i, 2*n, flag)
		fmt.Fprintf(&story, "0.%03d bob > alice %s t%d x\n", 100+i, status, i)
	}
	return story.String()
}

// TestSessionsByCapture holds what is said of texts of a session in odd circumstances.
func TestSessionsByCapture(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"REPORTs of both halves", `
0.0 alice > bob SEND t1 m1 1-5/10 + Hello | Success-Report: yes
0.1 bob > alice 200 t1 x
0.2 alice > bob SEND t2 m1 6-10/10 $ World | Success-Report: yes
0.3 bob > alice 200 t2 x
0.4 bob > alice REPORT r1 m1 1-5/10 200
0.5 bob > alice REPORT r2 m1 6-10/10 200
60 end`, []string{"delivered 10 bytes"}},
		{"a REPORT of the first half alone", `
0.0 alice > bob SEND t1 m1 1-5/10 + Hello | Success-Report: yes
0.1 bob > alice 200 t1 x
0.2 alice > bob SEND t2 m1 6-10/10 $ World | Success-Report: yes
0.3 bob > alice 200 t2 x
0.4 bob > alice REPORT r1 m1 1-5/10 200
60 end`, []string{"received 10 bytes"}},
		{"REPORTs with a hole, and one that goes on behind the end", `
0.0 alice > bob SEND t1 m1 1-10/10 $ HelloWorld | Success-Report: yes | Failure-Report: no
0.4 bob > alice REPORT r1 m1 1-4/10 200
0.5 bob > alice REPORT r2 m1 6-99/10 200
60 end`, []string{"unconfirmed 10 bytes"}},
		{"a total nobody knows at first, and the parts the other way round", `
0.0 alice > bob SEND t2 m1 6-10/* $ World
0.1 bob > alice 200 t2 x
0.2 alice > bob SEND t1 m1 1-*/* + Hello
0.3 bob > alice 200 t1 x
60 end`, []string{"received 10 bytes"}},
		{"interrupted by another message, and continued", `
0.0 alice > bob SEND t1 m1 1-*/10 + Hello
0.1 bob > alice 200 t1 x
0.2 alice > bob SEND t2 m2 1-2/2 $ Hi
0.3 bob > alice 200 t2 x
0.4 alice > bob SEND t3 m1 6-10/10 $ World
0.5 bob > alice 200 t3 x
60 end`, []string{"received 10 bytes", "received 2 bytes"}},
		{"a chunk that never came, and all others are answered", `
0.0 alice > bob SEND t1 m1 1-3/9 + Hel
0.1 bob > alice 200 t1 x
0.2 alice > bob SEND t2 m1 7-9/9 $ rld
0.3 bob > alice 200 t2 x
60 end`, []string{"unknown 9 bytes"}},
		{"the last of many chunks refused", manyChunks(100) + `
60 end`, []string{"refused 200 bytes"}},
		{"refused behind a relay, of which nothing comes back", `
0.0 alice > carol SEND t1 m1 1-5/5 $ Hello
0.1 carol > alice 200 t1 x
0.2 carol > bob SEND t2 m1 1-5/5 $ Hello
0.3 bob > carol 481 t2 x
60 end`, []string{"refused 5 bytes"}},
		{"taken behind a relay", `
0.0 alice > carol SEND t1 m1 1-5/5 $ Hello
0.1 carol > alice 200 t1 x
0.2 carol > bob SEND t2 m1 1-5/5 $ Hello
0.3 bob > carol 200 t2 x
60 end`, []string{"received 5 bytes"}},
		{"aborted in the second chunk", `
0.0 alice > bob SEND t1 m1 1-*/10 + Hello
0.1 bob > alice 200 t1 x
0.2 alice > bob SEND t2 m1 6-*/10 # Wo
60 end`, []string{"not-sent 10 bytes"}},
		{"a chunk is refused", `
0.0 alice > bob SEND t1 m1 1-5/10 + Hello
0.1 bob > alice 413 t1 x
60 end`, []string{"refused 10 bytes"}},
		{"Failure-Report partial, and only what fails is answered", `
0.0 alice > bob SEND t1 m1 1-5/5 $ Hello | Failure-Report: partial
0.2 alice > bob SEND t2 m2 1-5/5 $ Again | Failure-Report: partial
0.3 bob > alice 408 t2 x
60 end`, []string{"not-asked 5 bytes", "refused 5 bytes"}},
		{"a response by the sender to itself", `
0.0 alice > bob SEND t1 m1 1-5/5 $ Hello
0.1 alice > bob echo t1 200
60 end`, []string{"unconfirmed 5 bytes"}},
		{"a response by another connection", `
0.0 alice > bob SEND t1 m1 1-5/5 $ Hello
0.1 carol > alice 200 t1 x
60 end`, []string{"unconfirmed 5 bytes"}},
		{"a response twice, and none to the other chunk", `
0.0 alice > bob SEND t1 m1 1-5/10 + Hello
0.1 bob > alice 200 t1 x
0.2 alice > bob SEND t2 m1 6-10/10 $ World
0.3 bob > alice 200 t1 x
60 end`, []string{"unconfirmed 10 bytes"}},
		{"one end of the connection is not in the capture", `
0.0 alice > bob SEND t1 m1 1-5/5 $ Hello
1.0 alice > bob SEND t2 m2 1-5/5 $ Again
60 end`, []string{"unconfirmed 5 bytes", "unconfirmed 5 bytes"}},
		{"and then only its responses", `
0.1 bob > alice 200 t1 x
1.1 bob > alice 200 t2 x
60 end`, nil},
		{"one message id in both directions", `
0.0 alice > bob SEND t1 m1 1-5/5 $ Hello | Success-Report: yes
0.1 bob > alice 200 t1 x
0.2 bob > alice SEND t2 m1 1-5/5 $ Again
0.3 alice > bob 200 t2 x
0.4 bob > alice REPORT r1 m1 1-5/5 200
60 end`, []string{"delivered 5 bytes", "received 5 bytes"}},
		{"the session says a failure behind a success", `
0.0 alice > bob SEND t1 m1 1-5/5 $ Hello | Success-Report: yes
0.1 bob > alice 200 t1 x
0.2 bob > alice REPORT r1 m1 1-5/5 408
60 end`, []string{"failed 5 bytes"}},
		{"a success REPORT that the capture has before its text", `
0.0 bob > alice REPORT r1 m1 1-5/5 200
0.1 alice > bob SEND t1 m1 1-5/5 $ Hello | Success-Report: yes | Failure-Report: no
60 end`, []string{"delivered 5 bytes"}},
		{"a failure REPORT that the capture has before its text, and one about nothing", `
0.0 bob > alice REPORT r1 m1 1-5/5 408
0.0 bob > alice REPORT r2 m2 1-5/5 408
0.1 alice > bob SEND t1 m1 1-5/5 $ Hello
0.2 bob > alice 200 t1 x
60 end`, []string{"failed 5 bytes"}},
		{"a REPORT whose Status cannot be read", `
0.0 alice > bob SEND t1 m1 1-5/5 $ Hello
0.1 bob > alice 200 t1 x
0.2 bob > alice REPORT r1 m1 1-5/5 later
60 end`, []string{"received 5 bytes"}},
		{"refused behind a relay before the capture has what it refused", `
0.0 alice > carol SEND t1 m1 1-5/5 $ Hello
0.1 carol > alice 200 t1 x
0.2 bob > carol 481 t2 x
0.3 carol > bob SEND t2 m1 1-5/5 $ Hello
60 end`, []string{"refused 5 bytes"}},
		{"a response twice, once before its chunk, and none to the other chunk", `
0.0 alice > bob SEND t2 m1 6-10/10 $ World
0.1 bob > alice 200 t1 x
0.2 alice > bob SEND t1 m1 1-5/10 + Hello
0.3 bob > alice 200 t1 x
60 end`, []string{"unconfirmed 10 bytes"}},
		{"ended by a chunk without a body", `
0.0 alice > bob SEND t1 m1 1-*/* + Hello
0.1 bob > alice 200 t1 x
0.2 alice > bob bare t2 m1 6-5/5 $
0.3 bob > alice 200 t2 x
0.4 alice > bob bare t3 m3 1-0/0 $
0.5 bob > alice 200 t3 x
60 end`, []string{"received 5 bytes"}},
		{"aborted by a chunk without a body", `
0.0 alice > bob SEND t1 m1 1-*/10 + Hello
0.1 bob > alice 200 t1 x
0.2 alice > bob bare t2 m1 6-5/10 #
60 end`, []string{"not-sent 10 bytes"}},
		{"a Byte-Range that lies", `
0.0 alice > bob SEND t1 m1 9223372036854775807-9223372036854775807/9223372036854775807 $ Hello
0.1 bob > alice 200 t1 x
0.2 alice > bob SEND t2 m2 5-1/3 $ Hello
0.3 bob > alice 200 t2 x
0.4 alice > bob SEND t3 m3 0-0/0 $ Hello
0.5 bob > alice 200 t3 x
60 end`, []string{"received 5 bytes", "unknown 9 bytes", "received 5 bytes"}},
	} {
		h, report := analyseTexts(t, chatLines(test.text))
		if s := report.Texts; s.SendRTT.Count > s.Sends || s.SendRTT.Count > 0 && s.SendRTT.Max.Milliseconds() != 100 {
			t.Errorf("%s: %d SENDs, round trips %+v", test.name, s.Sends, s.SendRTT)
		}
		var got []string
		for _, id := range slices.Sorted(maps.Keys(h.sessions)) {
			got = append(got, h.sessions[id])
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", test.name, got, test.want)
		}
	}
}

// A chunk whose end is not in the capture has no octets behind its range, whatever of the
// end-line there is.
func TestCutChunk(t *testing.T) {
	c := chatText{total: msrp.Unknown}
	c.take(&decode.MSRP{Message: &msrp.Message{Range: msrp.Range{First: 1, Last: 5, Total: 5, Given: true}, Body: []byte("Hello\r\n-----")}}, &DefaultLimits)
	if string(c.body) != "Hello" || !c.cut {
		t.Errorf("%q, cut %v", c.body, c.cut)
	}
}

// FuzzChunks puts chunks of any range together.
func FuzzChunks(f *testing.F) {
	f.Add(int64(1), int64(6), int64(10), []byte("Hello"), byte('$'))
	f.Add(int64(math.MaxInt64), int64(math.MinInt64), int64(math.MaxInt64), []byte("Hello"), byte('+'))
	f.Fuzz(func(t *testing.T, first, second, total int64, body []byte, flag byte) {
		c := chatText{total: msrp.Unknown}
		for _, at := range []int64{first, second, 1} {
			c.take(&decode.MSRP{Message: &msrp.Message{Range: msrp.Range{First: at, Last: msrp.Unknown, Total: total, Given: true}, Body: body, Flag: flag}}, &DefaultLimits)
		}
		if len(c.body) > DefaultLimits.SessionBytes || !bytes.HasPrefix(c.body, body) && len(body) <= DefaultLimits.SessionBytes {
			t.Errorf("%d bytes of a body: %q", len(c.body), c.body)
		}
		for i, s := range c.have {
			if s.first < 1 || s.last < s.first || i > 0 && s.first <= c.have[i-1].last+1 {
				t.Errorf("octets %v", c.have)
			}
		}
	})
}
