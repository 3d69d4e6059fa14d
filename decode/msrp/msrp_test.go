package msrp

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// chat is a session: a message in two chunks, its responses, a report, an empty SEND.
var chat = crlf(`MSRP a786hjs2 SEND
To-Path: msrp://b.example:8888/9di4eae923wzd;tcp
From-Path: msrp://a.example:7654/iau39soe2843z;tcp
Message-ID: 87652491
Success-Report: yes
Failure-Report: no
Byte-Range: 1-*/12
Content-Type: text/plain

Hey Bo
-------a786hjs2+
MSRP b SEND
To-Path: msrp://b.example:8888/9di4eae923wzd;tcp
From-Path: msrp://a.example:7654/iau39soe2843z;tcp
Message-ID: 87652491
Byte-Range: 7-12/12
Content-Type: text/plain

b, hi!
-------b$
MSRP a786hjs2 200 OK
To-Path: msrp://a.example:7654/iau39soe2843z;tcp
From-Path: msrp://b.example:8888/9di4eae923wzd;tcp
-------a786hjs2$
MSRP dkei38sd REPORT
To-Path: msrp://a.example:7654/iau39soe2843z;tcp
From-Path: msrp://b.example:8888/9di4eae923wzd;tcp
Message-ID: 87652491
Byte-Range: 1-12/12
Status: 000 200 OK
-------dkei38sd$
MSRP empty1 SEND
To-Path: msrp://b.example:8888/9di4eae923wzd;tcp
From-Path: msrp://a.example:7654/iau39soe2843z;tcp
Message-ID: 9
Byte-Range: 1-0/0
-------empty1$
`)

func line(m *Message) string {
	text := fmt.Sprintf("%s %s%d %s %d-%d/%d %s%c", m.Transaction, m.Method, m.Status, m.MessageID, m.Range.First, m.Range.Last, m.Range.Total, m.SuccessReport, m.Flag)
	if m.HasBody {
		text += fmt.Sprintf(" %q", m.Body)
	}
	if m.ReportStatus != 0 {
		text += fmt.Sprint(" status ", m.ReportStatus)
	}
	for _, d := range m.Defects {
		text += "; " + d.What
	}
	return text
}

func feed(p *Parser, b string, size int) (lines []string) {
	f := func(m *Message) { lines = append(lines, line(m)) }
	for len(b) > 0 {
		n := min(size, len(b))
		p.Feed([]byte(b[:n]), f)
		b = b[n:]
	}
	p.End(f)
	return lines
}

const want = `a786hjs2 SEND0 87652491 1--1/12 yes+ "Hey Bo"
b SEND0 87652491 7-12/12 $ "b, hi!"
a786hjs2 200  0-0/0 $
dkei38sd REPORT0 87652491 1-12/12 $ status 200
empty1 SEND0 9 1-0/0 $`

func TestFeed(t *testing.T) {
	for size := 1; size <= len(chat); size++ {
		if got := strings.Join(feed(&Parser{}, chat, size), "\n"); got != want {
			t.Fatalf("in pieces of %d bytes:\n%s\nwant\n%s", size, got, want)
		}
	}
}

func TestMidstream(t *testing.T) {
	for cut := 1; cut < len(chat); cut += 7 {
		p := Parser{}
		got := feed(&p, chat[cut:], 50)
		all := strings.Split(want, "\n")
		if len(got) > len(all) || strings.Join(got, "\n") != strings.Join(all[len(all)-len(got):], "\n") {
			t.Errorf("from byte %d: %q", cut, got)
		}
		if starts := strings.Count(chat[cut:], "\nMSRP "); len(got) != starts {
			t.Errorf("from byte %d: %d messages, want %d", cut, len(got), starts)
		}
	}
}

func TestTooLong(t *testing.T) {
	long := crlf("MSRP x1 SEND\nMessage-ID: 1\nContent-Type: text/plain\n\n") + strings.Repeat("abc -------x1 ", 500) + "\r\n-------x1$\r\n"
	p := Parser{Bytes: 1000}
	got := feed(&p, long+chat, 100)
	if len(got) != 6 || !strings.HasSuffix(got[0], "more than the bound of a message") || strings.Join(got[1:], "\n") != want {
		t.Errorf("got %d messages: %.300q", len(got), got)
	}
	if len(p.held) > 1100 {
		t.Errorf("holds %d bytes", len(p.held))
	}
}

func TestLose(t *testing.T) {
	p, got := Parser{}, []string(nil)
	f := func(m *Message) { got = append(got, line(m)) }
	p.Feed([]byte(chat[:200]), f)
	p.Lose(f)
	p.Feed([]byte(chat[250:]), f)
	if len(got) != 5 || !strings.Contains(got[0], "\x00") {
		t.Errorf("got %q", got)
	}
}

// Behind bytes that are missing, a line of somebody's text is no start line.
func TestLoseInText(t *testing.T) {
	for size := 1; size < 60; size++ {
		p, got := Parser{}, []string(nil)
		f := func(m *Message) { got = append(got, line(m)) }
		p.Feed([]byte("MSRP x1 SEND\r\n"), f)
		p.Lose(f)
		for b := "MSRP abcd SEND\r\n\r\nis how it begins\r\n-------x1$\r\n" + chat; len(b) > 0; {
			n := min(size, len(b))
			p.Feed([]byte(b[:n]), f)
			b = b[n:]
		}
		if len(got) != 6 || strings.Join(got[1:], "\n") != want {
			t.Fatalf("in pieces of %d bytes: %q", size, got)
		}
	}
}

func TestStart(t *testing.T) {
	for s, want := range map[string]bool{
		"MSRP a786 SEND\r\n": true, "MSRP a786 200 OK\r\n": true, "MS": true, "MSRP ": true, "MSRP a7": true, "MSRP a786 SE": true,
		"": false, "MSRPX": false, "MSRP  SEND\r\n": false, "MSRP a786\r\n": false, "MSRP a786 hello\r\n": false, "MSRP a@ SEND\r\n": false, "MESSAGE sip:a SIP/2.0\r\n": false, "MSRP is fun, she said\r\n": false,
	} {
		if got := Start([]byte(s)); got != want {
			t.Errorf("Start(%q) = %v", s, got)
		}
	}
}

func TestPaths(t *testing.T) {
	path := "msrp://relay.example:1/abc;tcp msrp://b.example:2/def;tcp"
	if End(path) != "msrp://b.example:2/def;tcp" || Hops(path) != 2 {
		t.Errorf("%q %d", End(path), Hops(path))
	}
}

// FuzzFeed wants the same messages however a stream is cut, and bounded memory.
func FuzzFeed(f *testing.F) {
	f.Add([]byte(chat), 3)
	f.Add([]byte("junk\r\n"+chat), 900)
	f.Add([]byte("MSRP b -00 OK\nmuch that may be a header field of the answer, until the line ends\r\nMSRP a 200 OK\r\n-------a$\r\n"), 79)
	f.Fuzz(func(t *testing.T, b []byte, size int) {
		size = 1 + (size&0xffff)%(len(b)+1)
		one, many := Parser{Bytes: 4096}, Parser{Bytes: 4096}
		whole := feed(&one, string(b), len(b)+1)
		if pieces := feed(&many, string(b), size); len(b) < 4096 && strings.Join(pieces, "\n") != strings.Join(whole, "\n") {
			t.Errorf("at once:\n%q\nin pieces of %d:\n%q", whole, size, pieces)
		}
		if cap(many.held) > 64<<10+len(b) {
			t.Errorf("holds %d bytes", cap(many.held))
		}
	})
}

// FuzzBody puts any body into a SEND and reads it again.
func FuzzBody(f *testing.F) {
	f.Add([]byte("hello"), "id1")
	f.Add([]byte("-------id1\r\n"), "id1")
	f.Fuzz(func(t *testing.T, body []byte, id string) {
		if !isToken([]byte(id)) || len(id) > longestToken || bytes.Contains(body, []byte("-------"+id)) {
			t.Skip()
		}
		var p Parser
		n := 0
		p.Feed([]byte(fmt.Sprintf("MSRP %s SEND\r\nMessage-ID: m\r\nContent-Type: text/plain\r\n\r\n%s\r\n-------%s$\r\n", id, body, id)), func(m *Message) {
			n++
			if !bytes.Equal(m.Body, body) || m.MessageID != "m" || m.Flag != '$' {
				t.Errorf("%q became %q", body, m.Body)
			}
		})
		if n != 1 && len(body) < 60000 {
			t.Errorf("%d messages", n)
		}
	})
}
