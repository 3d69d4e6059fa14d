package report

import (
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/analyze/story"
	"simplecap/capture"
	"simplecap/check"
	"simplecap/decode"
	"simplecap/decode/sip"
)

// What a renderer outside this package says, in the words that all others use. None of
// it holds a byte of the wire that is not clean.

// Human writes a duration with three digits or so: 0.357 ms, 20.1 ms, 1.204 s.
func Human(d time.Duration) string { return human(d) }

// Number writes n with thousands separators: 12,345.
func Number(n uint64) string { return number(n) }

// Count writes "1 packet", "2 packets". noun is singular; its plural adds an s unless
// given.
func Count(n uint64, noun string, plural ...string) string { return count(n, noun, plural...) }

// Party names an end of a hop. The usual port goes without saying.
func Party(e decode.Endpoint) string { return party(e) }

// VerdictWords says what became of a delivery, and where: "refused by 192.0.2.1 with
// 486".
func VerdictWords(d *result.Delivery) string { return verdictWords(d) }

// VerdictsInWords counts deliveries by verdict, the worst first: "3 deliveries: 1
// refused, 2 delivered". It is empty where there is none.
func VerdictsInWords(counts map[result.Verdict]uint64) string {
	var c verdictCounts
	for v, n := range counts {
		if int(v) < len(c) {
			c[v] = n
		}
	}
	return c.words()
}

// Totals says in lines what was in a capture, or what was there instead. where is the
// filter that transactions had to pass, ofTexts that of texts.
func Totals(r *result.Report, where, ofTexts string) []string {
	return append(totals(r, where), textTotals(r, ofTexts)...)
}

// QualityLines says in words what a capture lost; none where it lost nothing.
func QualityLines(r *result.Report) []string { return qualityLines(r) }

// LikelyHidden lists what would be SIP and cannot be read.
func LikelyHidden(r *result.Report) []decode.Hidden { return likelyHidden(r) }

// HiddenPeer is the address of who hides something; that of IPsec has no port.
func HiddenPeer(h *decode.Hidden) string { return hiddenPeer(h) }

// Filters returns Wireshark display filters that open the first limit frames, one for
// each file, with the file's name before it where there are several.
func Filters(frames []capture.Ref, inputs []capture.Input, limit int) []string {
	return filters(frames, inputs, limit)
}

// StepLabel says in a few words what a message of a story is.
func StepLabel(s *story.Step) string { return stepLabels(s)[0] }

// TextEnds are who a text is from and to, TextReason why it ended so.
func TextEnds(t *result.Text) (from, to string) { return textEnds(t) }

// TextReason says in a few words why a text ended so, and what there is to know of it.
func TextReason(t *result.Text) string { return textReason(t) }

// TextJSON is a text as an object of the JSON report.
func TextJSON(t *result.Text, bodies bool) []byte {
	var o object
	o.inner(func() { o.textObject(t, bodies) })
	return o.b
}

// Mark is a finding and the bytes of a message that it is about.
type Mark struct {
	Span   sip.Span
	Breach *analyze.Breach
}

// Marks parts findings that can be pointed at from the others.
func Marks(m *decode.Message, breaches []analyze.Breach) (marks []Mark, loose []analyze.Breach) {
	found, loose := marksOf(m, breaches)
	for _, k := range found {
		marks = append(marks, Mark{k.span, k.breach})
	}
	return marks, loose
}

// Headline says how a check ended.
func Headline(v *check.Verdict) string { return headline(v) }

// BreachWords says in a sentence how a check failed.
func BreachWords(b *check.Breach) string { return breachWords(b) }

// Bounds says what a check allows and what was found.
func Bounds(c *check.Check) string { return bounds(c) }
