package analyze

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode"
	"simplecap/decode/sip"
	"simplecap/decode/strict"
	"simplecap/internal/shared"
	"simplecap/internal/wire"
)

// withoutMust are the rules that may be errors though the text they stand on has
// no MUST, and why.
var withoutMust = map[string]string{
	"contradicting-bytes":    "which bytes arrived is not known: the verdict may be that of forged ones",
	"retransmission-changed": "answered from the memory of another text: not delivered",
	"fragments-incomplete":   "the message cannot have arrived whole",
	"late-response":          "the sender has shown the message as failed",
	"loop":                   "the message was refused, or will be",
	"method-case":            "\"message\" is another method, which the peer does not know: not delivered",
	"cseq-method-case":       "the response is not matched: the sender takes the message for lost",
	"ack-to-message":         "the grammar of the transaction has no ACK",
	"no-final-response":      "not delivered, as far as the sender knows",
	"unmatchable-response":   "not delivered, as far as the sender knows",
	"content-length-invalid": "refused with 400 or read in two ways (RFC 4475 3.1.2.3)",
	ruleFailed.ID:            "a fault of simplecap",
	"rp-undecodable":         "the other end cannot read it (TS 24.011 and TS 23.040 are not quoted)",
	"mo-report-missing":      "not delivered, as far as the sender knows",
	"mt-report-missing":      "not delivered, as far as the sender knows",
	"rp-reference-mismatch":  "the wrong SMS is acknowledged",
	"reports-contradict":     "one of them is wrong: whether it arrived is not known",
	"imdn-contradicts":       "one of them is wrong: whether it arrived is not known",
	"rp-direction":           "the other end drops it",
	"imdn-without-id":        "RFC 5438 7.1.1.1 and 7.1.1.2, a MUST that is not quoted",
	"imdn-content-type":      "RFC 5438 12.1.1, a MUST that is not quoted",
	"imdn-of-imdn":           "RFC 5438 7.2, a MUST NOT that is not quoted",
}

var kebab = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// TestCatalogue holds every rule's data against what the documentation needs.
func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Catalogue() {
		for problem, is := range map[string]bool{
			"id is not in kebab case":           !kebab.MatchString(r.ID),
			"id is there twice":                 seen[r.ID],
			"no title, or one with a full stop": r.Title == "" || strings.HasSuffix(r.Title, "."),
			"no doc, or one without a full stop": len(r.Doc) < 40 || !strings.HasSuffix(r.Doc, ".") ||
				unicode.IsLower(rune(r.Doc[0])),
			"no reference":                         r.Reference == "",
			"words with a full stop":               strings.HasSuffix(r.Words, "."),
			"no severity":                          r.Severity < result.Info || r.Severity > result.Error,
			"no since":                             r.Since == "",
			"no sentence":                          r.Say == nil,
			"trap with a full stop":                strings.HasSuffix(r.Trap, "."),
			"a check without a scope":              r.Check != nil && r.Scope == WhilePairing,
			"a scope and nothing to check":         r.Scope != WhilePairing && r.Check == nil && r.Defects == 0 && r.Header == 0,
			"a message's traits for a transaction": r.Scope == ClosedTransaction && (r.Defects != 0 || r.Header != 0 || r.Kind != 0),
			"an error without a MUST":              r.Severity == result.Error && !strings.Contains(r.Words, "MUST") && withoutMust[r.ID] == "",
		} {
			if is {
				t.Errorf("%s: %s", r.ID, problem)
			}
		}
		seen[r.ID] = true
	}
	for id := range withoutMust {
		if !seen[id] {
			t.Errorf("withoutMust names %q, which is no rule", id)
		}
	}
}

// allSamples returns every sample there is, also those of rules that are not
// written yet, by file.
func allSamples(t testing.TB) map[string][]Sample {
	t.Helper()
	entries, err := sampleFiles.ReadDir("samples")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]Sample{}
	for _, e := range entries {
		id := strings.TrimSuffix(e.Name(), ".txtar")
		all[id] = Samples(id)
	}
	return all
}

// TestSampleFiles checks that every sample is one, and that its findings read as
// sentences.
func TestSampleFiles(t *testing.T) {
	for id, samples := range allSamples(t) {
		if len(samples) == 0 {
			t.Errorf("%s has no sections", id)
		}
		for _, s := range samples {
			if !slices.Contains([]string{"fires", "clean", "trap"}, s.Kind) {
				t.Errorf("%s: section %q", id, s.Kind)
			}
			for _, f := range findingsOf(t, s) {
				peer, sentence, _ := strings.Cut(f.Message, " ")
				if problem := badSentence(sentence); problem != "" || peer == "" {
					t.Errorf("%s: %s: %s: %q", id, f.Rule, problem, f.Message)
				}
			}
		}
	}
}

// longestSentence bounds a finding's sentence, in bytes: three quotes and words.
const longestSentence = 3*4*longestQuote + 200

// badSentence says what is wrong with a finding's sentence behind the peer's
// address, or "".
func badSentence(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	switch {
	case !unicode.IsLower(first):
		return "does not begin with a verb"
	case strings.HasSuffix(s, ".") || strings.HasSuffix(s, " "):
		return "ends in a full stop or a space"
	case len(s) > longestSentence:
		return "is too long"
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != unicode.ReplacementChar }):
		return "is not printable"
	}
	return ""
}

func TestPrintable(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"plain", "plain"},
		{"Grüße 👍", "Grüße 👍"},
		{"a\r\n\tb", "a   b"},
		{"\x1b[31mred\x00", "�[31mred�"},
		{"\xff\xfe", "��"},
		{"right\u202eto left", "right�to left"},
		{strings.Repeat("é", 100), strings.Repeat("é", longestQuote) + "…"},
	} {
		if got := printable(test.in); got != test.want {
			t.Errorf("printable(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestLevels(t *testing.T) {
	long := "\n  * 120 0123456789\n"
	for _, test := range []struct {
		name, rule, text string
		with             Exchange
		want             result.Severity
	}{
		{"loopback", "over-1300-on-udp", "0 127.0.0.1 > 127.0.0.1:5070 MESSAGE" + long, Exchange{}, result.Note},
		{"network", "over-1300-on-udp", "0 alice > bob MESSAGE" + long, Exchange{}, result.Error},
		{"known MTU", "over-1300-on-udp", "0 alice > bob MESSAGE" + long, Exchange{MTU: 9000}, 0},
		{"small MTU", "over-1300-on-udp", "0 alice > bob MESSAGE\n  * 60 0123456789", Exchange{MTU: 1000}, result.Error},
		{"trusted path", "over-1300", "0 alice > bob tcp MESSAGE" + long, Exchange{Trusted: trusted("10.0.0.0/8")}, result.Info},
		{"half trusted path", "over-1300", "0 alice > bob tcp MESSAGE" + long, Exchange{Trusted: trusted("10.0.0.1/32")}, result.Note},
		{"Max-Forwards only", "mandatory-header-missing", "0 alice > bob MESSAGE\n  -Max-Forwards", Exchange{}, result.Warning},
		{"more than Max-Forwards", "mandatory-header-missing", "0 alice > bob MESSAGE\n  -Max-Forwards\n  -To", Exchange{}, result.Error},
		{"ran out on the way", "max-forwards", "0 alice > bob MESSAGE\n  Max-Forwards: 0\n  +Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK-9", Exchange{}, result.Warning},
		{"sent so", "max-forwards", "0 alice > bob MESSAGE\n  Max-Forwards: 0", Exchange{}, result.Note},
		{"over 255", "max-forwards", "0 alice > bob MESSAGE\n  Max-Forwards: 256", Exchange{}, result.Warning},
		{"version in lower case", "start-line", "0 alice > bob MESSAGE\n  ! MESSAGE sip:x@example.com sip/2.0", Exchange{}, result.Note},
		{"no reason phrase", "start-line", "0 bob > alice 200 OK\n  ! SIP/2.0 200", Exchange{}, result.Note},
		{"URI in brackets", "start-line", "0 alice > bob MESSAGE\n  ! MESSAGE <sip:x@example.com> SIP/2.0", Exchange{}, result.Error},
		{"line end behind the body", "content-length-too-short", "0 alice > bob MESSAGE\n  Content-Length: 5\n  = Hello\\r\\n", Exchange{}, result.Info},
		{"record-routed and long", "record-route-in-message", "0 proxy > bob MESSAGE\n  +Record-Route: <sip:10.0.0.3;lr>\n  +Via: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bK-9" + long, Exchange{}, result.Note},
		{"RCS", "contact-in-2xx", "0 bob > alice 200 OK\n  Contact: <sip:b@10.0.0.2>;+sip.instance=\"<x>\"", Exchange{Profile: RCS}, result.Info},
		{"RCS without an instance", "contact-in-2xx", "0 bob > alice 200 OK\n  Contact: <sip:b@10.0.0.2>", Exchange{Profile: RCS}, result.Warning},
		{"identity from outside", "asserted-identity", "0 203.0.113.2 > bob MESSAGE\n  P-Asserted-Identity: <sip:a@example.com>", Exchange{Trusted: trusted("10.0.0.0/8")}, result.Warning},
		{"identity from inside", "asserted-identity", "0 alice > bob MESSAGE\n  P-Asserted-Identity: <sip:a@example.com>", Exchange{Trusted: trusted("10.0.0.0/8")}, 0},
		{"identity, nothing known", "asserted-identity", "0 203.0.113.2 > bob MESSAGE\n  P-Asserted-Identity: <sip:a@example.com>", Exchange{}, 0},
		{"privacy, nothing known", "privacy-leak", "0 alice > 203.0.113.2 MESSAGE\n  Privacy: id\n  P-Asserted-Identity: <sip:a@example.com>", Exchange{}, 0},
		{"text leaves private networks", "cleartext", "0 alice > 203.0.113.2 MESSAGE", Exchange{}, result.Info},
		{"text between two trusted networks", "cleartext", "0 198.51.100.1 > 203.0.113.2 MESSAGE", Exchange{Trusted: trusted("198.51.100.0/24", "203.0.113.0/24")}, 0},
		{"text from one private network to another", "cleartext", "0 alice > 192.168.1.1 MESSAGE", Exchange{Trusted: trusted("10.0.0.0/8")}, result.Note},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got result.Severity
			for _, f := range judgeMessages(t, test.text, test.with) {
				if f.Rule == test.rule {
					got = f.Severity
				}
			}
			if got != test.want {
				t.Errorf("%s: severity %d, want %d", test.rule, got, test.want)
			}
		})
	}
}

// TestCutIsNoFault cuts every datagram of every sample at every byte: what the
// snapshot length takes away must not break a rule that the whole message keeps.
func TestCutIsNoFault(t *testing.T) {
	shared.OneGoroutine(t)
	for id, samples := range allSamples(t) {
		if id == webSocketFraming.ID {
			continue // without the handshake a part of a frame does not show that it is one
		}
		for _, s := range samples {
			frames, err := wire.Parse(s.Text)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range frames[:min(len(frames), 6)] { // further ones are much the same
				if len(f.Data) != f.Length {
					continue
				}
				whole := severities(f.Data, f.Length)
				for n := 60; n < f.Length; n++ {
					for rule, severity := range severities(f.Data[:n], f.Length) {
						if severity > whole[rule] {
							t.Fatalf("%s: %s is %s on the first %d bytes of\n%q", id, rule, severity, n, f.Data)
						}
					}
				}
			}
		}
	}
}

// severities returns what rules a single Ethernet frame breaks, and how badly.
func severities(data []byte, length int) map[string]result.Severity {
	j := judge{}
	d := decode.NewDecoder(&j, decode.Options{})
	f := frameOf(data, length)
	d.Frame(&f)
	d.Flush()
	broken := map[string]result.Severity{}
	for _, f := range j.findings {
		broken[f.Rule] = f.Severity
	}
	return broken
}

// FuzzRules shows the rules messages that anybody may send: no rule panics, none
// depends on what was asked before, and what they say is fit for a terminal.
func FuzzRules(f *testing.F) {
	for _, samples := range allSamples(f) {
		for _, s := range samples {
			frames, err := wire.Parse(s.Text)
			if err != nil {
				f.Fatal(err)
			}
			for i := range frames {
				f.Add(frames[i].Data[min(len(frames[i].Data), 42):], uint8(i))
			}
		}
	}
	parser := strict.NewParser(decode.Limits{})
	f.Fuzz(func(t *testing.T, data []byte, how uint8) {
		var m decode.Message
		if !m.Scan(data) {
			return
		}
		carry(&m, how)
		x := Exchange{Message: &m, Profile: IETF, Timers: IETF.Timers(0)}
		if how&32 != 0 {
			x.Trusted = trusted("10.0.0.0/8")
		}
		if OfMessage(&m) {
			x.Opinion = parser.Parse(&m)
		}
		again := x
		facts := check(nil, &x)
		if diff := cmp.Diff(facts, check(nil, &again), cmp.AllowUnexported(fact{})); diff != "" {
			t.Errorf("asked again:\n%s", diff)
		}
		mustRead(t, facts, &x)

		closed := Exchange{Transaction: transactionOf(&m), Profile: IETF, Timers: IETF.Timers(0)}
		mustRead(t, apply(closedRules, nil, &closed), &closed)
	})
}

// carry sets what carried a message from some bits.
func carry(m *decode.Message, how uint8) {
	m.Src, m.Dst = endpointOf("10.0.0.1:5060"), endpointOf("192.0.2.1:5060")
	m.Transport = decode.UDP
	if how&1 != 0 {
		m.Transport = decode.TCP
	}
	if how&2 != 0 {
		m.Carriage |= decode.Cut
	}
	if how&4 != 0 {
		m.Carriage |= decode.Fragmented
	}
	if how&8 != 0 {
		m.Defects |= sip.DefectContentLengthMissing
	}
}

// transactionOf makes a closed transaction of a message.
func transactionOf(m *decode.Message) *result.Transaction {
	return &result.Transaction{Method: m.Text(m.Method), Status: m.Status, Reason: m.Text(m.Reason), Cause: m.Text(m.CallID),
		ContentType: m.Text(m.ContentType), Outcome: result.OutcomeOf(m.Status), Provisional: []int{m.Status},
		HasRTT: true, RTT: 5e9, RTTLast: 5e9}
}

// mustRead checks that no rule failed and that what the others say is fit to print.
func mustRead(t *testing.T, facts []fact, x *Exchange) {
	t.Helper()
	for _, f := range facts {
		rule := &catalogue[f.rule]
		if rule.ID == ruleFailed.ID {
			t.Errorf("the rule %s panicked", catalogue[f.failed].ID)
			continue
		}
		if sentence := rule.Say(x); badSentence(sentence) != "" {
			t.Errorf("%s: %s: %q", rule.ID, badSentence(sentence), sentence)
		}
	}
}

// BenchmarkRules measures all rules for single messages on clean ones: what
// every message of a run costs.
func BenchmarkRules(b *testing.B) {
	for name, text := range map[string]string{"MESSAGE": "0 alice > bob MESSAGE", "200": "0 bob > alice 200 OK", "OPTIONS": "0 alice > bob OPTIONS"} {
		b.Run(name, func(b *testing.B) {
			m := cleanMessage(b, text)
			var facts []fact
			x := new(Exchange)
			b.SetBytes(int64(len(m.Raw)))
			b.ReportAllocs()
			for b.Loop() {
				*x = Exchange{Message: m, Profile: IETF, Timers: IETF.Timers(0)}
				if facts = check(facts[:0], x); len(facts) > 0 {
					b.Fatal(catalogue[facts[0].rule].ID)
				}
			}
		})
	}
}

// TestRulesDoNotAllocate guards the path that every clean message takes.
func TestRulesDoNotAllocate(t *testing.T) {
	for _, text := range []string{"0 alice > bob MESSAGE", "0 bob > alice 200 OK"} {
		m := cleanMessage(t, text)
		var facts []fact
		x := &Exchange{}
		if n := testing.AllocsPerRun(100, func() {
			*x = Exchange{Message: m, Profile: IETF, Timers: IETF.Timers(0)}
			facts = check(facts[:0], x)
		}); n != 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

// trusted makes a trust domain.
func trusted(networks ...string) (list []netip.Prefix) {
	for _, n := range networks {
		list = append(list, netip.MustParsePrefix(n))
	}
	return list
}

// endpointOf reads "address:port".
func endpointOf(text string) decode.Endpoint {
	at := netip.MustParseAddrPort(text)
	return decode.Endpoint{IP: decode.AddrFrom16(at.Addr().As16()), Port: at.Port()}
}

// frameOf makes an Ethernet frame, of which the capture may hold a part only.
func frameOf(data []byte, length int) capture.Frame {
	return capture.Frame{Data: data, Length: length, File: 1, Number: 1, Link: capture.LinkEthernet}
}

// cleanMessage decodes an exchange of one message.
func cleanMessage(t testing.TB, text string) *decode.Message {
	t.Helper()
	frames, err := wire.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var m decode.Message
	if !m.Scan(slices.Clone(frames[0].Data[42:])) {
		t.Fatal("no SIP message")
	}
	carry(&m, 0)
	m.Dst = endpointOf("10.0.0.2:5060")
	return &m
}
