package analyze

import (
	"slices"
	"time"
	"unsafe"

	"simplecap/analyze/result"
	"simplecap/decode"
	"simplecap/decode/content"
	"simplecap/decode/content/sms"
	"simplecap/internal/order"
)

// openText is a text that is not closed yet.
type openText struct {
	result.Text
	seen    int64                 // the capture's clock at its first frame
	queued  order.Place[openText] // in openTexts.queue
	settled order.Place[openText] // in openTexts.settled
	root    handle                // of its first transaction, while that is open
	rootID  uint64
	chat    *chatText // of a session
	gone    bool      // it has been handed on
	told    bool      // the handler knows of it
	late    bool      // it has been told that no report came in time
	sought  bool      // a notification whose text will be looked for once more
	closed  bool      // its delivery has closed
	outcome result.Outcome
	unseen  bool        // its answer may have taken a way past the capture, and so may its report
	wanted  bool        // Options.Where keeps its delivery
	links   [4]textLink // the keys it is known by; see more
	linked  int
	more    []*textLink // beyond them
	whole   *wholeParts
	bytes   int64         // that count in openTexts.held
	broken  []int         // rules, indices in the catalogue
	called  parties       // of an SMS to the handset
	ends    []decode.Addr // hosts that its legs went to
	tries   *attempts     // of an SMS that may be sent again, nil for none

	sentOn    bool       // its first leg in the capture comes from a proxy
	strangers []stranger // its receipts from elsewhere
	speakers  []speaker  // who sent its notifications
	says      []said     // what each of its receipts says
	names     *whom      // nil while nobody has asked

	memory content.Memory // of Content
}

// openTexts are the texts that are not closed yet, and how much they take.
type openTexts struct {
	queue   order.List[openText] // by when they came
	settled order.List[openText] // those of them of which all is said that has to be, by when that was so
	spare   []*openText          // to be used again
	words   []byte               // scratch of strings
	count   int
	limit   int   // of count
	held    int64 // bytes that they take
	room    int64 // and may take
}

// add takes a new text.
func (o *openTexts) add(t *openText) {
	o.queue.Push(&t.queued, t)
	o.count++
}

// tooMany returns a text to finish, where there is no room for all: of those of which all
// is said, the one for which that is longest so, or else the one that is open for longest;
// nil where there is room. The latest text stays, whatever it takes.
func (o *openTexts) tooMany() *openText {
	if o.count <= o.limit && o.held <= o.room || o.count == 1 {
		return nil
	}
	if t := o.settled.Oldest(); t != nil && t != o.queue.Newest() {
		return t
	}
	return o.queue.Oldest()
}

// grow notes that an open text takes more bytes.
func (o *openTexts) grow(t *openText, bytes int) {
	if !t.gone {
		t.bytes += int64(bytes)
		o.held += int64(bytes)
	}
}

// About what an open text takes beside its strings and its body, which is there in
// several forms, and what a receipt does.
const (
	openTextBytes = int(unsafe.Sizeof(openText{})) + 1<<8
	receiptBytes  = 2 * int(unsafe.Sizeof(result.Receipt{})+unsafe.Sizeof(said{})+unsafe.Sizeof(speaker{}))
)

// typeBytes is what a content takes that the header of its message says.
func typeBytes(c *content.Content) int {
	return len(c.Type) + len(c.Charset) + len(c.Wrapped) + len(c.Encoding) + len(c.TransferEncoding) + len(c.Disposition)
}

// remove forgets a text that is finished.
func (o *openTexts) remove(t *openText) {
	t.queued.Remove()
	t.settled.Remove()
	o.count--
	o.held -= t.bytes
	t.bytes = 0
}

// heard looks whether all is said of a text that a receipt has come for.
func (o *openTexts) heard(t *openText) {
	if !t.settled.Listed() && !t.gone && t.whole == nil && !t.unsettled() && !t.awaitsStatus() {
		o.settled.Push(&t.settled, t)
	}
}

// strings makes strings of three fields, in one piece of memory.
func (o *openTexts) strings(a, b, c []byte) (string, string, string) {
	o.words = append(append(append(o.words[:0], a...), b...), c...)
	all, end := string(o.words), len(a)+len(b)
	return all[:len(a)], all[len(a):end], all[end:]
}

// mostSpare is how many entries of texts are kept to be used again.
const mostSpare = 64

// reuse keeps the entry of a text that is gone, where nothing else knows it any more. Whoever
// looks at one in another method or of a session still sees that it is gone, and no more.
func (o *openTexts) reuse(t *openText) {
	switch {
	case t.sought:
	case t.Carrier != "sip" || t.Method != "MESSAGE":
		*t = openText{gone: true}
	case t.Kind.IsSMS() && len(o.spare) < mostSpare:
		o.spare = append(o.spare, t)
	}
}

// unused is an empty entry for a text.
func (o *openTexts) unused() *openText {
	last := len(o.spare) - 1
	if last < 0 {
		return &openText{}
	}
	t := o.spare[last]
	o.spare = o.spare[:last]
	receipts, deliveries, broken, ends := t.Receipts[:0], t.Deliveries[:0], t.broken[:0], t.ends[:0]
	*t = openText{broken: broken, ends: ends}
	t.Receipts, t.Deliveries = receipts, deliveries
	return t
}

// methodOf is the method of a request.
func methodOf(m *decode.Message) string {
	const message = "MESSAGE" // nearly all of them
	if m.MethodIs(message) {
		return message
	}
	return m.Text(m.Method)
}

// unsettled reports whether something is still to be said of a text.
func (t *openText) unsettled() bool {
	for i := range t.Receipts {
		if t.Receipts[i].Decides() {
			return false
		}
	}
	return t.AsksReceipt()
}

func (t *openText) patience() time.Duration {
	switch rp := t.RP(); {
	case rp != nil && rp.TPDU.Kind == sms.Submit && rp.TPDU.ReportRequested():
		return receiptWait
	case rp != nil:
		return reportWait
	case t.AsksNotification():
		return receiptWait
	}
	return reportWait
}

// mayHear reports whether a receipt or another part may still come.
func (t *openText) mayHear() bool {
	return t.isAsking() || t.Kind.IsSMS() || t.Kind == result.InstantMessage && t.Content.CPIM != nil || t.RP() != nil || len(t.Content.Recipients) > 0
}

// awaitsStatus reports whether a status report is to come that decides.
func (t *openText) awaitsStatus() bool {
	rp := t.RP()
	return rp != nil && rp.TPDU.Kind == sms.Submit && rp.TPDU.ReportRequested() &&
		!slices.ContainsFunc(t.Receipts, func(r result.Receipt) bool { return r.Kind == "status-report" && r.Decides() })
}
