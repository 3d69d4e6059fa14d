package sip

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"simplecap/decode/stream"
	"simplecap/internal/shared"
)

// The naive reading of a message that the scanner is compared with: folds
// undone by text replacement, then one regular expression for each part.
var (
	foldPattern   = regexp.MustCompile(`(\r\n|\n|\r)[ \t]+`)
	startPattern  = regexp.MustCompile(`^([A-Za-z0-9\-.!%*_+'~` + "`" + `]+)[ \t].*[ \t>][Ss][Ii][Pp]/2\.[0-9]+[ \t]*$`)
	statusPattern = regexp.MustCompile(`^[Ss][Ii][Pp]/2\.[0-9]+[ \t]+[0-9]+([ \t].*)?$`)
	callIDPattern = regexp.MustCompile(`(?im)^(?:call-id|i)[ \t]*:[ \t]*(.*?)[ \t]*$`)
	cseqPattern   = regexp.MustCompile(`(?im)^cseq[ \t]*:[ \t]*([0-9]*)[ \t]*([^ \t\n]*)`)
	viaPattern    = regexp.MustCompile(`(?im)^(?:via|v)[ \t]*:[ \t]*([^,\n]*)`)
	branchPattern = regexp.MustCompile(`(?i);[ \t]*branch[ \t]*=[ \t]*([^ \t;\n]*)`)
)

// naive holds what the patterns find; an absent part is empty.
type naive struct {
	isSIP                            bool
	method, callID, cseq, cseqMethod string
	branch                           string
	hasCallID, hasCSeq, hasVia       bool
}

func readNaive(raw string) (n naive) {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimLeft(raw, "\r\n"))
	text, _, _ = strings.Cut(text, "\n\n")
	text = foldPattern.ReplaceAllString(text, " ")
	first, _, _ := strings.Cut(text, "\n")
	if g := startPattern.FindStringSubmatch(first); g != nil {
		n.isSIP, n.method = true, g[1]
	}
	n.isSIP = n.isSIP || statusPattern.MatchString(first)
	if g := callIDPattern.FindStringSubmatch(text); g != nil {
		n.hasCallID, n.callID = true, g[1]
	}
	if g := cseqPattern.FindStringSubmatch(text); g != nil {
		n.hasCSeq, n.cseq, n.cseqMethod = true, g[1], g[2]
	}
	if g := viaPattern.FindStringSubmatch(text); g != nil {
		n.hasVia = true
		if g := branchPattern.FindStringSubmatch(g[1]); g != nil {
			n.branch = g[1]
		}
	}
	return n
}

// differsFromNaive says in words where the scanner reads something else.
func differsFromNaive(raw string) (differs []string) {
	n := readNaive(raw)
	b := []byte(strings.TrimLeft(raw, "\r\n"))
	if isSIP := matchStartLine(b) == stream.Yes; isSIP != n.isSIP {
		return []string{"start line"}
	}
	if !n.isSIP {
		return []string{"not SIP/2"}
	}
	limits := DefaultLimits
	var m Message
	scanHead(b, &m, &limits)
	text := func(s Span) string { return string(m.Unfold(nil, s)) }
	for _, part := range []struct {
		name      string
		ours      string
		theirs    string
		ourDefect Defects
		present   bool
	}{
		{"method", text(m.Method), n.method, 0, true},
		{"Call-ID", text(m.CallID), n.callID, DefectNoCallID, n.hasCallID},
		{"CSeq", text(m.CSeq), n.cseq, DefectNoCSeq, n.hasCSeq},
		{"CSeq method", text(m.CSeqMethod), n.cseqMethod, DefectNoCSeq, n.hasCSeq},
		{"branch", text(m.Branch), n.branch, DefectNoVia, n.hasVia},
	} {
		missing := part.ourDefect != 0 && m.Defects.Has(part.ourDefect)
		if part.ours != part.theirs || missing == part.present {
			differs = append(differs, part.name+" "+part.ours+" | "+part.theirs)
		}
	}
	return differs
}

// explained are the messages where the scanner and the patterns are not meant
// to agree, with the reason.
var explained = map[string]string{
	"rfc4475/test.dat":      "a leftover in the RFC's archive: its Request-Line has no version",
	"kamailio/sg.sip":       "two lines end in CR CR LF, which the patterns take for the end of the head",
	"jain-sip/t060.sip":     "SIP/02.00 is not the version of RFC 3261 7.1",
	"jain-sip/t379.sip":     "SIP/7.0",
	"jain-sip/t352.sip":     "the space after the method was lost when the file was made",
	"jain-sip/t363.sip":     "the file holds <hex>20</hex> in place of a space",
	"jain-sip/t373.sip":     "the file holds <hex>2020</hex> in place of two spaces",
	"kamailio/bad_via2.sip": "the Request-Line ends in SIP/2.0/UDP",

	"sipgo-fuzz/2c025c3ae292cb8b.bin": "no version",
	"sipgo-fuzz/60d4a7b56f87dca0.bin": "no version",
	"sipgo-fuzz/8f6bb03248a83474.bin": "no version",
	"sipgo-fuzz/c7b2fa4d8767b928.bin": "no version",
	"sipgo-fuzz/cfdb2b227e2e14aa.bin": "no version",
	"sipgo-fuzz/dc4d8cf7ba83620b.bin": "no version",
}

func TestCorpusMessages(t *testing.T) {
	corpus := shared.Path(t, "corpus")
	patterns := []string{"rfc4475/*.dat", "rfc5118/*.sip", "rfc3428/*.sip", "kamailio/*.sip", "jain-sip/*.sip",
		"belle-sip/*.txt", "sip.js/*.dat", "sipgo-fuzz/*.bin", "pjsip-fuzz-seeds/sip*/*.sip"}
	messages := 0
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join(corpus, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(names), err)
		}
		for _, path := range names {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			messages++
			name, _ := filepath.Rel(corpus, path)
			reason, differs := explained[name], differsFromNaive(string(raw))
			switch {
			case len(differs) > 0 && reason == "":
				t.Errorf("%s: %s\n%.200q", name, strings.Join(differs, "; "), raw)
			case len(differs) == 0 && reason != "":
				t.Errorf("%s agrees: take it out of the table", name)
			}
		}
	}
	t.Logf("%d messages, %d explained", messages, len(explained))
}

// TestPROTOS scans the cases of the PROTOS c07-sip suite.
func TestPROTOS(t *testing.T) {
	archive, err := zip.OpenReader(shared.Path(t, "corpus/protos-c07-sip.zip"))
	if err != nil {
		t.Skip(err)
	}
	defer archive.Close()
	cases, compared, sip := 0, 0, 0
	for _, file := range archive.File {
		if !strings.HasSuffix(file.Name, ".sip") {
			continue
		}
		raw := readZipped(t, file)
		cases++
		if line, ended := stream.Line([]byte(raw)); !ended || len(line) > maxMethod && bytes.IndexByte(line[:maxMethod+1], ' ') < 0 {
			continue // longer than the bounds of startline.go
		}
		compared++
		for _, d := range differsFromNaive(raw) {
			if d != "not SIP/2" {
				t.Errorf("%s: %.300s", file.Name, d)
			}
		}
		var m Message
		if m.Scan([]byte(raw)) {
			sip++
		}
	}
	t.Logf("%d cases, %d of them SIP/2", cases, sip)
	if cases < 2700 || compared < 2600 {
		t.Errorf("only %d cases, %d compared", cases, compared)
	}
}

func readZipped(t *testing.T, file *zip.File) string {
	t.Helper()
	r, err := file.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestSBCLog scans the messages in a text log of a session border controller,
// which a capture of its screen or of syslog would hold with LF line ends.
func TestSBCLog(t *testing.T) {
	log, err := os.ReadFile(shared.Path(t, "corpus/wireshark/sipmsg.log"))
	if err != nil {
		t.Skip(err)
	}
	header := regexp.MustCompile(`(?m)^.* On .* (received from|sent to) .*\n`)
	messages := 0
	for _, part := range strings.Split(string(log), "\n----------------------------------------\n") {
		at := header.FindStringIndex(part)
		if at == nil || !readNaive(part[at[1]:]).isSIP {
			continue
		}
		messages++
		if differs := differsFromNaive(part[at[1]:]); differs != nil {
			t.Errorf("%s\n%.200q", strings.Join(differs, "; "), part)
		}
	}
	if messages != 5 {
		t.Errorf("%d messages, want 5", messages)
	}
}
