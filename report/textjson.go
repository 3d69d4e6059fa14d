package report

import (
	"encoding/hex"
	"slices"

	"simplecap/analyze/result"
	"simplecap/capture"
	"simplecap/decode/content"
	"simplecap/decode/content/sms"
)

// textPart appends a field of a text, or what has fields of its own. bodies says that what
// people wrote is shown.
type textPart func(o *object, t *result.Text, bodies bool)

// partsOfTexts are all of them. They are not changed.
var partsOfTexts = slices.Concat(
	textFields("id", "kind", "deliveries", "call_id", "method", "carrier", "from", "to", "first"),
	[]textPart{func(o *object, t *result.Text, _ bool) { o.frameIf("request_frame", t.Frame) }},
	textFields("sip_status", "content_type", "bytes", "characters", "text", "charset", "service", "opaque", "wrapped_in"),
	[]textPart{func(o *object, t *result.Text, _ bool) { o.parts(t.Content) }},
	textFields("content_encoding", "transfer_encoding", "body_encoding"),
	[]textPart{func(o *object, t *result.Text, bodies bool) { o.contentOf(t.Content, bodies) }},
	textFields("session"),
	[]textPart{func(o *object, t *result.Text, bodies bool) { o.sessionText(t.MSRP); o.whole(t.Whole, bodies) }},
	textFields("repeat_of", "copy_of", "answers", "answered_by", "answer_ms"),
	[]textPart{func(o *object, t *result.Text, _ bool) {
		o.list("receipts", len(t.Receipts), func(i int) { o.receipt(&t.Receipts[i]) })
	}},
	textFields("end", "findings"),
)

// textFields are parts by the names of fields.
func textFields(names ...string) (parts []textPart) {
	fields := keyedFields(result.TextFields(), true)
	for _, name := range names {
		f := &fields[slices.IndexFunc(fields, func(f keyed[result.Text]) bool { return f.Name == name })]
		written := name == "text"
		parts = append(parts, func(o *object, t *result.Text, bodies bool) {
			if bodies || !written {
				writeField(o, f, t)
			}
		})
	}
	return parts
}

// textObject appends the fields of one text.
func (o *object) textObject(t *result.Text, bodies bool) {
	for _, part := range partsOfTexts {
		part(o, t, bodies)
	}
}

// number appends a number that is left out where it is 0.
func (o *object) number(name string, n int) {
	if n > 0 {
		o.uint(name, uint64(n))
	}
}

// list appends an array of n objects on one line.
func (o *object) list(name string, n int, fill func(i int)) {
	o.key(name)
	o.b = append(o.b, '[')
	for i := range n {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.inner(func() { fill(i) })
	}
	o.b = append(o.b, ']')
}

func (o *object) frame(name string, f capture.Ref) {
	o.nested(name, func() {
		o.uint("file", uint64(f.File()))
		o.uint("frame", f.Number())
	})
}

// frameIf is frame for one that may not be known.
func (o *object) frameIf(name string, f capture.Ref) {
	if f != 0 {
		o.frame(name, f)
	}
}

func (o *object) parts(c *content.Content) {
	if c != nil && len(c.Parts) > 0 {
		o.strings("parts", c.Parts)
	}
}

// contentOf appends what a body says beside its text.
func (o *object) contentOf(c *content.Content, bodies bool) {
	if c == nil {
		return
	}
	if c.SMS != nil && c.SMS.Type != sms.NoType {
		o.nested("sms", func() { o.sms(c.SMS, bodies) })
	}
	o.cpim("cpim", c.CPIM)
	o.cpim("cpim_inner", c.Inner)
	o.imdn(c.IMDNs)
	if c.Composing.State != "" {
		o.nested("composing", func() {
			o.string("state", c.Composing.State)
			o.text("contenttype", c.Composing.ContentType)
			o.number("refresh", c.Composing.Refresh)
		})
	}
	if len(c.Recipients) > 0 {
		o.strings("list_recipients", c.Recipients)
	}
	o.malformed(c.Defects)
}

func (o *object) malformed(defects []content.Defect) {
	if len(defects) == 0 {
		return
	}
	words := make([]string, len(defects))
	for i, d := range defects {
		words[i] = d.String()
	}
	o.strings("malformed", words)
}

// sms appends the fields of an RP message and its TPDU.
func (o *object) sms(m *sms.Message, bodies bool) {
	o.string("rp_type", m.Type.String())
	o.string("rp_direction", m.Type.Direction())
	if m.HasReference {
		o.uint("rp_mr", uint64(m.Reference))
	}
	o.text("rp_originator", m.Originator.String())
	o.text("rp_destination", m.Destination.String())
	t := &m.TPDU
	if t.Kind == sms.NoTPDU {
		return
	}
	o.string("tpdu", t.Kind.String())
	if t.HasRef {
		o.uint("tp_mr", uint64(t.Reference))
	}
	if t.Address.Given() {
		o.string("tp_address", t.Address.String())
		o.string("tp_address_type", t.Address.TON.String())
	}
	if t.HasDCS {
		o.uint("tp_dcs", uint64(t.DCS))
		o.string("alphabet", t.Alphabet.String())
	}
	if t.Class >= 0 {
		o.uint("class", uint64(t.Class))
	}
	if t.HasPID {
		o.uint("tp_pid", uint64(t.PID))
	}
	o.tpdu(t, bodies)
}

// tpdu appends what not every TPDU has.
func (o *object) tpdu(t *sms.TPDU, bodies bool) {
	o.text("scts", t.SCTS.String())
	o.text("discharge", t.Discharge.String())
	if t.HasStatus {
		o.uint("tp_st", uint64(t.Status))
		o.string("tp_st_name", t.Status.String())
	}
	o.text("validity", t.Validity.Format.String())
	o.number("validity_minutes", t.Validity.Minutes())
	o.text("validity_until", t.Validity.Until.String())
	switch t.Kind {
	case sms.Submit, sms.Command:
		o.bool("tp_srr", t.ReportRequested())
		o.bool("tp_rd", t.RejectDuplicates() && t.Kind == sms.Submit)
	case sms.StatusReport:
		o.bool("tp_srq", t.ReportIndication())
	}
	if t.Kind == sms.Command {
		o.string("command", sms.CommandName(t.Command))
		o.uint("tp_mn", uint64(t.Number))
	}
	if bodies && len(t.Data) > 0 {
		o.string("data", hex.EncodeToString(t.Data))
	}
	o.header(t)
}

func (o *object) header(t *sms.TPDU) {
	if t.Header == nil {
		return
	}
	o.nested("udh", func() {
		if c := t.Concat; c.Parts > 0 {
			o.uint("concat_ref", uint64(c.Reference))
			o.uint("concat_ref_bits", uint64(c.Bits))
			o.uint("parts", uint64(c.Parts))
			o.uint("part", uint64(c.Part))
		}
		if p := t.Ports; p.Bits > 0 {
			o.nested("ports", func() {
				o.uint("destination", uint64(p.Destination))
				o.uint("source", uint64(p.Source))
				o.uint("bits", uint64(p.Bits))
			})
		}
		o.number("language_single", int(t.Single))
		o.number("language_locking", int(t.Locking))
		var elements []string
		for e := range sms.Elements(t.Header) {
			elements = append(elements, e.Name())
		}
		o.strings("elements", elements)
	})
}

func (o *object) cpim(name string, c *content.CPIM) {
	if c == nil {
		return
	}
	o.nested(name, func() {
		o.text("from", c.From)
		o.text("to", c.To)
		o.text("datetime", c.DateTime)
		o.text("message_id", c.MessageID)
		o.strings("disposition", c.Disposition)
	})
}

// imdn appends a notification, and all of them where they are aggregated.
func (o *object) imdn(all []content.Notification) {
	if len(all) == 0 {
		return
	}
	o.nested("imdn", func() {
		o.notification(&all[0], len(all) == 1)
		if len(all) > 1 {
			o.list("aggregated", len(all), func(i int) { o.notification(&all[i], true) })
		}
	})
}

func (o *object) notification(n *content.Notification, whole bool) {
	o.text("message_id", n.MessageID)
	if !whole {
		return
	}
	o.text("notification", n.Notification)
	o.text("status", n.Status)
	o.text("recipient_uri", n.Recipient)
	o.text("original_recipient_uri", n.OriginalRecipient)
}

func (o *object) sessionText(m *result.SessionText) {
	if m == nil {
		return
	}
	o.nested("msrp", func() {
		o.text("message_id", m.MessageID)
		o.text("to_path", m.ToPath)
		o.text("from_path", m.FromPath)
		o.text("success_report", m.SuccessReport)
		o.text("failure_report", m.FailureReport)
		o.uint("bytes", uint64(max(m.Bytes, 0)))
		o.uint("chunks", uint64(m.Chunks))
	})
}

func (o *object) whole(w *result.WholeText, bodies bool) {
	if w == nil {
		return
	}
	o.nested("whole", func() {
		o.uints("texts", w.Texts)
		o.bool("complete", w.Complete)
		if bodies {
			o.text("text", w.Text)
		}
	})
}

func (o *object) receipt(r *result.Receipt) {
	o.string("kind", r.Kind)
	o.frame("frame", r.Frame)
	if r.HasAfter {
		o.millis("after_ms", r.After)
	}
	o.text("matched_by", r.MatchedBy)
	if r.Delivery != 0 {
		o.uint("delivery", r.Delivery)
	}
	if r.Text != 0 {
		o.uint("text", r.Text)
	}
	if r.Foreign {
		o.bool("foreign", true)
	}
	if r.Kind == "rp-error" {
		o.uint("cause", uint64(r.Cause))
		o.string("cause_name", r.Cause.String())
	}
	if r.HasFCS {
		o.uint("tp_fcs", uint64(r.Failure))
	}
	switch {
	case r.Kind == "status-report":
		o.uint("status", uint64(r.TPStatus))
		o.string("status_name", r.TPStatus.String())
	case r.Status != 0:
		o.uint("status", uint64(r.Status))
	case r.Name != "":
		o.text("status", r.Name)
	}
	o.text("message_id", r.MessageID)
	o.text("recipient", r.Recipient)
	if r.Late {
		o.bool("late", true)
	}
	if r.Duplicate {
		o.bool("duplicate", true)
	}
}

// session appends the fields of a message session.
func (o *object) session(s *result.MessageSession) {
	o.uint("number", uint64(s.Number))
	o.text("call_id", s.CallID)
	o.text("from", s.From)
	o.text("to", s.To)
	o.text("offer_path", s.OfferPath)
	o.text("answer_path", s.AnswerPath)
	if len(s.MovedTo) > 0 {
		o.strings("moved_to", s.MovedTo)
	}
	o.text("transport", s.Transport)
	o.text("accept_types", s.AcceptTypes)
	o.bool("readable", s.Readable)
	o.number("sip_status", s.Status)
	if s.HasTime {
		o.nanos("first", s.First)
	}
	o.frame("request_frame", s.Frame)
}
