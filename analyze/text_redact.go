package analyze

import (
	"slices"
	"strings"

	"simplecap/analyze/result"
	"simplecap/decode/content"
	"simplecap/decode/content/sms"
	"simplecap/redact"
)

// Text implements TextHandler.
func (h *redacted) Text(t *result.Text) {
	if h.texts != nil {
		c := RedactedText(h.redactor, t)
		h.texts.Text(&c)
	}
}

// OpenText implements OpenTextHandler.
func (h *redacted) OpenText(t *result.Text) {
	if h.open != nil {
		c := RedactedText(h.redactor, t)
		h.open.OpenText(&c)
	}
}

// OrphanReceipt implements TextHandler.
func (h *redacted) OrphanReceipt(r *result.Receipt) {
	if h.texts != nil {
		c := redactedReceipt(h.redactor, *r)
		h.texts.OrphanReceipt(&c)
	}
}

// RedactedText returns a copy of t with pseudonyms, and without what was written.
func RedactedText(r *redact.Redactor, t *result.Text) result.Text {
	c := t.Clone()
	if r == nil {
		return c
	}
	c.CallID, c.From, c.To, c.Method = r.CallID(t.CallID), r.URI(t.From), r.URI(t.To), r.Method(t.Method)
	for i := range c.Receipts {
		c.Receipts[i] = redactedReceipt(r, c.Receipts[i])
	}
	if t.Whole != nil {
		c.Whole = &result.WholeText{Texts: t.Whole.Texts, Complete: t.Whole.Complete}
	}
	if t.MSRP != nil {
		m := *t.MSRP
		m.MessageID, m.ToPath, m.FromPath = r.CallID(m.MessageID), r.Unknown(m.ToPath), r.Unknown(m.FromPath)
		c.MSRP = &m
	}
	if t.Content != nil {
		c.Content = redactedContent(r, t.Content)
	}
	return c
}

func redactedReceipt(r *redact.Redactor, one result.Receipt) result.Receipt {
	one.Recipient, one.MessageID, one.Name = r.URI(one.Recipient), r.CallID(one.MessageID), r.Unknown(one.Name)
	return one
}

func redactedContent(r *redact.Redactor, from *content.Content) *content.Content {
	c := *from
	c.Text, c.HasText = "", false
	c.Type, c.Wrapped, c.Disposition = lowered(r.Media(c.Type)), lowered(r.Media(c.Wrapped)), lowered(r.Media(c.Disposition))
	c.Charset, c.Encoding = harmless(r, c.Charset), harmless(r, c.Encoding)
	if from.Service == from.Type {
		c.Service = c.Type
	}
	if from.Exchange.Command != "" {
		c.Service, c.Exchange = "GB/T 28181", content.Reference{}
	}
	c.Parts = nil
	for _, media := range from.Parts {
		c.Parts = append(c.Parts, lowered(r.Media(media)))
	}
	c.CPIM, c.Inner = redactedCPIM(r, c.CPIM), redactedCPIM(r, c.Inner)
	c.Recipients = nil
	for _, uri := range from.Recipients {
		c.Recipients = append(c.Recipients, r.URI(uri))
	}
	c.IMDNs = nil
	for _, n := range from.IMDNs {
		n.MessageID, n.Recipient, n.OriginalRecipient = r.CallID(n.MessageID), r.URI(n.Recipient), r.URI(n.OriginalRecipient)
		n.Notification, n.Status = harmless(r, n.Notification), harmless(r, n.Status)
		c.IMDNs = append(c.IMDNs, n)
	}
	c.Composing.State, c.Composing.ContentType = hiddenState(c.Composing.State), r.Media(c.Composing.ContentType)
	c.SMS = redactedSMS(r, from.SMS)
	return &c
}

// harmlessWords are what a sender may write in these fields and tells nothing of anybody.
var harmlessWords = []string{"", "delivery", "processing", "display", "delivered", "failed", "processed", "stored", "displayed", "forbidden", "error", "active", "idle",
	"gzip", "x-gzip", "deflate", "utf-8", "us-ascii", "utf-16", "utf-16be", "utf-16le", "iso-8859-1", "iso-8859-15", "windows-1252", "koi8-r", "gb2312", "gbk", "gb18030"}

// hiddenState keeps a state that RFC 3994 3 knows: any other is what somebody wrote.
func hiddenState(state string) string {
	if slices.Contains(harmlessWords, state) {
		return state
	}
	return "hidden"
}

// harmless keeps a word that tells nothing of anybody.
func harmless(r *redact.Redactor, word string) string {
	if slices.Contains(harmlessWords, word) {
		return word
	}
	return lowered(r.Unknown(word))
}

// lowered hides what may be a number in base64 in a value that was made lower case,
// where it cannot be told any more: a long word with digits and without the dots of a
// vendor's type.
func lowered(s string) string {
	const long, hidden = 12, "hidden"
	kind, sub, isType := strings.Cut(s, "/")
	if !isType {
		kind, sub = "", s
	}
	if len(sub) < long || strings.Contains(sub, ".") || !strings.ContainsAny(sub, "0123456789") || strings.HasPrefix(sub, hidden) {
		return s
	}
	if isType {
		return kind + "/" + hidden
	}
	return hidden
}

func redactedSMS(r *redact.Redactor, from *sms.Message) *sms.Message {
	if from == nil {
		return nil
	}
	m := *from
	m.Originator, m.Destination = redactedAddress(r, m.Originator), redactedAddress(r, m.Destination)
	m.TPDU.Address = redactedAddress(r, m.TPDU.Address)
	m.TPDU.Text, m.TPDU.HasText, m.TPDU.Data, m.TPDU.Octets = "", false, nil, nil
	return &m
}

func redactedCPIM(r *redact.Redactor, from *content.CPIM) *content.CPIM {
	if from == nil {
		return nil
	}
	c := *from
	c.From, c.To, c.MessageID = r.URI(c.From), r.URI(c.To), r.CallID(c.MessageID)
	c.RecordRoute, c.IMDNRoute, c.Disposition = nil, nil, nil
	for _, d := range from.Disposition {
		if slices.Contains([]string{"positive-delivery", "negative-delivery", "display", "processing"}, d) {
			c.Disposition = append(c.Disposition, d)
		}
	}
	if strings.Trim(c.DateTime, "0123456789-+:.TZ") != "" {
		c.DateTime = r.Unknown(c.DateTime)
	}
	return &c
}

// redactedAddress has the pseudonym that the same number has in a URI.
func redactedAddress(r *redact.Redactor, a sms.Address) sms.Address {
	if a.Digits == "" {
		return a
	}
	a.Digits, a.TON = r.URI("tel:" + a.String())[len("tel:"):], sms.TONUnknown
	return a
}
