package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"simplecap/analyze"
	"simplecap/analyze/result"
	"simplecap/analyze/story"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/sip"
)

// textHeading says which text this is and how it ended.
func (p *detailPage) textHeading() {
	t := p.detail.Text
	p.line(p.paint(fmt.Sprintf("Text %d: %s, %s", t.ID, kindWords(t), endWords(t)), endColor(t.End)))
	from, to := textEnds(t)
	p.text("", from+p.arrow()+to)
	if t.HasTime {
		when := "sent " + time.Unix(0, t.First).UTC().Format("2006-01-02 15:04:05.000000") + " UTC"
		if d, ok := t.Decided(); ok {
			when += ", decided after " + human(d)
		}
		p.text("", when)
	}
	if t.CallID != "" {
		p.text("", "Call-ID "+Clean(t.CallID, 0))
	}
	for _, line := range textRelations(t) {
		p.text("", line)
	}
	if p.options.Bodies && t.Content != nil && t.Content.HasText {
		p.text("", "“"+Clean(t.Content.Text, maxBody)+"”")
	}
	if p.options.Bodies && t.Whole != nil && t.Whole.Text != "" {
		p.text("", "whole: “"+Clean(t.Whole.Text, maxBody)+"”")
	}
}

// kindWords name what a text is: "SMS of a handset (sms-submit)".
func kindWords(t *result.Text) string {
	words := map[result.TextKind]string{
		result.SMSSubmit: "SMS of a handset", result.SMSDeliver: "SMS to a handset", result.SMSStatusReport: "status report", result.SMSCommand: "command about an SMS",
		result.InstantMessage: "instant message", result.Notification: "notification (IMDN)", result.TypingIndication: "is-composing indication",
		result.SessionMessage: "message of a session", result.TextOther: "no text",
	}
	return words[t.Kind] + " (" + t.Kind.String() + ")"
}

// endWords say how a text ended, and why.
func endWords(t *result.Text) string {
	words := t.End.String()
	if reason := textReason(t); reason != "" {
		words += ": " + reason
	}
	return words
}

// textRelations say what a text belongs to, one thing a line.
func textRelations(t *result.Text) (lines []string) {
	if w := t.Whole; w != nil {
		var parts []string
		for i, id := range w.Texts {
			part := "part " + strconv.Itoa(i+1) + " missing"
			if id != 0 {
				part = "#" + number(id)
			}
			parts = append(parts, part)
		}
		lines = append(lines, "its whole text: "+strings.Join(parts, ", "))
	}
	if t.Session != 0 {
		lines = append(lines, "in message session "+strconv.Itoa(t.Session))
	}
	return lines
}

// receipts lists what came back.
func (p *detailPage) receipts() {
	t := p.detail.Text
	if len(t.Receipts) == 0 {
		if t.Asks() {
			p.section("Receipts")
			p.text("  ", "none is in the capture")
		}
		return
	}
	p.section("Receipts")
	for i := range t.Receipts {
		r := &t.Receipts[i]
		line := "frame " + frameName(r.Frame, len(p.detail.Inputs) > 1) + ": " + receiptWords(r)
		if r.HasAfter {
			line += " after " + human(r.After)
		}
		if r.Recipient != "" {
			line += ", of " + uriCell(r.Recipient)
		}
		line += ", matched by " + r.MatchedBy
		if r.Late {
			line += ", late"
		}
		if r.Duplicate {
			line += ", duplicate"
		}
		if r.Foreign {
			line += ", from a host that the text did not go to: it decides nothing"
		}
		p.text("  ", line)
	}
}

// contents prints the fields of what requests carry, once for each body: of a text and of
// each receipt that came as a request.
func (p *detailPage) contents() {
	seen := make(map[string]bool)
	for i := range p.detail.Steps {
		s := &p.detail.Steps[i]
		if s.Session != nil {
			if s.Session.Method != "" {
				p.sessionFields(s)
			}
			continue
		}
		body := string(s.Message.Bytes(s.Message.Body))
		if s.Message.Kind != sip.Request || s.Role == analyze.CaptureCopy || seen[body] {
			continue
		}
		if c := analyze.ContentOf(s.Message); c != nil {
			seen[body] = true
			p.bodyFields(s.Message, c)
		}
	}
	if len(seen) == 0 && p.detail.Text == nil {
		p.text("", "no request has a body")
	}
}

// bodyFields prints what a request carries.
func (p *detailPage) bodyFields(m *decode.Message, c *content.Content) {
	body := m.Bytes(m.Body)
	p.section(p.drawn(fmt.Sprintf("Frame %s: %s, %s of %s", frameName(m.Frame, len(p.detail.Inputs) > 1), carriedWords(c), count(uint64(len(body)), "byte"), Clean(m.Text(m.ContentType), 60))))
	p.headerFields(m)
	p.fields(content.Describe(content.HeaderOf(&m.Message), body, content.Limits{}), body)
	if d := c.Defects; len(d) > 0 {
		p.text("  ", "malformed: "+Clean(d[0].String(), 0))
	}
}

// headerFields prints the header fields that tie a receipt to a text.
func (p *detailPage) headerFields(m *decode.Message) {
	p.text("  ", "Call-ID "+Clean(m.Text(m.CallID), 0))
	for value := range m.All(sip.HeaderInReplyTo) {
		p.text("  ", "In-Reply-To "+Clean(string(value), 0))
	}
}

// sessionFields prints the header of an MSRP request, and what it carries.
func (p *detailPage) sessionFields(s *story.Step) {
	m := s.Session
	p.section(p.drawn(fmt.Sprintf("Frame %s: %s", frameName(s.Message.Frame, len(p.detail.Inputs) > 1), sessionLabel(m))))
	for _, f := range []struct{ name, value string }{{"To-Path", m.ToPath}, {"From-Path", m.FromPath}, {"Message-ID", m.MessageID},
		{"Success-Report", m.SuccessReport}, {"Failure-Report", m.FailureReport}, {"Content-Type", m.ContentType}} {
		if f.value != "" {
			p.text("  ", f.name+" "+Clean(f.value, 0))
		}
	}
	if m.HasBody && m.Range.First <= 1 {
		p.fields(content.Describe(content.Header{Type: m.ContentType}, m.Body, content.Limits{}), m.Body)
	}
}

// fieldColumns are the widths of the columns of a body's fields, and how many bytes are
// shown of each.
type fieldColumns struct{ offset, hex, name, bytes int }

func (p *detailPage) fieldColumns() fieldColumns {
	if p.options.Width < 100 {
		return fieldColumns{7, 14, 22, 4}
	}
	return fieldColumns{8, 20, 26, 6}
}

// fields prints the fields of a body with the offsets and the bytes they stand in. What
// somebody wrote is there only with bodies, and neither are its bytes without.
func (p *detailPage) fields(fields []content.Field, body []byte) {
	for i := range fields {
		f := &fields[i]
		if f.Name == "" || f.Holds == content.Boundary {
			continue
		}
		bytes := body[f.From:f.To]
		value, secret := f.Value, f.Holds == content.Written || f.Holds == content.Unknown || f.Holds == content.Short && f.SMS.At.Text
		switch {
		case secret && !p.options.Bodies:
			bytes = nil
			if value == "" {
				value = count(uint64(f.To-f.From), "byte")
			}
		case secret && f.Holds != content.Short:
			value = string(bytes)
		}
		p.field(f, bytes, value)
		if f.Holds == content.Encoded {
			p.text("  ", "decoded, "+count(uint64(len(f.Decoded)), "byte")+":")
			p.fields(f.Inner, f.Decoded)
		}
	}
}

func (p *detailPage) field(f *content.Field, bytes []byte, value string) {
	at := strconv.Itoa(f.From)
	if f.To > f.From+1 {
		at += "-" + strconv.Itoa(f.To-1)
	}
	name := f.Name
	if f.Layer != "RP" && f.Layer != "TP" {
		name = strings.TrimPrefix(f.Layer, "application/") + " " + name
	}
	c := p.fieldColumns()
	shown := content.Hex(bytes, c.bytes)
	if f.Holds == content.Encoded {
		shown = ""
	}
	line := fmt.Sprintf("  %-*s %-*s  %-*s ", c.offset, at, c.hex, shown, c.name, Clean(name, c.name))
	for _, part := range wrap(Clean(value, maxBody), max(p.options.Width-displayWidth(line), 20)) {
		p.line(p.drawn(line + part))
		line = strings.Repeat(" ", displayWidth(line))
	}
}

// carriedWords say what a message carries: "RP-DATA with SMS-SUBMIT", "IMDN displayed".
func carriedWords(c *content.Content) string {
	switch {
	case c == nil:
		return ""
	case c.SMS != nil && c.SMS.Type.String() != "":
		words := c.SMS.Type.String()
		if c.SMS.HasCause {
			words += " " + strconv.Itoa(int(c.SMS.Cause))
		}
		if kind := c.SMS.TPDU.Kind.String(); kind != "" && c.SMS.Type.IsData() {
			words += " with " + kind
		}
		return words
	case len(c.IMDNs) > 0:
		return "IMDN " + Clean(c.IMDNs[0].Status, 20)
	case c.Composing.State != "":
		return "is-composing " + Clean(c.Composing.State, 20)
	case c.Service != "":
		return Clean(c.Service, 40)
	case c.CPIM != nil:
		return "CPIM"
	}
	return c.Kind.String()
}
