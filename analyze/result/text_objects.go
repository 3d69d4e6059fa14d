package result

import (
	"encoding/hex"
	"slices"
	"sync"

	"simplecap/decode/content"
	"simplecap/decode/content/sms"
)

// The objects in a text's JSON.

func smsObject() FieldOf[Text] {
	return object("sms", "what RP and TP say of an SMS, by their names in TS 24.011 and TS 23.040", func(t *Text) bool { return t.RP() != nil && t.RP().Type != sms.NoType },
		word("rp_type", "RP message type", func(t *Text) string { return t.RP().Type.String() }).oneOf(named(sms.DataUp, sms.MemoryAvailable)),
		word("rp_direction", "which way it goes", func(t *Text) string { return t.RP().Type.Direction() }).oneOf(func() []string { return []string{"ms-to-n", "n-to-ms"} }),
		number("rp_mr", "RP-Message-Reference; -1 in filters without one", func(t *Text) int64 { return int64(t.RP().Reference) }).where(func(t *Text) bool { return t.RP().HasReference }).without(-1),
		word("rp_originator", "RP-Originator Address", func(t *Text) string { return t.RP().Originator.String() }).ifSet(),
		word("rp_destination", "RP-Destination Address", func(t *Text) string { return t.RP().Destination.String() }).ifSet(),
		tpWord("tpdu", "what the TPDU is", hasTPDU, func(p *sms.TPDU) string { return p.Kind.String() }).oneOf(named(sms.Submit, sms.DeliverReport)),
		tpNumber("tp_mr", "TP-Message-Reference; -1 in filters without one", func(p *sms.TPDU) bool { return p.HasRef }, func(p *sms.TPDU) int { return int(p.Reference) }).without(-1),
		tpWord("tp_address", "TP-DA, TP-OA or TP-RA", hasAddress, func(p *sms.TPDU) string { return p.Address.String() }),
		tpWord("tp_address_type", "its type of number", hasAddress, func(p *sms.TPDU) string { return p.Address.TON.String() }).oneOf(named(sms.TONUnknown, sms.Reserved)),
		tpNumber("tp_dcs", "TP-DCS; -1 in filters without one", func(p *sms.TPDU) bool { return p.HasDCS }, func(p *sms.TPDU) int { return int(p.DCS) }).without(-1),
		tpWord("alphabet", "the alphabet that TP-DCS names", func(p *sms.TPDU) bool { return p.HasDCS }, func(p *sms.TPDU) string { return p.Alphabet.String() }).oneOf(named(sms.GSM7, sms.Compressed)),
		tpNumber("class", "message class; -1 in filters without one", func(p *sms.TPDU) bool { return p.Class >= 0 }, func(p *sms.TPDU) int { return int(p.Class) }).without(-1),
		tpNumber("tp_pid", "TP-PID; -1 in filters without one", func(p *sms.TPDU) bool { return p.HasPID }, func(p *sms.TPDU) int { return int(p.PID) }).without(-1),
		tpWord("scts", "TP-SCTS with its zone; empty where it is no time", hasTPDU, func(p *sms.TPDU) string { return p.SCTS.String() }).ifSet(),
		tpWord("discharge", "TP-DT of a status report", hasTPDU, func(p *sms.TPDU) string { return p.Discharge.String() }).ifSet(),
		tpNumber("tp_st", "TP-ST of a status report; -1 in filters without one", func(p *sms.TPDU) bool { return p.HasStatus }, func(p *sms.TPDU) int { return int(p.Status) }).without(-1),
		tpWord("tp_st_name", "its value, class and name", func(p *sms.TPDU) bool { return p.HasStatus }, func(p *sms.TPDU) string { return p.Status.String() }),
		tpWord("validity", "format of TP-VP", hasTPDU, func(p *sms.TPDU) string { return p.Validity.Format.String() }).ifSet().oneOf(named(sms.Enhanced, sms.Absolute)),
		tpNumber("validity_minutes", "how long the service centre shall try; 0 where it says no period", hasTPDU, func(p *sms.TPDU) int { return p.Validity.Minutes() }).nonZero(),
		tpWord("validity_until", "until when it shall try", hasTPDU, func(p *sms.TPDU) string { return p.Validity.Until.String() }).ifSet(),
		tpTruth("tp_srr", "TP-SRR: a status report is asked for", func(p *sms.TPDU) bool { return p.Kind == sms.Submit || p.Kind == sms.Command }, (*sms.TPDU).ReportRequested),
		tpTruth("tp_rd", "TP-RD: the service centre shall refuse a duplicate", func(p *sms.TPDU) bool { return p.Kind == sms.Submit || p.Kind == sms.Command }, func(p *sms.TPDU) bool { return p.Kind == sms.Submit && p.RejectDuplicates() }),
		tpTruth("tp_srq", "TP-SRQ: the status report is about an SMS-COMMAND", func(p *sms.TPDU) bool { return p.Kind == sms.StatusReport }, (*sms.TPDU).ReportIndication),
		tpWord("command", "TP-CT of an SMS-COMMAND", isCommand, func(p *sms.TPDU) string { return sms.CommandName(p.Command) }),
		tpNumber("tp_mn", "TP-MN of an SMS-COMMAND; -1 in filters without one", isCommand, func(p *sms.TPDU) int { return int(p.Number) }).without(-1),
		tpWord("data", "8-bit user data in hexadecimal; only with --bodies", func(p *sms.TPDU) bool { return hasTPDU(p) && len(p.Data) > 0 }, func(p *sms.TPDU) string { return hex.EncodeToString(p.Data) }).ofBodies(),
		udhObject(),
	)
}

func udhObject() FieldOf[Text] {
	return object("udh", "user data header", func(t *Text) bool { return hasTPDU(t.tpdu()) && t.tpdu().Header != nil },
		tpNumber("concat_ref", "reference of a concatenated SMS; -1 in filters of none", isPart, func(p *sms.TPDU) int { return int(p.Concat.Reference) }).without(-1),
		tpNumber("concat_ref_bits", "its width, 8 or 16; 0 of none", isPart, func(p *sms.TPDU) int { return int(p.Concat.Bits) }),
		tpNumber("parts", "of how many parts; 0 of none", isPart, func(p *sms.TPDU) int { return int(p.Concat.Parts) }),
		tpNumber("part", "which part, from 1; 0 of none", isPart, func(p *sms.TPDU) int { return int(p.Concat.Part) }),
		object("ports", "application ports", func(t *Text) bool { return t.tpdu().Ports.Bits > 0 },
			tpNumber("destination", "destination port; -1 in filters without one", hasTPDU, func(p *sms.TPDU) int { return int(p.Ports.Destination) }).without(-1),
			tpNumber("source", "originator port; -1 in filters without one", hasTPDU, func(p *sms.TPDU) int { return int(p.Ports.Source) }).without(-1),
			tpNumber("bits", "their width, 8 or 16; 0 without ports", hasTPDU, func(p *sms.TPDU) int { return int(p.Ports.Bits) }),
		),
		tpNumber("language_single", "national language single shift table; 0 for none", hasTPDU, func(p *sms.TPDU) int { return int(p.Single) }).nonZero(),
		tpNumber("language_locking", "national language locking shift table; 0 for none", hasTPDU, func(p *sms.TPDU) int { return int(p.Locking) }).nonZero(),
		texts("elements", "names of its elements", func(t *Text) []string { return elementNames(t.tpdu().Header) }),
	)
}

func composingObject() FieldOf[Text] {
	return object("composing", "what an is-composing document says (RFC 3994)", func(t *Text) bool { return t.Content != nil && t.Content.Composing.State != "" },
		word("state", "active or idle", func(t *Text) string { return t.Content.Composing.State }),
		word("contenttype", "what is being written", func(t *Text) string { return t.Content.Composing.ContentType }).ifSet(),
		number("refresh", "seconds until it is said again; 0 for none", func(t *Text) int64 { return int64(max(t.Content.Composing.Refresh, 0)) }).nonZero(),
	)
}

func msrpObject() FieldOf[Text] {
	return object("msrp", "what MSRP says of it (RFC 4975), on the hop seen first", func(t *Text) bool { return t.MSRP != nil },
		word("message_id", "Message-ID", func(t *Text) string { return t.MSRP.MessageID }).ifSet(),
		word("to_path", "To-Path", func(t *Text) string { return t.MSRP.ToPath }).ifSet(),
		word("from_path", "From-Path", func(t *Text) string { return t.MSRP.FromPath }).ifSet(),
		word("success_report", "Success-Report, as the sender asked", func(t *Text) string { return t.MSRP.SuccessReport }).ifSet(),
		word("failure_report", "Failure-Report, as the sender asked", func(t *Text) string { return t.MSRP.FailureReport }).ifSet(),
		number("bytes", "size of the whole message, as far as the capture tells", func(t *Text) int64 { return max(t.MSRP.Bytes, 0) }).inBytes(),
		number("chunks", "chunks that it came in", func(t *Text) int64 { return int64(t.MSRP.Chunks) }),
	)
}

func wholeObject() FieldOf[Text] {
	return object("whole", "of a part of a concatenated SMS, all parts", func(t *Text) bool { return t.Whole != nil },
		ids("texts", "the texts of its parts, 0 for one that is missing", func(t *Text) []uint64 { return t.Whole.Texts }),
		truth("complete", "no part is missing", func(t *Text) bool { return t.Whole.Complete }),
		word("text", "what was written, of a complete one; only with --bodies", func(t *Text) string { return t.Whole.Text }).ifSet().ofBodies(),
	)
}

func imdnObject() FieldOf[Text] {
	return object("imdn", "what a notification says (RFC 5438); of several in one text the message_id of the first, and all of them", func(t *Text) bool { return t.Content != nil && len(t.Content.IMDNs) > 0 },
		imdnFields()...)
}

// cpimObject is what a CPIM of a body says.
func cpimObject(name, doc string, of func(*bodyContent) *content.CPIM) FieldOf[Text] {
	cpim := func(t *Text) *content.CPIM { return of(t.Content) }
	return object(name, doc, func(t *Text) bool { return t.Content != nil && of(t.Content) != nil },
		word("from", "From", func(t *Text) string { return cpim(t).From }).ifSet(),
		word("to", "To", func(t *Text) string { return cpim(t).To }).ifSet(),
		word("datetime", "DateTime, as written", func(t *Text) string { return cpim(t).DateTime }).ifSet(),
		word("message_id", "imdn.Message-ID", func(t *Text) string { return cpim(t).MessageID }).ifSet(),
		texts("disposition", "imdn.Disposition-Notification: what is asked for", func(t *Text) []string { return cpim(t).Disposition }),
	)
}

// notificationFields are those of a notification of an IMDN.
var notificationFields = sync.OnceValue(func() []FieldOf[content.Notification] {
	return []FieldOf[content.Notification]{
		text("message_id", "the message that it is about", func(n *content.Notification) string { return n.MessageID }),
		text("notification", "delivery, processing or display", func(n *content.Notification) string { return n.Notification }),
		text("status", "what it says of that", func(n *content.Notification) string { return n.Status }),
		text("recipient_uri", "recipient-uri", func(n *content.Notification) string { return n.Recipient }),
		text("original_recipient_uri", "original-recipient-uri", func(n *content.Notification) string { return n.OriginalRecipient }),
	}
})

// NotificationFields returns the fields of one of several notifications in a text.
func NotificationFields() []FieldOf[content.Notification] { return notificationFields() }

// imdnFields are those of the first notification in a text, and the list of all.
func imdnFields() (fields []FieldOf[Text]) {
	first := func(t *Text) *content.Notification { return &t.Content.IMDNs[0] }
	for i := range notificationFields() {
		f := &notificationFields()[i]
		one := word(f.Name, f.Doc+"; in filters of the first notification", func(t *Text) string { return f.Text(first(t)) })
		fields = append(fields, one.inJSONIf(func(t *Text) bool { return f.Written(first(t)) && (len(t.Content.IMDNs) == 1 || i == 0) }))
	}
	several := func(t *Text) bool { return len(t.Content.IMDNs) > 1 }
	return append(fields, objects("aggregated", "all of them, where there are several", func(t *Text) int64 { return int64(len(t.Content.IMDNs)) }).inJSONIf(several))
}

func hasTPDU(p *sms.TPDU) bool    { return p.Kind != sms.NoTPDU }
func hasAddress(p *sms.TPDU) bool { return p.Address.Given() }
func isCommand(p *sms.TPDU) bool  { return p.Kind == sms.Command }
func isPart(p *sms.TPDU) bool     { return p.Concat.Parts > 0 }

// ofTPDU is a condition on the TPDU of a text, if it has one.
func ofTPDU(has func(*sms.TPDU) bool) func(*Text) bool {
	return func(t *Text) bool { return hasTPDU(t.tpdu()) && has(t.tpdu()) }
}

// tpWord is a field of a TPDU, for those where has is true.
func tpWord(name, doc string, has func(*sms.TPDU) bool, get func(*sms.TPDU) string) FieldOf[Text] {
	return word(name, doc, func(t *Text) string { return get(t.tpdu()) }).where(ofTPDU(has))
}

func tpNumber(name, doc string, has func(*sms.TPDU) bool, get func(*sms.TPDU) int) FieldOf[Text] {
	return number(name, doc, func(t *Text) int64 { return int64(get(t.tpdu())) }).where(ofTPDU(has))
}

func tpTruth(name, doc string, has, get func(*sms.TPDU) bool) FieldOf[Text] {
	return truth(name, doc, func(t *Text) bool { return get(t.tpdu()) }).where(ofTPDU(has))
}

// named lists the names of the values from first to last, each once.
func named[T interface {
	~uint8
	String() string
}](first, last T) func() []string {
	return func() (names []string) {
		for v := first; v <= last; v++ {
			if !slices.Contains(names, v.String()) {
				names = append(names, v.String())
			}
		}
		return names
	}
}

func elementNames(header []byte) (names []string) {
	for e := range sms.Elements(header) {
		names = append(names, e.Name())
	}
	return names
}
